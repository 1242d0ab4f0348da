//! What is known about a transfer when it is over, or so far: for `-w`, `--timing` and `--har`.
//!
//! In: nothing; [`Watch`](super::watch::Watch) fills it from events. Out: [`Facts`], one for each transfer, with a [`Step`]
//! for each request that went out: redirects, answered challenges and retries are steps of their own. It prints nothing.
//!
//! All `Duration`s that say *when* count from the start of the transfer.

use std::net::SocketAddr;
use std::time::{Duration, SystemTime};

use wireline::message::ResponseHead;
use wireline::net::{Attempt, LookupRecord};
use wireline::{ConnectionInfo, Method, Uri};

/// One transfer.
#[derive(Debug, Clone)]
pub struct Facts {
    /// Counts the transfers of the run from 0: `xfer_id`.
    pub number: u64,
    /// Which URL of the command line, from 0: `urlnum`.
    pub url_number: u64,
    /// The URL as asked, patterns filled in: `url`.
    pub url: String,
    /// The last URL that was asked for, userinfo and fragment included: `url_effective`.
    pub effective: Option<String>,
    /// When it began, by the clock on the wall.
    pub started: SystemTime,
    /// In order. Empty if no request could be made.
    pub steps: Vec<Step>,
    /// How long it has lasted: `time_total`.
    pub total: Duration,
    /// curl's number: `exitcode`.
    pub exit_code: u8,
    /// `errormsg`.
    pub error: Option<String>,
    /// `filename_effective`.
    pub file: Option<String>,
    /// Where a redirect leads that was not followed: `redirect_url`.
    pub redirect_url: Option<String>,
    /// The server's certificate was verified and is wrong, which `-k` let pass: `ssl_verify_result`.
    pub unverified: bool,
}

/// Why a request went out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Why {
    #[default]
    Asked,
    Redirect,
    Challenge,
    Retry,
    /// A kept connection turned out to be closed.
    Stale,
}

/// One request and what became of it.
#[derive(Debug, Clone)]
pub struct Step {
    pub why: Why,
    pub method: Method,
    /// Without userinfo.
    pub url: Uri,
    /// When the step began.
    pub begun: Duration,
    /// How long it waited for a free connection.
    pub queued: Option<Duration>,
    /// Whom it connected to, and when it began to.
    pub opening: Option<Opening>,
    /// The halves of the look-up, and when each landed.
    pub lookups: Vec<(Duration, LookupRecord)>,
    /// The connection attempts, and when each was over.
    pub attempts: Vec<(Duration, Attempt)>,
    /// When the first addresses were known.
    pub resolved: Option<Duration>,
    /// When TCP was connected.
    pub reached: Option<Duration>,
    /// When the tunnel through a proxy was open.
    pub tunnelled: Option<Duration>,
    /// The heads of the answers to CONNECT, as received.
    pub tunnel_heads: Vec<Vec<u8>>,
    /// When TLS was there, and how long the handshake took.
    pub secured: Option<(Duration, Duration)>,
    /// When the connection could be used, new or reused.
    pub connected: Option<Duration>,
    /// How long it had been idle, if it was reused.
    pub reused: Option<Duration>,
    pub connection: Option<ConnectionInfo>,
    /// The head of the request as sent, and when it began to be.
    pub sending: Option<(Duration, Vec<u8>)>,
    /// When all of it was sent.
    pub sent: Option<Duration>,
    pub first_byte: Option<Duration>,
    /// Interim responses, each with its length.
    pub interim: Vec<(ResponseHead, u64)>,
    /// The response's head, its length, and when it came.
    pub head: Option<(Duration, ResponseHead, u64)>,
    pub ended: Option<Ended>,
    /// When the last thing happened.
    pub last: Duration,
    /// Content received, as the caller saw it; kept for `--har` only.
    pub content: Vec<u8>,
    /// How much content the caller saw, kept or not.
    pub content_seen: u64,
    /// Content sent; kept for `--har` only.
    pub upload: Vec<u8>,
    /// What the library said about the failure.
    pub failed: Option<String>,
}

