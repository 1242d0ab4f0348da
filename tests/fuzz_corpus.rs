//! The corpus of the fuzzers through the invariants of the fuzzers, so that what they once found is looked for by every
//! `cargo test`. In: `fuzz/corpus`, a folder a target. Out: the name of the file that breaks its target's invariant.

use std::collections::BTreeMap;
use std::fs;
use std::panic::catch_unwind;
use std::path::{Path, PathBuf};

#[cfg(all(feature = "gzip", feature = "brotli", feature = "zstd"))]
#[path = "../fuzz/fuzz_targets/invariants/coding.rs"]
mod coding;
#[path = "../fuzz/fuzz_targets/invariants/mod.rs"]
mod invariants;

/// Fewer seeds than this and a corpus has been lost.
const FEWEST: usize = 24;

fn files(folder: &Path) -> BTreeMap<String, PathBuf> {
    let entries = fs::read_dir(folder).unwrap_or_else(|error| panic!("{folder:?}: {error}"));
    let paths = entries.map(|entry| entry.expect("an entry").path());
    paths.map(|path| (path.file_name().expect("a name").to_string_lossy().into(), path)).collect()
}

fn fuzz() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz")
}

fn replay(target: &str, hold: fn(&[u8])) {
    let seeds = files(&fuzz().join("corpus").join(target));
    assert!(seeds.len() >= FEWEST, "{} seeds for {target}", seeds.len());
    let broken: Vec<&String> = seeds
        .iter()
        .filter(|(_, path)| {
            let seed = fs::read(path).expect("a readable seed");
            catch_unwind(|| hold(&seed)).is_err()
        })
        .map(|(name, _)| name)
        .collect();
    assert!(broken.is_empty(), "{target} does not hold for {broken:?}; see above");
}

#[test]
fn head() {
    replay("head", invariants::head::hold);
}

#[test]
fn chunked() {
    replay("chunked", invariants::chunked::hold);
}

#[test]
fn receive() {
    replay("receive", invariants::receive::hold);
}

#[cfg(feature = "cookies")]
#[test]
fn set_cookie() {
    replay("set_cookie", invariants::set_cookie::hold);
}

#[test]
fn uri() {
    replay("uri", invariants::uri::hold);
}

#[cfg(all(feature = "gzip", feature = "brotli", feature = "zstd"))]
#[test]
fn coding() {
    replay("coding", coding::hold);
}

/// A target without a test here would have a corpus that nobody replays.
#[test]
fn every_target_has_its_corpus() {
    let targets: Vec<String> = files(&fuzz().join("fuzz_targets"))
        .into_keys()
        .filter_map(|name| name.strip_suffix(".rs").map(str::to_owned))
        .collect();
    assert_eq!(targets, ["chunked", "coding", "head", "receive", "set_cookie", "uri"]);
    let corpora: Vec<String> = files(&fuzz().join("corpus")).into_keys().collect();
    assert_eq!(corpora, targets);
}
