//! The sources as one tree of modules, and the question the laws keep asking: which file defines what this path names?
//! Follows `mod`, `use` (renames, globs, re-exports) and inline paths. Knows nothing of types or macros' expansions.

use std::collections::{BTreeMap, BTreeSet};

use super::facts::{self, Facts, Mention};

/// Chains of re-exports longer than this are taken for circular.
const DEPTH: usize = 16;

const PRIMITIVES: &str =
    " bool char str u8 u16 u32 u64 u128 usize i8 i16 i32 i64 i128 isize f32 f64 ";

pub struct Tree {
    pub files: Vec<Facts>,
    files_of: BTreeMap<Vec<String>, usize>,
    test_modules: Vec<Vec<String>>,
    bindings: BTreeMap<(Vec<String>, String), Vec<Vec<String>>>,
    items: BTreeSet<(Vec<String>, String)>,
}

/// What a path leads to.
pub enum Place {
    /// A module or something in it, as an absolute path.
    Here(Vec<String>),
    /// Another crate.
    Elsewhere(Vec<String>),
    /// A local name, a prelude type, a generic parameter.
    Local,
}

/// One file uses what another defines.
#[derive(Clone)]
pub struct Edge {
    pub from: usize,
    pub to: usize,
    pub line: usize,
}

impl Tree {
    /// Reads the files below `src/` among `sources`; the others only have their lines counted.
    pub fn new<P: AsRef<str>, T: AsRef<str>>(sources: &[(P, T)]) -> Tree {
        let read = |(path, text): &(P, T)| {
            let path = path.as_ref();
            facts::read(path, text.as_ref(), module_of(path))
        };
        let mut tree = Tree {
            files: sources.iter().map(read).collect(),
            files_of: BTreeMap::new(),
            test_modules: Vec::new(),
            bindings: BTreeMap::new(),
            items: BTreeSet::new(),
        };
        for (index, file) in tree.files.iter().enumerate() {
            tree.files_of.insert(module_of(&file.path), index);
        }
        for (index, file) in tree.files.iter().enumerate().filter(|(_, f)| in_src(&f.path)) {
            for module in &file.modules {
                if module.for_tests {
                    tree.test_modules.push(module.path.clone());
                }
                if module.inline {
                    tree.files_of.insert(module.path.clone(), index);
                }
            }
            for binding in &file.bindings {
                let key = (binding.module.clone(), binding.name.clone());
                tree.bindings.entry(key).or_default().push(binding.target.clone());
            }
            for item in &file.items {
                tree.items.insert((item.module.clone(), item.name.clone()));
            }
        }
        tree
    }

    /// The files of `src/` that ship: a module declared under `#[cfg(test)]` is a test wherever its file lies.
    pub fn shipped(&self) -> impl Iterator<Item = (usize, &Facts)> {
        self.files.iter().enumerate().filter(|(_, file)| {
            let module = module_of(&file.path);
            in_src(&file.path) && !self.test_modules.iter().any(|test| module.starts_with(test))
        })
    }

    /// Resolves a path from where it is written.
    pub fn place(&self, mention: &Mention) -> Place {
        self.absolute(&mention.module, &mention.segments, mention.imported, 0)
    }

    /// All uses of one shipped file by another, each pair once, at its first line.
    pub fn edges(&self) -> Vec<Edge> {
        let mut edges: BTreeMap<(usize, usize), usize> = BTreeMap::new();
        for (from, file) in self.shipped() {
            for mention in &file.mentions {
                for to in self.definers(mention) {
                    if to != from {
                        let line = edges.entry((from, to)).or_insert(mention.line);
                        *line = mention.line.min(*line);
                    }
                }
            }
        }
        edges.into_iter().map(|((from, to), line)| Edge { from, to, line }).collect()
    }

    /// The files that define what `mention` names: several when `cfg` chooses between two imports.
    pub fn definers(&self, mention: &Mention) -> BTreeSet<usize> {
        let mut found = BTreeSet::new();
        if let Place::Here(path) = self.place(mention) {
            self.follow(&path, 0, &mut found);
        }
        found
    }

