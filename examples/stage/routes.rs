//! What the server answers. A request is bytes in, a response is bytes out; nothing here waits or knows a socket.
//!
//! | path | answer |
//! |---|---|
//! | `/api/v2/pokemon/N` | a made-up creature as JSON; 404 beyond the last one |
//! | `/get` `/post` `/anything` | what was asked: method, URL, query, fields, content |
//! | `/status/CODE` | that status |
//! | `/redirect/N` | N redirects, then `/get` |
//! | `/html` | a page |

use std::io;

use serde_json::{Map, Value, json};

/// The last creature.
const LAST: usize = 151;

/// As much of a request as the answers need.
pub struct Request {
    method: String,
    target: String,
    fields: Vec<(String, String)>,
    content: String,
    /// The client wants no further answer on this connection.
    pub closes: bool,
}

impl Request {
    /// Takes a whole request off the front of `inbox`, if there is one. Content has a `Content-Length`.
    pub fn take(inbox: &mut Vec<u8>) -> io::Result<Option<Request>> {
        let Some(head) = inbox.windows(4).position(|bytes| bytes == b"\r\n\r\n") else {
            return Ok(None);
        };
        let invalid = |what: &str| io::Error::new(io::ErrorKind::InvalidData, what.to_owned());
        let text = std::str::from_utf8(&inbox[..head]).map_err(|_| invalid("the head"))?;
        let mut lines = text.split("\r\n");
        let words: Vec<&str> = lines.next().unwrap_or_default().split(' ').collect();
        let [method, target, version] = words[..] else { return Err(invalid("the request line")) };
        let fields: Option<Vec<(String, String)>> = lines
            .map(|line| line.split_once(':'))
            .map(|field| field.map(|(name, value)| (name.to_owned(), value.trim().to_owned())))
            .collect();
        let fields = fields.ok_or_else(|| invalid("a field"))?;
        let find = |wanted: &str| {
            let field = fields.iter().find(|(name, _)| name.eq_ignore_ascii_case(wanted));
            field.map(|(_, value)| value.as_str())
        };
        let length = find("content-length").map_or(Ok(0), str::parse);
        let length: usize = length.map_err(|_| invalid("the length"))?;
        let close = find("connection").is_some_and(|value| value.eq_ignore_ascii_case("close"));
        let begin = head + 4;
        let Some(content) = inbox.get(begin..begin.saturating_add(length)) else { return Ok(None) };
        let request = Request {
            method: method.to_owned(),
            target: target.to_owned(),
            content: String::from_utf8_lossy(content).into_owned(),
            closes: close || version == "HTTP/1.0",
            fields,
        };
        inbox.drain(..begin + length);
        Ok(Some(request))
    }

    fn echo(&self) -> Value {
        let (path, query) = self.target.split_once('?').unwrap_or((&self.target, ""));
        let pairs = query.split('&').filter(|pair| !pair.is_empty());
        let pairs = pairs.map(|pair| pair.split_once('=').unwrap_or((pair, "")));
        let args: Map<_, _> = pairs.map(|(name, value)| (name.to_owned(), json!(value))).collect();
        let fields = self.fields.iter().map(|(name, value)| (name.clone(), json!(value)));
        json!({
            "method": self.method,
            "path": path,
            "args": args,
            "headers": fields.collect::<Map<_, _>>(),
            "data": self.content,
            "json": serde_json::from_str::<Value>(&self.content).ok(),
        })
    }
}

/// The bytes of the answer.
pub fn answer(request: &Request) -> Vec<u8> {
    let path = request.target.split('?').next().unwrap_or_default();
    let parts: Vec<&str> = path.split('/').skip(1).collect();
    let (status, location, kind, content) = match parts[..] {
        ["api", "v2", "pokemon", number] => match creature(number) {
            Some(creature) => (200, None, "application/json", creature.to_string()),
            None => (404, None, "text/plain", "Not Found".to_owned()),
        },
        ["get" | "post" | "anything", ..] => {
            (200, None, "application/json", request.echo().to_string())
        }
        ["status", code] => (code.parse().unwrap_or(400), None, "text/plain", String::new()),
        ["redirect", "0" | "1"] => (302, Some("/get".to_owned()), "text/plain", String::new()),
        ["redirect", count] => match count.parse::<u32>() {
            Ok(count) => (302, Some(format!("/redirect/{}", count - 1)), "text/plain", "".into()),
            Err(_) => (404, None, "text/plain", "Not Found".to_owned()),
        },
        ["html"] => (200, None, "text/html; charset=utf-8", PAGE.to_owned()),
        _ => (404, None, "text/plain", "Not Found".to_owned()),
    };
    let reason = wireline::StatusCode::from_u16(status).ok();
    let reason = reason.and_then(|status| status.canonical_reason()).unwrap_or("Unknown");
    let length = content.len();
    let mut response = format!(
        "HTTP/1.1 {status} {reason}\r\nContent-Type: {kind}\r\nContent-Length: {length}\r\n"
    );
    if let Some(location) = location {
        response += &format!("Location: {location}\r\n");
    }
    if request.closes {
        response += "Connection: close\r\n";
    }
    response += "\r\n";
    if request.method != "HEAD" {
        response += &content;
    }
    response.into_bytes()
}

const PAGE: &str = "<!doctype html>\n<title>A page</title>\n<p>Nothing to see here.\n";

/// Creature number `number`, the same on every run.
fn creature(number: &str) -> Option<Value> {
    const FIRST: [&str; 13] =
        ["Bal", "Cro", "Dru", "Fen", "Gli", "Hum", "Ki", "Lor", "Mu", "Nim", "Pas", "Rol", "Tef"];
    const LAST_PART: [&str; 12] =
        ["boo", "dax", "fin", "gor", "leaf", "mite", "nax", "puff", "quin", "ray", "tor", "wing"];
    let number: usize = number.parse().ok().filter(|number| (1..=LAST).contains(number))?;
    let name = [FIRST[number % FIRST.len()], LAST_PART[number % LAST_PART.len()]].concat();
    let (height, weight) = (3 + number % 17, 20 + number * 7 % 900);
    Some(json!({"id": number, "name": name, "height": height, "weight": weight}))
}
