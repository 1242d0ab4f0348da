//! HTTP/1.1 on the server's side: reads a request to its end, writes it down, answers by the case.

use std::io::{self, Write as _};
use std::sync::Arc;

use super::case::Answer;
use super::server::{Connection, Stage};

/// What is answered where the case says nothing.
const USUAL: &[u8] = b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nok\n";
const TUNNEL: &[u8] = b"HTTP/1.1 200 Connection established\r\n\r\n";
const CONTINUE: &[u8] = b"HTTP/1.1 100 Continue\r\n\r\n";

/// Answers requests until one of both sides has enough.
pub fn serve(mut connection: Connection, stage: &Arc<Stage>) -> io::Result<()> {
    while connection.peek()?.is_some() {
        if connection.ahead.starts_with(b"PROXY ") {
            let (line, _) = connection.take_until(b"\n")?;
            stage.note(&connection.mark, &line);
            return connection.speak(stage);
        }
        let (head, whole) = connection.take_until(b"\r\n\r\n")?;
        if !whole {
            stage.note(&format!("{} (cut)", connection.mark), &head);
            return Ok(());
        }
        let request = Request::of(&head);
        let answer = request.answer(stage);
        let mut bytes = head;
        if request.expects && !answer.is("early") && !answer.is("mute") {
            connection.stream.write_all(CONTINUE)?;
        }
        let whole = answer.is("early") || request.read_body(&mut connection, &mut bytes)?;
        let mark =
            if whole { connection.mark.clone() } else { format!("{} (cut)", connection.mark) };
        stage.note(&mark, &bytes);
        if !whole {
            return Ok(());
        }
        connection.stream.write_all(request.part(&answer.bytes))?;
        connection.stream.flush()?;
        if answer.is("hang") {
            while connection.more()? {
                connection.ahead.clear();
            }
            return Ok(());
        }
        if answer.is("close") {
            return Ok(());
        }
        if request.method == "CONNECT" && answer.bytes.get(9) == Some(&b'2') {
            connection.mark += " tunnel";
            return connection.speak(stage);
        }
    }
    Ok(())
}

/// What the framing depends on.
struct Request {
    method: String,
    target: String,
    length: usize,
    chunked: bool,
    expects: bool,
}

impl Request {
    fn of(head: &[u8]) -> Request {
        let head = String::from_utf8_lossy(head);
        let mut lines = head.lines();
        let mut words = lines.next().unwrap_or_default().split(' ').map(str::to_owned);
        let (method, target) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
        let mut request = Request { method, target, length: 0, chunked: false, expects: false };
        for line in lines {
            let (name, value) = line.split_once(':').unwrap_or((line, ""));
            match name.to_ascii_lowercase().as_str() {
                "content-length" => request.length = value.trim().parse().unwrap_or(0),
                "transfer-encoding" => request.chunked = value.trim() == "chunked",
                "expect" => request.expects = value.trim() == "100-continue",
                _ => {}
            }
        }
        request
    }

    fn answer(&self, stage: &Stage) -> Answer {
        if self.method == "CONNECT" {
            let usual = || Answer { bytes: TUNNEL.to_vec(), ..Answer::default() };
            let known = stage.answers.iter().any(|answer| answer.target == "CONNECT");
            return known.then(|| stage.answer("CONNECT")).flatten().unwrap_or_else(usual);
        }
        // In the absolute form the path begins behind the authority (RFC 9112 §3.2.2).
        let behind = self.target.split_once("://").map(|(_, rest)| rest);
        let path = behind
            .map_or(self.target.as_str(), |rest| rest.find('/').map_or("/", |at| &rest[at..]));
        let usual = || Answer { bytes: USUAL.to_vec(), ..Answer::default() };
        stage.answer(path).unwrap_or_else(usual)
    }

    /// Appends the body as it came; `false` if the client went away.
    fn read_body(&self, connection: &mut Connection, bytes: &mut Vec<u8>) -> io::Result<bool> {
        if !self.chunked {
            while connection.ahead.len() < self.length {
                if !connection.more()? {
                    bytes.append(&mut connection.ahead);
                    return Ok(false);
                }
            }
            bytes.extend(connection.take(self.length)?);
            return Ok(true);
        }
        // How a body is cut into chunks is nobody's business: one is written down for all.
        let mut content = Vec::new();
        loop {
            let (line, whole) = connection.take_until(b"\r\n")?;
            let digits = String::from_utf8_lossy(&line);
            let digits = digits.trim().split(';').next().unwrap_or_default();
            let size = usize::from_str_radix(digits, 16).unwrap_or(0);
            if !whole {
                bytes.extend(content);
                return Ok(false);
            }
            if size == 0 {
                break;
            }
            let chunk = connection.take(size + 2)?;
            content.extend_from_slice(&chunk[..size]);
        }
        let (trailers, whole) = connection.take_until(b"\r\n")?;
        if !content.is_empty() {
            bytes.extend(format!("{:x}\r\n", content.len()).bytes());
            bytes.extend(content);
            bytes.extend(b"\r\n");
        }
        bytes.extend(b"0\r\n");
        bytes.extend(trailers);
        Ok(whole)
    }

    /// What of an answer is sent: its head only where HEAD asks.
    fn part<'a>(&self, answer: &'a [u8]) -> &'a [u8] {
        if self.method != "HEAD" {
            return answer;
        }
        let end = answer.windows(4).position(|window| window == b"\r\n\r\n");
        end.map_or(answer, |at| &answer[..at + 4])
    }
}
