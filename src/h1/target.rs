//! The request-target (§3.2): which of its four forms, and its bytes.
//!
//! In goes a [`Uri`], out go the bytes between the method and the version. Userinfo and fragment never reach the wire.
//!
//! Next: [`super::write_head`]

use http::Method;

use crate::message::Uri;

use super::digits::write_decimal;
use super::violation::{Excerpt, Misuse};

/// The form of a request-target.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum Target {
    /// `origin-form = absolute-path [ "?" query ]`: the usual one (§3.2.1).
    #[default]
    Origin,
    /// `absolute-form = absolute-URI`: to a proxy (§3.2.2).
    Absolute,
    /// `authority-form = uri-host ":" port`: CONNECT, and nothing else (§3.2.3).
    Authority,
    /// `asterisk-form = "*"`: OPTIONS about the server as a whole (§3.2.4).
    Asterisk,
    /// These bytes, whatever the URI says.
    Exact(ExactTarget),
}

/// A request-target given by the caller byte for byte: visible ASCII only (S-05).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExactTarget(Box<str>);

impl ExactTarget {
    /// Checks that `target` is not empty and holds visible ASCII only.
    ///
    /// # Errors
    /// [`Misuse::Target`] for a space, a control, DEL or a non-ASCII byte, and for an empty target.
    pub fn new(target: &str) -> Result<ExactTarget, Misuse> {
        if target.is_empty() || !target.bytes().all(|b| b.is_ascii_graphic()) {
            return Err(Misuse::Target(Excerpt::new(target.as_bytes())));
        }
        Ok(ExactTarget(target.into()))
    }

    /// The same target in absolute-form, which is all that a proxy takes (§3.2.2): `*` becomes an empty path (§3.2.4), and
    /// what names its host already stays as it is.
    pub fn absolute(&self, uri: &Uri) -> ExactTarget {
        let path = match &*self.0 {
            "*" => "",
            path if path.starts_with('/') => path,
            _ => return self.clone(),
        };
        let (scheme, authority) = (uri.scheme().as_str(), uri.authority_text());
        ExactTarget([scheme, "://", &authority, path].concat().into())
    }
}

impl Target {
    /// The form a request sent straight to its origin takes: authority-form for CONNECT, else origin-form.
    pub fn direct(method: &Method) -> Target {
        if method == Method::CONNECT { Target::Authority } else { Target::Origin }
    }

    /// Whether the target means nothing to a proxy, because it names no host.
    pub fn is_for_origin(&self) -> bool {
        match self {
            Target::Origin | Target::Asterisk => true,
            Target::Absolute | Target::Authority => false,
            Target::Exact(exact) => exact.0.starts_with('/') || &*exact.0 == "*",
        }
    }

    /// Appends the request-target.
    pub fn write(&self, uri: &Uri, out: &mut Vec<u8>) {
        match self {
            Target::Origin => out.extend_from_slice(uri.path_and_query().as_bytes()),
            Target::Absolute => {
                out.extend_from_slice(uri.scheme().as_str().as_bytes());
                out.extend_from_slice(b"://");
                write_authority(uri, out);
                out.extend_from_slice(uri.path_and_query().as_bytes());
            }
            // "There is no default port; a client MUST send the port number even if the CONNECT request is based on
            // a URI reference that contains an authority component with an elided port" (RFC 9110 §9.3.6).
            Target::Authority => {
                out.extend_from_slice(uri.host_text().as_bytes());
                out.push(b':');
                write_decimal(uri.port().into(), out);
            }
            Target::Asterisk => out.push(b'*'),
            Target::Exact(target) => out.extend_from_slice(target.0.as_bytes()),
        }
    }
}

/// Appends `uri-host [":" port]` as it stands in `Host` (RFC 9110 §7.2): no userinfo, no zone identifier, and no port
/// where it is the scheme's own.
pub fn write_authority(uri: &Uri, out: &mut Vec<u8>) {
    out.extend_from_slice(uri.authority_text().as_bytes());
}

#[cfg(test)]
mod tests {
    use super::*;

    fn target(form: &Target, uri: &str) -> String {
        let mut out = Vec::new();
        form.write(&Uri::parse(uri).expect("a URI"), &mut out);
        String::from_utf8(out).expect("ASCII")
    }

    #[test]
    fn the_four_forms() {
        let uri = "http://user:pw@Example.com:80/a%20b?c=d#frag";
        assert_eq!(target(&Target::Origin, uri), "/a%20b?c=d");
        assert_eq!(target(&Target::Absolute, uri), "http://example.com/a%20b?c=d");
        assert_eq!(target(&Target::Authority, uri), "example.com:80");
        assert_eq!(target(&Target::Asterisk, uri), "*");
        assert_eq!(target(&Target::Origin, "http://h?q"), "/?q");
        assert_eq!(target(&Target::Authority, "https://[::1]"), "[::1]:443");
        assert_eq!(target(&Target::Absolute, "https://[::1]:80"), "https://[::1]:80/");
        assert_eq!(Target::direct(&Method::CONNECT), Target::Authority);
        assert_eq!(Target::direct(&Method::OPTIONS), Target::Origin);
    }

    #[test]
    fn an_exact_target_for_a_proxy_names_the_host() {
        for (given, sent) in [
            ("/a/../b?[]", "http://h:8080/a/../b?[]"),
            ("*", "http://h:8080"),
            ("http://other/x", "http://other/x"),
        ] {
            let uri = Uri::parse("http://u:p@H:8080/other").expect("a URI");
            let exact = ExactTarget::new(given).expect("visible ASCII").absolute(&uri);
            assert_eq!(target(&Target::Exact(exact), "http://h/"), sent);
        }
    }

    #[test]
    fn s_05_an_exact_target_is_visible_ascii() {
        let exact = ExactTarget::new("/a/../b?[]").expect("visible ASCII");
        assert_eq!(target(&Target::Exact(exact), "http://h/"), "/a/../b?[]");
        for bad in ["", "/a b", "/a\tb", "/a\r\nX: y", "/\u{7f}", "/\u{e9}", "/\0"] {
            assert!(matches!(ExactTarget::new(bad), Err(Misuse::Target(_))), "{bad:?}");
        }
    }
}
