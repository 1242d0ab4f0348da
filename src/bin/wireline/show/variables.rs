//! What `%{name}` stands for.
//!
//! In: [`Facts`]. Out: [`Value`]s, as text or as JSON, in curl's order and with curl's decimals. What was not to be known is
//! empty as text and `null` or 0 as JSON, as curl has it. It decides nothing and prints nothing.

use std::net::SocketAddr;
use std::time::Duration;

use wireline::{Uri, Version};

use crate::plan::expand;

use super::certificates;
use super::facts::Facts;

/// The value of a variable.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    Text(Option<String>),
    Number(i64),
    /// Three digits as text.
    Code(u16),
    /// Seconds with six decimals.
    Time(Duration),
}

/// The names, in the order of JSON.
const NAMES: &[&str] = &[
    "certs",
    "conn_id",
    "content_type",
    "errormsg",
    "exitcode",
    "filename_effective",
    "ftp_entry_path",
    "http_code",
    "http_connect",
    "http_version",
    "local_ip",
    "local_port",
    "method",
    "num_certs",
    "num_connects",
    "num_headers",
    "num_redirects",
    "num_retries",
    "proxy_ssl_verify_result",
    "proxy_used",
    "redirect_url",
    "referer",
    "remote_ip",
    "remote_port",
    "response_code",
    "scheme",
    "size_delivered",
    "size_download",
    "size_header",
    "size_request",
    "size_upload",
    "speed_download",
    "speed_upload",
    "ssl_verify_result",
    "time_appconnect",
    "time_connect",
    "time_namelookup",
    "time_posttransfer",
    "time_pretransfer",
    "time_queue",
    "time_redirect",
    "time_starttransfer",
    "time_total",
    "tls_earlydata",
    "url",
    "url.fragment",
    "url.host",
    "url.options",
    "url.password",
    "url.path",
    "url.port",
    "url.query",
    "url.scheme",
    "url.user",
    "url.zoneid",
    "url_effective",
    "urle.fragment",
    "urle.host",
    "urle.options",
    "urle.password",
    "urle.path",
    "urle.port",
    "urle.query",
    "urle.scheme",
    "urle.user",
    "urle.zoneid",
    "urlnum",
    "xfer_id",
];

/// What a name stands for; `None` if it is no variable.
pub fn value(name: &str, facts: &Facts) -> Option<Value> {
    if let Some(part) = name.strip_prefix("url.") {
        return url_part(part, &facts.url);
    }
    if let Some(part) = name.strip_prefix("urle.") {
        return url_part(part, facts.url_effective());
    }
    if let Some(kind) = name.strip_prefix("time_") {
        return time(kind, facts).map(Value::Time);
    }
    text(name, facts).map(Value::Text).or_else(|| number(name, facts))
}

fn text(name: &str, facts: &Facts) -> Option<Option<String>> {
    let field = |name| {
        let value = facts.head()?.fields.get(name)?;
        Some(String::from_utf8_lossy(value).into_owned())
    };
    let ip =
        |address: Option<SocketAddr>| Some(address.map_or(String::new(), |at| at.ip().to_string()));
    Some(match name {
        "certs" => Some(certificates::text(facts)),
        "content_type" => field("content-type"),
        "errormsg" => facts.error.clone(),
        "filename_effective" => facts.file.clone(),
        "ftp_entry_path" => None,
        "http_version" => Some(version(facts).to_owned()),
        "local_ip" => ip(facts.local()),
        "method" => facts.method().map(ToString::to_string),
        "redirect_url" => facts.redirect_url.clone(),
        "referer" => referer(facts),
        "remote_ip" => ip(facts.remote()),
        "scheme" => facts.connection().and(facts.last()).map(|step| step.url.scheme().to_string()),
        "url" => Some(facts.url.clone()),
        "url_effective" => Some(facts.url_effective().to_owned()),
        _ => return None,
    })
}

