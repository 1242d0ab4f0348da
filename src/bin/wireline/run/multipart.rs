//! Forms on the wire, with curl's bytes: parts in, [`Piece`]s out.
//!
//! Names are escaped as in the forms of browsers (`%22`), or with backslashes if asked for. Of a file that has no type of
//! its own its name decides. Content that is encoded is read at once, all else when it is sent.

use std::hash::{BuildHasher, Hasher, RandomState};
use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::exit::Failed;
use crate::plan::form::{Content, Encoder, Part};

use super::pieces::{Piece, length};

/// What separates parts: curl's 24 dashes and 22 letters or digits, new every time.
pub fn boundary() -> String {
    const LETTERS: &[u8] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    let mut text = "-".repeat(24);
    // The standard library seeds its hashers at random.
    let mut random = RandomState::new().build_hasher();
    for number in 0..22_u8 {
        random.write_u8(number);
        let at = random.finish() % LETTERS.len() as u64;
        text.push(LETTERS.get(at as usize).copied().map_or('0', char::from));
    }
    text
}

/// A form being written.
pub struct Multipart {
    /// Quotes behind backslashes.
    backslashes: bool,
    pieces: Vec<Piece>,
    /// Not yet among the pieces.
    text: Vec<u8>,
    length: Option<u64>,
}

impl Multipart {
    pub fn new(backslashes: bool) -> Multipart {
        Multipart { backslashes, pieces: Vec::new(), text: Vec::new(), length: Some(0) }
    }

    /// Writes a whole form.
    ///
    /// # Errors
    /// 26: a file that cannot be read.
    pub fn form(&mut self, parts: &[Part], boundary: &str) -> Result<(), Failed> {
        self.parts(parts, boundary, Some("form-data"))
    }

    /// How long it is, if that is known.
    pub fn length(&self) -> Option<u64> {
        self.length.map(|length| length + self.text.len() as u64)
    }

    pub fn into_pieces(mut self) -> Vec<Piece> {
        self.flush();
        self.pieces
    }

    fn parts(&mut self, parts: &[Part], boundary: &str, kind: Option<&str>) -> Result<(), Failed> {
        for part in parts {
            self.line(&format!("--{boundary}"));
            self.part(part, kind)?;
            self.line("");
        }
        self.line(&format!("--{boundary}--"));
        Ok(())
    }

    fn part(&mut self, part: &Part, kind: Option<&str>) -> Result<(), Failed> {
        let own = |name: &str| part.fields.iter().any(|line| crate::plan::names(line, name));
        let inner = matches!(part.content, Content::Parts(_)).then(boundary);
        let named = !part.name.is_empty() || part.file_name.is_some();
        let kind = kind.or(named.then_some("attachment"));
        if let Some(kind) = kind.filter(|_| !own("Content-Disposition")) {
            let mut line = format!("Content-Disposition: {kind}");
            if !part.name.is_empty() {
                line.push_str(&format!("; name=\"{}\"", self.escaped(&part.name)));
            }
            if let Some(name) = &part.file_name {
                line.push_str(&format!("; filename=\"{}\"", self.escaped(name)));
            }
            self.line(&line);
        }
        match (media_type(part), &inner) {
            (_, None) if own("Content-Type") => {}
            (Some(own), None) => self.line(&format!("Content-Type: {own}")),
            (None, None) => {}
            (own, Some(inner)) => {
                let own = own.as_deref().unwrap_or("multipart/mixed");
                self.line(&format!("Content-Type: {own}; boundary={inner}"));
            }
        }
        if let Some(encoder) = part.encoder.filter(|_| !own("Content-Transfer-Encoding")) {
            self.line(&format!("Content-Transfer-Encoding: {}", encoder.name()));
        }
        for line in &part.fields {
            self.line(line);
        }
        self.line("");
        self.content(part, inner.as_deref().unwrap_or_default())
    }

