//! `-F` and `--form-string`: parts of a form, read as curl reads them.
//!
//! ```text
//! name=content   name=@file,file   name=<file   name=(  …parts…  =)
//!      each with ;type=  ;filename=  ;headers=  ;encoder=
//! ```
//!
//! Text in, [`Part`]s out. Files of content are named, not read; only the standard input and files of fields are.

use std::path::{Path, PathBuf};

use super::data::file_of;
use super::said::{Files, Wrong};

/// One part, which may hold others.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Part {
    pub name: String,
    pub content: Content,
    pub file_name: Option<String>,
    pub media_type: Option<String>,
    pub encoder: Option<Encoder>,
    /// Fields of its own, as they are sent.
    pub fields: Vec<String>,
}

/// What a part holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Content {
    Bytes(Vec<u8>),
    File(PathBuf),
    Parts(Vec<Part>),
}

impl Default for Content {
    fn default() -> Content {
        Content::Bytes(Vec::new())
    }
}

/// How content is written into its part.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Encoder {
    Binary,
    EightBit,
    SevenBit,
    Base64,
    QuotedPrintable,
}

impl Encoder {
    const NAMES: [(Encoder, &'static str); 5] = [
        (Encoder::Binary, "binary"),
        (Encoder::EightBit, "8bit"),
        (Encoder::SevenBit, "7bit"),
        (Encoder::Base64, "base64"),
        (Encoder::QuotedPrintable, "quoted-printable"),
    ];

    /// As `Content-Transfer-Encoding` has it.
    pub fn name(self) -> &'static str {
        Encoder::NAMES.iter().find(|(encoder, _)| *encoder == self).map_or("", |(_, name)| name)
    }
}

/// Adds what `-F` says; `open` counts the parts that are open to hold others.
///
/// # Errors
/// No `=`, a media type that is none, an unknown encoder, a `)` too many; 26: a file that cannot be read.
pub fn add(
    parts: &mut Vec<Part>,
    open: &mut usize,
    text: &str,
    files: &mut dyn Files,
) -> Result<(), Wrong> {
    let (name, content) = split(text)?;
    let named = |part: Part| Part { name: name.to_owned(), ..part };
    let mut rest = Rest { text: content, files };
    if content == ")" && name.is_empty() {
        *open = open.checked_sub(1).ok_or_else(|| Wrong::new("no multipart to terminate"))?;
        return Ok(());
    }
    let part = match content.as_bytes().first() {
        Some(b'(') => {
            rest.skip(1);
            let part = rest.part('\0')?.0;
            *open += 1;
            let part = named(Part { content: Content::Parts(Vec::new()), ..part });
            push(parts, *open - 1, part);
            return Ok(());
        }
        Some(b'@') => named(rest.files()?),
        Some(b'<') => {
            rest.skip(1);
            let (part, _) = rest.part('\0')?;
            let content = rest.content_of(&part)?;
            named(Part { content, file_name: None, ..part })
        }
        _ => named(rest.part('\0')?.0),
    };
    push(parts, *open, part);
    Ok(())
}

/// Adds what `--form-string` says: the content as it stands.
///
/// # Errors
/// No `=`.
pub fn literal(parts: &mut Vec<Part>, open: usize, text: &str) -> Result<(), Wrong> {
    let (name, content) = split(text)?;
    let content = Content::Bytes(content.into());
    push(parts, open, Part { name: name.to_owned(), content, ..Part::default() });
    Ok(())
}

fn split(text: &str) -> Result<(&str, &str), Wrong> {
    let parts = text.split_once('=');
    parts.ok_or_else(|| Wrong::new("option -F: is badly used here: expected name=content"))
}

/// Adds a part to the innermost one that is open.
fn push(parts: &mut Vec<Part>, open: usize, part: Part) {
    match parts.last_mut() {
        Some(Part { content: Content::Parts(inner), .. }) if open > 0 => {
            push(inner, open - 1, part)
        }
        _ => parts.push(part),
    }
}

/// What is left to read of an option's text.
struct Rest<'a, 'f> {
    text: &'a str,
    files: &'f mut dyn Files,
}

impl Rest<'_, '_> {
    fn skip(&mut self, bytes: usize) {
        self.text = self.text.get(bytes..).unwrap_or_default();
    }

    fn blanks(&mut self) {
        self.text = self.text.trim_start_matches([' ', '\t']);
    }

    /// `@file,file`: one part, or one that holds one for each.
    fn files(&mut self) -> Result<Part, Wrong> {
        let mut all = Vec::new();
        loop {
            self.skip(1); // the @, the comma
            let (part, end) = self.part(',')?;
            let content = self.content_of(&part)?;
            let own = match &part.content {
                Content::Bytes(name) => base_name(&String::from_utf8_lossy(name)),
                _ => String::new(),
            };
            let file_name = Some(part.file_name.clone().unwrap_or(own));
            all.push(Part { content, file_name, ..part });
            if end != Some(',') {
                break;
            }
        }
        match all.pop() {
            Some(only) if all.is_empty() => Ok(only),
            last => {
                all.extend(last);
                Ok(Part { content: Content::Parts(all), ..Part::default() })
            }
        }
    }

