//! Ask only for what has changed: `-z`, `--etag-compare`, `--etag-save`.
//!
//! In: a group's options, files of this machine, the head of an answer. Out: fields to send, whether a condition was not
//! met although the server did not look at it, and the file of an ETag. A date that cannot be read is no condition.

use std::fs::{self, File};
use std::io::Write as _;
use std::path::Path;
use std::time::UNIX_EPOCH;

use wireline::message::ResponseHead;

use crate::exit::Failed;
use crate::plan::Group;

use super::when::{http, imf, seconds};

/// `-z`, understood.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Since {
    kind: Kind,
    /// Seconds since 1970.
    at: u64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Modified,
    Unmodified,
    Exactly,
}

impl Since {
    /// Reads a date, or the time of a file; `-` in front turns the condition round.
    pub fn read(text: &str) -> Option<Since> {
        let (kind, text) = match text.as_bytes().first() {
            Some(b'-') => (Kind::Unmodified, &text[1..]),
            Some(b'=') => (Kind::Exactly, &text[1..]),
            Some(b'+') => (Kind::Modified, &text[1..]),
            _ => (Kind::Modified, text),
        };
        let at = seconds(text).or_else(|| changed(Path::new(text)))?;
        Some(Since { kind, at })
    }

    fn field(self) -> (&'static str, String) {
        let name = match self.kind {
            Kind::Modified => "If-Modified-Since",
            Kind::Unmodified => "If-Unmodified-Since",
            Kind::Exactly => "Last-Modified",
        };
        (name, imf(self.at))
    }

    fn is_met(self, changed: u64) -> bool {
        match self.kind {
            Kind::Unmodified => changed < self.at,
            Kind::Modified | Kind::Exactly => changed > self.at,
        }
    }
}

/// `-z` as a field.
pub fn since(group: &Group) -> Option<(&'static str, String)> {
    group.request.time_cond.as_deref().and_then(Since::read).map(Since::field)
}

/// Whether `-z` was said and cannot be read: worth a warning.
pub fn is_unreadable(group: &Group) -> bool {
    group.request.time_cond.as_deref().is_some_and(|text| Since::read(text).is_none())
}

/// Whether the answer shows that the condition of `-z` is not met: by its status, or by its date, for servers that do not
/// look at conditions.
pub fn is_unmet(group: &Group, head: &ResponseHead) -> bool {
    if head.status.as_u16() == 304 {
        return true;
    }
    let Some(since) = group.request.time_cond.as_deref().and_then(Since::read) else {
        return false;
    };
    let changed = head.fields.get("last-modified").and_then(http);
    let whole = group.request.range.is_none() && head.status.is_success();
    whole && changed.is_some_and(|changed| !since.is_met(changed))
}

/// The value of `If-None-Match`, from the file of `--etag-compare`. An empty file, or one that `--etag-save` is to
/// make, matches nothing.
///
/// # Errors
/// 26: the file cannot be read.
pub fn etag(group: &Group) -> Result<Option<String>, Failed> {
    let Some(path) = &group.request.etag_compare else { return Ok(None) };
    let text = match fs::read(path) {
        Ok(read) => String::from_utf8_lossy(&read).replace(['\r', '\n'], ""),
        Err(_) if group.output.etag_save.is_some() => String::new(),
        Err(error) => {
            return Err(Failed::new(26, format!("Failed to open {}: {error}", path.display())));
        }
    };
    Ok(Some(if text.is_empty() { "\"\"".to_owned() } else { text }))
}

/// Makes the file of `--etag-save`; one that is there keeps what it says until there is an ETag.
///
/// # Errors
/// 26: it cannot be made.
pub fn open_etag(group: &Group) -> Result<(), Failed> {
    let Some(path) = &group.output.etag_save else { return Ok(()) };
    let opened = File::options().create(true).append(true).open(path);
    opened.map(|_| ()).map_err(|error| unsaved(path, &error))
}

/// Writes the ETag of an answer to that file, if it has one.
///
/// # Errors
/// 26: it cannot be written.
pub fn save_etag(group: &Group, head: &ResponseHead) -> Result<(), Failed> {
    let (Some(path), Some(etag)) = (&group.output.etag_save, head.fields.get("etag")) else {
        return Ok(());
    };
    let write = |mut file: File| file.write_all(&[etag, b"\n"].concat());
    File::create(path).and_then(write).map_err(|error| unsaved(path, &error))
}

fn unsaved(path: &Path, error: &std::io::Error) -> Failed {
    let path = path.display();
    Failed::new(26, format!("Failed creating file for saving etags: \"{path}\": {error}"))
}

fn changed(path: &Path) -> Option<u64> {
    let changed = fs::metadata(path).and_then(|about| about.modified()).ok()?;
    changed.duration_since(UNIX_EPOCH).ok().map(|since| since.as_secs())
}

#[cfg(test)]
mod tests {
    use super::*;
    use wireline::StatusCode;

    fn group(time_cond: &str) -> Group {
        let mut group = Group::default();
        group.request.time_cond = Some(time_cond.to_owned());
        group
    }

    #[test]
    fn conditions_become_fields() {
        let date = "Tue, 03 Jan 2006 15:04:05 GMT";
        for (said, name) in [
            (date.to_owned(), "If-Modified-Since"),
            (format!("-{date}"), "If-Unmodified-Since"),
            (format!("={date}"), "Last-Modified"),
        ] {
            let field = since(&group(&said));
            assert_eq!(field, Some((name, date.to_owned())), "{said}");
        }
        let nothing = group("neither a date nor a file");
        assert_eq!(since(&nothing), None);
        assert!(is_unreadable(&nothing));
        let own = since(&group("Cargo.toml"));
        assert_eq!(own.map(|(name, _)| name), Some("If-Modified-Since"), "the time of a file");
    }

    #[test]
    fn dates_of_answers_are_looked_at() {
        let mut head = ResponseHead::new(StatusCode::OK);
        head.fields.append("Last-Modified", "Mon, 02 Jan 2006 15:04:05 GMT").unwrap();
        assert!(is_unmet(&group("3 Jan 2006"), &head));
        assert!(!is_unmet(&group("1 Jan 2006"), &head));
        assert!(!is_unmet(&group("-3 Jan 2006"), &head));
        assert!(is_unmet(&group("-1 Jan 2006"), &head));
        assert!(!is_unmet(&Group::default(), &head));
        assert!(is_unmet(&Group::default(), &ResponseHead::new(StatusCode::NOT_MODIFIED)));
    }
}
