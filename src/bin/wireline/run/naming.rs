//! Names of files that content goes to.
//!
//! In: a transfer, and what servers say of names. Out: paths. Names that people wrote are taken as they are; names of
//! servers are made safe first ([`safe_file_name`], S-111). Nothing is opened here but by [`create`].

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};

use wireline::client::reading::disposition::ContentDisposition;
use wireline::client::reading::file_name::safe_file_name;
use wireline::message::ResponseHead;

use crate::exit::Failed;
use crate::plan::{Output, Target};

use super::outputs::cannot_open;
use super::transfer::Transfer;

/// What a URL without a file name is saved as.
const UNNAMED: &str = "curl_response";

/// How many other names `--no-clobber` tries.
const OTHERS: u32 = 100;

/// The file a transfer writes to, as far as it is known before there is a response; `None` for the standard output
/// and for nowhere.
pub fn path(transfer: &Transfer<'_>) -> Option<PathBuf> {
    let name = match &transfer.target {
        Target::Null => return None,
        Target::File(name) if name == "-" => return None,
        Target::File(name) => filled_in(name, &transfer.matched),
        Target::RemoteName => last_segment(&transfer.url).to_owned(),
    };
    Some(in_folder(&transfer.group.output, &name))
}

/// Whether `--skip-existing` says that nothing is to be done.
pub fn is_skipped(transfer: &Transfer<'_>) -> bool {
    let there = || path(transfer).is_some_and(|path| path.exists());
    transfer.group.output.skip_existing && there()
}

/// The name a response gives to its content, made safe: by `Content-Disposition`, or by where it leads.
pub fn named_by(head: &ResponseHead) -> Option<String> {
    if !head.status.is_success() && !head.status.is_redirection() {
        return None;
    }
    if let Some(value) = head.fields.get("content-disposition") {
        return ContentDisposition::parse(value).file_name();
    }
    let location = head.fields.get_str("location").filter(|_| head.status.is_redirection())?;
    let path = location.split(['?', '#']).next()?;
    let (_, name) = path.rsplit_once('/').unwrap_or(("", path));
    safe_file_name(name)
}

/// A name in the folder of `--output-dir`, if there is one.
pub fn in_folder(output: &Output, name: &str) -> PathBuf {
    match &output.folder {
        // Joined as text: an absolute name is put below the folder too.
        Some(folder) if !folder.as_os_str().is_empty() => {
            let mut path = folder.clone().into_os_string();
            path.push("/");
            path.push(name);
            path.into()
        }
        _ => name.into(),
    }
}

/// Makes a file for content: never over another if the `server` named it, unless `--clobber` says so.
///
/// # Errors
/// 23: it cannot be made, or it is there already.
pub fn create(output: &Output, path: PathBuf, server: bool) -> Result<(File, PathBuf), Failed> {
    if output.create_folders {
        create_folders(&path)?;
    }
    let made = match (output.clobber, server) {
        (Some(true), _) | (None, false) => File::create(&path),
        _ => File::create_new(&path),
    };
    match made {
        Ok(file) => Ok((file, path)),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists && !clobbers(output) => {
            beside(&path).ok_or_else(|| cannot_open(&path, &error))
        }
        Err(error) => Err(cannot_open(&path, &error)),
    }
}

/// Opens a file to go on behind what it holds.
///
/// # Errors
/// 23: it cannot be opened.
pub fn append(output: &Output, path: PathBuf) -> Result<(File, PathBuf), Failed> {
    if output.create_folders {
        create_folders(&path)?;
    }
    match File::options().append(true).create(true).open(&path) {
        Ok(file) => Ok((file, path)),
        Err(error) => Err(cannot_open(&path, &error)),
    }
}

/// Makes the folders that a path needs.
///
/// # Errors
/// 23: they cannot be made.
pub fn create_folders(path: &Path) -> Result<(), Failed> {
    let Some(folder) = path.parent() else { return Ok(()) };
    std::fs::create_dir_all(folder).map_err(|error| {
        Failed::new(23, format!("Failed to create folder {}: {error}", folder.display()))
    })
}

fn clobbers(output: &Output) -> bool {
    output.clobber != Some(false)
}

