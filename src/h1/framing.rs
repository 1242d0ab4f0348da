//! How long is the message body? RFC 9112 §6.3 as one function, under the RFC's own numbers.
//!
//! In goes the request method and a received head; out comes a [`Framing`] and whether two framings were claimed at
//! once. No byte of the body is looked at. Whatever this function gets wrong becomes request smuggling or a response
//! that belongs to somebody else, so it is strict where the RFC leaves a choice.
//!
//! Next: [`super::chunked`]

use http::{Method, StatusCode, Version};

use crate::message::field::{list, trim_ows};
use crate::message::{Fields, ResponseHead};

use super::digits;
use super::steering::{Length, Steering};
use super::violation::{Excerpt, Violation};

/// How the end of a message body is found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Framing {
    /// There is no body: the message ends with its head.
    None,
    /// Exactly so many bytes.
    Length(u64),
    /// The chunked coding says when (§7.1).
    Chunked,
    /// When the server closes. Only responses end this way.
    UntilClose,
}

/// What a response's head says about its body.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ResponseFraming {
    /// How the end of the body is found.
    pub framing: Framing,
    /// `Transfer-Encoding` and `Content-Length` were both there (rule 3). Possibly an attack: the response is
    /// delivered, the connection is not used again.
    pub both_claimed: bool,
}

/// The framing of a final response to `method`, by §6.3's rules in their order.
///
/// Rule 2 (a tunnel after CONNECT) and the switch after 101 are not framings: the receiver settles them first.
/// Rule 7 speaks of requests.
///
/// # Errors
/// [`Violation::ContentLength`], [`Violation::TransferEncoding`], [`Violation::TransferEncodingInHttp10`].
pub fn response_framing(
    method: &Method,
    head: &ResponseHead,
) -> Result<ResponseFraming, Violation> {
    steered(method, head, Steering::of(&head.fields))
}

/// The same, where the section has been looked through already.
pub(super) fn steered(
    method: &Method,
    head: &ResponseHead,
    steering: Steering<'_>,
) -> Result<ResponseFraming, Violation> {
    let both_claimed = steering.transfer_encoding && steering.has_length();
    let framing = framing_by_rule(method, head, steering)?;
    Ok(ResponseFraming { framing, both_claimed })
}

fn framing_by_rule(
    method: &Method,
    head: &ResponseHead,
    steering: Steering<'_>,
) -> Result<Framing, Violation> {
    // 1. "Any response to a HEAD request and any response with a 1xx, 204, or 304 status code is always
    //    terminated by the first empty line after the header fields, regardless of the header fields".
    let bodiless = matches!(head.status, StatusCode::NO_CONTENT | StatusCode::NOT_MODIFIED);
    if method == Method::HEAD || bodiless || head.status.is_informational() {
        return Ok(Framing::None);
    }
    // 3. "the Transfer-Encoding overrides the Content-Length."
    // 4. "the message body length is determined by reading and decoding the chunked data". The RFC reads a
    //    response with any other final coding until close; we know no other coding, so we could only hand
    //    out bytes we cannot decode, framed by a field we did not understand. An error instead (S-22).
    if steering.transfer_encoding {
        // §6.1: "treat the message as if the framing is faulty, even if a Content-Length is present".
        if head.version == Version::HTTP_10 {
            return Err(Violation::TransferEncodingInHttp10);
        }
        return exactly_chunked(&head.fields).map(|()| Framing::Chunked);
    }
    // 5. and 6. "its decimal value defines the expected message body length in octets."
    if let Some(length) = announced(&head.fields, steering)? {
        return Ok(Framing::Length(length));
    }
    // 8. "the number of octets received prior to the server closing the connection."
    Ok(Framing::UntilClose)
}

/// One `chunked` over all lines; parameters, other codings and an empty list are errors.
fn exactly_chunked(fields: &Fields) -> Result<(), Violation> {
    let mut codings = fields.get_all("transfer-encoding").flat_map(list);
    match (codings.next(), codings.next()) {
        (Some(coding), None) if coding.eq_ignore_ascii_case(b"chunked") => Ok(()),
        (first, second) => {
            let evidence = second.or(first).unwrap_or_default();
            Err(Violation::TransferEncoding(Excerpt::new(evidence)))
        }
    }
}

/// The announced length. Nearly always there is one line with one number.
fn announced(fields: &Fields, steering: Steering<'_>) -> Result<Option<u64>, Violation> {
    match steering.content_length {
        Length::None => Ok(None),
        Length::One(value) => match digits::decimal(value) {
            Some(length) => Ok(Some(length)),
            None => content_length(fields),
        },
        Length::Several => content_length(fields),
    }
}

