//! `--har`: HAR 1.2, as browsers' tools read it: an entry for each request that went out, redirects and retries included.
//!
//! Secrets are replaced by `[redacted]` unless they are asked for: credentials, cookies, and fields whose names speak of
//! tokens, keys and passwords. Content is kept as it is.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use base64::Engine as _;
use serde_json::{Value, json};
use wireline::message::ResponseHead;
use wireline::{Fields, Uri};

use super::facts::{Facts, Step, Why};
use super::strftime::strftime;

/// What stands where a secret stood.
const REDACTED: &str = "[redacted]";

/// Requests so far.
pub struct Har {
    secrets: bool,
    entries: Vec<(SystemTime, Value)>,
}

impl Har {
    /// None; `secrets`: they are written.
    pub fn new(secrets: bool) -> Har {
        Har { secrets, entries: Vec::new() }
    }

    /// Adds the requests of a transfer.
    pub fn add(&mut self, facts: &Facts) {
        for step in &facts.steps {
            let started = facts.started + step.begun;
            self.entries.push((started, self.entry(step, started)));
        }
    }

    /// The whole file.
    pub fn text(&mut self) -> String {
        self.entries.sort_by_key(|(started, _)| *started);
        let entries: Vec<&Value> = self.entries.iter().map(|(_, entry)| entry).collect();
        let creator = json!({ "name": "wireline", "version": env!("CARGO_PKG_VERSION") });
        let log = json!({ "log": { "version": "1.2", "creator": creator, "entries": entries } });
        format!("{log:#}\n")
    }

    fn entry(&self, step: &Step, started: SystemTime) -> Value {
        let timings = timings(step);
        let parts = ["blocked", "dns", "connect", "send", "wait", "receive"];
        let known = parts.iter().filter_map(|part| timings[part].as_f64());
        let time: f64 = known.filter(|took| *took > 0.0).sum();
        let mut entry = json!({
            "startedDateTime": iso(started),
            "time": (time * 1000.0).round() / 1000.0,
            "request": self.request(step),
            "response": self.response(step),
            "cache": {},
            "timings": timings,
        });
        if let Some(connection) = &step.connection {
            entry["connection"] = json!(connection.id.to_string());
            if let Some(remote) = connection.remote {
                entry["serverIPAddress"] = json!(remote.ip().to_string());
            }
        }
        if let Some(comment) = comment(step) {
            entry["comment"] = json!(comment);
        }
        entry
    }

    fn request(&self, step: &Step) -> Value {
        let head = step.sending.as_ref().map(|(_, head)| head.as_slice()).unwrap_or_default();
        let fields = lines(head);
        let url = step.url.to_string();
        let mut request = json!({
            "method": step.method.as_str(),
            "url": url.split('#').next().unwrap_or_default(),
            "httpVersion": version(head),
            "cookies": self.cookies(&fields, "cookie", |value| value.split(';').collect()),
            "headers": self.headers(&fields),
            "queryString": query(&step.url),
            "headersSize": size(step.sending.as_ref().map(|_| head.len() as u64)),
            "bodySize": size(step.ended.map(|_| step.uploaded())),
        });
        if step.uploaded() > 0 || !step.upload.is_empty() {
            let mut post = json!({ "mimeType": value(&fields, "content-type"), "params": [] });
            match std::str::from_utf8(&step.upload) {
                Ok(text) => post["text"] = json!(text),
                Err(_) => {
                    post["text"] = json!(base64(&step.upload));
                    post["comment"] = json!("base64");
                }
            }
            request["postData"] = post;
        }
        request
    }

    fn response(&self, step: &Step) -> Value {
        let Some(head) = step.response() else {
            return json!({
                "status": 0, "statusText": "", "httpVersion": "", "cookies": [], "headers": [],
                "content": { "size": 0, "mimeType": "x-unknown" },
                "redirectURL": "", "headersSize": -1, "bodySize": -1,
                "_error": step.failed.as_deref().unwrap_or("no response"),
            });
        };
        let fields = received(&head.fields);
        let location = without_userinfo(&value(&fields, "location"));
        json!({
            "status": head.status.as_u16(),
            "statusText": String::from_utf8_lossy(head.reason.as_bytes()),
            "httpVersion": format!("{:?}", head.version),
            "cookies": self.cookies(&fields, "set-cookie", |value| {
                value.split(';').take(1).collect()
            }),
            "headers": self.headers(&fields),
            "content": content(step, head),
            "redirectURL": if self.secrets { value(&fields, "location") } else { location },
            "headersSize": size(step.head.as_ref().map(|(_, _, bytes)| *bytes)),
            "bodySize": size(step.ended.map(|ended| ended.content)),
        })
    }

    fn headers(&self, fields: &[(String, String)]) -> Value {
        let shown = |(name, value): &(String, String)| {
            let value = match self.secrets {
                true => value.clone(),
                false if is_secret(name) => REDACTED.to_owned(),
                false if name.eq_ignore_ascii_case("location") => without_userinfo(value),
                false => value.clone(),
            };
            json!({ "name": name, "value": value })
        };
        fields.iter().map(shown).collect()
    }

