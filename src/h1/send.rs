//! The request lane: what may be sent next is a type.
//!
//! ```text
//! SendHead ──▶ AwaitContinue ──▶ SendContent ──▶ Sent
//!     │              │               ▲            ▲
//!     ├──────────────┼───────────────┘            │
//!     └──────────────┼────────────────────────────┘   (no content)
//!                    ▼
//!           (a final response instead of 100: the content is never sent)
//! ```
//!
//! Each state turns words into bytes in a buffer of the caller's; moving them to a socket is somebody else's work. A
//! state is consumed by its transition, so content cannot be sent before its head or after its end.
//!
//! Next: [`super::receive`]

use http::Version;

use crate::message::Fields;

use super::chunked::{write_chunk_size, write_last_chunk};
use super::framing::Framing;
use super::request::RequestView;
use super::steering::Steering;
use super::violation::Misuse;
use super::write_head::{check, write_head};

/// A request that has been checked and not begun.
#[derive(Debug)]
pub struct SendHead<'a> {
    head: RequestView<'a>,
    framing: Framing,
    steering: Steering<'a>,
}

/// What follows the head.
#[derive(Debug)]
pub enum AfterHead {
    /// Nothing: the request was only a head.
    Sent(Sent),
    /// Content, at once.
    Content(SendContent),
    /// Content, once the server has agreed or has kept silent for long enough.
    AwaitContinue(AwaitContinue),
}

/// `Expect: 100-continue` has been sent (RFC 9110 §10.1.1).
#[derive(Debug)]
pub struct AwaitContinue(SendContent);

/// Content may be sent.
#[derive(Debug)]
pub struct SendContent {
    left: Left,
    persists: bool,
}

#[derive(Debug)]
enum Left {
    Bytes { announced: u64, left: u64 },
    Chunks,
}

/// Proof that a whole request has been turned into bytes.
#[derive(Debug)]
pub struct Sent {
    persists: bool,
}

impl<'a> SendHead<'a> {
    /// Checks the head against its content. Nothing has been written when this fails.
    ///
    /// # Errors
    /// A [`Misuse`] that names the contradiction.
    pub fn new(head: RequestView<'a>, framing: Framing) -> Result<SendHead<'a>, Misuse> {
        let steering = Steering::of(head.fields);
        check(head, framing, steering)?;
        Ok(SendHead { head, framing, steering })
    }

    /// Appends the head to `out`.
    pub fn write(self, out: &mut Vec<u8>) -> AfterHead {
        write_head(self.head, self.framing, self.steering, out);
        let persists = persists(self.head.version, self.steering);
        let left = match self.framing {
            Framing::None | Framing::UntilClose => return AfterHead::Sent(Sent { persists }),
            Framing::Length(length) => Left::Bytes { announced: length, left: length },
            Framing::Chunked => Left::Chunks,
        };
        let content = SendContent { left, persists };
        match self.steering.expect_continue && self.framing != Framing::Length(0) {
            true => AfterHead::AwaitContinue(AwaitContinue(content)),
            false => AfterHead::Content(content),
        }
    }
}

/// Whether the request leaves the connection open: `close` asks not to (§9.6), and HTTP/1.0 must ask for it.
fn persists(version: Version, steering: Steering<'_>) -> bool {
    !steering.close && (version != Version::HTTP_10 || steering.keep_alive)
}

impl AwaitContinue {
    /// A 100 has come, or enough time has passed: "A client … SHOULD NOT wait for an indefinite period before sending
    /// the content" (RFC 9110 §10.1.1).
    pub fn proceed(self) -> SendContent {
        self.0
    }
}

impl SendContent {
    /// Announces a piece of `length` bytes (not 0): appends what goes before it to `prefix` and returns what goes
    /// behind it.
    ///
    /// # Errors
    /// [`Misuse::ContentTooLong`]. Nothing has been appended then.
    pub fn piece(&mut self, length: usize, prefix: &mut Vec<u8>) -> Result<&'static [u8], Misuse> {
        match &mut self.left {
            Left::Chunks => {
                write_chunk_size(length, prefix);
                Ok(b"\r\n")
            }
            Left::Bytes { announced, left } => {
                let too_long = Misuse::ContentTooLong { announced: *announced };
                *left = left.checked_sub(length as u64).ok_or(too_long)?;
                Ok(b"")
            }
        }
    }

    /// Whether an announced length has been reached, so that the content can only end here.
    pub fn is_full(&self) -> bool {
        matches!(self.left, Left::Bytes { left: 0, .. })
    }

    /// How much of an announced length is still to come.
    pub fn left(&self) -> Option<u64> {
        match self.left {
            Left::Bytes { left, .. } => Some(left),
            Left::Chunks => None,
        }
    }

    /// Ends the content: appends the last chunk and the trailers where the framing has them.
    ///
    /// # Errors
    /// [`Misuse::ContentTooShort`], [`Misuse::TrailersWithoutChunked`]. The request cannot be completed then, and
    /// its connection must be closed: a well-formed end would make a broken body look whole.
    pub fn finish(self, trailers: &Fields, out: &mut Vec<u8>) -> Result<Sent, Misuse> {
        match self.left {
            Left::Bytes { left: missing @ 1.., .. } => {
                return Err(Misuse::ContentTooShort { missing });
            }
            Left::Bytes { left: 0, .. } if trailers.is_empty() => {}
            Left::Bytes { left: 0, .. } => return Err(Misuse::TrailersWithoutChunked),
            Left::Chunks => write_last_chunk(trailers, out),
        }
        Ok(Sent { persists: self.persists })
    }
}

