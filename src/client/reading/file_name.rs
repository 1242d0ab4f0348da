//! A name of the server's, made one that is safe to create in a folder of the caller's (S-111).
//!
//! Any text goes in; out comes a single path component that means the same harmless thing on Linux, macOS and Windows,
//! or nothing. It never has a separator, a drive, a control character, a leading dot, a trailing dot or space, or the name
//! of a device. It says nothing of what exists: open it with `create_new` not to overwrite.

/// The longest name of common file systems, in bytes.
const LONGEST: usize = 255;

/// A longer ending than this is no extension worth keeping when a name is cut.
const LONGEST_EXTENSION: usize = 16;

/// What stays of `name` when everything dangerous is gone; `None` if that is nothing.
///
/// What is in front of the last separator of either kind goes, and a drive, and dots and spaces at both ends: so does
/// the dot that would hide a file. Control characters, those that turn the direction of text, and `< > : " | ? *` become
/// `_`. Names that are devices on Windows get a `_` in front. What is longer than 255 bytes is cut, before its extension
/// if it has one. Making a safe name safe changes nothing.
///
/// ```
/// use wireline::client::reading::file_name::safe_file_name;
///
/// assert_eq!(safe_file_name("../../etc/passwd").as_deref(), Some("passwd"));
/// assert_eq!(safe_file_name("C:\\x\\nul.txt").as_deref(), Some("_nul.txt"));
/// assert_eq!(safe_file_name(".bashrc").as_deref(), Some("bashrc"));
/// assert_eq!(safe_file_name(".."), None);
/// ```
pub fn safe_file_name(name: &str) -> Option<String> {
    let base = name.rsplit(['/', '\\']).next().unwrap_or_default();
    let base = match base.as_bytes() {
        [drive, b':', ..] if drive.is_ascii_alphabetic() => base.get(2..).unwrap_or_default(),
        _ => base,
    };
    let clean: String = base.chars().map(|c| if is_harmful(c) { '_' } else { c }).collect();
    let trimmed = trim_end(clean.trim_start_matches(is_edge));
    if trimmed.is_empty() {
        return None;
    }
    let named = if is_device(trimmed) { format!("_{trimmed}") } else { trimmed.to_owned() };
    Some(shortened(&named))
}

/// White space of any kind, and dots.
fn is_edge(c: char) -> bool {
    c == '.' || c.is_whitespace()
}

fn trim_end(name: &str) -> &str {
    name.trim_end_matches(is_edge)
}

fn is_harmful(c: char) -> bool {
    let turns = matches!(c,
        '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}');
    turns || c.is_control() || matches!(c, '<' | '>' | ':' | '"' | '|' | '?' | '*')
}

/// Devices on Windows, whatever extension they seem to have.
fn is_device(name: &str) -> bool {
    let stem = name.split('.').next().unwrap_or_default().trim_end();
    let stem = stem.to_uppercase();
    if matches!(stem.as_str(), "CON" | "PRN" | "AUX" | "NUL" | "CONIN$" | "CONOUT$" | "CLOCK$") {
        return true;
    }
    let port = stem.strip_prefix("COM").or_else(|| stem.strip_prefix("LPT"));
    let mut number = port.unwrap_or_default().chars();
    // The superscript digits count as well.
    matches!(number.next(), Some('0'..='9' | '¹' | '²' | '³')) && number.next().is_none()
}

fn shortened(name: &str) -> String {
    if name.len() <= LONGEST {
        return name.to_owned();
    }
    let extension = match name.rfind('.') {
        Some(dot) if (1..=LONGEST_EXTENSION).contains(&(name.len() - dot)) => name.get(dot..),
        _ => None,
    };
    let extension = extension.unwrap_or_default();
    let mut room = LONGEST - extension.len();
    while !name.is_char_boundary(room) {
        room -= 1;
    }
    let stem = name.get(..room).unwrap_or_default();
    // A cut may leave a space or a dot at the end of a name that has no extension.
    match extension {
        "" => trim_end(stem).to_owned(),
        _ => format!("{stem}{extension}"),
    }
}
