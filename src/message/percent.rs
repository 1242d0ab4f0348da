//! Percent-encoding (RFC 3986 §2.1), both ways.
//!
//! Encoding touches a byte only when the caller's rule says so and never an existing `%XX`;
//! decoding leaves a `%` that is not followed by two hex digits as it is. Neither fails.
//!
//! Next: [`reference`](mod@super::reference)

/// Whether RFC 3986 §2.3 calls the byte unreserved, so that it never needs encoding:
/// `ALPHA / DIGIT / "-" / "." / "_" / "~"`.
pub fn is_unreserved(byte: u8) -> bool {
    matches!(byte, b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~')
}

/// Encodes everything but unreserved characters, as for one key or value of a query. A space
/// becomes `%20`.
///
/// ```
/// assert_eq!(wireline::message::percent::encode("a b&ü"), "a%20b%26%C3%BC");
/// ```
pub fn encode(text: impl AsRef<[u8]>) -> String {
    let text = text.as_ref();
    let mut out = String::with_capacity(text.len() + 16);
    for &byte in text {
        match is_unreserved(byte) {
            true => out.push(char::from(byte)),
            false => push_encoded(&mut out, byte),
        }
    }
    out
}

/// The bytes `text` stands for.
///
/// ```
/// assert_eq!(wireline::message::percent::decode("p%40ss%2"), b"p@ss%2");
/// ```
pub fn decode(text: &str) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    loop {
        rest = match rest {
            [] => return out,
            [b'%', high, low, after @ ..]
                if high.is_ascii_hexdigit() && low.is_ascii_hexdigit() =>
            {
                out.push(hex_value(*high) << 4 | hex_value(*low));
                after
            }
            [byte, after @ ..] => {
                out.push(*byte);
                after
            }
        };
    }
}

/// Appends `text` with the bytes that `needs` picks encoded. Bytes outside ASCII always are.
pub(crate) fn encode_into(out: &mut String, text: &str, needs: impl Fn(u8) -> bool) {
    let mut clean = 0;
    for (at, byte) in text.bytes().enumerate() {
        if byte.is_ascii() && !needs(byte) {
            continue;
        }
        // `clean` and `at` are char boundaries unless only encoded bytes lie between them.
        out.push_str(text.get(clean..at).unwrap_or_default());
        push_encoded(out, byte);
        clean = at + 1;
    }
    out.push_str(text.get(clean..).unwrap_or_default());
}

fn push_encoded(out: &mut String, byte: u8) {
    const HEX: [u8; 16] = *b"0123456789ABCDEF";
    out.push('%');
    out.push(char::from(HEX[usize::from(byte >> 4)]));
    out.push(char::from(HEX[usize::from(byte & 15)]));
}

fn hex_value(digit: u8) -> u8 {
    match digit {
        b'0'..=b'9' => digit - b'0',
        _ => (digit | 0x20) - b'a' + 10,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decoding_undoes_encoding() {
        for text in ["", "plain", "a b", "100%", "ü€😀", "\0\x7f", "é a é"] {
            assert_eq!(decode(&encode(text)), text.as_bytes());
        }
        assert_eq!(encode("é a é"), "%C3%A9%20a%20%C3%A9");
        assert_eq!(encode(b"\xff~"), "%FF~");
        assert_eq!(decode("%zz%4%41%"), b"%zz%4A%");
    }
}
