//! The content of a request: data, a form, or a file that is uploaded.
//!
//! A hop in, the library's [`Body`] out, and what its fields have to say of it. Files are opened when they are sent, and
//! again for every attempt; the standard input of an upload can be sent once.

use std::fs::File;
use std::io;
use std::path::Path;
use std::sync::Arc;

use wireline::{Body, Replayable};

use crate::exit::Failed;
use crate::plan::Group;

use super::hop::Hop;
use super::multipart::{Multipart, boundary};
use super::pieces::{Piece, Pieces, length};

/// What is sent.
pub struct Content {
    pub body: Body,
    /// `None` is known at its end only.
    pub length: Option<u64>,
    /// Whether it is sent in chunks although its length is known.
    pub chunked: bool,
    /// The media type of a form, with its boundary.
    pub form_type: Option<String>,
}

/// The content of a hop, if it has any.
///
/// # Errors
/// 26: a file that cannot be read. 18: an upload that has nothing left.
pub fn content(hop: &Hop<'_>) -> Result<Option<Content>, Failed> {
    let group = hop.transfer.group;
    if !hop.with_body {
        return Ok(None);
    }
    let chunked = chunked(group);
    if let Some(file) = &hop.transfer.upload {
        return upload(file.as_ref(), hop.range_from.unwrap_or(0), chunked).map(Some);
    }
    if !group.body.form.is_empty() {
        return form(group, chunked).map(Some);
    }
    let Some(data) = group.body.data.as_ref().filter(|_| !group.body.get) else { return Ok(None) };
    let pieces = vec![Piece::Bytes(data.clone().into())];
    Ok(Some(made(pieces, Some(data.len() as u64), chunked)))
}

/// Whether `-H` asks for chunks.
fn chunked(group: &Group) -> bool {
    group.request.fields.iter().filter_map(|line| line.split_once(':')).any(|(name, value)| {
        name.eq_ignore_ascii_case("transfer-encoding")
            && value.to_ascii_lowercase().contains("chunked")
    })
}

fn made(pieces: Vec<Piece>, length: Option<u64>, chunked: bool) -> Content {
    let pieces: Arc<[Piece]> = pieces.into();
    let known = length.filter(|_| !chunked);
    let body = match known {
        Some(0) => Replayable::from(Vec::new()),
        known => Replayable::reader(move || Pieces::new(Arc::clone(&pieces)), known),
    };
    Content { body: body.into(), length, chunked, form_type: None }
}

/// `-T`: a file from an offset on, or the standard input.
fn upload(file: &Path, from: u64, chunked: bool) -> Result<Content, Failed> {
    if matches!(file.to_str(), Some("-" | ".")) {
        let input =
            input().map_err(|error| Failed::new(26, format!("Can't read the input: {error}")))?;
        let body = Body::reader(tokio::fs::File::from_std(input), None);
        return Ok(Content { body, length: None, chunked: true, form_type: None });
    }
    let length = length(file)?;
    let left = match length {
        Some(length) if from > 0 && length <= from => {
            return Err(Failed::new(18, "File already completely uploaded"));
        }
        length => length.map(|length| length - from),
    };
    Ok(made(vec![Piece::File(file.to_owned(), from)], left, chunked))
}

/// The standard input as a file that is read without waiting for it in the program's only thread.
#[cfg(unix)]
fn input() -> io::Result<File> {
    use std::os::fd::AsFd;
    io::stdin().as_fd().try_clone_to_owned().map(File::from)
}

#[cfg(windows)]
fn input() -> io::Result<File> {
    use std::os::windows::io::AsHandle;
    io::stdin().as_handle().try_clone_to_owned().map(File::from)
}

/// `-F`.
fn form(group: &Group, chunked: bool) -> Result<Content, Failed> {
    let boundary = boundary();
    let mut multipart = Multipart::new(group.body.form_escape);
    multipart.form(&group.body.form, &boundary)?;
    let length = multipart.length();
    let said = group.request.fields.iter().filter_map(|line| line.split_once(':'));
    let mut own =
        said.filter(|(name, _)| name.eq_ignore_ascii_case("content-type")).map(|(_, v)| v.trim());
    let kind = own.next_back().filter(|kind| !kind.is_empty()).unwrap_or("multipart/form-data");
    let form_type = Some(format!("{kind}; boundary={boundary}"));
    Ok(Content { form_type, ..made(multipart.into_pieces(), length, chunked || length.is_none()) })
}
