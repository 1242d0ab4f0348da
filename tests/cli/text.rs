//! Bytes as lines of a case file, and back.
//!
//! | line | bytes |
//! |---|---|
//! | <code>&#124; text</code> | the text and CR LF |
//! | `. text` | the text and LF |
//! | `+ text` | the text |
//! | `* 5 text` | the text five times |
//!
//! In the text `\r`, `\n`, `\t`, `\\` and `\xNN` stand for one byte.

/// Longer content is told by its length and a checksum.
const LONG: usize = 4_000;

/// The bytes that `line` stands for; `None` if it is no such line.
pub fn decode(line: &str) -> Option<Vec<u8>> {
    let (kind, text) = line.split_at_checked(1)?;
    let text = text.strip_prefix(' ').unwrap_or(text);
    match kind {
        "|" => Some([&unescape(text)[..], b"\r\n"].concat()),
        "." => Some([&unescape(text)[..], b"\n"].concat()),
        "+" => Some(unescape(text)),
        "*" => {
            let (count, text) = text.split_once(' ')?;
            Some(unescape(text).repeat(count.parse().ok()?))
        }
        _ => None,
    }
}

fn unescape(text: &str) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut rest = text.as_bytes();
    while let [first, tail @ ..] = rest {
        rest = tail;
        if *first != b'\\' {
            bytes.push(*first);
            continue;
        }
        let [kind, tail @ ..] = rest else { panic!("{text}: ends in a backslash") };
        rest = tail;
        match kind {
            b'r' => bytes.push(b'\r'),
            b'n' => bytes.push(b'\n'),
            b't' => bytes.push(b'\t'),
            b'\\' => bytes.push(b'\\'),
            b'x' => {
                let digits = std::str::from_utf8(&rest[..2]).expect("two digits");
                bytes.push(u8::from_str_radix(digits, 16).expect("hexadecimal digits"));
                rest = &rest[2..];
            }
            other => panic!("{text}: \\{} is no escape", char::from(*other)),
        }
    }
    bytes
}

/// The lines that stand for `bytes`, each with its end.
pub fn encode(bytes: &[u8]) -> String {
    if bytes.len() > LONG {
        // FNV-1a: any checksum will do.
        let sum = bytes.iter().fold(0xcbf2_9ce4_8422_2325_u64, |sum, byte| {
            (sum ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3)
        });
        return format!("({} bytes, {sum:016x})\n", bytes.len());
    }
    bytes.split_inclusive(|byte| *byte == b'\n').map(line).collect()
}

fn line(bytes: &[u8]) -> String {
    let (kind, text) = if let Some(text) = bytes.strip_suffix(b"\r\n") {
        ('|', text)
    } else if let Some(text) = bytes.strip_suffix(b"\n") {
        ('.', text)
    } else {
        ('+', bytes)
    };
    let text = escape(text);
    if text.is_empty() { format!("{kind}\n") } else { format!("{kind} {text}\n") }
}

fn escape(text: &[u8]) -> String {
    let mut line = String::new();
    for chunk in text.utf8_chunks() {
        for character in chunk.valid().chars() {
            match character {
                '\r' => line.push_str("\\r"),
                '\t' => line.push_str("\\t"),
                '\\' => line.push_str("\\\\"),
                control if control.is_ascii_control() => {
                    line.push_str(&format!("\\x{:02x}", u32::from(control)));
                }
                other => line.push(other),
            }
        }
        for byte in chunk.invalid() {
            line.push_str(&format!("\\x{byte:02x}"));
        }
    }
    // A blank at the end would not be seen.
    match line.strip_suffix(' ') {
        Some(start) => format!("{start}\\x20"),
        None => line,
    }
}

#[test]
fn lines_stand_for_bytes() {
    for bytes in [&b""[..], b"a", b"a\r\n\r\nb\n", b"\t\\ \x00\xff\rx", b"> \r\n", "ä\n".as_bytes()]
    {
        let lines = encode(bytes);
        let back: Vec<u8> = lines.lines().flat_map(|line| decode(line).expect("a line")).collect();
        assert_eq!(back, bytes, "{lines}");
    }
    assert_eq!(decode("* 3 ab").as_deref(), Some(&b"ababab"[..]));
    assert!(encode(&[b'x'; 5_000]).starts_with("(5000 bytes, "));
}
