//! The grammar of Server-Sent Events (WHATWG HTML, "Server-sent events" §9.2.5 and §9.2.6), without I/O: bytes go in as
//! they come, events come out.
//!
//! It follows the standard to the letter: a line ends in CR, LF or CRLF, also when the two of CRLF come apart; one byte
//! order mark at the very beginning is dropped; what is no UTF-8 becomes U+FFFD; an event that the end of the stream cuts
//! off is never given out. It holds at most [`EventParser::limit`] bytes, looks at each byte once, knows no clock and
//! never fails but for size.

use std::fmt;
use std::time::Duration;

use crate::h1::digits::{MAX_LENGTH, decimal};

/// What one event may take at most: 1 MiB. Events are read whole, so without a limit a server could fill the memory with
/// one that never ends; the largest in the wild are documents of some 100 KiB.
pub const MAX_EVENT: usize = 1 << 20;

/// One event.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct ServerEvent {
    /// Its type: `message` unless the server says otherwise.
    pub event: String,
    /// Its data; several `data` lines are joined by LF.
    pub data: String,
    /// The last event ID the server has set, by this event or an earlier one; empty if there is none.
    pub id: String,
}

/// An event stream on its way through.
///
/// ```
/// use wireline::client::reading::sse::EventParser;
///
/// let mut parser = EventParser::new();
/// let (used, event) = parser.parse(b"event: price\ndata: 41\n\ndata: 42\n").expect("small");
/// let event = event.expect("the first of them is complete");
/// assert_eq!((used, event.event.as_str(), event.data.as_str()), (23, "price", "41"));
/// ```
pub struct EventParser {
    limit: usize,
    /// The beginning of a line whose end has not come.
    line: Vec<u8>,
    at: At,
    /// The buffers of the standard. `None`: no `data` line yet, which is not the same as an empty one.
    data: Option<String>,
    event: String,
    /// The last event ID buffer, and what it was when an event was last dispatched.
    id: String,
    last_id: String,
    retry: Option<Duration>,
}

/// Where in the stream the next byte stands, as far as that matters.
#[derive(Clone, Copy, PartialEq, Eq)]
enum At {
    /// In the first line, which may begin with a byte order mark.
    Start,
    /// Behind a CR: an LF belongs to it.
    AfterCr,
    /// Anywhere else.
    Line,
}

/// An event, or a line of it, is larger than the parser may hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EventTooLarge {
    limit: usize,
}

impl EventParser {
    /// With a limit of [`MAX_EVENT`].
    pub fn new() -> EventParser {
        EventParser::with_limit(MAX_EVENT)
    }

    /// With a limit of so many bytes for one event: the names and values kept for it and the line being read.
    pub fn with_limit(limit: usize) -> EventParser {
        EventParser {
            limit,
            line: Vec::new(),
            at: At::Start,
            data: None,
            event: String::new(),
            id: String::new(),
            last_id: String::new(),
            retry: None,
        }
    }

    /// Goes on behind an event of an earlier stream: its ID is the last until the server sets another.
    pub fn after(mut self, last_event_id: &str) -> EventParser {
        last_event_id.clone_into(&mut self.id);
        last_event_id.clone_into(&mut self.last_id);
        self
    }

    /// Reads `bytes` up to the end of an event, or all of them: how many were read, and the event. Call it again with the
    /// rest, then with what comes next.
    ///
    /// # Errors
    /// [`EventTooLarge`]; the stream is of no use after that.
    pub fn parse(&mut self, bytes: &[u8]) -> Result<(usize, Option<ServerEvent>), EventTooLarge> {
        let mut rest = bytes;
        loop {
            if self.at == At::AfterCr
                && let [first, behind @ ..] = rest
            {
                self.at = At::Line;
                if *first == b'\n' {
                    rest = behind;
                }
            }
            let Some(end) = rest.iter().position(|byte| matches!(byte, b'\r' | b'\n')) else {
                self.hold(rest)?;
                return Ok((bytes.len(), None));
            };
            let (line, behind) = rest.split_at(end);
            let ends_in_cr = behind.first() == Some(&b'\r');
            rest = behind.get(1..).unwrap_or_default();
            let event = self.end_of_line(line)?;
            self.at = if ends_in_cr { At::AfterCr } else { At::Line };
            if event.is_some() {
                return Ok((bytes.len() - rest.len(), event));
            }
        }
    }

