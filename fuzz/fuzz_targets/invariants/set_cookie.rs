//! `Set-Cookie` lines, by [`SetCookie::parse`] and [`Jar`]. The input is lines, ended by line feeds: each is taken as a
//! `Set-Cookie` line from one of three URLs in turn, and all together as a file of cookies.
//!
//! - A line is refused or read; name and value are what a reader too simple to be wrong finds, within their limits.
//! - What a jar sends is a field value of at most 8000 bytes, made of pairs that were set, and nothing of it goes to a
//!   host that shares no domain with those that set it. Plain http is sent no more than https.
//! - What a jar writes, a jar reads, and writes again as it was.

use wireline::{CookieStore, Fields, Jar, SessionCookies, SetCookie, Uri};

const FROM: [&str; 3] = ["https://x.site.test/a/b", "http://site.test/", "http://127.0.0.1/p/"];
const STRANGERS: [&str; 4] =
    ["https://evil.test/a/b", "https://test/", "https://127.0.0.2/p/", "https://badsite.test/"];

/// Panics unless everything above holds for `data`.
pub fn hold(data: &[u8]) {
    let jar = jar();
    let mut pairs = Vec::new();
    for (line, from) in data.split(|&byte| byte == b'\n').zip(FROM.into_iter().cycle()) {
        let read = SetCookie::parse(line);
        let plain = plain(line);
        assert_eq!(read.is_ok(), plain.is_some(), "{}", line.escape_ascii());
        if let (Ok(read), Some((name, value))) = (&read, plain) {
            assert_eq!((read.name(), read.value()), (&*name, &*value));
            pairs.push(if name.is_empty() { value } else { format!("{name}={value}") });
        }
        let taken = jar.set(&uri(from), line);
        assert!(taken.is_err() || read.is_ok());
    }
    for from in FROM {
        let (safe, plain) = (from.replace("http:", "https:"), from.replace("https:", "http:"));
        let [safe, plain] = [safe, plain].map(|url| sent(&jar, &url));
        assert!(safe.iter().all(|pair| pairs.contains(pair)), "{safe:?} of {pairs:?}");
        assert!(plain.len() <= safe.len(), "{plain:?} of {safe:?}");
    }
    for stranger in STRANGERS {
        assert_eq!(sent(&jar, stranger), [""; 0]);
    }
    file(&jar);
    let other = self::jar();
    other.add_netscape(data, SessionCookies::Keep);
    FROM.iter().for_each(|url| drop(sent(&other, url)));
    file(&other);
}

fn jar() -> Jar {
    Jar::new().allow_parent("site.test").expect("two labels")
}

fn uri(text: &str) -> Uri {
    Uri::parse(text).expect("a URI")
}

/// The first pair of a line as §5.6 describes it, by nothing but its own words.
fn plain(line: &[u8]) -> Option<(String, String)> {
    let line = std::str::from_utf8(line).ok()?;
    if line.chars().any(|c| c.is_ascii_control() && c != '\t') {
        return None;
    }
    let pair: String = line.chars().take_while(|&c| c != ';').collect();
    let blank = |c: char| c == ' ' || c == '\t';
    let (name, value) = match pair.find('=') {
        Some(at) => (&pair[..at], &pair[at + 1..]),
        None => ("", &pair[..]),
    };
    let (name, value) = (name.trim_matches(blank), value.trim_matches(blank));
    let length = name.len() + value.len();
    (length > 0 && length <= 4096).then(|| (name.to_owned(), value.to_owned()))
}

/// The pairs that a request to `url` carries.
fn sent(jar: &Jar, url: &str) -> Vec<String> {
    let Some(field) = jar.cookies(&uri(url)) else { return Vec::new() };
    assert!(!field.is_empty() && field.len() <= 8000, "{}", field.len());
    let mut fields = Fields::new();
    fields.append("Cookie", &field).expect("a field value");
    assert_eq!(fields.get("cookie"), Some(field.trim_matches([' ', '\t']).as_bytes()));
    field.split("; ").map(str::to_owned).collect()
}

fn file(jar: &Jar) {
    // A cookie that ends in this very second may be gone at the next look.
    let soon = std::time::SystemTime::now() + std::time::Duration::from_secs(100);
    if jar.iter().any(|cookie| cookie.expires().is_some_and(|end| end < soon)) {
        return;
    }
    let text = jar.to_netscape(SessionCookies::Keep);
    let copy = self::jar();
    let loaded = copy.add_netscape(&text, SessionCookies::Keep);
    assert!(loaded.refused.is_empty() && loaded.ended == 0, "{loaded:?}: {text}");
    assert_eq!(copy.to_netscape(SessionCookies::Keep), text);
}
