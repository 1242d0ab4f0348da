//! Cookies as JSON (with feature `json`): everything a jar knows of them, `SameSite` included.
//!
//! ```json
//! {"cookies": [{"name": "sid", "value": "1", "domain": "example.com", "host_only": true, "path": "/",
//!               "secure": true, "http_only": true, "same_site": "lax", "expires": 1999999999}]}
//! ```
//!
//! `expires` is in seconds since 1970 and missing for session cookies. Of an entry only `name`, `value` and `domain`
//! must be there; what is missing is as little as can be: host-only, path `/`, no flag. Unknown members are ignored.

use std::io;
use std::path::Path;
use std::time::SystemTime;

use serde_json::{Map, Value, json};

use super::cookie::{Cookie, CookieRefusal, SameSite};
use super::date::{from_unix, to_unix};
use super::file::{LoadedCookies, SessionCookies, read, write_private};
use super::jar::Jar;
use super::set_cookie::SetCookie;
use super::shelf::Put;

impl Jar {
    /// Writes the cookies to a file as JSON: as safely as [`save_netscape`](Self::save_netscape), and without loss.
    /// Returns how many were written. Needs feature `json`. Blocks.
    ///
    /// # Errors
    ///
    /// Those of the file system; the old file is untouched then.
    pub fn save_json(&self, path: impl AsRef<Path>, session: SessionCookies) -> io::Result<usize> {
        let (text, count) = self.json(session);
        write_private(path.as_ref(), &text)?;
        Ok(count)
    }

    /// Adds the cookies of a file that [`save_json`](Self::save_json) wrote, each as if its host had sent it now. Needs
    /// feature `json`. Blocks.
    ///
    /// # Errors
    ///
    /// Those of the file system, and those of [`add_json`](Self::add_json).
    pub fn load_json(
        &self,
        path: impl AsRef<Path>,
        session: SessionCookies,
    ) -> io::Result<LoadedCookies> {
        self.add_json(read(path.as_ref())?, session)
    }

    /// The text of such a file.
    ///
    /// ```
    /// use wireline::{Jar, SessionCookies, Uri};
    ///
    /// let jar = Jar::new();
    /// jar.set(&Uri::parse("https://example.com/").unwrap(), "sid=1; SameSite=Lax")?;
    /// let copy = Jar::new();
    /// copy.add_json(jar.to_json(SessionCookies::Keep), SessionCookies::Keep)?;
    /// assert!(copy.iter().eq(jar.iter()));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn to_json(&self, session: SessionCookies) -> String {
        self.json(session).0
    }

    /// Adds the cookies in the text of such a file.
    ///
    /// # Errors
    ///
    /// If the text is no JSON object with a list of `cookies`; nothing is added then. Entries that are refused are no
    /// error but counted.
    pub fn add_json(
        &self,
        text: impl AsRef<[u8]>,
        session: SessionCookies,
    ) -> io::Result<LoadedCookies> {
        let parsed: Value = serde_json::from_slice(text.as_ref())?;
        let Some(cookies) = parsed.get("cookies").and_then(Value::as_array) else {
            let what = "this is no jar: a JSON object with a list of \"cookies\" was expected";
            return Err(io::Error::new(io::ErrorKind::InvalidData, what));
        };
        let now = SystemTime::now();
        let mut loaded = LoadedCookies::default();
        for (index, entry) in cookies.iter().enumerate() {
            let restored = parse(entry).and_then(|(line, host)| match (session, line.expires) {
                (SessionCookies::End, None) => Ok(Put::Expired),
                _ => self.restore(line, host, now),
            });
            loaded.count(index + 1, restored);
        }
        Ok(loaded)
    }

    fn json(&self, session: SessionCookies) -> (String, usize) {
        let kept = self
            .iter()
            .filter(|cookie| session == SessionCookies::Keep || cookie.expires.is_some());
        let cookies: Vec<Value> = kept.map(|cookie| entry(&cookie)).collect();
        let count = cookies.len();
        let mut text = format!("{:#}", json!({ "cookies": cookies }));
        text.push('\n');
        (text, count)
    }
}

fn entry(cookie: &Cookie) -> Value {
    let same_site = match cookie.same_site {
        SameSite::Default => Value::Null,
        SameSite::None => "none".into(),
        SameSite::Lax => "lax".into(),
        SameSite::Strict => "strict".into(),
    };
    json!({
        "name": cookie.name,
        "value": cookie.value,
        "domain": cookie.domain,
        "host_only": cookie.host_only,
        "path": cookie.path,
        "secure": cookie.secure,
        "http_only": cookie.http_only,
        "same_site": same_site,
        "expires": cookie.expires.map(to_unix),
    })
}

/// An entry as a server would have said it, and the host.
fn parse(entry: &Value) -> Result<(SetCookie, &str), CookieRefusal> {
    let entry = entry.as_object().ok_or(CookieRefusal::Malformed)?;
    let text = |name| match entry.get(name) {
        Some(Value::String(text)) => Ok(Some(text.as_str())),
        None | Some(Value::Null) => Ok(None),
        Some(_) => Err(CookieRefusal::Malformed),
    };
    let required = |name| text(name)?.ok_or(CookieRefusal::Malformed);
    let host = required("domain")?;
    let mut line = SetCookie::new(required("name")?, required("value")?)?;
    line.domain = (!flag(entry, "host_only", true)?).then(|| host.to_ascii_lowercase());
    line.path = Some(text("path")?.filter(|path| path.starts_with('/')).unwrap_or("/").to_owned());
    line.secure = flag(entry, "secure", false)?;
    line.http_only = flag(entry, "http_only", false)?;
    line.same_site = match text("same_site")? {
        None => SameSite::Default,
        Some("none") => SameSite::None,
        Some("lax") => SameSite::Lax,
        Some("strict") => SameSite::Strict,
        Some(_) => return Err(CookieRefusal::Malformed),
    };
    line.expires = match entry.get("expires") {
        None | Some(Value::Null) => None,
        Some(seconds) => Some(from_unix(seconds.as_i64().ok_or(CookieRefusal::Malformed)?)),
    };
    Ok((line, host))
}

fn flag(entry: &Map<String, Value>, name: &str, missing: bool) -> Result<bool, CookieRefusal> {
    match entry.get(name) {
        None => Ok(missing),
        Some(Value::Bool(flag)) => Ok(*flag),
        Some(_) => Err(CookieRefusal::Malformed),
    }
}
