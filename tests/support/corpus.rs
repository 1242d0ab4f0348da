//! Documents on disk and the paths they are served under: whatever lies below a folder, and a tree of names that need
//! care. Regular files only; symbolic links are not followed, and what cannot be read is left out.
#![allow(dead_code)] // every test file uses another part of it

use std::ffi::OsStr;
use std::fs::{self, File};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use wireline::message::percent;

/// A file and where it is served.
#[derive(Debug, PartialEq, Eq)]
pub struct Document {
    pub file: PathBuf,
    /// Percent-encoded, begins with `/`.
    pub path: String,
    pub length: u64,
}

/// All documents below `folder`, which is served as `path`, in the order of their names.
pub fn documents(folder: &Path, path: &str) -> Vec<Document> {
    let mut found = Vec::new();
    walk(folder, path, &mut found);
    found
}

fn walk(folder: &Path, path: &str, found: &mut Vec<Document>) {
    let Ok(entries) = fs::read_dir(folder) else { return };
    let mut entries: Vec<_> = entries.flatten().collect();
    entries.sort_by_key(fs::DirEntry::file_name);
    for entry in entries {
        let path = format!("{path}/{}", encoded(&entry.file_name()));
        let Ok(metadata) = entry.metadata() else { continue };
        if metadata.is_dir() {
            walk(&entry.path(), &path, found);
        } else if metadata.is_file() && File::open(entry.path()).is_ok() {
            found.push(Document { file: entry.path(), path, length: metadata.len() });
        }
    }
}

/// One segment of a path. What is no UTF-8 is encoded byte by byte: a path is made of bytes on both sides.
fn encoded(name: &OsStr) -> String {
    let chunk = |chunk: std::str::Utf8Chunk<'_>| {
        let invalid = chunk.invalid().iter().map(|byte| format!("%{byte:02X}"));
        percent::encode(chunk.valid()) + &invalid.collect::<String>()
    };
    name.as_bytes().utf8_chunks().map(chunk).collect()
}

/// Writes a tree of odd names, and lengths around the sizes of buffers. Returns how many files it has.
pub fn odd_tree(root: &Path) -> usize {
    let long = ["x".repeat(255), "ü".repeat(127), "%".repeat(85), " ".repeat(100)];
    let names = NAMES.iter().copied().chain(long.iter().map(String::as_bytes));
    let folders = [&b""[..], b"a folder", b"100% ?#", b"\xce\xb1/\xce\xb2/.\xce\xb3", b"....."];
    let mut count = 0;
    for name in names {
        for folder in folders {
            let folder = root.join(OsStr::from_bytes(folder));
            fs::create_dir_all(&folder).expect("a folder");
            let length = LENGTHS[count % LENGTHS.len()];
            let content: Vec<u8> =
                (0..length).map(|at| (at * 31 + at / 256 + count) as u8).collect();
            fs::write(folder.join(OsStr::from_bytes(name)), content).expect("a document");
            count += 1;
        }
    }
    count
}

const LENGTHS: [usize; 16] = [
    0, 1, 2, 255, 4_095, 4_096, 8_191, 8_192, 8_193, 16_384, 16_385, 32_767, 65_535, 65_536,
    65_537, 200_000,
];

#[rustfmt::skip] // a list
const NAMES: &[&[u8]] = &[
    b"plain", b"UPPER.lower", b"with space", b" leading", b"trailing ", b"two  spaces", b"+", b"a+b c",
    b"%", b"%41", b"%2F", b"%2e%2e", b"%zz", b"100%", b"?", b"what?", b"a?b=c&d", b"#", b"c#", b"a#b?c",
    b"&", b"=", b";", b"a;v=1", b",", b"$", b"!", b"*", b"@", b"user@host", b":", b"http:", b"c:drive",
    b"'", b"\"", b"\"quoted\"", b"it's", b"`", b"(a)", b"[a]", b"{a}", b"<a>", b"a|b", b"^", b"~", b"~user",
    b"\\", b"back\\slash", b".hidden", b"..two", b"...", b"....", b"end.", b"-", b"--flag", b"_",
    b"tab\there", b"line\nbreak", b"bell\x07", b"return\r", b"del\x7f", b"esc\x1b[0m",
    "ü".as_bytes(), "naïve café".as_bytes(), "日本語".as_bytes(), "русский".as_bytes(), "العربية".as_bytes(),
    "😀".as_bytes(), "e\u{301}".as_bytes(), "a\u{a0}b".as_bytes(), "\u{202e}gpj".as_bytes(), "\u{feff}".as_bytes(),
    b"latin-\xe9", b"\xff\xfe", b"half \xc3", b"index.html.gz", b"a.tar.gz", b"favicon.ico",
];
