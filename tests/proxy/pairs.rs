//! What the tests of this folder share: clients with a proxy, and credentials that count what they are asked.

use std::sync::atomic::{AtomicU32, Ordering::SeqCst};

use wireline::client::{Authenticate, Draft, Proxies, Proxy};
use wireline::message::ResponseHead;
use wireline::{BoxError, Client, ClientBuilder};

use crate::support::player::Player;
use crate::talk::quiet;

/// The head of the response that opens a tunnel.
pub const OPEN: &str = "HTTP/1.1 200 Connection established\r\n\r\n";

/// The proxy it came through.
pub fn proxy_of(response: &wireline::Response) -> Option<&str> {
    response.connection().proxy.as_ref().map(|proxy| &*proxy.url)
}

pub fn http(player: &Player) -> Proxy {
    Proxy::new(player.url(""))
}

/// A client that adds nothing but `Host`, and goes through `proxies`.
pub fn through(proxies: impl Into<Proxies>) -> Client {
    building(proxies).build().expect("sound settings")
}

pub fn building(proxies: impl Into<Proxies>) -> ClientBuilder {
    quiet().proxy(proxies)
}

/// Knows the answer to every challenge: its number, and what was asked for.
#[derive(Default)]
pub struct Counting {
    challenges: AtomicU32,
}

impl Authenticate for Counting {
    fn authorize(&self, draft: &Draft<'_>) -> Result<Option<String>, BoxError> {
        assert!(draft.proxy);
        let count = self.challenges.load(SeqCst);
        let target = String::from_utf8_lossy(draft.target).into_owned();
        Ok((count > 0).then(|| format!("Count {count} {} {target} at {}", draft.method, draft.uri)))
    }

    fn challenged(&self, _: &Draft<'_>, head: &ResponseHead, answered: u32) -> bool {
        assert_eq!(head.status, 407);
        self.challenges.fetch_add(1, SeqCst);
        answered == 0
    }
}