/// A connection that is opened.
#[derive(Debug, Clone)]
pub struct Opening {
    pub at: Duration,
    pub host: String,
    pub port: u16,
}

/// How an exchange ended.
#[derive(Debug, Clone, Copy)]
pub struct Ended {
    pub at: Duration,
    /// Bytes of the request.
    pub sent: u64,
    /// Bytes of heads, content and framing.
    pub received: u64,
    /// Bytes of content, codings not undone.
    pub content: u64,
}

impl Facts {
    /// Nothing has happened yet.
    pub fn new(number: u64, url_number: u64, url: &str) -> Facts {
        Facts {
            number,
            url_number,
            url: url.to_owned(),
            effective: None,
            started: SystemTime::now(),
            steps: Vec::new(),
            total: Duration::ZERO,
            exit_code: 0,
            error: None,
            file: None,
            redirect_url: None,
            unverified: false,
        }
    }

    /// The last request.
    pub fn last(&self) -> Option<&Step> {
        self.steps.last()
    }

    /// The last response: curl tells of that one even if a later request got none.
    pub fn head(&self) -> Option<&ResponseHead> {
        self.steps.iter().rev().find_map(Step::response)
    }

    /// The last connection.
    pub fn connection(&self) -> Option<&ConnectionInfo> {
        self.steps.iter().rev().find_map(|step| step.connection.as_ref())
    }

    /// `response_code`; 0 if there was none.
    pub fn response_code(&self) -> u16 {
        self.head().map_or(0, |head| head.status.as_u16())
    }

    /// `method`: that of the last request.
    pub fn method(&self) -> Option<&Method> {
        self.last().map(|step| &step.method)
    }

    /// `url_effective`: the last URL, or the one asked for if there was no request.
    pub fn url_effective(&self) -> &str {
        self.effective.as_deref().unwrap_or(&self.url)
    }

    /// `remote_ip`, `remote_port`.
    pub fn remote(&self) -> Option<SocketAddr> {
        self.connection()?.remote
    }

    /// `local_ip`, `local_port`.
    pub fn local(&self) -> Option<SocketAddr> {
        self.connection()?.local
    }

    /// `http_connect`: the last status of an answer to CONNECT; 0 if there was none.
    pub fn http_connect(&self) -> u16 {
        let mut heads = self.steps.iter().rev().flat_map(|step| step.tunnel_heads.iter().rev());
        let status = heads.next().and_then(|head| head.split(|byte| *byte == b' ').nth(1));
        let status = status.and_then(|status| std::str::from_utf8(status.trim_ascii()).ok());
        status.and_then(|status| status.parse().ok()).unwrap_or(0)
    }

    /// `num_connects`.
    pub fn num_connects(&self) -> usize {
        let new = |step: &&Step| step.connected.is_some() && step.reused.is_none();
        self.steps.iter().filter(new).count()
    }

    /// `num_redirects`. As in curl, a challenge that was answered is one.
    pub fn num_redirects(&self) -> usize {
        self.count(Why::Redirect) + self.count(Why::Challenge)
    }

    /// `num_retries`.
    pub fn num_retries(&self) -> usize {
        self.count(Why::Retry)
    }

    /// `num_headers`: fields of the last response.
    pub fn num_headers(&self) -> usize {
        self.head().map_or(0, |head| head.fields.len())
    }

    /// `size_header`: all heads that came.
    pub fn size_header(&self) -> u64 {
        self.steps.iter().map(Step::heads_length).sum()
    }

    /// `size_request`: all heads that went.
    pub fn size_request(&self) -> u64 {
        self.steps.iter().map(Step::request_head_length).sum()
    }

    /// `size_upload`: content of the last request.
    pub fn size_upload(&self) -> u64 {
        self.last().map_or(0, Step::uploaded)
    }

    /// `size_download`: content of the last response, codings not undone; 0 if nobody wanted it.
    pub fn size_download(&self) -> u64 {
        let wanted = self.last().filter(|step| step.content_seen > 0);
        wanted.map_or(0, |step| step.ended.map_or(step.content_seen, |ended| ended.content))
    }

