//! Exit codes: curl's numbers for what went wrong.
//!
//! In: an error of the library. Out: the number; the words stay the library's own. Nothing is guessed from texts.

use std::error::Error as StdError;

use wireline::h1::{Incomplete as Part, Misuse, Violation};
use wireline::tls::{TlsError, TlsErrorKind};
use wireline::{Clock, Error, Phase};

/// Why a transfer failed: the number, and the library's own words.
#[derive(Debug, Clone)]
pub struct Failed {
    pub code: u8,
    pub message: String,
    /// Which failures may be tried again depends on it.
    pub refused: bool,
}

/// The run was interrupted: 128 and the number of the signal, as shells say it.
pub const INTERRUPTED: u8 = 130;

impl Failed {
    pub fn new(code: u8, message: impl Into<String>) -> Failed {
        Failed { code, message: message.into(), refused: false }
    }

    /// `-f` and a status of 400 and above.
    pub fn status(status: u16) -> Failed {
        Failed::new(22, format!("The requested URL returned error: {status}"))
    }
}

impl From<Error> for Failed {
    fn from(error: Error) -> Failed {
        let refused = caused(&error, |io: &std::io::Error| {
            (io.kind() == std::io::ErrorKind::ConnectionRefused).then_some(())
        });
        Failed { code: code(&error), message: error.to_string(), refused: refused.is_some() }
    }
}

/// curl's number for an error of the library.
pub fn code(error: &Error) -> u8 {
    if let Some(clock) = error.clock() {
        return if clock == Clock::Queue { 7 } else { 28 };
    }
    if error.is_dns() {
        return if error.is_proxy() { 5 } else { 6 };
    }
    if let Some(tls) = error.tls() {
        return of_tls(tls);
    }
    if error.is_tls() {
        return 35;
    }
    if let Some(violation) = caused(error, |violation: &Violation| Some(violation.clone())) {
        return of_violation(&violation);
    }
    if error.phase() == Phase::Tunnel {
        return of_tunnel(error);
    }
    if let Some(misuse) = caused(error, |misuse: &Misuse| Some(misuse.clone())) {
        return of_misuse(&misuse);
    }
    if error.is_body() {
        return 26;
    }
    if error.is_file() {
        return 23;
    }
    if error.is_limit() {
        return 63;
    }
    match error.phase() {
        Phase::Build => 3,
        Phase::Queue | Phase::Resolve | Phase::Connect => 7,
        Phase::Tls => 35,
        Phase::Send => 55,
        Phase::Tunnel | Phase::Head | Phase::Body => 56,
        Phase::Decode => 61,
        _ => 1,
    }
}

fn of_tls(error: &TlsError) -> u8 {
    use TlsErrorKind::*;
    match error.kind() {
        Expired | NotYetValid | WrongName | UnknownIssuer | SelfSigned | Revoked
        | BadCertificate | BadServerName => 60,
        PinMismatch => 90,
        // In the handshake it is one of TLS; behind it, where TLS 1.3 tells it, of reading: both are 56 in curl.
        ClientCertificate => 56,
        Settings => 58,
        _ => 35,
    }
}

fn of_violation(violation: &Violation) -> u8 {
    use Violation::*;
    match violation {
        Incomplete(Part::Nothing) => 52,
        Incomplete(Part::Length { .. } | Part::Chunked) => 18,
        NotHttp(_) | Status(_) => 1,
        Head(..) | ContentLength(_) | UnaskedSwitch | EarlySwitch | TooManyInterim(_) => 8,
        TransferEncoding(_) => 61,
        // Among them: cut off inside the head, broken chunks, heads without end.
        _ => 56,
    }
}

/// A SOCKS proxy that refuses is one thing to curl, one that answers CONNECT with no another.
fn of_tunnel(error: &Error) -> u8 {
    let proxy = error.connection().and_then(|info| info.proxy.as_ref());
    if proxy.is_some_and(|proxy| proxy.url.starts_with("socks")) { 97 } else { 56 }
}

fn of_misuse(misuse: &Misuse) -> u8 {
    match misuse {
        Misuse::ContentTooShort { .. } | Misuse::ContentTooLong { .. } => 26,
        Misuse::ChunkedInHttp10 => 25,
        Misuse::Target(_) | Misuse::Host(_) => 3,
        _ => 43,
    }
}

/// The first error of that type in the chain, as `take` wants it. What an `io::Error` holds counts.
fn caused<E: StdError + 'static, T>(error: &Error, take: impl Fn(&E) -> Option<T>) -> Option<T> {
    let mut next = error.source();
    while let Some(cause) = next {
        let held = cause.downcast_ref::<std::io::Error>().and_then(std::io::Error::get_ref);
        let held = held.and_then(|held| held.downcast_ref::<E>());
        if let Some(taken) = cause.downcast_ref::<E>().or(held).and_then(&take) {
            return Some(taken);
        }
        next = cause.source();
    }
    None
}

#[cfg(test)]
mod tests;
