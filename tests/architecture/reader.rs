//! The visitor that fills `Facts` from a syntax tree. What stands inside macros is read by `tokens`.

use proc_macro2::Span;
use syn::visit::{self, Visit};

use super::facts::{Allowance, Binding, Facts, Function, Item, Mention, Method, Module};
use super::tokens::idents;

pub fn read(facts: Facts, file: &syn::File, text: &str, module: Vec<String>) -> Facts {
    let lines = text.lines().collect();
    let mut reader = Reader { facts, module, owner: None, tests: 0, lines };
    reader.under(&file.attrs, |reader| visit::visit_file(reader, file));
    reader.facts
}

pub struct Reader<'text> {
    pub facts: Facts,
    module: Vec<String>,
    /// The type of the `impl` block, and whether the block implements a trait.
    owner: Option<(String, bool)>,
    /// How many `#[cfg(test)]` enclose this place.
    pub tests: usize,
    lines: Vec<&'text str>,
}

impl Reader<'_> {
    /// Visits with `visit`, remembering whether `attributes` make this test code.
    fn under(&mut self, attributes: &[syn::Attribute], visit: impl FnOnce(&mut Self)) {
        let tests = attributes.iter().any(for_tests);
        self.tests += usize::from(tests);
        visit(self);
        self.tests -= usize::from(tests);
    }

    pub fn mention(&mut self, segments: Vec<String>, span: Span) {
        if self.tests == 0 && !segments.is_empty() {
            let mention = self.at(segments, span, false);
            self.facts.mentions.push(mention);
        }
    }

    pub fn build(&mut self, segments: Vec<String>, span: Span) {
        if self.tests == 0 {
            let mention = self.at(segments, span, false);
            self.facts.built.push(mention);
        }
    }

    pub fn method(&mut self, name: String, arguments: usize, span: Span) {
        if self.tests == 0 {
            self.facts.methods.push(Method { name, arguments, line: line(span) });
        }
    }

    fn at(&self, segments: Vec<String>, span: Span, imported: bool) -> Mention {
        Mention { module: self.module.clone(), segments, line: line(span), imported }
    }

    fn unsafe_at(&mut self, keyword: Option<&syn::token::Unsafe>) {
        if let (Some(keyword), 0) = (keyword, self.tests) {
            self.facts.unsafes.push(line(keyword.span));
        }
    }

    fn item(&mut self, ident: &syn::Ident, sealed: Option<bool>, attributes: &[syn::Attribute]) {
        if self.tests > 0 {
            return;
        }
        let mut derives = Vec::new();
        for attribute in attributes.iter().filter(|a| a.path().is_ident("derive")) {
            if let syn::Meta::List(list) = &attribute.meta {
                derives.extend(idents(list.tokens.clone()));
            }
        }
        let (module, name) = (self.module.clone(), ident.to_string());
        let item = Item { module, name, line: line(ident.span()), sealed, derives };
        self.facts.items.push(item);
    }

    fn function(&mut self, signature: &syn::Signature, visibility: Option<&syn::Visibility>) {
        self.unsafe_at(signature.unsafety.as_ref());
        if self.tests > 0 {
            return;
        }
        let mut function = Function {
            name: signature.ident.to_string(),
            line: line(signature.ident.span()),
            private: matches!(visibility, Some(syn::Visibility::Inherited)),
            takes: Vec::new(),
            returns: Vec::new(),
        };
        for input in &signature.inputs {
            match input {
                syn::FnArg::Receiver(_) => {
                    function.takes.extend(self.owner.clone().map(|owner| owner.0))
                }
                syn::FnArg::Typed(typed) => function.takes.extend(self.named(&typed.ty)),
            }
        }
        if let syn::ReturnType::Type(_, result) = &signature.output {
            function.returns = self.named(result);
        }
        self.facts.functions.push(function);
    }

    /// The last segments of all paths in `kind`, `Self` written out.
    fn named(&self, kind: &syn::Type) -> Vec<String> {
        struct Names(Vec<String>);
        impl<'ast> Visit<'ast> for Names {
            fn visit_path(&mut self, path: &'ast syn::Path) {
                self.0.extend(path.segments.last().map(|s| s.ident.to_string()));
                visit::visit_path(self, path);
            }
        }
        let mut names = Names(Vec::new());
        names.visit_type(kind);
        for name in &mut names.0 {
            if let ("Self", Some((owner, _))) = (name.as_str(), &self.owner) {
                name.clone_from(owner);
            }
        }
        names.0
    }

    fn flatten(&mut self, prefix: &mut Vec<String>, tree: &syn::UseTree) {
        let depth = prefix.len();
        match tree {
            syn::UseTree::Path(path) => {
                prefix.push(path.ident.to_string());
                self.flatten(prefix, &path.tree);
            }
            syn::UseTree::Group(group) => {
                for tree in &group.items {
                    self.flatten(prefix, tree);
                }
            }
            syn::UseTree::Glob(glob) => {
                self.import("*".into(), prefix.clone(), glob.star_token.spans[0]);
            }
            syn::UseTree::Name(name) => {
                if name.ident != "self" {
                    prefix.push(name.ident.to_string());
                }
                let bound = prefix.last().cloned().unwrap_or_default();
                self.import(bound, prefix.clone(), name.ident.span());
            }
            syn::UseTree::Rename(rename) => {
                if rename.ident != "self" {
                    prefix.push(rename.ident.to_string());
                }
                self.import(rename.rename.to_string(), prefix.clone(), rename.ident.span());
            }
        }
        prefix.truncate(depth);
    }

    fn import(&mut self, name: String, target: Vec<String>, span: Span) {
        let mention = self.at(target.clone(), span, true);
        self.facts.mentions.push(mention);
        self.facts.bindings.push(Binding { module: self.module.clone(), name, target });
    }
}

