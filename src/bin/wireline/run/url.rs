//! URLs as curl reads them: a scheme guessed, slashes forgiven, dots taken out of paths, old spellings of IPv4 addresses,
//! and what `-G`, `--url-query` and `-T` add.
//!
//! Text in, a [`Uri`] of the library out, or curl's number for what is wrong.

use std::path::Path;

use wireline::Uri;

use crate::exit::Failed;
use crate::plan::data::escape;

use super::transfer::Transfer;

/// The URL that a transfer begins with.
///
/// # Errors
/// 3: it is none. 1: its scheme is not spoken here.
pub fn first(transfer: &Transfer<'_>) -> Result<Uri, Failed> {
    let group = transfer.group;
    let scheme = group.request.proto_default.as_deref();
    let mut url = Loose::parse(&transfer.url, scheme)?;
    if let Some(file) = &transfer.upload
        && !matches!(file.to_str(), Some("-" | "." | ""))
    {
        url.name_upload(Path::new(file));
    }
    let data = group.body.data.as_deref().filter(|_| group.body.get);
    let data = data.map(|data| String::from_utf8_lossy(data).into_owned());
    if let Some(query) = data.as_ref().or(group.request.query.as_ref()) {
        url.add_query(query);
    }
    url.uri(group.request.path_as_is)
}

/// Host and port in the letters in which the URL was typed, if these are others than the URL has now.
pub fn typed_host(transfer: &Transfer<'_>, url: &Uri) -> Option<String> {
    let scheme = transfer.group.request.proto_default.as_deref();
    let typed = Loose::parse(&transfer.url, scheme).ok()?.authority;
    let typed = typed.rsplit_once('@').map_or(typed.as_str(), |(_, host)| host);
    let default = format!(":{}", url.scheme().default_port());
    let typed = typed.strip_suffix(default.as_str()).unwrap_or(typed);
    let known = url.authority_text();
    (typed != known && typed.eq_ignore_ascii_case(&known)).then(|| typed.to_owned())
}

/// Where a `Location` leads from `base`.
///
/// # Errors
/// Those of [`first`].
pub fn next(base: &Uri, location: &str, path_as_is: bool) -> Result<Uri, Failed> {
    // Servers send spaces, which curl makes sendable.
    let location = location.trim().replace(' ', "%20");
    let text = match location.split_once(':') {
        Some((scheme, rest)) if rest.starts_with("//") && is_scheme(scheme) => location,
        _ => relative(base, &location),
    };
    Loose::parse(&text, None)?.uri(path_as_is)
}

/// A reference without a scheme, behind what it is relative to.
fn relative(base: &Uri, location: &str) -> String {
    let origin = format!("{}://{}", base.scheme().as_str(), base.authority_text());
    match location.as_bytes() {
        [b'/', b'/', ..] => format!("{}:{location}", base.scheme().as_str()),
        [b'/', ..] => format!("{origin}{location}"),
        [b'?', ..] => format!("{origin}{}{location}", base.path()),
        [] | [b'#', ..] => format!("{origin}{}{location}", base.path_and_query()),
        _ => {
            let folder = base.path().rsplit_once('/').map_or("", |(folder, _)| folder);
            format!("{origin}{folder}/{location}")
        }
    }
}

/// A URL taken apart as far as something is done with its parts.
struct Loose {
    /// `http` or `https`.
    scheme: String,
    /// Userinfo, host and port.
    authority: String,
    path: String,
    query: Option<String>,
    /// Never sent; kept for those who ask what the URL was.
    fragment: Option<String>,
}

impl Loose {
    fn parse(text: &str, default: Option<&str>) -> Result<Loose, Failed> {
        let wrong = |why: &str| Failed::new(3, format!("URL using bad/illegal format: {why}"));
        if text.bytes().any(|byte| byte <= b' ' || byte == 0x7f) {
            return Err(wrong("it contains a space or a control character"));
        }
        let (scheme, rest) = match text.split_once(':') {
            Some((scheme, rest)) if rest.starts_with('/') && is_scheme(scheme) => {
                (scheme.to_ascii_lowercase(), rest)
            }
            _ => (guessed(text, default), text),
        };
        if !matches!(&*scheme, "http" | "https") {
            return Err(Failed::new(1, format!("Protocol \"{scheme}\" not supported")));
        }
        let slashes = rest.bytes().take_while(|&byte| byte == b'/').count();
        if slashes > 3 {
            return Err(wrong("it has too many slashes"));
        }
        let rest = rest.get(slashes..).unwrap_or_default();
        let (rest, fragment) = match rest.split_once('#') {
            Some((rest, fragment)) => (rest, Some(encoded(fragment))),
            None => (rest, None),
        };
        let (rest, query) = match rest.split_once('?') {
            Some((rest, query)) => (rest, Some(encoded(query))),
            None => (rest, None),
        };
        let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
        let (userinfo, host) = match authority.rsplit_once('@') {
            Some((userinfo, host)) => (format!("{userinfo}@"), host),
            None => (String::new(), authority),
        };
        if host.is_empty() {
            return Err(wrong("it has no host"));
        }
        let authority = format!("{userinfo}{}", ipv4(host).unwrap_or_else(|| host.to_owned()));
        Ok(Loose { scheme, authority, path: encoded(path), query, fragment })
    }

