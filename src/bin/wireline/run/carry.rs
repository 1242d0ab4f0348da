//! Carrying a transfer out: its redirects, its retries.
//!
//! ```text
//! try ──▶ hop ──▶ hop ──▶ … ──▶ content ──▶ done, or worth another try
//!  ▲                                              │
//!  └──────────────────────────────────────────────┘
//! ```
//!
//! In: what is to be transferred, and the means of its group. Out: bytes in a [`Sink`], facts in a [`Watch`], and why it
//! failed, if it did. Redirects and retries are made here and not by the library, because every head is shown and curl's
//! rules differ.

use std::time::Duration;

use tokio::time::Instant;

use wireline::h1::Tolerance;
use wireline::message::ResponseHead;
use wireline::{Method, RequestBuilder, Response, Uri};

use crate::exit::Failed;
use crate::show::facts::Why;
use crate::show::watch::Watch;

use super::hop::Hop;
use super::means::Means;
use super::request::{method, request, request_held};
use super::retry::{Retries, Tried};
use super::shared::Run;
use super::sink::Sink;
use super::transfer::Transfer;
use super::{conditions, naming, redirect, url};

/// What is gone on with: everything that a try needs and does not change.
struct Scene<'s> {
    run: &'s Run,
    means: &'s Means<'s>,
    watch: &'s Watch,
    deadline: Option<Instant>,
}

/// What was seen of the last response of a try.
#[derive(Default)]
struct Seen {
    status: Option<u16>,
    after: Option<Duration>,
}

/// Content of a redirect that is read, so that its connection can be used again.
const READ_AWAY: usize = 1 << 20;