impl<'ast> Visit<'ast> for Reader<'_> {
    fn visit_item(&mut self, item: &'ast syn::Item) {
        self.under(attributes(item), |reader| {
            match item {
                syn::Item::Struct(s) => {
                    let open = |f: &syn::Field| !matches!(f.vis, syn::Visibility::Inherited);
                    let sealed = s.fields.iter().any(|_| true) && !s.fields.iter().any(open);
                    reader.item(&s.ident, Some(sealed), &s.attrs);
                }
                syn::Item::Enum(e) => reader.item(&e.ident, None, &e.attrs),
                syn::Item::Trait(t) => {
                    reader.item(&t.ident, None, &t.attrs);
                    reader.unsafe_at(t.unsafety.as_ref());
                }
                syn::Item::Type(t) => reader.item(&t.ident, None, &t.attrs),
                syn::Item::Const(c) => reader.item(&c.ident, None, &c.attrs),
                syn::Item::Static(s) => reader.item(&s.ident, None, &s.attrs),
                syn::Item::Union(u) => reader.item(&u.ident, None, &u.attrs),
                syn::Item::Fn(f) => {
                    reader.item(&f.sig.ident, None, &f.attrs);
                    reader.function(&f.sig, Some(&f.vis));
                }
                syn::Item::ForeignMod(f) => reader.unsafe_at(f.unsafety.as_ref()),
                syn::Item::Macro(m) => {
                    if let Some(name) = &m.ident {
                        reader.item(name, None, &m.attrs);
                    }
                }
                _ => {}
            }
            visit::visit_item(reader, item);
        });
    }

    fn visit_item_mod(&mut self, module: &'ast syn::ItemMod) {
        self.module.push(module.ident.to_string());
        let (for_tests, inline) = (self.tests > 0, module.content.is_some());
        self.facts.modules.push(Module { path: self.module.clone(), for_tests, inline });
        visit::visit_item_mod(self, module);
        self.module.pop();
    }

    fn visit_item_impl(&mut self, block: &'ast syn::ItemImpl) {
        self.unsafe_at(block.unsafety.as_ref());
        let outer = self.owner.take();
        let name = self.named(&block.self_ty).into_iter().next().unwrap_or_default();
        self.owner = Some((name, block.trait_.is_some()));
        visit::visit_item_impl(self, block);
        self.owner = outer;
    }

    fn visit_impl_item(&mut self, item: &'ast syn::ImplItem) {
        let attributes: &[syn::Attribute] = match item {
            syn::ImplItem::Fn(function) => &function.attrs,
            syn::ImplItem::Const(constant) => &constant.attrs,
            _ => &[],
        };
        self.under(attributes, |reader| {
            if let syn::ImplItem::Fn(function) = item {
                let of_trait = reader.owner.as_ref().is_some_and(|owner| owner.1);
                reader.function(&function.sig, (!of_trait).then_some(&function.vis));
            }
            visit::visit_impl_item(reader, item);
        });
    }

    fn visit_trait_item_fn(&mut self, function: &'ast syn::TraitItemFn) {
        self.function(&function.sig, None);
        visit::visit_trait_item_fn(self, function);
    }

    fn visit_item_use(&mut self, item: &'ast syn::ItemUse) {
        if self.tests == 0 {
            let mut prefix = Vec::new();
            prefix.extend(item.leading_colon.map(|_| String::new()));
            self.flatten(&mut prefix, &item.tree);
        }
    }

    fn visit_path(&mut self, path: &'ast syn::Path) {
        let span = path.segments[0].ident.span();
        self.mention(written(path), span);
        visit::visit_path(self, path);
    }

    // `pub(crate)` and `pub(in …)` hide; they import nothing.
    fn visit_visibility(&mut self, _: &'ast syn::Visibility) {}

    fn visit_expr_struct(&mut self, literal: &'ast syn::ExprStruct) {
        self.build(written(&literal.path), literal.path.segments[0].ident.span());
        visit::visit_expr_struct(self, literal);
    }

    // Any path as an expression may be a constructor: called now, or handed on as a function.
    fn visit_expr_path(&mut self, path: &'ast syn::ExprPath) {
        self.build(written(&path.path), path.path.segments[0].ident.span());
        visit::visit_expr_path(self, path);
    }

    fn visit_expr_method_call(&mut self, call: &'ast syn::ExprMethodCall) {
        self.method(call.method.to_string(), call.args.len(), call.method.span());
        visit::visit_expr_method_call(self, call);
    }

    fn visit_expr_await(&mut self, wait: &'ast syn::ExprAwait) {
        if self.tests == 0 {
            self.facts.awaits.push(line(wait.await_token.span));
        }
        visit::visit_expr_await(self, wait);
    }

    fn visit_expr_unsafe(&mut self, block: &'ast syn::ExprUnsafe) {
        self.unsafe_at(Some(&block.unsafe_token));
        visit::visit_expr_unsafe(self, block);
    }

    fn visit_macro(&mut self, call: &'ast syn::Macro) {
        let name = written(&call.path);
        if self.tests == 0 {
            let last = name.last().cloned().unwrap_or_default();
            self.facts.macros.push((last, line(call.path.segments[0].ident.span())));
        }
        self.visit_path(&call.path);
        self.scan(call.tokens.clone());
    }

    fn visit_attribute(&mut self, attribute: &'ast syn::Attribute) {
        let syn::Meta::List(list) = &attribute.meta else { return };
        let words = idents(list.tokens.clone());
        let named = |name: &str| list.path.is_ident(name);
        let conditional = named("cfg_attr") && words.iter().any(|w| w == "allow" || w == "expect");
        if named("allow") || named("expect") || conditional {
            let end = attribute.bracket_token.span.close().end();
            let rest = self.lines.get(end.line - 1).and_then(|text| text.get(end.column..));
            let reasoned =
                words.iter().any(|w| w == "reason") || rest.is_some_and(|r| r.contains("//"));
            self.facts
                .allowances
                .push(Allowance { line: line(attribute.pound_token.span), reasoned });
        } else if named("derive") {
            self.scan(list.tokens.clone());
        } else if named("unsafe") && self.tests == 0 {
            self.facts.unsafes.push(line(attribute.pound_token.span));
        }
    }
}

