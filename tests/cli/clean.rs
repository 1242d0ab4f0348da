//! What differs from run to run and from program to program, replaced by names: ports, folders, boundaries, nonces.

use super::program::Program;

/// Names and what they stand for in one case.
pub struct Names {
    pub pairs: Vec<(&'static str, String)>,
}

impl Names {
    /// `text` with what the names stand for.
    pub fn fill(&self, text: &str) -> String {
        self.pairs.iter().fold(text.to_owned(), |text, (name, real)| text.replace(name, real))
    }

    /// Bytes with what the names stand for.
    pub fn fill_bytes(&self, bytes: &[u8]) -> Vec<u8> {
        self.pairs.iter().fold(bytes.to_vec(), |bytes, (name, real)| {
            replace(&bytes, name.as_bytes(), real.as_bytes())
        })
    }

    /// The opposite, and the program's name and version too.
    pub fn clean(&self, bytes: &[u8], program: &Program) -> Vec<u8> {
        let bytes = self.pairs.iter().fold(bytes.to_vec(), |bytes, (name, real)| {
            replace(&bytes, real.as_bytes(), name.as_bytes())
        });
        replace(&bytes, program.agent.as_bytes(), b"<AGENT>")
    }
}

fn replace(bytes: &[u8], from: &[u8], to: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(bytes.len());
    let mut rest = bytes;
    while let Some(at) = find(rest, from) {
        out.extend_from_slice(&rest[..at]);
        out.extend_from_slice(to);
        rest = &rest[at + from.len()..];
    }
    out.extend_from_slice(rest);
    out
}

fn find(bytes: &[u8], part: &[u8]) -> Option<usize> {
    bytes.windows(part.len()).position(|window| window == part)
}

/// A request without a boundary and a nonce of its own. The length of a body shrinks with its boundary.
pub fn request(bytes: &[u8]) -> Vec<u8> {
    let bytes = without_boundary(bytes);
    let bytes = between(&bytes, b"cnonce=\"", b"\"", b"<CNONCE>");
    let bytes = between(&bytes, b", response=\"", b"\"", b"<RESPONSE>");
    without_port(bytes)
}

/// `PROXY TCP4 from to PORT port`: the fifth word is the client's own.
fn without_port(bytes: Vec<u8>) -> Vec<u8> {
    let words: Vec<_> = bytes.split(|byte| *byte == b' ').collect();
    match *words {
        [b"PROXY", kind, from, to, _, port] => {
            [b"PROXY", kind, from, to, b"<PORT>", port].join(&b' ')
        }
        _ => bytes,
    }
}

fn without_boundary(bytes: &[u8]) -> Vec<u8> {
    const MARK: &[u8] = b"boundary=------------------------";
    let before = body(bytes).len();
    let mut clean = bytes.to_vec();
    let mut at = 0;
    // One form may lie in another.
    for number in 1.. {
        let Some(found) = find(&clean[at..], MARK) else { break };
        at += found + MARK.len();
        let tail = clean[at..].iter().take_while(|byte| byte.is_ascii_alphanumeric());
        let tail = clean[at..at + tail.count()].to_vec();
        clean = replace(&clean, &tail, format!("<BOUNDARY {number}>").as_bytes());
    }
    let after = body(&clean).len();
    let length = |length| format!("Content-Length: {length}\r\n").into_bytes();
    replace(&clean, &length(before), &length(after))
}

fn body(bytes: &[u8]) -> &[u8] {
    find(bytes, b"\r\n\r\n").map_or(&[], |at| &bytes[at + 4..])
}

fn between(bytes: &[u8], open: &[u8], close: &[u8], name: &[u8]) -> Vec<u8> {
    let Some(at) = find(bytes, open).map(|at| at + open.len()) else { return bytes.to_vec() };
    let Some(length) = find(&bytes[at..], close) else { return bytes.to_vec() };
    [&bytes[..at], name, &bytes[at + length..]].concat()
}

/// Output without seconds in it: digits, a dot, six digits.
pub fn output(bytes: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        let digits =
            |from: usize| bytes[from..].iter().take_while(|byte| byte.is_ascii_digit()).count();
        let whole = digits(at);
        let dot = at + whole;
        if whole > 0 && bytes.get(dot) == Some(&b'.') && digits(dot + 1) == 6 {
            out.extend_from_slice(b"<SECONDS>");
            at = dot + 7;
            continue;
        }
        let step = whole.max(1);
        out.extend_from_slice(&bytes[at..at + step]);
        at += step;
    }
    out
}

#[test]
fn what_differs_is_replaced() {
    let sent = b"POST / HTTP/1.1\r\nContent-Length: 7\r\n\
        Content-Type: x; boundary=------------------------abc\r\n\r\n--abc\r\n";
    let clean = String::from_utf8(request(sent)).expect("text");
    assert!(clean.contains("Content-Length: 16\r\n"), "{clean}");
    assert!(clean.ends_with("--<BOUNDARY 1>\r\n"), "{clean}");
    assert_eq!(output(b"a 0.123456 1.5 12.000001"), b"a <SECONDS> 1.5 <SECONDS>");
    assert_eq!(request(b"cnonce=\"abc\", x"), b"cnonce=\"<CNONCE>\", x");
}
