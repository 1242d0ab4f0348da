//! What a response's head says about the connection after it (§9.3, §9.6): the reason to close, or a hint how long the
//! server will wait. Looks at the head alone; whether both messages were completed is asked by
//! [`persistence`](mod@super::persistence).

use http::Version;

use crate::message::field::{list, trim_ows};
use crate::message::{Fields, ResponseHead};

use super::digits::decimal;
use super::framing::{Framing, ResponseFraming};
use super::steering::Steering;

/// The server's `Keep-Alive` field (RFC 2068 §19.7.1): a hint, widely sent, by no current RFC.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct KeepAlive {
    /// `timeout=`: seconds the server keeps an idle connection open.
    pub timeout: Option<u64>,
    /// `max=`: how many more requests it will take.
    pub max: Option<u64>,
}

/// Why a connection is not used again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum CloseReason {
    /// The request said `Connection: close`, or was HTTP/1.0 without `keep-alive`.
    RequestAsked,
    /// The response said `Connection: close`.
    ResponseAsked,
    /// The response was HTTP/1.0 without `Connection: keep-alive`.
    Http10,
    /// The content lasted until close.
    UntilClose,
    /// Two framings were claimed at once (§6.3 rule 3).
    BothFramings,
    /// `Keep-Alive: max=0`.
    KeepAliveUsedUp,
    /// A 401 or 407 that only offers to authenticate the connection itself (NTLM, Negotiate), and no request on it (S-47).
    ConnectionAuthentication,
    /// Bytes were left over behind the response (S-40).
    Surplus,
    /// The response was complete before the request was (§9.5).
    RequestUnfinished,
    /// The response was not read to its end.
    ResponseUnfinished,
}

/// What a response's head says about the connection after it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AfterResponse {
    /// The reason to close, if there is one.
    pub close: Option<CloseReason>,
    /// The server's hint.
    pub keep_alive: KeepAlive,
}

/// §9.3's rules in their order, for the response alone.
pub fn after_response(
    head: &ResponseHead,
    framing: ResponseFraming,
    steering: Steering<'_>,
) -> AfterResponse {
    let keep_alive = match steering.keep_alive_hint {
        true => keep_alive(&head.fields),
        false => KeepAlive::default(),
    };
    let close = if framing.framing == Framing::UntilClose {
        Some(CloseReason::UntilClose)
    } else if framing.both_claimed {
        Some(CloseReason::BothFramings)
    // "If the close connection option is present, the connection will not persist after the current response"
    } else if steering.close {
        Some(CloseReason::ResponseAsked)
    // "If the received protocol is HTTP/1.1 (or later), the connection will persist"; "If the received protocol is
    // HTTP/1.0, the keep-alive connection option is present, … the connection will persist"
    } else if head.version == Version::HTTP_10 && !steering.keep_alive {
        Some(CloseReason::Http10)
    } else if keep_alive.max == Some(0) {
        Some(CloseReason::KeepAliveUsedUp)
    } else if authenticates_connections(head) {
        Some(CloseReason::ConnectionAuthentication)
    } else {
        None
    };
    AfterResponse { close, keep_alive }
}

/// Whether it asks for schemes alone that make a connection somebody's: who else is given it would be that somebody.
fn authenticates_connections(head: &ResponseHead) -> bool {
    let field = match head.status.as_u16() {
        401 => "www-authenticate",
        407 => "proxy-authenticate",
        _ => return false,
    };
    // Neither scheme has parameters, so each begins an element of the list and fills it.
    let scheme = |element: &[u8]| {
        let word = element.split(|byte| matches!(byte, b' ' | b'\t')).next().unwrap_or_default();
        word.eq_ignore_ascii_case(b"ntlm") || word.eq_ignore_ascii_case(b"negotiate")
    };
    let mut elements = head.fields.get_all(field).flat_map(list).map(scheme).peekable();
    elements.peek().is_some() && elements.all(|bound| bound)
}

