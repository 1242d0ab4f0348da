//! [`Jar`]: cookies that a client keeps, or several clients together.
//!
//! A handle on the [`Shelf`] with a lock around it and a clock beside it: everything about cookies is decided elsewhere.
//! No call waits for anything but that lock, which is never held across I/O.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::SystemTime;

use crate::client::error::Error;
use crate::message::{Fields, Uri, header};

use super::admit::admit;
use super::cookie::{Cookie, CookieRefusal};
use super::domain::{Parents, Place};
use super::set_cookie::SetCookie;
use super::shelf::{Put, Shelf};
use super::store::CookieStore;

/// Cookies, kept by the rules of RFC 6265bis. A clone is another handle on the same cookies.
///
/// ```
/// use wireline::{Client, CookieStore, Jar, Uri};
///
/// let jar = Jar::new();
/// let client = Client::builder().cookies(jar.clone()).build()?; // receives and sends them
///
/// let url = Uri::parse("https://example.com/app/").unwrap();
/// jar.set(&url, "sid=1; Path=/; HttpOnly")?; // as if the server had sent it
/// jar.set(&url, "theme=dark")?;
/// assert_eq!(jar.cookies(&url).as_deref(), Some("theme=dark; sid=1")); // longer paths first
/// assert_eq!(jar.get(&url, "sid").map(|cookie| cookie.is_http_only()), Some(true));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # What it does
///
/// - *Hosts.* A cookie belongs to the host of the URL, whatever the `Host` field says, on all of its ports, with both
///   schemes. `Secure` ones go over `https` alone, and come from there alone: see [`trust_loopback`](Self::trust_loopback).
/// - *Parents.* `Domain=example.com` from `www.example.com` would share the cookie with everybody below `example.com`,
///   and nobody can tell by looking whether that is one's own house, as `example.com`, or a whole country, as `co.uk`.
///   So the cookie is kept for `www.example.com` alone, unless the parent was allowed by
///   [`allow_parent`](Self::allow_parent) or the jar knows the list of public suffixes (`with_public_suffixes`, feature
///   `psl`).
/// - *Limits.* 180 cookies a domain and 3000 in all, those go first that were not used for longest; 4096 bytes for name
///   and value; 400 days; 8000 bytes of cookies in a request, of which those that fit no more are left out.
/// - *Sites.* `SameSite` is kept and not enforced: requests of a program come from no site. `SameSite=None` without
///   `Secure` is refused.
/// - *Bytes.* Names and values are UTF-8 and sent back as they came, nothing is decoded or unquoted. Others are refused.
#[derive(Clone, Default)]
pub struct Jar(Arc<Mutex<Inside>>);

#[derive(Default)]
struct Inside {
    shelf: Shelf,
    parents: Parents,
    trust_loopback: bool,
}

impl Jar {
    /// An empty jar that shares cookies only below parents it is told of.
    pub fn new() -> Jar {
        Jar::default()
    }

    /// Lets `Domain` attributes share cookies among the names below `domain`, such as `example.com`. Which must not be a
    /// name below which strangers live.
    ///
    /// ```
    /// use wireline::{CookieStore, Jar, Uri};
    ///
    /// let jar = Jar::new().allow_parent("example.com")?;
    /// jar.set(&Uri::parse("https://login.example.com/").unwrap(), "sid=1; Domain=example.com")?;
    /// let elsewhere = Uri::parse("https://www.example.com/").unwrap();
    /// assert_eq!(jar.cookies(&elsewhere).as_deref(), Some("sid=1"));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// A single label (`com`, `localhost`), an address, or no host at all.
    pub fn allow_parent(self, domain: &str) -> Result<Jar, Error> {
        let allowed = self.lock().parents.allow(domain);
        allowed.map(|()| self).map_err(Error::build)
    }

    /// Shares cookies as browsers do, below every parent that is no public suffix, and lets `is_public_suffix` tell which
    /// are. It is asked with names of two labels or more in lower case, without a final dot; single labels are suffixes
    /// without being asked about. `Jar::with_public_suffixes` (feature `psl`) brings Mozilla's list.
    ///
    /// ```
    /// use wireline::{Jar, CookieRefusal, Uri};
    ///
    /// let jar = Jar::new().suffix_list(|domain| ["co.uk", "github.io"].contains(&domain)); // and thousands more
    /// let url = Uri::parse("https://me.github.io/").unwrap();
    /// assert_eq!(jar.set(&url, "a=1; Domain=github.io"), Err(CookieRefusal::PublicSuffix));
    /// ```
    pub fn suffix_list(
        self,
        is_public_suffix: impl Fn(&str) -> bool + Send + Sync + 'static,
    ) -> Jar {
        self.lock().parents.is_public_suffix = Some(Box::new(is_public_suffix));
        self
    }

    /// Treats plain `http` to this machine (127.0.0.0/8, `[::1]`, `localhost` and names below it) as secure, as browsers
    /// do, so that `Secure` cookies of a server under development come and go.
    pub fn trust_loopback(self) -> Jar {
        self.lock().trust_loopback = true;
        self
    }