/// `#[cfg(test)]`, or `all(…)` with `test` among what must hold.
fn for_tests(attribute: &syn::Attribute) -> bool {
    let syn::Meta::List(list) = &attribute.meta else { return false };
    let words = idents(list.tokens.clone());
    let first = words.first().map(String::as_str);
    list.path.is_ident("cfg")
        && (first == Some("test")
            || first == Some("all")
                && words.iter().any(|w| w == "test")
                && !words.iter().any(|w| w == "not" || w == "any"))
}

fn attributes(item: &syn::Item) -> &[syn::Attribute] {
    match item {
        syn::Item::Const(item) => &item.attrs,
        syn::Item::Enum(item) => &item.attrs,
        syn::Item::Fn(item) => &item.attrs,
        syn::Item::Impl(item) => &item.attrs,
        syn::Item::Macro(item) => &item.attrs,
        syn::Item::Mod(item) => &item.attrs,
        syn::Item::Static(item) => &item.attrs,
        syn::Item::Struct(item) => &item.attrs,
        syn::Item::Trait(item) => &item.attrs,
        syn::Item::Type(item) => &item.attrs,
        syn::Item::Use(item) => &item.attrs,
        _ => &[],
    }
}

fn written(path: &syn::Path) -> Vec<String> {
    let global = path.leading_colon.map(|_| String::new());
    global.into_iter().chain(path.segments.iter().map(|s| s.ident.to_string())).collect()
}

pub fn line(span: Span) -> usize {
    span.start().line
}
