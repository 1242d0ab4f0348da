//! What one source file says, read once with `syn`: the paths it names, what it constructs, which methods and macros it
//! calls, which modules and names it declares. Code under `#[cfg(test)]` is left out, except for lint attributes; token
//! trees of macros are read as well, so nothing hides in a `format!`. Judges nothing: `laws` does.

use super::reader;

/// A path of segments as written, where it stands: `crate::net::stream::Wire` in module `conn::dial`.
#[derive(Clone)]
pub struct Mention {
    pub module: Vec<String>,
    pub segments: Vec<String>,
    pub line: usize,
    pub imported: bool,
}

/// `use a::b as c` binds `c`; a glob binds `*`.
pub struct Binding {
    pub module: Vec<String>,
    pub name: String,
    pub target: Vec<String>,
}

pub struct Module {
    pub path: Vec<String>,
    pub for_tests: bool,
    pub inline: bool,
}

pub struct Method {
    pub name: String,
    pub arguments: usize,
    pub line: usize,
}

/// A function as its signature tells it: identifiers of all types named in the arguments and in the result.
pub struct Function {
    pub name: String,
    pub line: usize,
    pub private: bool,
    pub takes: Vec<String>,
    pub returns: Vec<String>,
}

pub struct Item {
    pub module: Vec<String>,
    pub name: String,
    pub line: usize,
    /// Set for structs: whether nobody outside the module can write a literal of it, and what it derives.
    pub sealed: Option<bool>,
    pub derives: Vec<String>,
}

/// A lint that was switched off, and whether the line says why.
pub struct Allowance {
    pub line: usize,
    pub reasoned: bool,
}

#[derive(Default)]
pub struct Facts {
    pub path: String,
    pub length: usize,
    pub mentions: Vec<Mention>,
    pub built: Vec<Mention>,
    pub bindings: Vec<Binding>,
    pub modules: Vec<Module>,
    pub items: Vec<Item>,
    pub functions: Vec<Function>,
    pub methods: Vec<Method>,
    pub macros: Vec<(String, usize)>,
    pub awaits: Vec<usize>,
    pub unsafes: Vec<usize>,
    pub allowances: Vec<Allowance>,
}

/// Reads `text` as the file at `path`, whose own module is `module`.
pub fn read(path: &str, text: &str, module: Vec<String>) -> Facts {
    let file = syn::parse_file(text).unwrap_or_else(|error| {
        panic!("{path}:{}: not Rust: {error}", error.span().start().line);
    });
    let facts = Facts { path: path.to_owned(), length: text.lines().count(), ..Facts::default() };
    reader::read(facts, &file, text, module)
}