    /// Takes a `Set-Cookie` line as if the server had sent it with the answer to `uri`. A cookie that has expired
    /// removes the one it replaces.
    ///
    /// # Errors
    ///
    /// [`CookieRefusal`] says which rule it breaks; the jar is unchanged then.
    pub fn set(&self, uri: &Uri, line: impl AsRef<[u8]>) -> Result<(), CookieRefusal> {
        self.set_at(uri, line.as_ref(), SystemTime::now())
    }

    /// The cookie that a request to `uri` would carry under this name; the first if there are several.
    pub fn get(&self, uri: &Uri, name: &str) -> Option<Cookie> {
        self.matching(uri).into_iter().find(|cookie| cookie.name() == name)
    }

    /// The cookies for a request to `uri`, in the order they are sent.
    pub fn matching(&self, uri: &Uri) -> Vec<Cookie> {
        self.with_place(uri, |inside, place| inside.shelf.find(&place, SystemTime::now()))
            .unwrap_or_default()
    }

    /// All cookies as they are now, oldest first.
    pub fn iter(&self) -> std::vec::IntoIter<Cookie> {
        self.lock().shelf.all(SystemTime::now()).into_iter()
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        let mut inside = self.lock();
        inside.shelf.evict_expired(SystemTime::now());
        inside.shelf.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Removes what a request to `uri` would carry under this name; returns how many cookies that were.
    pub fn remove(&self, uri: &Uri, name: &str) -> usize {
        let now = SystemTime::now();
        self.with_place(uri, |inside, place| inside.shelf.remove(&place, name, now)).unwrap_or(0)
    }

    /// Removes all cookies.
    pub fn clear(&self) {
        self.lock().shelf.remove_all(|_| true);
    }

    /// Ends the session: removes the cookies that did not say how long they live. Returns how many.
    pub fn clear_session(&self) -> usize {
        self.lock().shelf.remove_all(|cookie| cookie.expires.is_none())
    }

    /// Removes what has expired, which the jar also does by itself whenever it is used. Returns how many.
    pub fn clear_expired(&self) -> usize {
        self.lock().shelf.evict_expired(SystemTime::now())
    }

    /// As [`set`](Self::set), at a time of the caller's.
    pub(crate) fn set_at(
        &self,
        uri: &Uri,
        line: &[u8],
        now: SystemTime,
    ) -> Result<(), CookieRefusal> {
        let line = SetCookie::parse(line)?;
        let taken = self.with_place(uri, |inside, place| {
            let cookie = admit(line, &place, &inside.parents, now)?;
            inside.shelf.put(cookie, place.secure, now).map(drop)
        });
        taken.unwrap_or(Err(CookieRefusal::ForeignDomain))
    }

    /// The field for a request, at a time of the caller's.
    pub(crate) fn field_at(&self, uri: &Uri, now: SystemTime) -> Option<String> {
        self.with_place(uri, |inside, place| inside.shelf.field(&place, now)).flatten()
    }

    /// Takes what a file says of a cookie, by the same rules as if its host had sent it over `https` (S-73).
    pub(crate) fn restore(
        &self,
        line: SetCookie,
        host: &str,
        now: SystemTime,
    ) -> Result<Put, CookieRefusal> {
        let place = Place::of_file(host).ok_or(CookieRefusal::Malformed)?;
        let mut inside = self.lock();
        let cookie = admit(line, &place, &inside.parents, now)?;
        // What has expired since the file was written removes nothing.
        if cookie.is_expired(now) {
            return Ok(Put::Expired);
        }
        inside.shelf.put(cookie, place.secure, now)
    }

    fn with_place<T>(&self, uri: &Uri, f: impl FnOnce(&mut Inside, Place<'_>) -> T) -> Option<T> {
        let mut inside = self.lock();
        let place = Place::of(uri, inside.trust_loopback)?;
        Some(f(&mut inside, place))
    }

    /// A panic elsewhere cannot leave the shelf half changed in a way that matters.
    fn lock(&self) -> MutexGuard<'_, Inside> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl CookieStore for Jar {
    fn cookies(&self, uri: &Uri) -> Option<String> {
        self.field_at(uri, SystemTime::now())
    }

    fn store(&self, uri: &Uri, fields: &Fields) {
        let mut lines = fields.get_all(header::SET_COOKIE).peekable();
        if lines.peek().is_none() {
            return;
        }
        let now = SystemTime::now();
        for line in lines {
            // One that is refused says nothing about the others; `Response::cookies` shows them all.
            let _ = self.set_at(uri, line, now);
        }
    }
}

impl IntoIterator for &Jar {
    type Item = Cookie;
    type IntoIter = std::vec::IntoIter<Cookie>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

/// How many cookies there are, and none of them.
impl fmt::Debug for Jar {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Jar").field("len", &self.lock().shelf.len()).finish_non_exhaustive()
    }
}