    /// A file sent into a folder is called there as it is here.
    fn name_upload(&mut self, file: &Path) {
        if self.query.is_some() || !(self.path.is_empty() || self.path.ends_with('/')) {
            return;
        }
        if self.path.is_empty() {
            self.path.push('/');
        }
        let name = file.file_name().map(|name| name.as_encoded_bytes()).unwrap_or_default();
        self.path.push_str(&escape(name, false));
    }

    fn add_query(&mut self, more: &str) {
        let query = self.query.get_or_insert_default();
        if !query.is_empty() && !query.ends_with('&') && !more.is_empty() {
            query.push('&');
        }
        query.push_str(&encoded(&lower(more)));
    }

    fn uri(self, path_as_is: bool) -> Result<Uri, Failed> {
        let Loose { scheme, authority, path, query, fragment } = self;
        let path = if path_as_is { path } else { without_dots(&path) };
        let query = query.map_or_else(String::new, |query| format!("?{query}"));
        let fragment = fragment.map_or_else(String::new, |fragment| format!("#{fragment}"));
        let uri = Uri::parse(&format!("{scheme}://{authority}{path}{query}{fragment}"));
        uri.map_err(|error| Failed::new(3, error.to_string()))
    }
}

fn is_scheme(text: &str) -> bool {
    text.starts_with(|first: char| first.is_ascii_alphabetic())
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'-' | b'.'))
}

/// The scheme of a URL that has none: the one that is said, or what the host's name begins with.
fn guessed(text: &str, default: Option<&str>) -> String {
    let known = ["ftp", "dict", "ldap", "imap", "smtp", "pop3"];
    let lower = text.to_ascii_lowercase();
    let named = || {
        known
            .iter()
            .find(|name| lower.strip_prefix(**name).is_some_and(|rest| rest.starts_with('.')))
    };
    match (default, named()) {
        (Some(default), _) => default.to_ascii_lowercase(),
        (None, Some(name)) => (*name).to_owned(),
        (None, None) => "http".to_owned(),
    }
}

/// Percent-encodes what is not ASCII, with small letters as curl does, and spaces.
fn encoded(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for char in text.chars() {
        match char {
            ' ' => out.push_str("%20"),
            char if char.is_ascii() => out.push(char),
            char => char
                .encode_utf8(&mut [0; 4])
                .bytes()
                .for_each(|byte| out.push_str(&format!("%{byte:02x}"))),
        }
    }
    out
}

/// Percent-encoded triplets in small letters, as curl has them in what it adds.
fn lower(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut small = 0;
    for char in text.chars() {
        let in_triplet = small > 0 && char.is_ascii_hexdigit();
        out.push(if in_triplet { char.to_ascii_lowercase() } else { char });
        small = if char == '%' { 2_u8 } else { small.saturating_sub(1) };
    }
    out
}

/// RFC 3986 §5.2.4. `%2e` is a dot too.
fn without_dots(path: &str) -> String {
    let mut kept: Vec<&str> = Vec::new();
    let Some(rest) = path.strip_prefix('/') else { return path.to_owned() };
    let mut segments = rest.split('/').peekable();
    while let Some(segment) = segments.next() {
        let last = segments.peek().is_none();
        match segment.to_ascii_lowercase().replace("%2e", ".").as_str() {
            "." if last => kept.push(""),
            "." => {}
            ".." => {
                kept.pop();
                if last {
                    kept.push("");
                }
            }
            _ => kept.push(segment),
        }
    }
    format!("/{}", kept.join("/"))
}

