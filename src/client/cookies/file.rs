//! Cookies in a file: the format of Netscape's `cookies.txt`, which curl, wget and Python read and write, and how a file
//! of secrets is written.
//!
//! In: a jar, a path. Out: text, one cookie a line, or cookies that have gone through the same rules as received ones
//! (S-73). A file is readable by its owner alone and replaced in one step; it is text and nothing in it is run (S-77).

use std::fmt::Write as _;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::process;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::SystemTime;

use super::cookie::{Cookie, CookieRefusal};
use super::date::{from_unix, to_unix};
use super::jar::Jar;
use super::set_cookie::SetCookie;
use super::shelf::Put;

/// The most that is read of a file, in bytes: several times what a full jar writes.
const MAX_FILE: u64 = 64 << 20;

/// The first line, by which wget and Python know the format.
const MAGIC: &str = "# Netscape HTTP Cookie File\n";

const HTTP_ONLY: &str = "#HttpOnly_";

/// What becomes of cookies that did not say how long they live.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SessionCookies {
    /// They are written or read like the others.
    Keep,
    /// They end here: "When 'the current session is over' […], the user agent MUST remove from the cookie store all
    /// cookies with the persistent-flag set to false." (RFC 6265bis §5.7)
    End,
}

/// What was found in a file.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct LoadedCookies {
    /// Cookies that are in the jar now.
    pub taken: usize,
    /// Cookies that have expired since, and session cookies that were not wanted.
    pub ended: usize,
    /// The rest, by line number or, in JSON, by place in the list, both from 1.
    pub refused: Vec<(usize, CookieRefusal)>,
}

impl Jar {
    /// Writes the cookies to a file in Netscape's format, readable by its owner alone (mode 0600 on Unix), by way of a
    /// new file beside it that then takes its place. Returns how many were written: what the format cannot hold, cookies
    /// with a tab or without a name, is left out, and `SameSite` is lost. Blocks.
    ///
    /// ```
    /// # let folder = std::env::temp_dir().join(format!("wireline-doc-{}", std::process::id()));
    /// # std::fs::create_dir_all(&folder)?;
    /// # let path = folder.join("cookies.txt");
    /// use wireline::{Jar, SessionCookies, Uri};
    ///
    /// let jar = Jar::new();
    /// jar.set(&Uri::parse("https://example.com/").unwrap(), "sid=1; Max-Age=3600; HttpOnly")?;
    /// jar.save_netscape(&path, SessionCookies::End)?; // curl -b cookies.txt would send it
    ///
    /// let later = Jar::new();
    /// assert_eq!(later.load_netscape(&path, SessionCookies::End)?.taken, 1);
    /// # std::fs::remove_dir_all(&folder)?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Those of the file system; the old file is untouched then. What is no regular file is not replaced.
    pub fn save_netscape(
        &self,
        path: impl AsRef<Path>,
        session: SessionCookies,
    ) -> io::Result<usize> {
        let (text, count) = self.netscape(session);
        write_private(path.as_ref(), &text)?;
        Ok(count)
    }

    /// Adds the cookies of a file in Netscape's format, as curl, wget, browsers and Python write it. Each is taken as if
    /// its host had sent it now: one that has expired is left out, and no lifetime goes beyond 400 days. Blocks.
    ///
    /// # Errors
    ///
    /// Those of the file system, and a file of more than 64 MiB. Lines that are refused are no error but counted.
    pub fn load_netscape(
        &self,
        path: impl AsRef<Path>,
        session: SessionCookies,
    ) -> io::Result<LoadedCookies> {
        Ok(self.add_netscape(read(path.as_ref())?, session))
    }

    /// The text of such a file.
    pub fn to_netscape(&self, session: SessionCookies) -> String {
        self.netscape(session).0
    }

    /// Adds the cookies in the text of such a file.
    pub fn add_netscape(&self, text: impl AsRef<[u8]>, session: SessionCookies) -> LoadedCookies {
        let text = text.as_ref();
        let text = text.strip_prefix(b"\xef\xbb\xbf").unwrap_or(text);
        let now = SystemTime::now();
        let mut loaded = LoadedCookies::default();
        for (index, line) in text.split(|&byte| byte == b'\n').enumerate() {
            let line = line.strip_suffix(b"\r").unwrap_or(line);
            let is_comment = line.starts_with(b"#") && !line.starts_with(HTTP_ONLY.as_bytes());
            if is_comment || line.trim_ascii().is_empty() {
                continue;
            }
            let restored = parse(line).and_then(|(cookie, host)| match (session, cookie.expires) {
                (SessionCookies::End, None) => Ok(Put::Expired),
                _ => self.restore(cookie, host, now),
            });
            loaded.count(index + 1, restored);
        }
        loaded
    }

    fn netscape(&self, session: SessionCookies) -> (String, usize) {
        let mut text = String::from(MAGIC);
        text.push_str("# Secrets: for the eyes of their owner. Lines that begin with # are comments, but for #HttpOnly_.\n\n");
        let kept = self
            .iter()
            .filter(|cookie| session == SessionCookies::Keep || cookie.expires.is_some());
        let lines: Vec<String> = kept.filter_map(|cookie| line(&cookie)).collect();
        text.extend(lines.iter().map(String::as_str));
        (text, lines.len())
    }
}

impl LoadedCookies {
    pub(crate) fn count(&mut self, place: usize, restored: Result<Put, CookieRefusal>) {
        match restored {
            Ok(Put::Kept) => self.taken += 1,
            Ok(Put::Expired) => self.ended += 1,
            Err(refusal) => self.refused.push((place, refusal)),
        }
    }
}