    /// `speed_download`, bytes a second.
    pub fn speed_download(&self) -> u64 {
        per_second(self.size_download(), self.total)
    }

    /// `speed_upload`, bytes a second.
    pub fn speed_upload(&self) -> u64 {
        per_second(self.size_upload(), self.total)
    }

    /// `time_queue`.
    pub fn time_queue(&self) -> Duration {
        self.steps.iter().filter_map(|step| step.queued).sum()
    }

    /// `time_namelookup`. As in curl, the times of all requests of a transfer add up, in this one and those below.
    pub fn time_namelookup(&self) -> Duration {
        self.add_up(|step| step.resolved.or(step.connected))
    }

    /// `time_connect`.
    pub fn time_connect(&self) -> Duration {
        self.add_up(|step| step.reached.or(step.connected).filter(|_| step.reused.is_none()))
    }

    /// `time_appconnect`.
    pub fn time_appconnect(&self) -> Duration {
        self.add_up(|step| step.secured.map(|(at, _)| at))
    }

    /// `time_pretransfer`.
    pub fn time_pretransfer(&self) -> Duration {
        self.add_up(|step| step.sending.as_ref().map(|(at, _)| *at))
    }

    /// `time_posttransfer`.
    pub fn time_posttransfer(&self) -> Duration {
        self.add_up(|step| step.sent)
    }

    /// `time_starttransfer`.
    pub fn time_starttransfer(&self) -> Duration {
        self.add_up(|step| step.first_byte)
    }

    /// `time_redirect`: until the last redirect was followed.
    pub fn time_redirect(&self) -> Duration {
        let follows = |step: &&Step| matches!(step.why, Why::Redirect | Why::Challenge);
        let followed = self.steps.iter().rev().find(follows);
        followed.map_or(Duration::ZERO, |step| step.begun)
    }

    fn count(&self, why: Why) -> usize {
        self.steps.iter().filter(|step| step.why == why).count()
    }

    fn add_up(&self, at: impl Fn(&Step) -> Option<Duration>) -> Duration {
        let since = |step| Some(at(step)?.saturating_sub(step.begun));
        self.steps.iter().filter_map(since).sum()
    }
}

impl Step {
    /// A request begins.
    pub fn new(why: Why, method: &Method, url: &Uri, begun: Duration) -> Step {
        Step {
            why,
            method: method.clone(),
            url: url.clone(),
            begun,
            queued: None,
            opening: None,
            lookups: Vec::new(),
            attempts: Vec::new(),
            resolved: None,
            reached: None,
            tunnelled: None,
            tunnel_heads: Vec::new(),
            secured: None,
            connected: None,
            reused: None,
            connection: None,
            sending: None,
            sent: None,
            first_byte: None,
            interim: Vec::new(),
            head: None,
            ended: None,
            last: begun,
            content: Vec::new(),
            content_seen: 0,
            upload: Vec::new(),
            failed: None,
        }
    }

    /// The response's head.
    pub fn response(&self) -> Option<&ResponseHead> {
        self.head.as_ref().map(|(_, head, _)| head)
    }

    /// The length of the request's head.
    pub fn request_head_length(&self) -> u64 {
        self.sending.as_ref().map_or(0, |(_, head)| head.len() as u64)
    }

    /// Bytes of the request after its head.
    pub fn uploaded(&self) -> u64 {
        self.ended.map_or(0, |ended| ended.sent.saturating_sub(self.request_head_length()))
    }

    /// The length of all heads that came.
    pub fn heads_length(&self) -> u64 {
        let interim: u64 = self.interim.iter().map(|(_, bytes)| bytes).sum();
        interim + self.head.as_ref().map_or(0, |(_, _, bytes)| *bytes)
    }
}

fn per_second(bytes: u64, took: Duration) -> u64 {
    match took.as_secs_f64() {
        0.0 => bytes,
        seconds => (bytes as f64 / seconds) as u64,
    }
}
