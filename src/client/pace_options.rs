//! Clocks and rates that hardly any request asks for.
//!
//! All of them are one pointer in the settings, which is empty until one is asked for.

use std::num::NonZeroU64;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use crate::conn::{Bucket, Floor, Pace, Shared};

use super::builder::ClientBuilder;
use super::request::RequestBuilder;
use super::settings::Settings;

impl ClientBuilder {
    /// From the request being fully sent to the first byte of the final response; by default it is the read timeout. It
    /// stands in for the read timeout during that time, so it may be longer or shorter. Interim responses (100, 103)
    /// neither end it nor wind it up again.
    pub fn first_byte_timeout(mut self, timeout: impl Into<Option<Duration>>) -> Self {
        first_byte(&mut self.settings, timeout.into());
        self
    }

    /// Gives up where fewer than `bytes_per_second` moved on average over `time` of waiting for the server, sent and
    /// received bytes together, heads included: curl's `--speed-limit` and `--speed-time`. By default nothing is too slow;
    /// 0 bytes a second is no floor.
    ///
    /// It begins with each request that is sent, so connecting does not count; nor does time in which the caller does not
    /// poll, the request's body has nothing to give, or a rate limit holds the transfer back. It is looked at eight times
    /// in each `time`, so it may end a transfer an eighth of `time` late.
    pub fn min_speed(mut self, bytes_per_second: u64, time: Duration) -> Self {
        min_speed(&mut self.settings, bytes_per_second, time);
        self
    }

    /// Bytes a second that all requests of this client together receive at most; no limit by default, and with 0.
    ///
    /// All bytes of HTTP count: heads and framing as well as content, as received and not as decoded. Those that TLS adds,
    /// and those of look-ups and handshakes, do not. After a rest a tenth of a second's worth may come at once. Requests
    /// that have to wait get their turns one after the other. While one waits, neither its read timeout nor its speed floor
    /// runs, only the total one.
    pub fn max_download_rate(mut self, bytes_per_second: impl Into<Option<u64>>) -> Self {
        let bucket = bucket(bytes_per_second.into());
        change(&mut self.settings, |pace| pace.download.shared = bucket);
        self
    }

    /// Bytes a second that all requests of this client together send at most, by the same rules as
    /// [`max_download_rate`](Self::max_download_rate).
    pub fn max_upload_rate(mut self, bytes_per_second: impl Into<Option<u64>>) -> Self {
        let bucket = bucket(bytes_per_second.into());
        change(&mut self.settings, |pace| pace.upload.shared = bucket);
        self
    }
}

impl RequestBuilder {
    /// From the request being fully sent to the first byte of the final response. Replaces the client's.
    pub fn first_byte_timeout(self, timeout: impl Into<Option<Duration>>) -> Self {
        self.choose(|choices| first_byte(&mut choices.settings, timeout.into()))
    }

    /// Gives up where fewer than `bytes_per_second` moved on average over `time` of waiting for the server. Replaces the
    /// client's; 0 is no floor.
    pub fn min_speed(self, bytes_per_second: u64, time: Duration) -> Self {
        self.choose(|choices| min_speed(&mut choices.settings, bytes_per_second, time))
    }

    /// Bytes a second that this request receives at most; no limit by default, and with 0. The client's limit, if it has
    /// one, applies too: whichever is stricter. A redirect or a repeated attempt begins anew, with a tenth of a second's
    /// worth that may come at once.
    pub fn max_download_rate(self, bytes_per_second: impl Into<Option<u64>>) -> Self {
        let own = bytes_per_second.into().and_then(NonZeroU64::new);
        self.choose(|choices| change(&mut choices.settings, |pace| pace.download.own = own))
    }

    /// Bytes a second that this request sends at most, by the same rules as
    /// [`max_download_rate`](Self::max_download_rate).
    pub fn max_upload_rate(self, bytes_per_second: impl Into<Option<u64>>) -> Self {
        let own = bytes_per_second.into().and_then(NonZeroU64::new);
        self.choose(|choices| change(&mut choices.settings, |pace| pace.upload.own = own))
    }
}

fn first_byte(settings: &mut Settings, timeout: Option<Duration>) {
    change(settings, |pace| pace.first_byte = timeout);
}

fn min_speed(settings: &mut Settings, rate: u64, time: Duration) {
    let floor = NonZeroU64::new(rate).map(|rate| Floor { rate, time });
    change(settings, |pace| pace.floor = floor);
}

fn bucket(rate: Option<u64>) -> Option<Shared> {
    let rate = rate.and_then(NonZeroU64::new)?;
    Some(Arc::new(Mutex::new(Bucket::new(rate))))
}

fn change(settings: &mut Settings, change: impl FnOnce(&mut Pace)) {
    change(Arc::make_mut(settings.pace.get_or_insert_default()));
}