/// The announced length, if any: "all values in the list are valid, and all values in the list are the same"
/// (rule 5). *The same* means the same digits: `030, 30` is refused, because a peer that writes one number in
/// two ways has joined two messages.
///
/// # Errors
/// [`Violation::ContentLength`].
pub fn content_length(fields: &Fields) -> Result<Option<u64>, Violation> {
    let mut first: Option<&[u8]> = None;
    let mut length = None;
    // Not `list`: it skips empty elements, and `,30` is no list of valid numbers.
    for value in fields.get_all("content-length").flat_map(|line| line.split(|&b| b == b',')) {
        let value = trim_ows(value);
        let refused = || Violation::ContentLength(Excerpt::new(value));
        match first {
            None => {
                length = Some(digits::decimal(value).ok_or_else(refused)?);
                first = Some(value);
            }
            Some(first) if first == value => {}
            Some(_) => return Err(refused()),
        }
    }
    Ok(length)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn head(status: u16, version: Version, lines: &[(&str, &str)]) -> ResponseHead {
        let status = StatusCode::from_u16(status).expect("a status");
        let mut head = ResponseHead { version, ..ResponseHead::new(status) };
        for (name, value) in lines {
            head.fields.append(name, value).expect("a field");
        }
        head
    }

    fn framing(
        method: Method,
        status: u16,
        lines: &[(&str, &str)],
    ) -> Result<(Framing, bool), Violation> {
        let head = head(status, Version::HTTP_11, lines);
        response_framing(&method, &head).map(|found| (found.framing, found.both_claimed))
    }

    fn get(lines: &[(&str, &str)]) -> Result<(Framing, bool), Violation> {
        framing(Method::GET, 200, lines)
    }

    const CHUNKED: (&str, &str) = ("Transfer-Encoding", "chunked");
    const FIVE: (&str, &str) = ("Content-Length", "5");

    #[test]
    fn s_32_rule_1_no_body_where_none_may_be() {
        for claim in [vec![], vec![FIVE], vec![CHUNKED], vec![("Content-Length", "x")]] {
            for status in [100, 103, 199, 204, 304] {
                let found = framing(Method::GET, status, &claim);
                assert_eq!(found, Ok((Framing::None, false)), "{status}");
            }
            assert_eq!(framing(Method::HEAD, 200, &claim), Ok((Framing::None, false)));
            assert_eq!(framing(Method::HEAD, 404, &claim), Ok((Framing::None, false)));
        }
        for status in [200, 203, 205, 206, 303, 305, 400, 600] {
            let found = framing(Method::GET, status, &[FIVE]);
            assert_eq!(found, Ok((Framing::Length(5), false)), "{status}");
        }
    }

    #[test]
    fn s_20_rule_3_transfer_encoding_wins_and_is_remembered() {
        assert_eq!(get(&[CHUNKED, FIVE]), Ok((Framing::Chunked, true)));
        assert_eq!(get(&[FIVE, CHUNKED]), Ok((Framing::Chunked, true)));
        assert_eq!(get(&[("Content-Length", "x"), CHUNKED]), Ok((Framing::Chunked, true)));
        // Also where rule 1 has the last word on the body.
        assert_eq!(framing(Method::HEAD, 200, &[FIVE, CHUNKED]), Ok((Framing::None, true)));
    }

    #[test]
    fn s_22_rule_4_chunked_once_and_nothing_else() {
        assert_eq!(get(&[CHUNKED]), Ok((Framing::Chunked, false)));
        for good in ["CHUNKED", " chunked\t", "chunked,", ",, chunked"] {
            assert_eq!(get(&[("transfer-encoding", good)]), Ok((Framing::Chunked, false)));
        }
        let bad = [
            "",
            ",",
            "xchunked",
            "chunkedx",
            "chunked, identity",
            "gzip, chunked",
            "chunked, chunked",
            "chunked;q=1",
            "\"chunked\"",
            "chunked chunked",
            "identity",
        ];
        for coding in bad {
            let found = get(&[("Transfer-Encoding", coding)]);
            assert!(matches!(found, Err(Violation::TransferEncoding(_))), "{coding:?}: {found:?}");
        }
        for (first, second) in [("identity", "chunked"), ("chunked", "chunked")] {
            let found = get(&[("Transfer-Encoding", first), ("transfer-encoding", second)]);
            assert!(matches!(found, Err(Violation::TransferEncoding(_))), "{first} {second}");
        }
        let evidence = Violation::TransferEncoding(Excerpt::new(b"identity"));
        assert_eq!(get(&[("Transfer-Encoding", "chunked, identity")]), Err(evidence));
    }

    #[test]
    fn s_22_rule_4_http_1_0_knows_no_transfer_encoding() {
        for lines in [&[CHUNKED][..], &[CHUNKED, FIVE]] {
            let found = response_framing(&Method::GET, &head(200, Version::HTTP_10, lines));
            assert_eq!(found, Err(Violation::TransferEncodingInHttp10));
        }
    }

    #[test]
    fn s_21_rule_5_one_number_or_several_equal_ones() {
        let of = |value| get(&[("Content-Length", value)]);
        for good in ["5", " 5\t", "5,5", "5 , 5,\t5"] {
            assert_eq!(of(good), Ok((Framing::Length(5), false)), "{good:?}");
        }
        assert_eq!(get(&[FIVE, ("content-length", "5")]), Ok((Framing::Length(5), false)));
        let bad = [
            "",
            ",",
            "5,",
            ",5",
            "5,,5",
            "+5",
            "-0",
            "5, 6",
            "0x5",
            "5 5",
            "05, 5",
            "\u{665}",
            "99999999999999999999",
            "9223372036854775808",
        ];
        for value in bad {
            assert!(matches!(of(value), Err(Violation::ContentLength(_))), "{value:?}");
        }
        let differs = get(&[FIVE, ("Content-Length", "6")]);
        assert_eq!(differs, Err(Violation::ContentLength(Excerpt::new(b"6"))));
    }

    #[test]
    fn rules_6_and_8_a_length_or_the_close() {
        assert_eq!(get(&[("Content-Length", "0")]), Ok((Framing::Length(0), false)));
        let largest = ("Content-Length", "9223372036854775807");
        assert_eq!(get(&[largest]), Ok((Framing::Length(digits::MAX_LENGTH), false)));
        assert_eq!(get(&[]), Ok((Framing::UntilClose, false)));
        assert_eq!(get(&[("X-Content-Length", "5")]), Ok((Framing::UntilClose, false)));
    }
}
