//! The peer's bytes on a terminal: nothing in them may move the cursor, change colours or turn the direction of text.
//!
//! In: bytes from outside. Out: the same bytes, or with `\xNN` and `\u{NNNN}` where a control character stood. Line ends
//! and tabs stay. What does not go to a terminal is never changed.

use std::borrow::Cow;

/// What may be written to a terminal.
pub fn escape(bytes: &[u8]) -> Cow<'_, [u8]> {
    let harmless = |byte: &u8| matches!(byte, b'\n' | b'\t' | b' '..=b'~');
    if bytes.iter().all(harmless) {
        return Cow::Borrowed(bytes);
    }
    let mut shown = String::with_capacity(bytes.len() + 16);
    for chunk in bytes.utf8_chunks() {
        let mut characters = chunk.valid().chars().peekable();
        while let Some(character) = characters.next() {
            match character {
                '\n' | '\t' => shown.push(character),
                '\r' if characters.peek() == Some(&'\n') => shown.push(character),
                '\0'..='\x1f' | '\x7f' => shown.push_str(&format!("\\x{:02x}", character as u32)),
                _ if is_active(character) => shown.extend(character.escape_unicode()),
                _ => shown.push(character),
            }
        }
        chunk.invalid().iter().for_each(|byte| shown.push_str(&format!("\\x{byte:02x}")));
    }
    Cow::Owned(shown.into_bytes())
}

/// The same for a text.
pub fn escape_text(text: &str) -> String {
    String::from_utf8_lossy(&escape(text.as_bytes())).into_owned()
}

/// Controls of the second set, and those that change the direction of text.
fn is_active(character: char) -> bool {
    matches!(character, '\u{80}'..='\u{9f}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}'
        | '\u{2066}'..='\u{2069}' | '\u{feff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn s_110_what_a_peer_sends_cannot_drive_a_terminal() {
        let shown = |bytes| String::from_utf8(escape(bytes).into_owned()).unwrap();
        assert_eq!(shown(b"a\x1b[31m\x07\x7f"), "a\\x1b[31m\\x07\\x7f");
        assert_eq!(shown("\u{9b}31m \u{202e}x".as_bytes()), "\\u{9b}31m \\u{202e}x");
        assert_eq!(shown(b"\xff\x9b ok"), "\\xff\\x9b ok");
        assert_eq!(shown(b"a\rb\r\n\tc"), "a\\x0db\r\n\tc");
        assert_eq!(shown("Grüße, 世界".as_bytes()), "Grüße, 世界");
        assert!(matches!(escape(b"plain\n"), Cow::Borrowed(_)));
    }
}