fn number(name: &str, facts: &Facts) -> Option<Value> {
    let port = |address: Option<SocketAddr>| address.map_or(0, |at| u64::from(at.port()));
    Some(Value::Number(signed(match name {
        "http_code" | "response_code" => return Some(Value::Code(facts.response_code())),
        "http_connect" => return Some(Value::Code(facts.http_connect())),
        // curl counts from 0.
        "conn_id" => match facts.connection() {
            Some(connection) => connection.id.saturating_sub(1),
            None => return Some(Value::Number(-1)),
        },
        "exitcode" => u64::from(facts.exit_code),
        "local_port" => port(facts.local()),
        "num_certs" => certificates::count(facts) as u64,
        "num_connects" => facts.num_connects() as u64,
        "num_headers" => facts.num_headers() as u64,
        "num_redirects" => facts.num_redirects() as u64,
        "num_retries" => facts.num_retries() as u64,
        "proxy_ssl_verify_result" | "tls_earlydata" => 0,
        "proxy_used" => u64::from(facts.connection().is_some_and(|info| info.proxy.is_some())),
        "remote_port" => port(facts.remote()),
        "size_delivered" => facts.last().map_or(0, |step| step.content_seen),
        "size_download" => facts.size_download(),
        "size_header" => facts.size_header(),
        "size_request" => facts.size_request(),
        "size_upload" => facts.size_upload(),
        "speed_download" => facts.speed_download(),
        "speed_upload" => facts.speed_upload(),
        "ssl_verify_result" => u64::from(facts.unverified),
        "urlnum" => facts.url_number,
        "xfer_id" => facts.number,
        _ => return None,
    })))
}

fn signed(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

fn time(kind: &str, facts: &Facts) -> Option<Duration> {
    Some(match kind {
        "appconnect" => facts.time_appconnect(),
        "connect" => facts.time_connect(),
        "namelookup" => facts.time_namelookup(),
        "posttransfer" => facts.time_posttransfer(),
        "pretransfer" => facts.time_pretransfer(),
        "queue" => facts.time_queue(),
        "redirect" => facts.time_redirect(),
        "starttransfer" => facts.time_starttransfer(),
        "total" => facts.total,
        _ => return None,
    })
}

/// The part of a URL of that name; curl names the default port too.
fn url_part(part: &str, url: &str) -> Option<Value> {
    let known = [
        "fragment", "host", "options", "password", "path", "port", "query", "scheme", "user",
        "zoneid",
    ];
    if !known.contains(&part) {
        return None;
    }
    let guessed = if url.contains("://") { url.to_owned() } else { format!("http://{url}") };
    let Ok(url) = Uri::parse(&guessed) else { return Some(Value::Text(None)) };
    Some(Value::Text(match part {
        "fragment" => url.fragment().map(str::to_owned),
        "host" => Some(url.host_text().into_owned()),
        "password" => url.userinfo().and_then(|(_, password)| password).map(str::to_owned),
        "path" => Some(url.path().to_owned()),
        "port" => Some(url.port().to_string()),
        "query" => url.query().map(str::to_owned),
        "scheme" => Some(url.scheme().to_string()),
        "user" => url.userinfo().map(|(user, _)| user.to_owned()),
        "zoneid" => url.zone().map(str::to_owned),
        _ => None,
    }))
}

fn version(facts: &Facts) -> &'static str {
    match facts.head().map(|head| head.version) {
        Some(Version::HTTP_11) => "1.1",
        Some(_) => "1",
        None => "0",
    }
}

/// The `Referer` that the last request had.
fn referer(facts: &Facts) -> Option<String> {
    let (_, head) = facts.last()?.sending.as_ref()?;
    let mut lines = head.split(|&byte| byte == b'\n').map(<[u8]>::trim_ascii);
    let value = lines.find_map(|line| {
        let (name, value) = line.split_at_checked("referer:".len())?;
        name.eq_ignore_ascii_case(b"referer:").then(|| value.trim_ascii())
    })?;
    Some(String::from_utf8_lossy(value).into_owned())
}