    fn follow(&self, path: &[String], depth: usize, found: &mut BTreeSet<usize>) {
        let mut module = vec![path[0].clone()];
        for (index, segment) in path.iter().enumerate().skip(1) {
            let child = join(&module, [segment]);
            if self.files_of.contains_key(&child) {
                module = child;
                continue;
            }
            let rest = &path[index + 1..];
            let known = (module.clone(), segment.clone());
            if self.items.contains(&known) {
                break;
            }
            let named = self.bindings.get(&known).into_iter().flatten();
            let globs = self.globs(&module, segment, depth);
            let targets = named.cloned().chain(globs);
            let mut forwarded = false;
            for target in targets.filter(|_| depth < DEPTH) {
                forwarded = true;
                let target = join(&target, rest);
                if let Place::Here(path) = self.absolute(&module, &target, true, depth + 1) {
                    self.follow(&path, depth + 1, found);
                }
            }
            if forwarded {
                return;
            }
            break;
        }
        found.extend(self.files_of.get(&module));
    }

    fn absolute(&self, module: &[String], path: &[String], imported: bool, depth: usize) -> Place {
        let first = path[0].as_str();
        let rest = &path[1..];
        let inside = |base: &[String]| Place::Here(join(base, rest));
        match first {
            "" => return Place::Elsewhere(rest.to_vec()),
            "crate" => return inside(&module[..1]),
            "self" => return inside(module),
            "super" if rest.first().is_some_and(|next| next == "super") => {
                return self.absolute(&module[..module.len() - 1], rest, imported, depth);
            }
            "super" => return inside(&module[..module.len() - 1]),
            "wireline" if module[0] != "crate" => return inside(&["crate".to_owned()]),
            "Self" => return Place::Local,
            _ => {}
        }
        let known = (module.to_vec(), path[0].clone());
        if self.files_of.contains_key(&join(module, [first])) || self.items.contains(&known) {
            return Place::Here(join(module, path));
        }
        for target in self.bindings.get(&known).into_iter().flatten() {
            // `use http;` and `use http::{self}` name the crate, not themselves.
            if depth < DEPTH && target[0] != first {
                return self.absolute(module, &join(target, rest), true, depth + 1);
            }
        }
        if let Some(target) = self.globs(module, first, depth).into_iter().next() {
            return self.absolute(module, &join(&target, rest), true, depth + 1);
        }
        let lower = first.starts_with(|c: char| c.is_ascii_lowercase());
        let primitive = PRIMITIVES.contains(&format!(" {first} "));
        if lower && (imported || path.len() > 1 && !primitive) {
            return Place::Elsewhere(path.to_vec());
        }
        Place::Local
    }

    /// Where `name` comes from if a glob import of `module` brings it.
    fn globs(&self, module: &[String], name: &str, depth: usize) -> Vec<Vec<String>> {
        let key = (module.to_vec(), "*".to_owned());
        let globs = self.bindings.get(&key).into_iter().flatten().filter(|_| depth < DEPTH);
        let brings = |target: &&Vec<String>| {
            let Place::Here(path) = self.absolute(module, target, true, depth + 1) else {
                return false;
            };
            let known = (path.clone(), name.to_owned());
            self.items.contains(&known)
                || self.bindings.contains_key(&known)
                || self.files_of.contains_key(&join(&path, [name]))
        };
        globs.filter(brings).map(|target| join(target, [name])).collect()
    }
}

pub fn in_src(path: &str) -> bool {
    path.starts_with("src/")
}

/// `src/net/mod.rs` and `src/net.rs` are module `crate::net`; each binary below `src/bin` is a crate of its own.
fn module_of(path: &str) -> Vec<String> {
    let Some(inner) = path.strip_prefix("src/") else { return vec![path.to_owned()] };
    let mut parts: Vec<String> =
        inner.trim_end_matches(".rs").split('/').map(str::to_owned).collect();
    if parts[0] == "bin" && parts.len() > 1 {
        let name = parts.remove(1);
        parts[0] = format!("bin {name}");
    } else {
        parts.insert(0, "crate".to_owned());
    }
    if parts.len() > 1 && matches!(parts.last().map(String::as_str), Some("mod" | "lib" | "main")) {
        parts.pop();
    }
    parts
}

fn join<S: AsRef<str>>(base: &[String], rest: impl IntoIterator<Item = S>) -> Vec<String> {
    base.iter().cloned().chain(rest.into_iter().map(|s| s.as_ref().to_owned())).collect()
}
