//! What the crate stands on: versions without open advisories, and the switches that keep our own code
//! honest.

use std::fs;
use std::path::Path;

fn read(path: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The locked versions of a crate, as numbers.
fn locked(name: &str) -> Vec<Vec<u64>> {
    let lock = read("Cargo.lock");
    let packages = lock.split("[[package]]");
    let of_that_name = packages.filter(|p| p.contains(&format!("\nname = \"{name}\"\n")));
    let versions = of_that_name.filter_map(|package| {
        let version = package.split("version = \"").nth(1)?.split('"').next()?;
        version.split(['.', '-']).map(|number| number.parse().ok()).collect()
    });
    versions.collect()
}

/// RUSTSEC-2024-0336, -2026-0049, -0098, -0099, -0104, RUSTSEC-2020-0019, RUSTSEC-2025-0134.
#[test]
fn s_102_the_tls_stack_has_no_open_advisory() {
    for (name, least) in
        [("rustls", [0, 23, 5]), ("rustls-webpki", [0, 103, 13]), ("tokio-rustls", [0, 26, 0])]
    {
        let versions = locked(name);
        assert!(!versions.is_empty(), "{name} is not locked");
        assert!(versions.iter().all(|v| v[..] >= least[..]), "{name} {versions:?}");
    }
    assert!(locked("rustls-pemfile").is_empty(), "unmaintained");
}

/// RUSTSEC-2026-0118 to -0120; the old name is RUSTSEC-2025-0017.
#[test]
fn s_100_the_resolver_has_no_open_advisory() {
    let versions = locked("hickory-resolver");
    assert!(
        !versions.is_empty() && versions.iter().all(|v| v[..] >= [0, 26, 1][..]),
        "{versions:?}"
    );
    assert!(locked("trust-dns-resolver").is_empty(), "the name is dead");
}

/// RUSTSEC-2022-0022, RUSTSEC-2026-0007: unsafe code and wrapped numbers.
#[test]
fn s_113_no_unsafe_and_no_silent_overflow() {
    assert!(read("src/lib.rs").contains("#![forbid(unsafe_code)]"));
    assert!(read("fuzz/Cargo.toml").contains("overflow-checks = true"));
    let wrapped = std::panic::catch_unwind(|| std::hint::black_box(u8::MAX) + 1);
    assert!(wrapped.is_err(), "the tests run with overflow checks");
}

/// RUSTSEC-2024-0401 (zlib-rs); ruzstd, where RUSTSEC-2024-0400 was, lets one block become gigabytes and is not used.
#[test]
fn s_93_the_decoders_have_no_open_advisory() {
    for (name, least) in [
        ("zlib-rs", [0, 4, 1]),
        ("flate2", [1, 1, 0]),
        ("brotli-decompressor", [5, 0, 0]),
        ("zstd-safe", [7, 2, 0]),
    ] {
        let versions = locked(name);
        assert!(!versions.is_empty(), "{name} is not locked");
        assert!(versions.iter().all(|v| v[..] >= least[..]), "{name} {versions:?}");
    }
    assert!(locked("ruzstd").is_empty(), "one block of 8 KB becomes 524 MB");
    // The C backends of flate2 are CVE-2025-0725's.
    assert!(locked("libz-sys").is_empty() && locked("miniz_oxide").is_empty());
}
