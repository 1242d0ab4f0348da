//! A request head: words in, bytes out (§3). `Host` first, then the caller's fields as given, then the framing.
//!
//! [`check`] finds everything that cannot be sent before a byte is written; [`write_head`] cannot fail. Names and
//! values need no check here: a [`Fields`] holds only valid ones, so CR and LF cannot get in (S-03).
//!
//! Next: [`super::read_head`]

use http::{Method, Version};

use crate::message::field::list;
use crate::message::{Fields, Host};

use super::digits::write_decimal;
use super::framing::{Framing, content_length};
use super::request::{HostLine, RequestView};
use super::steering::Steering;
use super::target::{Target, write_authority};
use super::violation::{Excerpt, Misuse};

/// Refuses a head that contradicts itself or its content.
///
/// # Errors
/// [`Misuse::Framing`], [`Misuse::Host`], [`Misuse::ChunkedInHttp10`], [`Misuse::ProxyAuthorization`].
pub fn check(head: RequestView<'_>, framing: Framing, steering: Steering) -> Result<(), Misuse> {
    if framing == Framing::Chunked && head.version == Version::HTTP_10 {
        return Err(Misuse::ChunkedInHttp10);
    }
    if steering.has_length() || steering.transfer_encoding {
        check_framing(head.fields, framing)?;
    }
    // "Proxy-Authorization applies only to the next inbound proxy" (RFC 9110 §11.7.2), so there has to be one (S-64).
    if steering.proxy_authorization && head.method != Method::CONNECT && head.target.is_for_origin()
    {
        return Err(Misuse::ProxyAuthorization);
    }
    if steering.host { check_host(head.fields) } else { Ok(()) }
}

/// The client owns the framing. A `Content-Length` set by hand must be single and right, a `Transfer-Encoding` must be
/// the one we would send; both at once are an error (S-10).
fn check_framing(fields: &Fields, framing: Framing) -> Result<(), Misuse> {
    let refused = |name| Misuse::Framing(Excerpt::new(fields.get(name).unwrap_or_default()));
    if fields.contains("transfer-encoding") {
        let mut codings = fields.get_all("transfer-encoding").flat_map(list);
        let one_chunked = codings.next().is_some_and(|c| c.eq_ignore_ascii_case(b"chunked"))
            && codings.next().is_none();
        if !one_chunked || framing != Framing::Chunked || fields.contains("content-length") {
            return Err(refused("transfer-encoding"));
        }
    }
    if fields.contains("content-length") {
        let single = fields.get_all("content-length").count() == 1;
        let announced = content_length(fields).ok().flatten();
        let actual = match framing {
            Framing::None => Some(0),
            Framing::Length(length) => Some(length),
            Framing::Chunked | Framing::UntilClose => None,
        };
        if !single || announced.is_none() || announced != actual {
            return Err(refused("content-length"));
        }
    }
    Ok(())
}

/// "A server MUST respond with a 400 to any request message that contains more than one Host header field line or a
/// Host header field with an invalid field value" (§3.2), so neither is sent (S-04).
fn check_host(fields: &Fields) -> Result<(), Misuse> {
    let mut hosts = fields.get_all("host");
    let Some(host) = hosts.next() else { return Ok(()) };
    let valid = host.is_empty()
        || std::str::from_utf8(host).is_ok_and(|host| Host::parse_with_port(host).is_ok());
    match (valid, hosts.next()) {
        (true, None) => Ok(()),
        (_, second) => Err(Misuse::Host(Excerpt::new(second.unwrap_or(host)))),
    }
}