/// `127.1`, `0x7f.0.0.1`, `2130706433`, `0177.0.0.1` in four decimal numbers, as they have always been understood.
fn ipv4(host: &str) -> Option<String> {
    let (name, port) = host.split_once(':').map_or((host, None), |(name, port)| (name, Some(port)));
    let parts: Vec<u64> =
        name.strip_suffix('.').unwrap_or(name).split('.').map(number).collect::<Option<_>>()?;
    let (last, first) = parts.split_last()?;
    let room = 8 * (4_u32.checked_sub(u32::try_from(first.len()).ok()?)?);
    if room == 0 || first.iter().any(|part| *part > 255) || *last >= 1_u64 << room {
        return None;
    }
    let high = first.iter().zip([24, 16, 8]).map(|(part, shift)| part << shift).sum::<u64>();
    let address = std::net::Ipv4Addr::from(u32::try_from(high | last).ok()?);
    Some(port.map_or_else(|| address.to_string(), |port| format!("{address}:{port}")))
}

fn number(text: &str) -> Option<u64> {
    let hex = text.strip_prefix("0x").or_else(|| text.strip_prefix("0X"));
    match (hex, text.strip_prefix('0')) {
        (Some(hex), _) => u64::from_str_radix(hex, 16).ok(),
        (None, Some(octal)) if !octal.is_empty() => u64::from_str_radix(octal, 8).ok(),
        _ => text.bytes().all(|b| b.is_ascii_digit()).then(|| text.parse().ok())?,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<String, u8> {
        let uri = Loose::parse(text, None).and_then(|url| url.uri(false));
        uri.map(|uri| uri.as_str().to_owned()).map_err(|failed| failed.code)
    }

    #[test]
    fn what_is_typed_becomes_a_url() {
        for (typed, url) in [
            ("h", "http://h/"),
            ("h:80/p", "http://h:80/p"),
            ("HTTP://H?q", "http://h/?q"),
            ("https:/h/a#f", "https://h/a#f"),
            ("http:///h/", "http://h/"),
            ("http://u:p@h/a/../b/./c/..?x=/../y", "http://u:p@h/b/?x=/../y"),
            ("http://h/%2e%2E/x", "http://h/x"),
            ("http://h/é\"<%C3>", "http://h/%c3%a9\"<%C3>"),
            ("http://127.1:8080/", "http://127.0.0.1:8080/"),
            ("http://0x7f.0.0.1/", "http://127.0.0.1/"),
            ("http://2130706433/", "http://127.0.0.1/"),
            ("http://0177.1/", "http://127.0.0.1/"),
            ("http://1.2.3.4.example/", "http://1.2.3.4.example/"),
            ("http://[::1]:1/", "http://[::1]:1/"),
        ] {
            assert_eq!(read(typed).as_deref(), Ok(url), "{typed}");
        }
    }

    #[test]
    fn what_is_no_url_ends_with_its_number() {
        for (typed, code) in [
            ("http://h/a b", 3),
            ("", 3),
            ("http://", 3),
            ("http:////h", 3),
            ("http://h:x/", 3),
            ("gopher://h/", 1),
            ("ftp.h/", 1),
        ] {
            assert_eq!(read(typed), Err(code), "{typed}");
        }
    }

    #[test]
    fn a_location_is_relative_to_where_it_was_said() {
        let base = Uri::parse("http://u:p@h:1/a/b?c").unwrap();
        for (location, url) in [
            ("d", "http://h:1/a/d"),
            ("/d e", "http://h:1/d%20e"),
            ("../d", "http://h:1/d"),
            ("?d", "http://h:1/a/b?d"),
            ("#d", "http://h:1/a/b?c#d"),
            ("//g/d", "http://g/d"),
            ("https://g", "https://g/"),
        ] {
            let uri = next(&base, location, false).map(|uri| uri.as_str().to_owned());
            assert_eq!(uri.map_err(|failed| failed.code).as_deref(), Ok(url), "{location}");
        }
    }

    #[test]
    fn data_joins_the_query() {
        let mut url = Loose::parse("http://h/x?y=1#f", None).unwrap();
        url.add_query("a=%C3b c");
        let uri = url.uri(false).map(|uri| uri.as_str().to_owned());
        assert_eq!(uri.map_err(|f| f.code).as_deref(), Ok("http://h/x?y=1&a=%c3b%20c#f"));
    }

    #[test]
    fn an_upload_is_named_in_a_folder() {
        for (url, named) in [
            ("h", "http://h/a%20b"),
            ("h/d/", "http://h/d/a%20b"),
            ("h/d", "http://h/d"),
            ("h/?q", "http://h/?q"),
        ] {
            let mut loose = Loose::parse(url, None).unwrap();
            loose.name_upload(Path::new("dir/a b"));
            let uri = loose.uri(false).map(|uri| uri.as_str().to_owned());
            assert_eq!(uri.map_err(|f| f.code).as_deref(), Ok(named), "{url}");
        }
    }
}