impl Sent {
    /// Whether the request wants the connection kept.
    pub fn persists(&self) -> bool {
        self.persists
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::message::{Method, RequestHead, Uri};

    use crate::h1::target::Target;

    fn head(lines: &[(&str, &str)]) -> RequestHead {
        let uri = Uri::parse("http://h/").expect("a URI");
        let mut head = RequestHead::new(Method::POST, uri);
        for (name, value) in lines {
            head.fields.append(name, value).expect("a field");
        }
        head
    }

    /// Writes the head; what follows it.
    fn begin(head: &RequestHead, framing: Framing) -> AfterHead {
        let request = RequestView::new(head, &Target::Origin);
        let mut wire = Vec::new();
        let after = SendHead::new(request, framing).expect("can be sent").write(&mut wire);
        assert!(wire.starts_with(b"POST / HTTP/1.1\r\n") || head.version == Version::HTTP_10);
        assert!(wire.ends_with(b"\r\n\r\n"));
        after
    }

    fn content(framing: Framing) -> SendContent {
        match begin(&head(&[]), framing) {
            AfterHead::Content(content) => content,
            other => panic!("{other:?}"),
        }
    }

    fn trailers() -> Fields {
        let mut trailers = Fields::new();
        trailers.append("Checksum", "1").expect("a field");
        trailers
    }

    #[test]
    fn a_request_without_content_is_sent_with_its_head() {
        let after = begin(&head(&[("Expect", "100-continue")]), Framing::None);
        assert!(matches!(after, AfterHead::Sent(sent) if sent.persists()));
    }

    #[test]
    fn an_announced_length_is_kept_to_the_byte() {
        let mut wire = Vec::new();
        let mut five = content(Framing::Length(5));
        assert_eq!(five.piece(3, &mut wire), Ok(&b""[..]));
        assert!(!five.is_full());
        assert_eq!(five.piece(3, &mut wire), Err(Misuse::ContentTooLong { announced: 5 }));
        assert_eq!(five.piece(2, &mut wire), Ok(&b""[..]), "the refused piece is not counted");
        assert!(five.is_full());
        assert!(five.finish(&Fields::new(), &mut wire).is_ok_and(|sent| sent.persists()));
        assert_eq!(wire, b"", "nothing is added to the content");

        let mut short = content(Framing::Length(5));
        short.piece(4, &mut wire).expect("within the length");
        let missing = Misuse::ContentTooShort { missing: 1 };
        assert_eq!(short.finish(&Fields::new(), &mut wire).err(), Some(missing));
        let empty = content(Framing::Length(0));
        assert!(empty.is_full() && empty.finish(&Fields::new(), &mut wire).is_ok());
    }

    #[test]
    fn s_12_chunks_and_one_terminator() {
        let mut wire = Vec::new();
        let mut chunked = content(Framing::Chunked);
        for piece in [&b"hello"[..], &[b'x'; 16]] {
            let behind = chunked.piece(piece.len(), &mut wire).expect("no limit");
            wire.extend_from_slice(piece);
            wire.extend_from_slice(behind);
        }
        assert!(!chunked.is_full());
        chunked.finish(&trailers(), &mut wire).expect("trailers have their place");
        let expected = "5\r\nhello\r\n10\r\nxxxxxxxxxxxxxxxx\r\n0\r\nChecksum: 1\r\n\r\n";
        assert_eq!(wire.escape_ascii().to_string(), expected.as_bytes().escape_ascii().to_string());
    }

    #[test]
    fn trailers_need_chunks() {
        let refused = content(Framing::Length(0)).finish(&trailers(), &mut Vec::new());
        assert_eq!(refused.err(), Some(Misuse::TrailersWithoutChunked));
    }

    #[test]
    fn an_expectation_is_waited_for() {
        for expect in ["100-continue", "100-Continue"] {
            let after = begin(&head(&[("Expect", expect)]), Framing::Length(1));
            let AfterHead::AwaitContinue(waiting) = after else { panic!("{after:?}") };
            assert!(waiting.proceed().finish(&Fields::new(), &mut Vec::new()).is_err());
        }
        let after = begin(&head(&[("Expect", "something")]), Framing::Chunked);
        assert!(matches!(after, AfterHead::Content(_)));
    }

    #[test]
    fn who_wants_the_connection_kept() {
        let persists = |version, connection: &[(&str, &str)]| {
            let head = RequestHead { version, ..head(connection) };
            match begin(&head, Framing::None) {
                AfterHead::Sent(sent) => sent.persists(),
                other => panic!("{other:?}"),
            }
        };
        let connection = |option| [("Connection", option)];
        assert!(persists(Version::HTTP_11, &[]));
        assert!(persists(Version::HTTP_11, &connection("upgrade")));
        assert!(!persists(Version::HTTP_11, &connection("upgrade, Close")));
        assert!(!persists(Version::HTTP_10, &[]));
        assert!(!persists(Version::HTTP_10, &connection("x")));
        assert!(persists(Version::HTTP_10, &connection("Keep-Alive")));
        assert!(!persists(Version::HTTP_10, &connection("keep-alive, close")));
    }

    #[test]
    fn a_contradiction_writes_nothing() {
        let head = head(&[("Content-Length", "4")]);
        let request = RequestView::new(&head, &Target::Origin);
        assert!(matches!(SendHead::new(request, Framing::Length(5)), Err(Misuse::Framing(_))));
    }
}
