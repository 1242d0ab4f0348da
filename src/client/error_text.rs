//! The words of an [`Error`]: the request, the step, the cause, and the way out.

use std::error::Error as StdError;
use std::fmt;

use crate::conn::{Clock, Delivery, DialCause, Failure};
use crate::pool::NoPlace;

use super::error::{Cause, Error};

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some((method, uri)) = self.request() {
            write!(f, "{method} {uri}: ")?;
        }
        match self.cause() {
            Cause::Status(..) | Cause::Redirect(_) | Cause::NotUpgraded(_) => {}
            _ => {
                write!(f, "{}", self.phase())?;
                self.at_proxy().map_or(Ok(()), |proxy| write!(f, " (proxy {proxy})"))?;
                f.write_str(": ")?;
            }
        }
        self.cause().fmt(f)?;
        match self.cause() {
            // The other failures of a dial bring their own story.
            Cause::Dial(DialCause::TimedOut(_)) => {
                let attempts = self.connection().map_or(&[][..], |info| &info.log.attempts);
                attempts.iter().try_for_each(|attempt| write!(f, "; {attempt}"))?;
                let socket = self.connection().and_then(|info| info.unix_socket.as_ref());
                socket.map_or(Ok(()), |socket| write!(f, "; the Unix socket {socket}"))?;
            }
            Cause::Exchange(Failure::TimedOut(_)) => over(self, f)?,
            _ => {}
        }
        match self.delivery() {
            delivery @ (Delivery::PartlySent | Delivery::SentNoReply) => write!(f, " ({delivery})"),
            delivery if self.is_timeout() => write!(f, " ({delivery})"),
            Delivery::NotSent | Delivery::ReplyStarted => Ok(()),
        }
    }
}

/// Over which connection.
fn over(error: &Error, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    let Some(info) = error.connection() else { return Ok(()) };
    let kind = if error.is_reused() { "reused" } else { "new" };
    write!(f, ", over a {kind} connection")?;
    info.remote.map_or(Ok(()), |remote| write!(f, " to {remote}"))
}

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Cause::Build(error) | Cause::Decode(error) => error.fmt(f),
            Cause::Coding(error) => error.fmt(f),
            Cause::Pool(why @ NoPlace::TimedOut { .. }, limit) => {
                write!(f, "{} timeout: no connection came free", Clock::Queue)?;
                limit.map_or(Ok(()), |limit| write!(f, " within {limit:?}"))?;
                write!(f, ": {why}")
            }
            Cause::Pool(why @ NoPlace::Closed, _) => why.fmt(f),
            Cause::Dial(cause) => cause.fmt(f),
            Cause::Exchange(failure) => failure.fmt(f),
            Cause::Redirect(why) | Cause::Limit(why) => f.write_str(why),
            Cause::File(error) => error.fmt(f),
            Cause::BodyLimit(limit) => write!(
                f,
                "the body is larger than {limit} bytes; read it with `chunk()`, or raise `max_body`"
            ),
            Cause::Status(status, _) => write!(f, "status {status}"),
            Cause::NotUpgraded(status) => {
                write!(f, "the server answered {status} and did not switch protocols")
            }
        }
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Error")
            .field("message", &self.to_string())
            .field("phase", &self.phase())
            .field("delivery", &self.delivery())
            .field("cause", self.cause())
            .field("timings", &self.timings())
            .finish()
    }
}

impl StdError for Error {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        match self.cause() {
            Cause::Build(error) | Cause::Decode(error) => Some(&**error),
            Cause::Dial(cause) => cause.source(),
            Cause::Exchange(Failure::Io(error)) | Cause::File(error) => Some(error),
            Cause::Exchange(Failure::Violation(violation)) => Some(violation),
            Cause::Exchange(Failure::Misuse(misuse)) => Some(misuse),
            Cause::Exchange(Failure::Upload(error)) => Some(&**error),
            Cause::Coding(error) => Some(error),
            _ => None,
        }
    }
}
