//! The trailer section (§7.1.2): waited for whole, parsed like a head, minus the fields that may not stand in it.
//!
//! Trailers are kept apart from the head and never merged into it ("a recipient MUST NOT merge" unless the field's
//! definition allows it, RFC 9110 §6.5.1). Its lines end in CRLF.

use httparse::Status;

use crate::message::Fields;

use super::limits::Limits;
use super::section::{EndFinder, index, unfold};
use super::violation::{Excerpt, Violation};

/// Fields that are dropped from a trailer section (S-28): framing, routing, request modifiers, authentication,
/// content format and response control, which "might be bypassed" when they come late (RFC 9110 §6.5.1).
const NEVER_IN_TRAILERS: [&str; 24] = [
    "age",
    "authorization",
    "cache-control",
    "connection",
    "content-encoding",
    "content-length",
    "content-range",
    "content-type",
    "cookie",
    "date",
    "expires",
    "host",
    "keep-alive",
    "location",
    "proxy-authenticate",
    "proxy-authorization",
    "retry-after",
    "set-cookie",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
    "vary",
    "www-authenticate",
];

/// Waits for the end of one trailer section.
#[derive(Debug, Clone, Copy, Default)]
pub struct TrailerReader {
    end: EndFinder,
}

impl TrailerReader {
    /// The trailer fields at the front of `input` and the section's length, the final CRLF included; `None` while
    /// its end has not come. Call again with the same bytes and more behind them.
    ///
    /// # Errors
    /// [`Violation::Trailer`], [`Violation::TrailersTooLarge`], [`Violation::TooManyFields`].
    pub fn read(
        &mut self,
        input: &[u8],
        limits: &Limits,
    ) -> Result<Option<(usize, Fields)>, Violation> {
        if let [b'\r', b'\n', ..] = input {
            return Ok(Some((2, Fields::new())));
        }
        let (length, ends) = match self.end.find(input) {
            Some(found) => found,
            None if input.len() >= limits.trailer_bytes => {
                return Err(Violation::TrailersTooLarge(limits.trailer_bytes));
            }
            None => return Ok(None),
        };
        if length > limits.trailer_bytes {
            return Err(Violation::TrailersTooLarge(limits.trailer_bytes));
        }
        let text = &input[..length];
        if ends.bare_lf {
            return Err(Violation::Trailer(Excerpt::new(text), "a line does not end in CRLF"));
        }
        if let [b' ' | b'\t', ..] = text {
            return Err(Violation::Trailer(
                Excerpt::new(text),
                "white space before the first field",
            ));
        }
        let fields = if ends.folded { parse(&unfold(text), limits)? } else { parse(text, limits)? };
        Ok(Some((length, fields)))
    }
}

fn parse(text: &[u8], limits: &Limits) -> Result<Fields, Violation> {
    // No more room than there are lines: a limit may be raised beyond what memory holds.
    let lines = text.iter().filter(|&&b| b == b'\n').count();
    let mut room = vec![httparse::EMPTY_HEADER; limits.trailer_fields.min(lines)];
    let mut fields = match httparse::parse_headers(text, &mut room) {
        Ok(Status::Complete((length, headers))) if length == text.len() => index(text, headers),
        Ok(_) => return Err(Violation::Trailer(Excerpt::new(text), "its end is ambiguous")),
        Err(httparse::Error::TooManyHeaders) => {
            return Err(Violation::TooManyFields(limits.trailer_fields));
        }
        Err(_) => return Err(Violation::Trailer(Excerpt::new(text), "not a field line")),
    };
    for name in NEVER_IN_TRAILERS {
        fields.remove(name);
    }
    Ok(fields)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Fields, Violation> {
        let limits = Limits::default();
        let mut reader = TrailerReader::default();
        for cut in 1..text.len() {
            assert_eq!(reader.read(&text.as_bytes()[..cut], &limits)?, None, "{cut}");
        }
        let (length, fields) = reader.read(text.as_bytes(), &limits)?.expect("complete");
        assert_eq!(length, text.len());
        Ok(fields)
    }

    #[test]
    fn s_28_trailers_are_fields_minus_the_dangerous_ones() {
        assert_eq!(read("\r\n").map(|f| f.len()), Ok(0));
        let text = "Checksum: 1\r\nContent-Length: 0\r\nset-cookie: a=b\r\nX: y\r\n\r\n";
        let fields = read(text).expect("well-formed");
        assert_eq!(fields.len(), 2);
        assert_eq!((fields.get("checksum"), fields.get("x")), (Some(&b"1"[..]), Some(&b"y"[..])));
        let folded = read("A: b\r\n  c\r\n\r\n").expect("folded as in a head");
        assert_eq!(folded.get("a"), Some(&b"b c"[..]));
    }

    #[test]
    fn s_28_trailers_have_the_grammar_and_the_limits_of_a_head() {
        for bad in [
            "a: b\n\r\n",
            "a : b\r\n\r\n",
            ": b\r\n\r\n",
            "a: b\0\r\n\r\n",
            " a: b\r\n\r\n",
            "a\r\n\r\n",
        ] {
            let violation = read(bad).expect_err(bad);
            assert!(matches!(violation, Violation::Trailer(..)), "{bad:?}: {violation}");
        }
        let flood = "a: b\r\n".repeat(65) + "\r\n";
        assert_eq!(read(&flood), Err(Violation::TooManyFields(64)));
        let exact = format!("a: {}\r\n\r\n", "x".repeat(Limits::TRAILER_BYTES - 7));
        assert_eq!((exact.len(), read(&exact).map(|f| f.len())), (Limits::TRAILER_BYTES, Ok(1)));
        let large = format!("a: {}\r\n\r\n", "x".repeat(20_000));
        assert_eq!(read(&large), Err(Violation::TrailersTooLarge(Limits::TRAILER_BYTES)));
        let raised = Limits { trailer_fields: usize::MAX, ..Limits::default() };
        let all = TrailerReader::default().read(flood.as_bytes(), &raised);
        assert_eq!(all.map(|all| all.map(|(_, fields)| fields.len())), Ok(Some(65)));
        let endless = "a: b\r\n".repeat(20_000);
        assert!(read(&endless).expect_err("20 000 trailers").is_limit());
    }
}
