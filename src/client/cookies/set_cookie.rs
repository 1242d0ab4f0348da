//! [`SetCookie`]: one `Set-Cookie` line, read as RFC 6265bis §5.6 reads it.
//!
//! In: the bytes of a field value. Out: a name, a value and the attributes that are known. Pure: no clock, no host; what
//! comes of it is decided by the jar. Nothing is percent-decoded or unquoted (S-08).

use std::fmt;
use std::time::SystemTime;

use super::cookie::{CookieRefusal, SameSite, is_control};
use super::date;

/// A `Set-Cookie` line.
///
/// ```
/// use wireline::SetCookie;
///
/// let line = SetCookie::parse("sid = \"a%20b\" ; Path=/app; Max-Age=3600; Secure")?;
/// assert_eq!((line.name(), line.value()), ("sid", "\"a%20b\""));
/// assert_eq!((line.path(), line.max_age()), (Some("/app"), Some(3600)));
/// # Ok::<(), wireline::CookieRefusal>(())
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct SetCookie {
    pub(crate) name: String,
    pub(crate) value: String,
    pub(crate) domain: Option<String>,
    pub(crate) path: Option<String>,
    pub(crate) max_age: Option<i64>,
    pub(crate) expires: Option<SystemTime>,
    pub(crate) secure: bool,
    pub(crate) http_only: bool,
    pub(crate) same_site: SameSite,
}

impl SetCookie {
    /// The most that name and value may have together, in bytes (§5.6 step 5).
    pub const MAX_LEN: usize = 4096;

    /// The longest attribute value that is not ignored, in bytes (§5.6, attributes, step 6).
    pub const MAX_ATTRIBUTE: usize = 1024;

    /// Reads the value of one `Set-Cookie` field.
    ///
    /// # Errors
    ///
    /// [`CookieRefusal::Control`], [`CookieRefusal::NotUtf8`], [`CookieRefusal::Empty`] and [`CookieRefusal::TooLong`]. Anything else is read
    /// somehow: attributes that are not understood are ignored, as the draft wants it.
    pub fn parse(line: impl AsRef<[u8]>) -> Result<Self, CookieRefusal> {
        let line = line.as_ref();
        // Step 1: "If the set-cookie-string contains a %x00-08 / %x0A-1F / %x7F character (CTL characters excluding
        // HTAB): Abort this algorithm and ignore the set-cookie-string entirely."
        if line.iter().any(|&byte| is_control(byte)) {
            return Err(CookieRefusal::Control);
        }
        let line = std::str::from_utf8(line).map_err(|_| CookieRefusal::NotUtf8)?;
        // Step 2: "the name-value-pair string consists of the characters up to, but not including, the first ';'".
        let (pair, attributes) = line.split_once(';').unwrap_or((line, ""));
        // Step 3: "If the name-value-pair string lacks a '=' character, then the name string is empty".
        let (name, value) = pair.split_once('=').unwrap_or(("", pair));
        let mut this = Self::new(name, value)?;
        attributes.split(';').for_each(|attribute| this.attribute(attribute));
        Ok(this)
    }

    /// A cookie without attributes, its size checked.
    pub(crate) fn new(name: &str, value: &str) -> Result<Self, CookieRefusal> {
        // Step 4: "Remove any leading or trailing WSP characters from the name string and the value string."
        let (name, value) = (trim(name), trim(value));
        if name.is_empty() && value.is_empty() {
            return Err(CookieRefusal::Empty);
        }
        // Step 5: "If the sum of the lengths of the name string and the value string is more than 4096 octets, abort".
        if name.len().saturating_add(value.len()) > Self::MAX_LEN {
            return Err(CookieRefusal::TooLong);
        }
        Ok(Self {
            name: name.to_owned(),
            value: value.to_owned(),
            domain: None,
            path: None,
            max_age: None,
            expires: None,
            secure: false,
            http_only: false,
            same_site: SameSite::Default,
        })
    }

    /// The name; empty for a line without `=`.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The value as it was sent.
    pub fn value(&self) -> &str {
        &self.value
    }