impl Transfer<'_> {
    /// Runs it to its end.
    ///
    /// # Errors
    /// Why it failed, with curl's number.
    pub async fn run(&self, run: &Run, means: &Means<'_>, watch: &Watch) -> Result<(), Failed> {
        let limits = &self.group.limits;
        if naming::is_skipped(self) {
            return Ok(());
        }
        conditions::open_etag(self.group)?;
        if conditions::is_unreadable(self.group) {
            run.warn(
                "Illegal date format for -z, --time-cond (and not a file name). \
                 Disabling time condition.",
            );
        }
        let from = self.range_from();
        let mut sink = Sink::open(run, self)?;
        let mut retries = Retries::new(limits);
        let outcome = loop {
            let most = limits.total.filter(|total| !total.is_zero());
            let deadline = most.and_then(|most| Instant::now().checked_add(most));
            let mut seen = Seen::default();
            let scene = Scene { run, means, watch, deadline };
            let outcome = self.attempt(&scene, from, &mut sink, &mut seen).await;
            let (status, after) = (seen.status, seen.after);
            let tried = Tried { failed: outcome.as_ref().err(), status, after };
            let Some(again) = retries.next(&tried) else { break outcome };
            if let Err(failed) = &outcome {
                run.tell(failed);
            }
            run.warn(&again.words);
            tokio::time::sleep(again.wait).await;
            sink.rewind()?;
            watch.next(Why::Retry);
        };
        let finished = sink.finish(outcome.as_ref().err());
        watch.note(|facts| facts.file = sink.file_name());
        outcome.and(finished)
    }

    /// The method it begins with, and whether it has content.
    ///
    /// # Errors
    /// 3: a method that is none.
    pub fn method(&self) -> Result<(Method, bool), Failed> {
        let method = method(self)?;
        let with_body = self.upload.is_some() || self.group.body.is_sent();
        Ok((method, with_body))
    }

    /// `-C`: where to go on.
    fn range_from(&self) -> Option<u64> {
        let held = || {
            let path = naming::path(self).filter(|_| self.upload.is_none())?;
            std::fs::metadata(path).ok().map(|about| about.len())
        };
        let from = self.group.output.continue_at?.or_else(held);
        from.filter(|from| *from > 0)
    }

    /// One try: hop after hop.
    async fn attempt(
        &self,
        scene: &Scene<'_>,
        range_from: Option<u64>,
        sink: &mut Sink<'_>,
        seen: &mut Seen,
    ) -> Result<(), Failed> {
        let first = url::first(self)?;
        redirect::allowed(self.group, &first, false)?;
        let (method, with_body) = self.method()?;
        let url = first.clone();
        let (cross_origin, referer, transfer) = (false, None, self);
        let mut hop = Hop { transfer, url, method, with_body, cross_origin, referer, range_from };
        let mut followed = 0;
        loop {
            let mut response = self.exchange(scene, &hop, sink).await?;
            seen.status = Some(response.status().as_u16());
            seen.after = response.retry_after();
            conditions::save_etag(self.group, response.head())?;
            self.note_redirect(&hop.url, response.head(), scene.watch);
            match redirect::next(&hop, &first, response.head(), followed)? {
                None => return self.content(scene, &hop, response, sink).await,
                Some(next) => {
                    read_away(&mut response, scene.watch).await?;
                    scene.watch.next(Why::Redirect);
                    followed += 1;
                    hop = next;
                }
            }
        }
    }

    /// One request. Where credentials have to be asked for, content is held back until they are, as in curl.
    async fn exchange(
        &self,
        scene: &Scene<'_>,
        hop: &Hop<'_>,
        sink: &mut Sink<'_>,
    ) -> Result<Response, Failed> {
        if scene.means.asks_first(hop) {
            let mut answer = self.ask(scene, hop, sink, true).await?;
            let told = scene.means.has_been_told(hop);
            if !answer.status().is_success() && !told {
                return Ok(answer);
            }
            read_away(&mut answer, scene.watch).await?;
            scene.watch.next(Why::Challenge);
        }
        self.ask(scene, hop, sink, false).await
    }

    /// One request, without its content if that is to be held back, and the heads that come.
    async fn ask(
        &self,
        scene: &Scene<'_>,
        hop: &Hop<'_>,
        sink: &mut Sink<'_>,
        hold: bool,
    ) -> Result<Response, Failed> {
        scene.watch.note(|facts| facts.effective = Some(hop.url.as_str().to_owned()));
        let request = match hold {
            true => request_held(scene.run, hop)?,
            false => request(scene.run, hop)?,
        };
        let request = scene.means.apply(request, hop)?;
        let request = scene.watch.on(self.limited(request, scene.deadline)?);
        let output = &self.group.output;
        let shows_heads = output.show_heads || self.group.request.head || output.heads.is_some();
        let before = if shows_heads { scene.watch.facts().steps.len() } else { 0 };
        let response = request.send().await;
        if shows_heads {
            let facts = scene.watch.facts();
            let steps = facts.steps.get(before..).unwrap_or_default();
            for (at, step) in steps.iter().enumerate() {
                let last = at + 1 == steps.len() && response.is_ok();
                if !self.group.proxy.quiet_connect {
                    step.tunnel_heads.iter().try_for_each(|head| sink.tunnel_head(head))?;
                }
                let own = step.response().filter(|_| !last);
                let interim = step.interim.iter().map(|(head, _)| head);
                interim.chain(own).try_for_each(|head| sink.head(head))?;
            }
        }
        let response = response?;
        sink.head(response.head())?;
        Ok(response)
    }

    /// Times, rates, and how the answer is read.
    fn limited(
        &self,
        request: RequestBuilder,
        deadline: Option<Instant>,
    ) -> Result<RequestBuilder, Failed> {
        let limits = &self.group.limits;
        let said = &self.group.request;
        let mut request = request.max_redirects(0);
        if said.ignore_content_length {
            let usual = Tolerance::default();
            request = request.tolerance(Tolerance { ignore_content_length: true, ..usual });
        }
        if let Some(deadline) = deadline {
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Err(Failed::new(28, "Operation timed out"));
            }
            // Whole milliseconds, so that messages can be read.
            let left = u64::try_from(left.as_millis()).unwrap_or(u64::MAX).saturating_add(1);
            request = request.timeout(Duration::from_millis(left));
        }
        if let Some(rate) = limits.rate {
            request = request.max_download_rate(rate).max_upload_rate(rate);
        }
        if limits.speed.is_some() || limits.speed_time.is_some() {
            // curl's: below one byte a second, for half a minute.
            let time = limits.speed_time.unwrap_or(Duration::from_secs(30));
            request = request.min_speed(limits.speed.unwrap_or(1), time);
        }
        Ok(request)
    }

    fn note_redirect(&self, base: &Uri, head: &ResponseHead, watch: &Watch) {
        let to = redirect::location(head);
        let to = to.and_then(|to| redirect::target(self.group, base, to).ok());
        watch.note(|facts| facts.redirect_url = to.map(|to| to.as_str().to_owned()));
    }

    /// Reads what has come, unless nobody wants it.
    async fn content(
        &self,
        scene: &Scene<'_>,
        hop: &Hop<'_>,
        mut response: Response,
        sink: &mut Sink<'_>,
    ) -> Result<(), Failed> {
        let (output, limits) = (&self.group.output, &self.group.limits);
        let status = response.status().as_u16();
        let resumed = hop.range_from.filter(|_| self.upload.is_none());
        let failed = status >= 400 && !(status == 416 && resumed.is_some());
        if failed && output.fail {
            // As in curl, what comes next comes over a new connection.
            drop(response);
            scene.run.client.close_idle();
            return Err(Failed::status(status));
        }
        if !self.group.request.head && self.wants(&response, resumed, sink)? {
            let most = limits.file_size.unwrap_or(u64::MAX);
            if response.content_length().is_some_and(|length| length > most) {
                return Err(Failed::new(63, "Maximum file size exceeded"));
            }
            let mut count = 0;
            while let Some(piece) = response.chunk().await? {
                count += piece.len() as u64;
                if count > most {
                    let text = "Exceeded the maximum allowed file size";
                    return Err(Failed::new(63, format!("{text} ({most} bytes)")));
                }
                scene.watch.received(&piece);
                sink.write(&piece)?;
            }
            sink.trailers(response.trailers())?;
        }
        match failed && output.fail_with_body {
            true => Err(Failed::status(status)),
            false => Ok(()),
        }
    }

    /// Whether there is content that is wanted: not where it is here already, nor where it has not changed.
    fn wants(
        &self,
        response: &Response,
        resumed: Option<u64>,
        sink: &mut Sink<'_>,
    ) -> Result<bool, Failed> {
        if let Some(from) = resumed {
            if response.status().as_u16() == 416 {
                return Ok(false);
            }
            if response.status().is_success() && !goes_on(response.head(), from) {
                if response.content_length() == Some(from) {
                    return Ok(false);
                }
                let text = "HTTP server does not seem to support byte ranges. Cannot resume.";
                return Err(Failed::new(33, text));
            }
        }
        if conditions::is_unmet(self.group, response.head()) {
            sink.keep();
            return Ok(false);
        }
        Ok(true)
    }
}

/// Whether it is the range that was asked for that comes (RFC 9110 §14.4).
fn goes_on(head: &ResponseHead, from: u64) -> bool {
    let range = head.fields.get_str("content-range").unwrap_or_default();
    let first = range.trim_start_matches(|c: char| !c.is_ascii_digit() && c != '*');
    first.split('-').next().and_then(|first| first.trim().parse().ok()) == Some(from)
}

/// Reads content that nobody wants, as far as that is cheaper than another connection.
async fn read_away(response: &mut Response, watch: &Watch) -> Result<(), Failed> {
    let mut count = 0;
    while count < READ_AWAY
        && let Some(piece) = response.chunk().await?
    {
        count += piece.len();
        watch.received(&piece);
    }
    Ok(())
}