    fn cookies<'a>(
        &self,
        fields: &'a [(String, String)],
        name: &str,
        split: impl Fn(&'a str) -> Vec<&'a str>,
    ) -> Value {
        let lines = fields.iter().filter(|(field, _)| field.eq_ignore_ascii_case(name));
        let pairs = lines.flat_map(|(_, value)| split(value));
        let shown = pairs.filter_map(|pair| pair.trim().split_once('=')).map(|(name, value)| {
            let value = if self.secrets { value } else { REDACTED };
            json!({ "name": name, "value": value })
        });
        shown.collect()
    }
}

fn content(step: &Step, head: &ResponseHead) -> Value {
    let mime = head.fields.get("content-type").unwrap_or(b"x-unknown");
    let mime = String::from_utf8_lossy(mime);
    let mut content = json!({ "size": step.content_seen, "mimeType": mime });
    if let Some(ended) = step.ended.filter(|ended| ended.content < step.content_seen) {
        content["compression"] = json!(step.content_seen - ended.content);
    }
    match std::str::from_utf8(&step.content) {
        Ok("") => {}
        Ok(text) => content["text"] = json!(text),
        Err(_) => {
            content["text"] = json!(base64(&step.content));
            content["encoding"] = json!("base64");
        }
    }
    content
}

fn timings(step: &Step) -> Value {
    let from = |from: Option<Duration>, to: Option<Duration>| match (from, to) {
        (Some(from), Some(to)) => milliseconds(to.saturating_sub(from)),
        _ => -1.0,
    };
    let opened = step.opening.as_ref().map(|opening| opening.at);
    let new = step.connected.filter(|_| step.reused.is_none());
    let sending = step.connected.or(step.sending.as_ref().map(|(at, _)| *at));
    // An answer may come before everything is sent.
    let sent = match (step.sent, step.first_byte) {
        (Some(sent), Some(first)) => Some(sent.min(first)),
        (sent, first) => sent.or(first),
    };
    let ended = step.ended.map_or(step.last, |ended| ended.at);
    json!({
        "blocked": from(Some(step.begun), opened.or(step.connected)),
        "dns": from(opened, step.resolved),
        "connect": from(step.resolved.or(opened), new),
        "ssl": step.secured.map_or(-1.0, |(_, took)| milliseconds(took)),
        "send": from(sending, sent).max(0.0),
        "wait": from(sent, step.first_byte).max(0.0),
        "receive": from(step.first_byte, Some(ended)).max(0.0),
    })
}

fn milliseconds(took: Duration) -> f64 {
    took.as_micros() as f64 / 1000.0
}

fn comment(step: &Step) -> Option<String> {
    let why = match step.why {
        Why::Asked | Why::Redirect => None,
        Why::Challenge => Some("with the credentials that were asked for"),
        Why::Retry => Some("another try"),
        Why::Stale => Some("again, because the kept connection was closed"),
    };
    match (why, &step.failed) {
        (Some(why), Some(failed)) => Some(format!("{why}; {failed}")),
        (why, failed) => why.map(str::to_owned).or_else(|| failed.clone()),
    }
}

fn size(known: Option<u64>) -> Value {
    known.map_or(json!(-1), |size| json!(size))
}

/// The fields of a head as sent.
fn lines(head: &[u8]) -> Vec<(String, String)> {
    let text = String::from_utf8_lossy(head);
    let fields = text.lines().skip(1).filter_map(|line| line.split_once(':'));
    fields.map(|(name, value)| (name.to_owned(), value.trim().to_owned())).collect()
}

fn received(fields: &Fields) -> Vec<(String, String)> {
    let text = |value| String::from_utf8_lossy(value).into_owned();
    fields.iter().map(|field| (field.name.to_owned(), text(field.value))).collect()
}

fn value(fields: &[(String, String)], wanted: &str) -> String {
    let found = fields.iter().find(|(name, _)| name.eq_ignore_ascii_case(wanted));
    found.map(|(_, value)| value.clone()).unwrap_or_default()
}

fn version(head: &[u8]) -> String {
    let line = head.split(|byte| *byte == b'\r').next().unwrap_or_default();
    let version = line.rsplit(|byte| *byte == b' ').next().unwrap_or_default();
    String::from_utf8_lossy(version).into_owned()
}

fn query(url: &Uri) -> Value {
    let pairs = url.query().unwrap_or_default().split('&').filter(|pair| !pair.is_empty());
    let shown = pairs.map(|pair| {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        json!({ "name": name, "value": value })
    });
    shown.collect()
}

/// Fields whose values nobody should find in a file that is passed on.
fn is_secret(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    let exact =
        ["authorization", "cookie", "set-cookie", "www-authenticate", "authentication-info"];
    let parts = ["token", "secret", "api-key", "apikey", "password", "session"];
    exact.contains(&name.as_str())
        || name.starts_with("proxy-auth")
        || parts.iter().any(|part| name.contains(part))
}