/// `name.1`, `name.2`, … whichever is free first.
fn beside(path: &Path) -> Option<(File, PathBuf)> {
    (1..=OTHERS).find_map(|number| {
        let mut name = path.as_os_str().to_owned();
        name.push(format!(".{number}"));
        let path = PathBuf::from(name);
        File::create_new(&path).ok().map(|file| (file, path))
    })
}

/// `#1` becomes what the first pattern stands for; what stands for no pattern stays.
fn filled_in(name: &str, matched: &[String]) -> String {
    let mut filled = String::with_capacity(name.len());
    let mut rest = name;
    while let Some((before, after)) = rest.split_once('#') {
        filled.push_str(before);
        let digits = after.len() - after.trim_start_matches(|c: char| c.is_ascii_digit()).len();
        let (number, behind) = after.split_at(digits);
        let at = number.parse::<usize>().ok().and_then(|number| number.checked_sub(1));
        match at.and_then(|at| matched.get(at)) {
            Some(text) => filled.push_str(text),
            None => {
                filled.push('#');
                filled.push_str(number);
            }
        }
        rest = behind;
    }
    filled + rest
}

/// The last part of a URL's path that says something.
fn last_segment(url: &str) -> &str {
    let url = url.split(['?', '#']).next().unwrap_or_default();
    let behind_scheme = url.split_once("://").map_or(url, |(_, rest)| rest);
    let Some((_, path)) = behind_scheme.split_once('/') else { return UNNAMED };
    let path = path.strip_suffix('/').unwrap_or(path);
    let (_, name) = path.rsplit_once('/').unwrap_or(("", path));
    if name.is_empty() { UNNAMED } else { name }
}

#[cfg(test)]
mod tests {
    use super::*;
    use wireline::StatusCode;

    #[test]
    fn patterns_are_filled_in() {
        let matched = ["one".to_owned(), "2".to_owned()];
        for (name, filled) in [
            ("file", "file"),
            ("#1", "one"),
            ("a#1-#2.#1", "aone-2.one"),
            ("#0 #3 # #x", "#0 #3 # #x"),
            ("#12", "#12"),
            ("ü#1é", "üoneé"),
            ("#99999999999999999999999", "#99999999999999999999999"),
        ] {
            assert_eq!(filled_in(name, &matched), filled, "{name}");
        }
    }

    #[test]
    fn a_url_names_its_file() {
        for (url, name) in [
            ("http://h/a/b.txt?x/y#z/", "b.txt"),
            ("h/a", "a"),
            ("http://h/a/", "a"),
            ("http://h/", UNNAMED),
            ("http://h", UNNAMED),
            ("http://h?a/b", UNNAMED),
            ("http://h/a%2Fb", "a%2Fb"),
            ("http://h/a//", UNNAMED),
        ] {
            assert_eq!(last_segment(url), name, "{url}");
        }
    }

    #[test]
    fn s_111_servers_name_files_but_not_folders() {
        let mut head = ResponseHead::new(StatusCode::OK);
        assert_eq!(named_by(&head), None);
        for (value, name) in [
            ("attachment; filename=\"../../x/y.txt\"", Some("y.txt")),
            ("attachment; filename=..", None),
            ("attachment; filename=\"C:\\\\nul\"", Some("_nul")),
            ("inline; filename=plain", Some("plain")),
            ("attachment; filename=.bashrc", Some("bashrc")),
        ] {
            head.fields.set("Content-Disposition", value).unwrap();
            assert_eq!(named_by(&head).as_deref(), name, "{value}");
        }
        head.status = StatusCode::NOT_FOUND;
        assert_eq!(named_by(&head), None);
        let mut head = ResponseHead::new(StatusCode::FOUND);
        head.fields.set("Location", "/a/../b.txt?c/d").unwrap();
        assert_eq!(named_by(&head).as_deref(), Some("b.txt"));
    }

    #[test]
    fn folders_stand_in_front() {
        let mut output = Output::default();
        assert_eq!(in_folder(&output, "a"), Path::new("a"));
        output.folder = Some("d".into());
        assert_eq!(in_folder(&output, "/a").as_os_str(), "d//a");
    }
}