    /// The file that the part's content names; what comes from the standard input is read.
    fn content_of(&mut self, part: &Part) -> Result<Content, Wrong> {
        let Content::Bytes(name) = &part.content else { return Ok(Content::default()) };
        match name.as_slice() {
            b"-" => Ok(Content::Bytes(file_of(name, self.files)?)),
            name => Ok(Content::File(PathBuf::from(&*String::from_utf8_lossy(name)))),
        }
    }

    /// Content and what is said of it, to the end or to `end`, which is returned.
    fn part(&mut self, end: char) -> Result<(Part, Option<char>), Wrong> {
        self.blanks();
        let mut part = Part { content: Content::Bytes(self.word(end).into()), ..Part::default() };
        let mut in_type = false;
        while self.text.starts_with(';') {
            self.skip(1);
            let behind = self.text;
            self.blanks();
            let blanks = behind.get(..behind.len() - self.text.len()).unwrap_or_default();
            let lower = self.text.get(..9).unwrap_or(self.text).to_ascii_lowercase();
            if !in_type && lower.starts_with("type=") {
                self.skip(5);
                self.blanks();
                part.media_type = Some(self.media_type(end)?);
                in_type = true;
            } else if lower.starts_with("filename=") {
                self.skip(9);
                self.blanks();
                (part.file_name, in_type) = (Some(self.word(end)), false);
            } else if lower.starts_with("headers=") {
                self.skip(8);
                self.fields(&mut part.fields, end)?;
                in_type = false;
            } else if lower.starts_with("encoder=") {
                self.skip(8);
                self.blanks();
                let name = self.word(end);
                let known = Encoder::NAMES.iter().find(|(_, own)| own.eq_ignore_ascii_case(&name));
                let known = known.ok_or_else(|| Wrong::new(format!("unknown encoder {name}")))?;
                (part.encoder, in_type) = (Some(known.0), false);
            } else if let (true, Some(media_type)) = (in_type, &mut part.media_type) {
                // A parameter of the media type.
                let stop = self.text.find([';', end]).unwrap_or(self.text.len());
                media_type.push(';');
                media_type.push_str(blanks);
                media_type.push_str(self.text.get(..stop).unwrap_or_default().trim_end());
                self.skip(stop);
            } else {
                self.word(end); // nobody knows what it means
            }
        }
        Ok((part, self.text.chars().next()))
    }

    fn media_type(&mut self, end: char) -> Result<String, Wrong> {
        let stop = self.text.find([';', end]).unwrap_or(self.text.len());
        let said = self.text.get(..stop).unwrap_or_default().trim_end();
        let sound = said.split_once('/').is_some_and(|(major, minor)| {
            !major.is_empty() && !major.contains(' ') && !minor.is_empty()
        });
        if !sound {
            return Err(Wrong::new(format!("illegally formatted content-type field: {said}")));
        }
        let said = said.to_owned();
        self.skip(stop);
        Ok(said)
    }

    /// `headers=field`, or those in a file, one a line.
    fn fields(&mut self, fields: &mut Vec<String>, end: char) -> Result<(), Wrong> {
        if !self.text.starts_with(['@', '<']) {
            fields.push(self.word(end));
            return Ok(());
        }
        self.skip(1);
        let read = file_of(self.word(end).as_bytes(), self.files)?;
        let text = String::from_utf8_lossy(&read);
        let lines = text.lines().map(str::trim_end);
        fields.extend(lines.filter(|l| !l.is_empty() && !l.starts_with('#')).map(str::to_owned));
        Ok(())
    }

    /// To a `;` or `end`; in quotes also beyond.
    fn word(&mut self, end: char) -> String {
        if let Some((word, after)) = self.text.strip_prefix('"').and_then(quoted) {
            let stop = after.find([';', end]).unwrap_or(after.len());
            self.skip(self.text.len() - after.len() + stop);
            return word;
        }
        let stop = self.text.find([';', end]).unwrap_or(self.text.len());
        let word = self.text.get(..stop).unwrap_or_default().trim_end().to_owned();
        self.skip(stop);
        word
    }
}

/// The text to the closing quote, and what follows it.
fn quoted(text: &str) -> Option<(String, &str)> {
    let mut word = String::new();
    let mut chars = text.char_indices();
    while let Some((at, char)) = chars.next() {
        match char {
            '"' => return Some((word, text.get(at + 1..)?)),
            '\\' => match text.get(at + 1..)?.chars().next() {
                Some(next @ ('"' | '\\')) => {
                    word.push(next);
                    chars.next();
                }
                _ => word.push('\\'),
            },
            char => word.push(char),
        }
    }
    None
}

/// The last part of a path.
fn base_name(path: &str) -> String {
    Path::new(path).file_name().map_or_else(String::new, |name| name.to_string_lossy().into())
}

#[cfg(test)]
mod tests;