/// All variables as one object; `library` is the last of them.
pub fn json(facts: &Facts, library: &str) -> Vec<u8> {
    let mut json = vec![b'{'];
    for name in NAMES {
        if let Some(value) = value(name, facts) {
            quote(name.as_bytes(), &mut json);
            json.push(b':');
            value.json(&mut json);
            json.push(b',');
        }
    }
    json.extend_from_slice(b"\"curl_version\":");
    quote(library.as_bytes(), &mut json);
    json.push(b'}');
    json
}

/// The fields of the last response: names in lower case, in the order of their first lines, lists of values.
pub fn header_json(facts: &Facts) -> Vec<u8> {
    let mut names: Vec<String> = Vec::new();
    let mut json = vec![b'{'];
    let fields = facts.head().map(|head| &head.fields);
    for field in fields.into_iter().flatten() {
        let name = field.name.to_ascii_lowercase();
        if names.contains(&name) {
            continue;
        }
        json.extend_from_slice(if names.is_empty() { b"" } else { b",\n" });
        quote(name.as_bytes(), &mut json);
        json.extend_from_slice(b":[");
        let values = fields.into_iter().flat_map(|fields| fields.get_all(&name));
        for (at, value) in values.enumerate() {
            json.extend_from_slice(if at == 0 { b"" } else { b"," });
            quote(value, &mut json);
        }
        json.push(b']');
        names.push(name);
    }
    json.extend_from_slice(b"\n}");
    json
}

impl Value {
    /// As it stands between other text.
    pub fn text(&self) -> Vec<u8> {
        match self {
            Value::Text(text) => text.clone().unwrap_or_default().into_bytes(),
            Value::Number(number) => number.to_string().into_bytes(),
            Value::Code(code) => format!("{code:03}").into_bytes(),
            Value::Time(time) => seconds(*time).into_bytes(),
        }
    }

    fn json(&self, json: &mut Vec<u8>) {
        match self {
            Value::Text(None) => json.extend_from_slice(b"null"),
            Value::Text(Some(text)) => quote(text.as_bytes(), json),
            Value::Number(number) => json.extend_from_slice(number.to_string().as_bytes()),
            Value::Code(code) => json.extend_from_slice(code.to_string().as_bytes()),
            Value::Time(time) => json.extend_from_slice(seconds(*time).as_bytes()),
        }
    }
}

fn seconds(time: Duration) -> String {
    format!("{}.{:06}", time.as_secs(), time.subsec_micros())
}

/// A JSON string. JSON is UTF-8: what is not becomes U+FFFD.
fn quote(bytes: &[u8], json: &mut Vec<u8>) {
    json.push(b'"');
    json.extend(expand::json(String::from_utf8_lossy(bytes).as_bytes()));
    json.push(b'"');
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_has_a_value_and_a_place() {
        let facts = Facts::new(0, 0, "h/");
        assert!(NAMES.iter().all(|name| value(name, &facts).is_some()));
        assert!(NAMES.is_sorted());
        for (name, says) in [
            ("http_code", "000"),
            ("http_version", "0"),
            ("local_ip", ""),
            ("scheme", ""),
            ("url.scheme", "http"),
            ("url.port", "80"),
            ("time_total", "0.000000"),
        ] {
            let value = value(name, &facts).unwrap();
            assert_eq!(String::from_utf8(value.text()).unwrap(), says, "{name}");
        }
    }

    #[test]
    fn strings_are_quoted() {
        let mut json = Vec::new();
        quote(b"a\"\\\n\x01\xc3\xbc\xff", &mut json);
        assert_eq!(json, "\"a\\\"\\\\\\n\\u0001ü\u{fffd}\"".as_bytes());
    }
}
