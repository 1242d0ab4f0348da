//! What fetching came to: one [`Fetch`] a URL, one [`Run`] a way.

use std::collections::HashSet;
use std::time::Duration;

use wireline::StatusCode;

pub type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// All URLs, fetched in one way.
pub struct Run {
    pub way: String,
    /// From the first request's begin to the last one's end.
    pub took: Duration,
    /// One a URL, in the order they were given.
    pub fetches: Vec<Fetch>,
}

/// One URL, fetched.
pub struct Fetch {
    /// The place of the URL among those given.
    pub number: usize,
    pub took: Duration,
    pub outcome: Result<Reply, BoxError>,
}

/// A response and how it came.
pub struct Reply {
    pub status: StatusCode,
    pub location: Option<String>,
    pub body: Vec<u8>,
    /// Tells the connections of one run apart.
    pub connection: u64,
    pub phases: Phases,
}

/// Where the time of one fetch went, in the order of [`Phases::NAMES`].
#[derive(Clone, Copy, Default)]
pub struct Phases {
    /// Waiting for a place in the pool.
    pub queued: Duration,
    pub dns: Duration,
    pub tcp: Duration,
    pub tls: Duration,
    /// Until the kernel had the request.
    pub sending: Duration,
    /// From then to the first byte of the response.
    pub waiting: Duration,
    /// From then to the last.
    pub body: Duration,
}

impl Run {
    pub fn replies(&self) -> impl Iterator<Item = &Reply> {
        self.fetches.iter().filter_map(|fetch| fetch.outcome.as_ref().ok())
    }

    /// How many connections the replies came over.
    pub fn connections(&self) -> usize {
        self.replies().map(|reply| reply.connection).collect::<HashSet<_>>().len()
    }

    pub fn bytes(&self) -> usize {
        self.replies().map(|reply| reply.body.len()).sum()
    }

    /// The mean of each phase over all replies, the longest first.
    pub fn phases(&self) -> Vec<(&'static str, Duration)> {
        let count = u32::try_from(self.replies().count()).unwrap_or(u32::MAX);
        let mut means: Vec<_> = Phases::NAMES
            .into_iter()
            .enumerate()
            .filter_map(|(place, name)| {
                let sum: Duration = self.replies().map(|reply| reply.phases.all()[place]).sum();
                Some((name, sum.checked_div(count)?))
            })
            .collect();
        means.sort_by_key(|(_, mean)| std::cmp::Reverse(*mean));
        means
    }
}

impl Phases {
    pub const NAMES: [&str; 7] = ["pool", "DNS", "TCP", "TLS", "sending", "waiting", "body"];

    fn all(&self) -> [Duration; 7] {
        let Phases { queued, dns, tcp, tls, sending, waiting, body } = *self;
        [queued, dns, tcp, tls, sending, waiting, body]
    }
}