/// Appends the request line, the field section and the empty line.
pub fn write_head(
    head: RequestView<'_>,
    framing: Framing,
    steering: Steering<'_>,
    out: &mut Vec<u8>,
) {
    // request-line = method SP request-target SP HTTP-version
    out.extend_from_slice(head.method.as_str().as_bytes());
    out.push(b' ');
    head.target.write(head.uri, out);
    out.extend_from_slice(match head.version {
        Version::HTTP_10 => b" HTTP/1.0\r\n",
        _ => b" HTTP/1.1\r\n",
    });
    // "A client MUST NOT generate a 100-continue expectation in a request that does not include content" (§10.1.1).
    let vain = steering.expect_continue && matches!(framing, Framing::None | Framing::Length(0));
    // "a user agent that sends Host SHOULD send it as the first field in the header section" (RFC 9110 §7.2).
    let moved = match (head.automatic.host, steering.host) {
        (HostLine::First, true) => {
            write_fields(head.fields, |name| name.eq_ignore_ascii_case(b"host"), out);
            true
        }
        (HostLine::First | HostLine::InPlace, false) => {
            write_host(head, out);
            false
        }
        (HostLine::InPlace, true) | (HostLine::ByHand, _) => false,
    };
    match moved || vain {
        false => head.fields.write_to(out),
        true => {
            let left_out = |name: &[u8]| {
                moved && name.eq_ignore_ascii_case(b"host")
                    || vain && name.eq_ignore_ascii_case(b"expect")
            };
            write_fields(head.fields, |name| !left_out(name), out);
        }
    }
    write_framing(head, framing, steering, out);
    out.extend_from_slice(b"\r\n");
}

/// The `Host` that follows from the URI.
fn write_host(head: RequestView<'_>, out: &mut Vec<u8>) {
    out.extend_from_slice(b"Host: ");
    match head.target {
        // For CONNECT the Host is the authority being asked for, port included.
        Target::Authority => head.target.write(head.uri, out),
        _ => write_authority(head.uri, out),
    }
    out.extend_from_slice(b"\r\n");
}

/// The lines whose names are wanted.
fn write_fields(fields: &Fields, wanted: impl Fn(&[u8]) -> bool, out: &mut Vec<u8>) {
    for (name, value) in fields.lines().filter(|(name, _)| wanted(name)) {
        out.extend_from_slice(name);
        out.extend_from_slice(b": ");
        out.extend_from_slice(value);
        out.extend_from_slice(b"\r\n");
    }
}

/// What the content needs and the caller has not set by hand.
fn write_framing(
    head: RequestView<'_>,
    framing: Framing,
    steering: Steering<'_>,
    out: &mut Vec<u8>,
) {
    match framing {
        Framing::Length(length) if !steering.has_length() => {
            out.extend_from_slice(b"Content-Length: ");
            write_decimal(length, out);
            out.extend_from_slice(b"\r\n");
        }
        Framing::Chunked if !steering.transfer_encoding => {
            out.extend_from_slice(b"Transfer-Encoding: chunked\r\n");
        }
        // "A user agent SHOULD send Content-Length in a request when the method defines a meaning for enclosed
        // content and it is not sending Transfer-Encoding", with the value 0 (RFC 9110 §8.6).
        Framing::None
            if expects_content(head.method)
                && head.automatic.zero_length
                && !steering.has_length() =>
        {
            out.extend_from_slice(b"Content-Length: 0\r\n");
        }
        _ => {}
    }
}