fn without_userinfo(url: &str) -> String {
    match Uri::parse(url) {
        Ok(uri) if uri.userinfo().is_some() => uri.without_userinfo().to_string(),
        _ => url.to_owned(),
    }
}

fn base64(bytes: &[u8]) -> String {
    base64::engine::general_purpose::STANDARD.encode(bytes)
}

/// `2026-11-21T17:51:20.123Z`.
fn iso(time: SystemTime) -> String {
    let since = time.duration_since(UNIX_EPOCH).unwrap_or_default();
    format!("{}.{:03}Z", strftime("%Y-%m-%dT%T", since), since.subsec_millis())
}

#[cfg(test)]
mod tests {
    use wireline::Method;

    use super::*;

    fn step() -> Step {
        let url = Uri::parse("http://h/a?b=c&d").unwrap();
        let mut step = Step::new(Why::Asked, &Method::POST, &url, Duration::ZERO);
        let head = b"POST /a?b=c&d HTTP/1.1\r\nHost: h\r\nAuthorization: Basic YTpi\r\nCookie: k=v; l=w\r\n\
                     X-Api-Key: deep\r\nContent-Type: text/plain\r\n\r\n";
        step.sending = Some((Duration::from_millis(3), head.to_vec()));
        step.upload = b"content".to_vec();
        let mut head = ResponseHead::new(wireline::StatusCode::FOUND);
        head.fields.append("Set-Cookie", "sid=hush; Path=/").unwrap();
        head.fields.append("Location", "http://me:word@h/b").unwrap();
        head.fields.append("Content-Type", "image/png").unwrap();
        step.head = Some((Duration::from_millis(7), head, 99));
        step.first_byte = Some(Duration::from_millis(6));
        step.last = Duration::from_millis(10);
        (step.content, step.content_seen) = (b"\x89PNG\xff".to_vec(), 5);
        step
    }

    fn har(secrets: bool) -> (String, Value) {
        let mut har = Har::new(secrets);
        let mut facts = Facts::new(0, 0, "http://h/a");
        facts.steps = vec![step()];
        har.add(&facts);
        let text = har.text();
        let parsed = serde_json::from_str(&text).unwrap();
        (text, parsed)
    }

    #[test]
    fn an_entry_has_what_the_format_asks_for() {
        let (_, har) = har(true);
        let log = &har["log"];
        assert_eq!((&log["version"], &log["creator"]["name"]), (&json!("1.2"), &json!("wireline")));
        let entry = &log["entries"][0];
        let (request, response) = (&entry["request"], &entry["response"]);
        assert_eq!(request["method"], "POST");
        assert_eq!(request["httpVersion"], "HTTP/1.1");
        assert_eq!(request["queryString"][0], json!({ "name": "b", "value": "c" }));
        assert_eq!(request["cookies"][1], json!({ "name": "l", "value": "w" }));
        assert_eq!(request["postData"]["text"], "content");
        assert_eq!(request["postData"]["mimeType"], "text/plain");
        assert_eq!((&response["status"], &response["headersSize"]), (&json!(302), &json!(99)));
        assert_eq!(response["redirectURL"], "http://me:word@h/b");
        assert_eq!(response["content"]["encoding"], "base64");
        assert_eq!(response["content"]["text"], "iVBOR/8=");
        assert_eq!(entry["timings"]["receive"], json!(4.0));
        assert_eq!(entry["time"], json!(3.0 + 4.0));
    }

    #[test]
    fn secrets_are_left_out_unless_asked_for() {
        let hidden = ["YTpi", "hush", "deep", "word", "k=v"];
        let (text, parsed) = har(false);
        for secret in hidden {
            assert!(!text.contains(secret), "{secret}: {text}");
        }
        assert_eq!(parsed["log"]["entries"][0]["request"]["cookies"][0]["value"], REDACTED);
        let (text, _) = har(true);
        for secret in hidden {
            assert!(text.contains(secret), "{secret}: {text}");
        }
    }

    #[test]
    fn a_request_without_a_response_says_why() {
        let mut failed = step();
        (failed.head, failed.failed) = (None, Some("refused".to_owned()));
        let entry = Har::new(false).entry(&failed, UNIX_EPOCH);
        assert_eq!(
            (&entry["response"]["status"], &entry["comment"]),
            (&json!(0), &json!("refused"))
        );
    }

    #[test]
    fn times_are_written_as_browsers_do() {
        let at = |seconds: u64| iso(UNIX_EPOCH + Duration::from_millis(seconds * 1000 + 7));
        assert_eq!(at(0), "1970-01-01T00:00:00.007Z");
        assert_eq!(at(951_782_399), "2000-02-28T23:59:59.007Z");
        assert_eq!(at(951_782_400), "2000-02-29T00:00:00.007Z");
        assert_eq!(at(1_795_283_480), "2026-11-21T17:51:20.007Z");
    }
}
