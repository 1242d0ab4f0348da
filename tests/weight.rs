//! What a build weighs, in crates: `cargo tree -e normal` over the four builds of the README's weight table, against the
//! budget. Counts other people's crates for Linux on x86-64, build scripts and dev-dependencies left out. Needs nothing
//! but the lock file and the sources cargo has fetched to build this test.

use std::collections::BTreeSet;
use std::process::Command;

/// The arguments that choose a build, and the crates it may have at most.
const BUDGET: &[(&str, &[&str], usize)] = &[
    ("no features: sans-I/O", &["--no-default-features"], 4),
    ("client", &["--no-default-features", "--features", "client"], 12),
    ("client + tls", &["--no-default-features", "--features", "client,tls"], 24),
    ("default: client + tls + dns", &[], 102),
];

/// The names and versions below the crate itself. Features of dev-dependencies do not count: resolver 2 keeps them apart
/// from `-e normal`.
fn crates(features: &[&str]) -> BTreeSet<String> {
    let output = Command::new(env!("CARGO"))
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .args(["tree", "-e", "normal", "--prefix", "none", "--format", "{p}"])
        .args(["--target", "x86_64-unknown-linux-gnu", "--locked", "--offline"])
        .args(features)
        .output()
        .expect("cargo starts");
    let complaint = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "cargo tree {features:?} failed:\n{complaint}");
    let own = format!("{} v{}", env!("CARGO_PKG_NAME"), env!("CARGO_PKG_VERSION"));
    let text = String::from_utf8(output.stdout).expect("UTF-8");
    let lines = text.lines().map(|line| line.trim_end_matches(" (*)").trim());
    lines.filter(|line| !line.is_empty() && !line.starts_with(&own)).map(str::to_owned).collect()
}

#[test]
fn every_build_keeps_its_weight() {
    let mut heavy = Vec::new();
    for (build, features, most) in BUDGET {
        let crates = crates(features);
        println!("{:>4} of {most:>3} crates: {build}", crates.len());
        // The lightest build is `bytes`, `http`, `httparse` and what they need: an empty list is a broken count.
        assert!(crates.iter().any(|name| name.starts_with("httparse ")), "{build}: {crates:?}");
        if crates.len() > *most {
            heavy.push(format!("{build}: {} crates, at most {most}: {crates:#?}", crates.len()));
        }
    }
    assert!(heavy.is_empty(), "too heavy:\n{}", heavy.join("\n"));
}
