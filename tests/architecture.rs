//! The laws of the architecture that can be read from the sources, kept by reading them: which floor may import which,
//! no import cycles, no I/O where there must be none, small files, one home for each proof, no tasks, no panics. In: all
//! Rust files of the crate. Out: one test a law; a failure lists `file:line: law: what`. Knows syntax only: what a
//! macro of another crate expands to stays unseen.

#[path = "architecture/facts.rs"]
mod facts;
#[path = "architecture/laws.rs"]
mod laws;
#[path = "architecture/planted.rs"]
mod planted;
#[path = "architecture/reader.rs"]
mod reader;
#[path = "architecture/tokens.rs"]
mod tokens;
#[path = "architecture/tree.rs"]
mod tree;

use std::fs;
use std::path::Path;
use std::sync::OnceLock;

use tree::Tree;

/// Folders with the crate's Rust files. What lies deeper (`target`, corpora) is passed by.
const FOLDERS: &[&str] = &["src", "tests", "examples", "benches", "fuzz/fuzz_targets"];

fn sources() -> Vec<(String, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut found = Vec::new();
    let mut folders: Vec<_> = FOLDERS.iter().map(|folder| root.join(folder)).collect();
    while let Some(folder) = folders.pop() {
        let Ok(entries) = fs::read_dir(&folder) else { continue };
        for entry in entries.flatten() {
            let path = entry.path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let name = path.strip_prefix(root).expect("below the root");
                let text = fs::read_to_string(&path).expect("a readable source");
                found.push((name.to_string_lossy().replace('\\', "/"), text));
            }
        }
    }
    found.sort();
    found
}

#[track_caller]
fn keep(law: laws::Law) {
    static TREE: OnceLock<Tree> = OnceLock::new();
    let found = law(TREE.get_or_init(|| Tree::new(&sources())));
    assert!(found.is_empty(), "{} violations:\n{}", found.len(), found.join("\n"));
}

#[test]
fn the_sources_are_found() {
    let sources = sources();
    for wanted in ["src/lib.rs", "src/message/mod.rs", "src/h1/mod.rs", "tests/architecture.rs"] {
        assert!(sources.iter().any(|(path, _)| path == wanted), "{wanted} is missing");
    }
}

#[test]
fn law_1_a_floor_imports_only_floors_below() {
    keep(laws::floors);
}

#[test]
fn law_1_no_import_cycles() {
    keep(laws::cycles);
}

#[test]
fn law_2_message_and_h1_do_no_io() {
    keep(laws::sans_io);
}

#[test]
fn law_2_net_knows_no_http() {
    keep(laws::net_knows_no_http);
}

#[test]
fn law_3_files_are_small() {
    keep(laws::small_files);
}

#[test]
fn law_4_config_stays_in_client() {
    keep(laws::config_stays_in_client);
}

#[test]
fn law_6_reusable_needs_proof() {
    keep(laws::reusable_needs_proof);
}

#[test]
fn law_6_idle_needs_proof() {
    keep(laws::idle_needs_proof);
}

#[test]
fn law_8_conn_hears_of_no_lease() {
    keep(laws::conn_hears_of_no_lease);
}

#[test]
fn decision_1_no_background_task() {
    keep(laws::no_background_task);
}

#[test]
fn house_no_unsafe() {
    keep(laws::no_unsafe);
}

#[test]
fn house_every_allowance_has_its_reason() {
    keep(laws::allowances_have_reasons);
}

#[test]
fn house_no_panics() {
    keep(laws::no_panics);
}