fn expects_content(method: &Method) -> bool {
    matches!(*method, Method::POST | Method::PUT | Method::PATCH)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::h1::request::Automatic;
    use crate::message::{RequestHead, Uri};

    fn request(method: Method, uri: &str, lines: &[(&str, &str)]) -> RequestHead {
        let mut head = RequestHead::new(method, Uri::parse(uri).expect("a URI"));
        for (name, value) in lines {
            head.fields.append(name, value).expect("a field");
        }
        head
    }

    fn checked(head: &RequestHead, framing: Framing) -> Result<(), Misuse> {
        check(RequestView::new(head, &Target::Origin), framing, Steering::of(&head.fields))
    }

    /// What goes on the wire.
    fn wire(head: &RequestHead, target: &Target, framing: Framing) -> String {
        let view = RequestView::new(head, target);
        let steering = Steering::of(&head.fields);
        check(view, framing, steering).expect("a request that can be sent");
        let mut out = Vec::new();
        write_head(view, framing, steering, &mut out);
        String::from_utf8(out).expect("ASCII")
    }

    fn sent(method: Method, lines: &[(&str, &str)], framing: Framing) -> String {
        wire(&request(method, "http://h:8080/p?q#f", lines), &Target::Origin, framing)
    }

    #[test]
    fn host_first_then_the_fields_as_given() {
        assert_eq!(
            sent(Method::GET, &[("ACCEPT", "*/*"), ("x-B", ""), ("X-b", "2")], Framing::None),
            "GET /p?q HTTP/1.1\r\nHost: h:8080\r\nACCEPT: */*\r\nx-B: \r\nX-b: 2\r\n\r\n"
        );
        assert_eq!(
            sent(Method::GET, &[("A", "1"), ("hOST", "other"), ("B", "2")], Framing::None),
            "GET /p?q HTTP/1.1\r\nhOST: other\r\nA: 1\r\nB: 2\r\n\r\n"
        );
    }

    #[test]
    fn lines_of_the_writer_can_be_left_out_or_left_in_place() {
        let lines = &[("A", "1"), ("hOST", "other"), ("B", "2")];
        let written = |automatic, lines: &[(&str, &str)]| {
            let head = request(Method::POST, "http://h/", lines);
            let steering = Steering::of(&head.fields);
            let view = RequestView { automatic, ..RequestView::new(&head, &Target::Origin) };
            let mut out = Vec::new();
            write_head(view, Framing::None, steering, &mut out);
            String::from_utf8(out).expect("ASCII").replace("POST / HTTP/1.1\r\n", "")
        };
        let all = Automatic::default();
        let in_place = Automatic { host: HostLine::InPlace, zero_length: false };
        let by_hand = Automatic { host: HostLine::ByHand, zero_length: false };
        assert_eq!(written(all, lines), "hOST: other\r\nA: 1\r\nB: 2\r\nContent-Length: 0\r\n\r\n");
        assert_eq!(written(in_place, lines), "A: 1\r\nhOST: other\r\nB: 2\r\n\r\n");
        assert_eq!(written(in_place, &lines[..1]), "Host: h\r\nA: 1\r\n\r\n");
        assert_eq!(written(by_hand, lines), "A: 1\r\nhOST: other\r\nB: 2\r\n\r\n");
        assert_eq!(written(by_hand, &lines[..1]), "A: 1\r\n\r\n");
    }

    #[test]
    fn targets_and_versions() {
        let mut head = request(Method::CONNECT, "http://user:pw@h/x", &[]);
        let tunnel = wire(&head, &Target::Authority, Framing::None);
        assert_eq!(tunnel, "CONNECT h:80 HTTP/1.1\r\nHost: h:80\r\n\r\n");
        head.method = Method::GET;
        head.version = Version::HTTP_10;
        let proxied = wire(&head, &Target::Absolute, Framing::None);
        assert_eq!(proxied, "GET http://h/x HTTP/1.0\r\nHost: h\r\n\r\n");
    }

    #[test]
    fn s_11_content_is_always_framed() {
        let (length, chunked) = ("Content-Length: 3\r\n", "Transfer-Encoding: chunked\r\n");
        for method in [Method::GET, Method::POST, Method::DELETE, Method::OPTIONS] {
            assert!(sent(method.clone(), &[], Framing::Length(3)).contains(length), "{method}");
            assert!(sent(method.clone(), &[], Framing::Chunked).contains(chunked), "{method}");
        }
        for method in [Method::POST, Method::PUT, Method::PATCH] {
            let none = sent(method.clone(), &[], Framing::None);
            assert!(none.ends_with("\r\nContent-Length: 0\r\n\r\n"), "{method}");
        }
        for method in [Method::GET, Method::HEAD, Method::DELETE, Method::OPTIONS] {
            assert!(!sent(method.clone(), &[], Framing::None).contains("Length"), "{method}");
        }
    }

    #[test]
    fn s_10_framing_set_by_hand_must_be_true() {
        let post = |lines: &[(&str, &str)]| request(Method::POST, "http://h/", lines);
        // Right, and then not written twice.
        let right = [
            ("content-length", "3", Framing::Length(3)),
            ("Content-Length", "0", Framing::Length(0)),
            ("Content-Length", "0", Framing::None),
            ("Transfer-Encoding", "Chunked", Framing::Chunked),
        ];
        for (name, value, framing) in right {
            let text = wire(&post(&[(name, value)]), &Target::Origin, framing);
            let lower = text.to_ascii_lowercase();
            let lines = lower.matches("content-length").count() + lower.matches("chunked").count();
            assert!(text.contains(value) && lines == 1, "{text}");
        }
        let (length, coding) = ("Content-Length", "Transfer-Encoding");
        let wrong = [
            (vec![("content-length", "5"), (length, "6")], Framing::Length(5)),
            (vec![(length, "5"), (length, "5")], Framing::Length(5)),
            (vec![(length, "5, 6")], Framing::Length(5)),
            (vec![(length, "+5")], Framing::Length(5)),
            (vec![(length, "5")], Framing::Length(4)),
            (vec![(length, "5")], Framing::None),
            (vec![(length, "5")], Framing::Chunked),
            (vec![(length, "5"), (coding, "chunked")], Framing::Chunked),
            (vec![(length, "5"), (coding, "chunked")], Framing::Length(5)),
            (vec![(coding, "chunked")], Framing::Length(5)),
            (vec![(coding, "chunked")], Framing::None),
            (vec![(coding, "gzip, chunked")], Framing::Chunked),
            (vec![(coding, "chunked"), (coding, "chunked")], Framing::Chunked),
            (vec![(coding, "identity")], Framing::Chunked),
            (vec![(coding, "")], Framing::Chunked),
        ];
        for (lines, framing) in wrong {
            let refused = checked(&post(&lines), framing);
            assert!(matches!(refused, Err(Misuse::Framing(_))), "{lines:?} {framing:?}");
        }
    }

    #[test]
    fn http_1_0_has_no_chunked() {
        let mut head = request(Method::POST, "http://h/", &[]);
        head.version = Version::HTTP_10;
        assert_eq!(checked(&head, Framing::Chunked), Err(Misuse::ChunkedInHttp10));
        assert_eq!(checked(&head, Framing::Length(1)), Ok(()));
    }

    #[test]
    fn s_64_credentials_for_a_proxy_go_to_a_proxy() {
        let get = |method| request(method, "http://h/", &[("proxy-Authorization", "Basic x")]);
        let checked = |method, target: &Target| {
            let head = get(method);
            check(RequestView::new(&head, target), Framing::None, Steering::of(&head.fields))
        };
        let exact =
            |text| Target::Exact(super::super::target::ExactTarget::new(text).expect("sound"));
        for target in [Target::Origin, Target::Asterisk, exact("/x"), exact("*")] {
            assert_eq!(
                checked(Method::GET, &target),
                Err(Misuse::ProxyAuthorization),
                "{target:?}"
            );
        }
        for target in [Target::Absolute, exact("http://other/")] {
            assert_eq!(checked(Method::GET, &target), Ok(()), "{target:?}");
        }
        for target in [Target::Authority, exact("h:80")] {
            assert_eq!(checked(Method::CONNECT, &target), Ok(()), "{target:?}");
        }
    }

    #[test]
    fn s_04_host_is_one_host() {
        let host = |lines: &[(&str, &str)]| {
            checked(&request(Method::GET, "http://h/", lines), Framing::None)
        };
        for good in ["a.com", "a.com:80", "[::1]:8080", "127.0.0.1", ""] {
            assert_eq!(host(&[("Host", good)]), Ok(()), "{good}");
        }
        for bad in ["a b", "a/b", "u@a", "a:b", "[a]", "a:99999", "\u{e9}"] {
            assert!(matches!(host(&[("Host", bad)]), Err(Misuse::Host(_))), "{bad}");
        }
        assert_eq!(
            host(&[("Host", "a"), ("host", "b")]),
            Err(Misuse::Host(Excerpt::new(b"b"))),
            "the second is shown"
        );
        assert!(Fields::new().append("Host", "a.com\r\nX: y").is_err());
    }
}