    fn content(&mut self, part: &Part, boundary: &str) -> Result<(), Failed> {
        let encoded =
            part.encoder.filter(|encoder| !matches!(encoder, Encoder::Binary | Encoder::EightBit));
        match (&part.content, encoded) {
            (Content::Parts(inner), _) => {
                let said = media_type(part);
                let form = said.is_some_and(|said| said.starts_with("multipart/form-data"));
                self.parts(inner, boundary, form.then_some("form-data"))?;
            }
            (Content::Bytes(bytes), None) => self.text.extend_from_slice(bytes),
            (Content::Bytes(bytes), Some(encoder)) => self.encode(bytes, encoder)?,
            (Content::File(path), None) => {
                self.flush();
                self.length = self.length.zip(length(path)?).map(|(all, more)| all + more);
                self.pieces.push(Piece::File(path.clone(), 0));
            }
            (Content::File(path), Some(encoder)) => {
                let read = std::fs::read(path);
                let read = read.map_err(|error| {
                    Failed::new(26, format!("Can't open '{}': {error}", path.display()))
                })?;
                self.encode(&read, encoder)?;
            }
        }
        Ok(())
    }

    fn encode(&mut self, content: &[u8], encoder: Encoder) -> Result<(), Failed> {
        match encoder {
            Encoder::SevenBit if !content.is_ascii() => {
                return Err(Failed::new(26, "content for the encoder 7bit has bytes of 8 bits"));
            }
            Encoder::Base64 => base64(content, &mut self.text),
            Encoder::QuotedPrintable => {
                quoted_printable(content, &mut self.text);
                // curl does not count beforehand.
                self.length = None;
            }
            _ => self.text.extend_from_slice(content),
        }
        Ok(())
    }

    fn escaped(&self, text: &str) -> String {
        match self.backslashes {
            true => text.replace('\\', "\\\\").replace('"', "\\\""),
            false => text.replace('"', "%22").replace('\r', "%0D").replace('\n', "%0A"),
        }
    }

    fn line(&mut self, line: &str) {
        self.text.extend_from_slice(line.as_bytes());
        self.text.extend_from_slice(b"\r\n");
    }

    fn flush(&mut self) {
        let text = std::mem::take(&mut self.text);
        self.length = self.length.map(|length| length + text.len() as u64);
        self.pieces.push(Piece::Bytes(text.into()));
    }
}

/// The type of a part: its own, or what the name of its file says.
fn media_type(part: &Part) -> Option<String> {
    if part.media_type.is_some() || matches!(part.content, Content::Parts(_)) {
        return part.media_type.clone();
    }
    let by_name = part.file_name.as_deref().and_then(by_ending);
    let guessed = match &part.content {
        Content::File(path) => by_name
            .or_else(|| by_ending(&path.to_string_lossy()))
            .or(part.file_name.as_ref().map(|_| "application/octet-stream")),
        _ => by_name,
    };
    // Text is what a part is anyway.
    guessed.filter(|kind| part.file_name.is_some() || *kind != "text/plain").map(str::to_owned)
}

fn by_ending(name: &str) -> Option<&'static str> {
    let ending = Path::new(name).extension()?.to_str()?.to_ascii_lowercase();
    Some(match &*ending {
        "gif" => "image/gif",
        "jpg" | "jpeg" => "image/jpeg",
        "png" => "image/png",
        "svg" => "image/svg+xml",
        "txt" => "text/plain",
        "htm" | "html" => "text/html",
        "pdf" => "application/pdf",
        "xml" => "application/xml",
        _ => return None,
    })
}

/// RFC 2045 §6.8, in lines of 76.
fn base64(content: &[u8], out: &mut Vec<u8>) {
    for (number, line) in content.chunks(57).enumerate() {
        if number > 0 {
            out.extend_from_slice(b"\r\n");
        }
        out.extend_from_slice(STANDARD.encode(line).as_bytes());
    }
}

/// RFC 2045 §6.7.
fn quoted_printable(content: &[u8], out: &mut Vec<u8>) {
    let mut column = 0;
    let mut rest = content;
    while let Some((&byte, after)) = rest.split_first() {
        if let [b'\r', b'\n', after @ ..] = rest {
            out.extend_from_slice(b"\r\n");
            (column, rest) = (0, after);
            continue;
        }
        let ends = after.is_empty() || after.starts_with(b"\r\n");
        let plain = match byte {
            b' ' | b'\t' => !ends,
            b'=' => false,
            byte => (b'!'..=b'~').contains(&byte),
        };
        let written = if plain { vec![byte] } else { format!("={byte:02X}").into_bytes() };
        // "Encoded lines of no more than 76 characters", the = of a soft break among them.
        if column + written.len() > if ends { 76 } else { 75 } {
            out.extend_from_slice(b"=\r\n");
            column = 0;
        }
        column += written.len();
        out.extend_from_slice(&written);
        rest = after;
    }
}

#[cfg(test)]
mod tests;
