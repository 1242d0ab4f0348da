//! The introduction in `src/lib.rs` and the files it speaks of: the links called `Next` lead through the chapters in its
//! order, and its table names every file. rustdoc checks that each link leads somewhere; this checks where.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src")
}

/// The lines of `src/lib.rs`'s documentation.
fn introduction() -> Vec<String> {
    documentation(&root().join("lib.rs"))
}

fn documentation(file: &Path) -> Vec<String> {
    let text = fs::read_to_string(file).unwrap_or_else(|error| panic!("{file:?}: {error}"));
    text.lines().filter_map(|line| line.strip_prefix("//!")).map(|l| l.trim().to_owned()).collect()
}

/// What stands in backquotes, every second part of the line.
fn quoted(line: &str) -> impl Iterator<Item = &str> {
    line.split('`').skip(1).step_by(2)
}

/// `## Reading order`: a floor, then its files, chapter after chapter.
fn chapters() -> Vec<String> {
    let lines = introduction();
    let begin = lines.iter().position(|line| line == "# Reading order").expect("a reading order");
    let order = lines[begin + 1..].iter().take_while(|line| !line.starts_with('#'));
    let mut chapters = Vec::new();
    let mut floor = String::new();
    // Chapters are numbered; a chapter ends at an empty line or at the next number.
    let numbered = |line: &str| line.starts_with(|first: char| first.is_ascii_digit());
    for line in order.skip_while(|line| !numbered(line)).take_while(|line| !line.is_empty()) {
        let mut names = quoted(line);
        if numbered(line) {
            floor = names.next().expect("a floor").to_owned();
            chapters.push(floor.clone());
        }
        chapters.extend(names.map(|name| format!("{floor}/{name}")));
    }
    chapters
}

/// The module a file's `Next` leads to, written as in [`chapters`].
fn next(module: &str) -> Option<String> {
    // What `super` is to a file, and what its own names stand in.
    let (file, above) = match module.rsplit_once('/') {
        Some((above, _)) => (root().join(format!("{module}.rs")), above),
        None if module == "lib" => (root().join("lib.rs"), ""),
        None => (root().join(module).join("mod.rs"), module),
    };
    let text = fs::read_to_string(&file).unwrap_or_else(|error| panic!("{file:?}: {error}"));
    let mut nexts = text.lines().filter(|line| line.starts_with("//!") || line.contains("doc ="));
    let line = nexts.find_map(|line| line.split_once("Next: [").map(|(_, rest)| rest))?;
    let (shown, rest) = line.split_once(']').expect("a link");
    let target = rest.strip_prefix('(').and_then(|rest| rest.split_once(')'));
    let target = target.map_or(shown, |(target, _)| target).trim_matches('`');
    let path = target.trim_start_matches("mod@").replace("::", "/");
    Some(match (path.split_once('/'), above) {
        (Some(("crate", path)), _) => path.to_owned(),
        (Some(("super", path)), above) => format!("{above}/{path}"),
        (_, "") => path,
        (_, above) => format!("{above}/{path}"),
    })
}

#[test]
fn next_leads_through_the_chapters_in_order() {
    let chapters = chapters();
    assert!(chapters.len() > 30, "{chapters:?}");
    let mut way = Vec::new();
    let mut at = "lib".to_owned();
    while let Some(module) = next(&at) {
        assert!(!way.contains(&module), "a circle back to {module}");
        way.push(module.clone());
        at = module;
    }
    assert_eq!(way, chapters);
}

#[test]
fn the_table_names_every_file() {
    let named = table(&root().join("lib.rs"));
    let there = modules(&root()).into_iter().filter(|module| !module.starts_with("bin/"));
    same(&there.collect(), &named);
}

/// The program has a table of its own.
#[test]
fn the_programs_table_names_every_file() {
    let root = root().join("bin/wireline");
    let named = table(&root.join("main.rs"));
    // Those beside `main` are the four it declares in front of everything.
    let there =
        modules(&root).into_iter().filter(|module| module.contains('/') && module != "exit/tests");
    same(&there.collect(), &named);
}

/// The files that the table in the documentation of `root` names, each behind its folder.
fn table(root: &Path) -> BTreeSet<String> {
    let mut named = BTreeSet::new();
    let mut floor = String::new();
    for line in documentation(root) {
        let Some(cell) = line.strip_prefix("| ").and_then(|row| row.split(" | ").next()) else {
            continue;
        };
        match cell.strip_prefix("**`").and_then(|cell| cell.strip_suffix("`**")) {
            Some(name) => floor = name.to_owned(),
            None if floor.is_empty() => {}
            None => named.extend(quoted(cell).map(|name| format!("{floor}/{name}"))),
        }
    }
    named
}

/// The Rust files below `root`, without their ending, but for the roots of crates and folders.
fn modules(root: &Path) -> BTreeSet<String> {
    let mut there = BTreeSet::new();
    let mut folders = vec![root.to_owned()];
    while let Some(folder) = folders.pop() {
        for path in fs::read_dir(&folder).expect("a folder").flatten().map(|entry| entry.path()) {
            let module = path.strip_prefix(root).expect("below the root").with_extension("");
            let module = module.to_string_lossy().replace('\\', "/");
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs")
                && !["lib", "main"].contains(&&*module)
                && !module.ends_with("/mod")
            {
                there.insert(module);
            }
        }
    }
    there
}

#[track_caller]
fn same(there: &BTreeSet<String>, named: &BTreeSet<String>) {
    let missing: Vec<_> = there.difference(named).collect();
    let gone: Vec<_> = named.difference(there).collect();
    assert!(missing.is_empty() && gone.is_empty(), "not in the table: {missing:?}; gone: {gone:?}");
}