    /// The last event ID: what to send as `Last-Event-ID` to go on behind the last event given out. Empty if there is none.
    pub fn last_event_id(&self) -> &str {
        &self.last_id
    }

    /// How long the server asks to wait before connecting anew, if it has said so.
    pub fn retry(&self) -> Option<Duration> {
        self.retry
    }

    /// The most one event may take, in bytes.
    pub fn limit(&self) -> usize {
        self.limit
    }

    /// Keeps the beginning of a line.
    fn hold(&mut self, part: &[u8]) -> Result<(), EventTooLarge> {
        self.check(part.len())?;
        self.line.extend_from_slice(part);
        Ok(())
    }

    /// Whether `more` bytes can be held besides what is held already.
    fn check(&self, more: usize) -> Result<(), EventTooLarge> {
        let data = self.data.as_ref().map_or(0, String::len);
        let held = self.line.len() + data + self.event.len() + self.id.len();
        match held.saturating_add(more) > self.limit {
            true => Err(EventTooLarge { limit: self.limit }),
            false => Ok(()),
        }
    }

    /// A line is complete; `tail` is what has not been held of it.
    fn end_of_line(&mut self, tail: &[u8]) -> Result<Option<ServerEvent>, EventTooLarge> {
        self.check(tail.len())?;
        let mut held = std::mem::take(&mut self.line);
        let whole = if held.is_empty() {
            tail
        } else {
            held.extend_from_slice(tail);
            &held
        };
        let line = match self.at {
            At::Start => whole.strip_prefix(b"\xef\xbb\xbf").unwrap_or(whole),
            At::AfterCr | At::Line => whole,
        };
        let event = match line.is_empty() {
            true => self.dispatch(),
            false => {
                self.field(line);
                None
            }
        };
        // The memory of a long line serves the next one.
        held.clear();
        self.line = held;
        self.check(0)?;
        Ok(event)
    }

    /// One line that is not empty: a comment, or a field with its value, "with a single U+0020 SPACE" in front removed.
    fn field(&mut self, line: &[u8]) {
        let colon = line.iter().position(|&byte| byte == b':').unwrap_or(line.len());
        let (name, value) = line.split_at(colon);
        let value = value.strip_prefix(b":").unwrap_or(value);
        let value = value.strip_prefix(b" ").unwrap_or(value);
        match name {
            b"data" => {
                let text = String::from_utf8_lossy(value);
                match &mut self.data {
                    None => self.data = Some(text.into_owned()),
                    Some(data) => {
                        data.push('\n');
                        data.push_str(&text);
                    }
                }
            }
            b"event" => self.event = String::from_utf8_lossy(value).into_owned(),
            // "If the field value does not contain U+0000 NULL".
            b"id" if !value.contains(&0) => self.id = String::from_utf8_lossy(value).into_owned(),
            // "If the field value consists of only ASCII digits". More of them than fit are still a long time.
            b"retry" if !value.is_empty() && value.iter().all(u8::is_ascii_digit) => {
                let milliseconds = decimal(value).unwrap_or(MAX_LENGTH);
                self.retry = Some(Duration::from_millis(milliseconds));
            }
            _ => {}
        }
    }

    /// An empty line. Without data it only settles the last event ID.
    fn dispatch(&mut self) -> Option<ServerEvent> {
        self.last_id.clone_from(&self.id);
        let event = std::mem::take(&mut self.event);
        let data = self.data.take()?;
        let event = if event.is_empty() { "message".to_owned() } else { event };
        Some(ServerEvent { event, data, id: self.last_id.clone() })
    }
}

impl Default for EventParser {
    fn default() -> EventParser {
        EventParser::new()
    }
}

impl fmt::Debug for EventParser {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EventParser")
            .field("last_event_id", &self.last_id)
            .field("retry", &self.retry)
            .finish_non_exhaustive()
    }
}

impl fmt::Display for EventTooLarge {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "an event is larger than {} bytes", self.limit)
    }
}

impl std::error::Error for EventTooLarge {}