/// `domain TAB include-subdomains TAB path TAB secure TAB expires TAB name TAB value`; expires in seconds since 1970, 0
/// for the end of the session. Nothing in it can be escaped, and curl reads two tabs as one.
fn line(cookie: &Cookie) -> Option<String> {
    let Cookie { name, value, domain, path, .. } = cookie;
    if name.is_empty() || [name, value, path].iter().any(|text| text.contains('\t')) {
        return None;
    }
    let mut line = String::new();
    let http_only = if cookie.http_only { HTTP_ONLY } else { "" };
    let dot = if cookie.host_only { "" } else { "." };
    let flag = |set| if set { "TRUE" } else { "FALSE" };
    // 0 would make it a session cookie, but it has expired long before.
    let expires = cookie.expires.map_or(0, |expires| to_unix(expires).max(1));
    let (shared, secure) = (flag(!cookie.host_only), flag(cookie.secure));
    let written = writeln!(
        line,
        "{http_only}{dot}{domain}\t{shared}\t{path}\t{secure}\t{expires}\t{name}\t{value}"
    );
    written.ok().map(|()| line)
}

/// A line as a server would have said it, and the host.
fn parse(line: &[u8]) -> Result<(SetCookie, &str), CookieRefusal> {
    let line = std::str::from_utf8(line).map_err(|_| CookieRefusal::NotUtf8)?;
    let (line, http_only) = match line.strip_prefix(HTTP_ONLY) {
        Some(line) => (line, true),
        None => (line, false),
    };
    let mut fields = line.splitn(7, '\t');
    let mut next = || fields.next().ok_or(CookieRefusal::Malformed);
    let (domain, shared, path, secure) = (next()?, flag(next()?)?, next()?, flag(next()?)?);
    let (expires, name) = (seconds(next()?)?, next()?);
    // curl leaves the last tab out if the value is empty.
    let value = next().unwrap_or_default();
    let host = without_port(domain.strip_prefix('.').unwrap_or(domain));
    let mut cookie = SetCookie::new(name, value)?;
    cookie.domain = shared.then(|| host.to_ascii_lowercase());
    cookie.path = Some(if path.starts_with('/') { path.to_owned() } else { String::new() });
    cookie.expires = (expires != 0).then(|| from_unix(expires));
    (cookie.secure, cookie.http_only) = (secure, http_only);
    Ok((cookie, host))
}

/// wget writes a port behind the host, which parts no cookies; colons of an IPv6 address are more than one.
fn without_port(host: &str) -> &str {
    match host.split_once(':') {
        Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => name,
        _ => host,
    }
}

fn flag(text: &str) -> Result<bool, CookieRefusal> {
    match text {
        _ if text.eq_ignore_ascii_case("TRUE") => Ok(true),
        _ if text.eq_ignore_ascii_case("FALSE") => Ok(false),
        _ => Err(CookieRefusal::Malformed),
    }
}

/// Whole seconds; what browsers' extensions write behind a point is cut off.
fn seconds(text: &str) -> Result<i64, CookieRefusal> {
    let whole = text.split_once('.').map_or(text, |(whole, _)| whole);
    let digits = whole.strip_prefix('-').unwrap_or(whole);
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(CookieRefusal::Malformed);
    }
    let limit = if whole.starts_with('-') { i64::MIN } else { i64::MAX };
    Ok(whole.parse().unwrap_or(limit))
}

/// A whole file, if it is not too long.
pub(crate) fn read(path: &Path) -> io::Result<Vec<u8>> {
    let mut text = Vec::new();
    let read = File::open(path).and_then(|file| file.take(MAX_FILE + 1).read_to_end(&mut text));
    let read = read.and_then(|length| match length as u64 > MAX_FILE {
        true => Err(io::Error::other("it is longer than 64 MiB")),
        false => Ok(()),
    });
    read.map(|()| text).map_err(|error| about("read cookies from", path, &error))
}

/// Writes beside `path` and renames, so that nobody ever sees half a file or one that others may read.
pub(crate) fn write_private(path: &Path, text: &str) -> io::Result<()> {
    let write = || {
        let path = destination(path)?;
        let beside = beside(&path)?;
        let written = create(&beside).and_then(|mut file| {
            file.write_all(text.as_bytes())?;
            file.sync_all()?;
            fs::rename(&beside, &path)
        });
        if written.is_err() {
            // It may not even be there.
            let _ = fs::remove_file(&beside);
        }
        written
    };
    write().map_err(|error| about("write cookies to", path, &error))
}

/// Where a link leads. A device or a folder is not to be replaced.
fn destination(path: &Path) -> io::Result<PathBuf> {
    match fs::metadata(path) {
        Ok(there) if there.is_file() => fs::canonicalize(path),
        Ok(_) => Err(io::Error::other("it is there, and no regular file")),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(path.to_owned()),
        Err(error) => Err(error),
    }
}

/// A name in the same folder that nobody else uses; renaming works within a file system only.
fn beside(path: &Path) -> io::Result<PathBuf> {
    static NEXT: AtomicUsize = AtomicUsize::new(0);
    let number = NEXT.fetch_add(1, Ordering::Relaxed);
    let name = path.file_name().ok_or_else(|| io::Error::other("it names no file"))?;
    let mut own = std::ffi::OsString::from(".");
    own.push(name);
    own.push(format!(".{}-{number}.new", process::id()));
    Ok(path.with_file_name(own))
}

/// A new file, from its first moment for its owner alone.
fn create(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

fn about(doing: &str, path: &Path, error: &io::Error) -> io::Error {
    io::Error::new(error.kind(), format!("cannot {doing} {}: {error}", path.display()))
}