    /// `Domain`, in lower case and without a dot before it; empty if the attribute was.
    pub fn domain(&self) -> Option<&str> {
        self.domain.as_deref()
    }

    /// `Path`; empty if it did not begin with a slash, which means that the URL decides.
    pub fn path(&self) -> Option<&str> {
        self.path.as_deref()
    }

    /// `Max-Age` in seconds; zero and less mean that the cookie ends at once. Saturates.
    pub fn max_age(&self) -> Option<i64> {
        self.max_age
    }

    /// `Expires`. `Max-Age` outranks it.
    pub fn expires(&self) -> Option<SystemTime> {
        self.expires
    }

    /// Whether `Secure` was said.
    pub fn is_secure(&self) -> bool {
        self.secure
    }

    /// Whether `HttpOnly` was said.
    pub fn is_http_only(&self) -> bool {
        self.http_only
    }

    /// `SameSite`.
    pub fn same_site(&self) -> SameSite {
        self.same_site
    }

    /// One cookie-av. Of several with one name the last counts, because each overwrites the one before.
    fn attribute(&mut self, attribute: &str) {
        let (name, value) = attribute.split_once('=').unwrap_or((attribute, ""));
        let (name, value) = (trim(name), trim(value));
        // Step 6: "If the attribute-value is longer than 1024 octets, ignore the cookie-av string".
        if value.len() > Self::MAX_ATTRIBUTE {
            return;
        }
        let is = |wanted: &str| name.eq_ignore_ascii_case(wanted);
        if is("expires") {
            // §5.6.1: "If the attribute-value failed to parse as a cookie date, ignore the cookie-av."
            self.expires = date::parse(value).or(self.expires);
        } else if is("max-age") {
            self.max_age = seconds(value).or(self.max_age);
        } else if is("domain") {
            // §5.6.3: "If cookie-domain starts with '.', let cookie-domain be cookie-domain without its leading '.'.
            // Convert the cookie-domain to lower case."
            self.domain = Some(value.strip_prefix('.').unwrap_or(value).to_ascii_lowercase());
        } else if is("path") {
            // §5.6.4: "If the attribute-value is empty or if the first character of the attribute-value is not '/': Let
            // cookie-path be the default-path."
            self.path = Some(if value.starts_with('/') { value.to_owned() } else { String::new() });
        } else if is("secure") {
            self.secure = true;
        } else if is("httponly") {
            self.http_only = true;
        } else if is("samesite") {
            self.same_site = same_site(value);
        }
    }
}

/// §5.6.2: "If the first character of the attribute-value is neither a DIGIT, nor a '-' character followed by a DIGIT,
/// ignore the cookie-av. If the remainder of attribute-value contains a non-DIGIT character, ignore the cookie-av."
fn seconds(value: &str) -> Option<i64> {
    let (negative, digits) = match value.strip_prefix('-') {
        Some(digits) => (true, digits),
        None => (false, value),
    };
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let add = |sum: i64, digit: u8| sum.saturating_mul(10).saturating_add(i64::from(digit - b'0'));
    let seconds = digits.bytes().fold(0, add);
    Some(if negative { -seconds } else { seconds })
}

/// §5.6.7: "Let `enforcement` be 'Default'. If cookie-av's attribute-value is a case-insensitive match for …"
fn same_site(value: &str) -> SameSite {
    let is = |wanted: &str| value.eq_ignore_ascii_case(wanted);
    match () {
        () if is("none") => SameSite::None,
        () if is("strict") => SameSite::Strict,
        () if is("lax") => SameSite::Lax,
        () => SameSite::Default,
    }
}

/// "Remove any leading or trailing WSP characters": space and tab.
fn trim(text: &str) -> &str {
    text.trim_matches([' ', '\t'])
}

/// Without the value.
impl fmt::Debug for SetCookie {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SetCookie")
            .field("name", &self.name)
            .field("value", &format_args!("[hidden]"))
            .field("domain", &self.domain)
            .field("path", &self.path)
            .field("max_age", &self.max_age)
            .field("expires", &self.expires)
            .field("secure", &self.secure)
            .field("http_only", &self.http_only)
            .field("same_site", &self.same_site)
            .finish()
    }
}
