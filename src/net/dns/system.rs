//! The operating system's resolver: getaddrinfo, on a thread of tokio's blocking pool.
//!
//! In: a name. Out: both families at once, because getaddrinfo answers at once; so no head start
//! for the quicker one. It honours whatever the machine is set up for (hosts file, search list,
//! mDNS, NSS). It caches nothing and cannot be cancelled: dropping the look-up forgets the thread,
//! which stays busy until the system gives up.

use std::future::Future;
use std::io;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use futures_core::Stream;

use super::resolve::{Answer, DnsErrorKind, Resolution, Resolve, addresses, failed};

/// Looks names up with getaddrinfo.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemResolver;

impl Resolve for SystemResolver {
    fn resolve(&self, host: &str, port: u16) -> Resolution {
        loopback(host, port).unwrap_or_else(|| ask(host.to_owned(), port))
    }
}

/// `localhost` and every name below it, without asking anybody.
///
/// RFC 6761 §6.3: name resolution APIs "SHOULD always return the IP loopback address for address
/// queries" for these names; a server that answers otherwise could point them anywhere.
pub fn loopback(host: &str, port: u16) -> Option<Resolution> {
    const NAME: &[u8] = b"localhost";
    let name = host.as_bytes();
    let name = name.strip_suffix(b".").unwrap_or(name);
    let (front, last) = name.split_at(name.len().checked_sub(NAME.len())?);
    if !last.eq_ignore_ascii_case(NAME) || !(front.is_empty() || front.ends_with(b".")) {
        return None;
    }
    let both = [Ipv6Addr::LOCALHOST.into(), Ipv4Addr::LOCALHOST.into()];
    Some(addresses(host, both.map(|ip| SocketAddr::new(ip, port)).into()))
}

/// Asks getaddrinfo, whatever `host` is.
pub(crate) fn ask(host: String, port: u16) -> Resolution {
    let question = (host.clone(), port);
    let asking = Box::pin(async move { Ok(tokio::net::lookup_host(question).await?.collect()) });
    Box::pin(Asking { host, state: State::Waiting(asking) })
}

struct Asking {
    host: String,
    state: State,
}

enum State {
    Waiting(Pin<Box<dyn Future<Output = io::Result<Vec<SocketAddr>>> + Send>>),
    Answering(Resolution),
}

impl Stream for Asking {
    type Item = Answer;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Answer>> {
        loop {
            let this = &mut *self;
            match &mut this.state {
                State::Answering(answers) => return answers.as_mut().poll_next(cx),
                State::Waiting(asking) => {
                    this.state = State::Answering(match ready!(asking.as_mut().poll(cx)) {
                        Ok(found) => addresses(&this.host, found),
                        Err(error) => failed(classify(&error), &this.host, Some(error.into())),
                    });
                }
            }
        }
    }
}

/// What getaddrinfo meant.
///
/// The standard library keeps the text of the error and not its number, so the words of glibc,
/// musl and the BSDs are matched. In another language the answer is `Other`, and the text is in the
/// source all the same. Windows has numbers.
fn classify(error: &io::Error) -> DnsErrorKind {
    match error.raw_os_error() {
        Some(11001) if cfg!(windows) => return DnsErrorKind::NxDomain,
        Some(11002 | 11003) if cfg!(windows) => return DnsErrorKind::ServFail,
        Some(11004) if cfg!(windows) => return DnsErrorKind::NoData,
        Some(_) => return DnsErrorKind::Io,
        None => {}
    }
    let text = error.to_string();
    let says = |words: &str| text.contains(words);
    if says("Name or service not known")
        || says("nodename nor servname")
        || says("Name does not resolve")
    {
        DnsErrorKind::NxDomain
    } else if says("No address associated") || says("Name has no usable address") {
        DnsErrorKind::NoData
    } else if says("Temporary failure") || says("Try again") || says("Non-recoverable failure") {
        DnsErrorKind::ServFail
    } else {
        DnsErrorKind::Other
    }
}
