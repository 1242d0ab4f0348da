//! The page on other clients links its claims to tests; here the links are followed. In: `src/parity.md`. Out: the links that
//! lead to no test.

use std::fs;
use std::path::Path;

/// The targets of the links of `page`, `../tests/FILE.rs#TEST`.
fn links(page: &str) -> Vec<(&str, &str)> {
    let targets = page.split("](").skip(1).filter_map(|rest| rest.split_once(')'));
    targets.map(|(target, _)| target.split_once('#').unwrap_or((target, ""))).collect()
}

#[test]
fn every_claim_has_a_test() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let page = fs::read_to_string(root.join("src/parity.md")).expect("the page");
    let links = links(&page);
    let is_test = |file: &str, name: &str| {
        let text = fs::read_to_string(root.join("src").join(file)).unwrap_or_default();
        let function = text.find(&format!("fn {name}()"));
        function.is_some_and(|at| {
            // The attribute is on the line before, but for other attributes.
            let before: Vec<&str> = text[..at].lines().rev().take(5).collect();
            before.iter().any(|line| line.trim() == "#[test]" || line.contains("::test"))
        })
    };
    let dead: Vec<_> = links.iter().filter(|(file, name)| !is_test(file, name)).collect();
    assert!(dead.is_empty(), "no such tests: {dead:#?}");
}

#[test]
fn every_row_says_something_of_wireline() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let page = fs::read_to_string(root.join("src/parity.md")).expect("the page");
    let rows: Vec<_> =
        page.lines().filter(|line| line.starts_with("| ") && !line.contains("---")).collect();
    assert!(rows.len() > 50, "{} rows", rows.len());
    for row in rows.iter().filter(|row| !row.starts_with("| |")) {
        let cells: Vec<_> = row.trim_matches('|').split(" | ").map(str::trim).collect();
        assert_eq!(cells.len(), 7, "{row}");
        let own = cells[6];
        assert!(
            own.contains("](../tests/") || own.starts_with("no"),
            "neither a test nor a no: {row}"
        );
    }
}