fn keep_alive(fields: &Fields) -> KeepAlive {
    let mut hint = KeepAlive::default();
    for parameter in fields.get_all("keep-alive").flat_map(list) {
        let Some(equals) = parameter.iter().position(|&b| b == b'=') else { continue };
        let (name, value) = (trim_ows(&parameter[..equals]), trim_ows(&parameter[equals + 1..]));
        if name.eq_ignore_ascii_case(b"timeout") {
            hint.timeout = decimal(value);
        } else if name.eq_ignore_ascii_case(b"max") {
            hint.max = decimal(value);
        }
    }
    hint
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::StatusCode;

    fn after(version: Version, lines: &[(&str, &str)], framing: Framing) -> AfterResponse {
        let mut head = ResponseHead { version, ..ResponseHead::new(StatusCode::OK) };
        for (name, value) in lines {
            head.fields.append(name, value).expect("a field");
        }
        after_response(
            &head,
            ResponseFraming { framing, both_claimed: false },
            Steering::of(&head.fields),
        )
    }

    fn close(version: Version, connection: &str) -> Option<CloseReason> {
        after(version, &[("Connection", connection)], Framing::Length(0)).close
    }

    #[test]
    fn http_1_1_persists_unless_told_otherwise() {
        assert_eq!(after(Version::HTTP_11, &[], Framing::None).close, None);
        for connection in ["keep-alive", "", "closed", "\"close\"", "x-close", "close;x"] {
            assert_eq!(close(Version::HTTP_11, connection), None, "{connection:?}");
        }
        for connection in ["close", "Close", "keep-alive, close", "upgrade,\tCLOSE ,"] {
            let reason = Some(CloseReason::ResponseAsked);
            assert_eq!(close(Version::HTTP_11, connection), reason, "{connection:?}");
        }
        let lines = [("Connection", "keep-alive"), ("Connection", "close")];
        let reason = after(Version::HTTP_11, &lines, Framing::Chunked).close;
        assert_eq!(reason, Some(CloseReason::ResponseAsked), "on any line");
    }

    #[test]
    fn http_1_0_closes_unless_told_otherwise() {
        assert_eq!(close(Version::HTTP_10, "x"), Some(CloseReason::Http10));
        assert_eq!(close(Version::HTTP_10, "Keep-Alive"), None);
        assert_eq!(close(Version::HTTP_10, "keep-alive, close"), Some(CloseReason::ResponseAsked));
    }

    #[test]
    fn the_gravest_reason_is_named() {
        let lines = [("Connection", "close"), ("Keep-Alive", "max=0")];
        let until_close = after(Version::HTTP_10, &lines, Framing::UntilClose);
        assert_eq!(until_close.close, Some(CloseReason::UntilClose));
        let head = ResponseHead::new(StatusCode::OK);
        let both = ResponseFraming { framing: Framing::Chunked, both_claimed: true };
        assert_eq!(
            after_response(&head, both, Steering::of(&head.fields)).close,
            Some(CloseReason::BothFramings)
        );
        let used_up = after(Version::HTTP_11, &[("Keep-Alive", "max=0")], Framing::None);
        assert_eq!(used_up.close, Some(CloseReason::KeepAliveUsedUp));
        let one_left = after(Version::HTTP_11, &[("Keep-Alive", "max=1")], Framing::None);
        assert_eq!(one_left.close, None);
    }

    #[test]
    fn s_47_what_would_become_somebodys_is_closed() {
        let close = |status: u16, field: &str, values: &[&str]| {
            let mut head = ResponseHead::new(StatusCode::from_u16(status).expect("a status"));
            values.iter().for_each(|value| head.fields.append(field, value).expect("a field"));
            let framing = ResponseFraming { framing: Framing::None, both_claimed: false };
            after_response(&head, framing, Steering::of(&head.fields)).close
        };
        let bound = Some(CloseReason::ConnectionAuthentication);
        for values in [&["NTLM"][..], &["negotiate", "NTLM"], &["Negotiate YII=, ntlm"]] {
            assert_eq!(close(401, "WWW-Authenticate", values), bound, "{values:?}");
            assert_eq!(close(407, "Proxy-Authenticate", values), bound, "{values:?}");
            assert_eq!(close(407, "WWW-Authenticate", values), None, "{values:?}");
            assert_eq!(close(200, "WWW-Authenticate", values), None, "{values:?}");
        }
        for values in
            [&[][..], &[""], &["Basic realm=NTLM"], &["NTLM, Basic realm=\"x\""], &["NTLMv2"]]
        {
            assert_eq!(close(401, "WWW-Authenticate", values), None, "{values:?}");
        }
    }

    #[test]
    fn the_hint_is_read_with_care() {
        let hint = |value| {
            let hint = after(Version::HTTP_11, &[("Keep-Alive", value)], Framing::None).keep_alive;
            (hint.timeout, hint.max)
        };
        assert_eq!(hint("timeout=5, max=100"), (Some(5), Some(100)));
        assert_eq!(hint("MAX = 7 ,Timeout\t=\t9"), (Some(9), Some(7)));
        assert_eq!(hint("timeout=1, timeout=2"), (Some(2), None), "the last one counts");
        for nonsense in ["", "timeout", "timeout=", "timeout=+5", "timeout=5s", "time=5", "=5"] {
            assert_eq!(hint(nonsense), (None, None), "{nonsense:?}");
        }
        assert_eq!(hint("timeout=99999999999999999999"), (None, None));
    }
}
