//! The grammar of field sections once more, read from the RFCs line by line, with the whole input at hand and no thought
//! for speed. It shares nothing with the reader it judges but the words.

/// One line and whether it ended in CRLF, as opposed to LF.
pub type Line<'a> = (&'a [u8], bool);

/// The section at the front of `bytes`: its lines without the final empty one, whether that one ended in CRLF, and the
/// length of it all. Nothing if no line is empty. A line ends in LF; one CR before that belongs to the line end.
pub fn section(bytes: &[u8]) -> Option<(Vec<Line<'_>>, bool, usize)> {
    let (mut lines, mut length) = (Vec::new(), 0);
    loop {
        let end = bytes[length..].iter().position(|&b| b == b'\n')?;
        let line = &bytes[length..length + end];
        length += end + 1;
        let (line, crlf) = match line.strip_suffix(b"\r") {
            Some(line) => (line, true),
            None => (line, false),
        };
        if line.is_empty() {
            return Some((lines, crlf, length));
        }
        lines.push((line, crlf));
    }
}

/// RFC 9112 §5, `field-line = field-name ":" OWS field-value OWS`, and §5.2, where a line that begins with white space
/// continues the one before it. Nothing if the lines are not fields.
pub fn fields(lines: &[Line<'_>]) -> Option<Vec<(String, Vec<u8>)>> {
    let mut fields: Vec<(String, Vec<u8>)> = Vec::new();
    for (line, _) in lines {
        if matches!(line, [b' ' | b'\t', ..]) {
            let (_, value) = fields.last_mut()?;
            value.push(b' ');
            value.extend_from_slice(trim(line));
            continue;
        }
        let colon = line.iter().position(|&b| b == b':')?;
        let name = &line[..colon];
        if name.is_empty() || !name.iter().all(|&b| is_token(b)) {
            return None;
        }
        fields.push((String::from_utf8(name.to_vec()).ok()?, trim(&line[colon + 1..]).to_vec()));
    }
    for (_, value) in &mut fields {
        if !value.iter().all(|&b| is_text(b)) {
            return None;
        }
        *value = trim(value).to_vec();
    }
    Some(fields)
}

/// RFC 9110 §5.6.2: `tchar`.
pub fn is_token(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte)
}

/// RFC 9110 §5.5: `HTAB / SP / VCHAR / obs-text`.
pub fn is_text(byte: u8) -> bool {
    byte == b'\t' || (byte >= b' ' && byte != 0x7f)
}

/// Without the SP and HTAB around it.
pub fn trim(mut text: &[u8]) -> &[u8] {
    while let [b' ' | b'\t', rest @ ..] | [rest @ .., b' ' | b'\t'] = text {
        text = rest;
    }
    text
}
