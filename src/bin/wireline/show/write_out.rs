//! `-w`: text with variables, written after a transfer.
//!
//! In: the format and the [`Facts`]. Out: [`Line`]s, each for the standard output, for messages or for a file; whoever
//! called writes them. Pure. Variables are in [`variables`](super::variables); here are the others, which say where text
//! goes or take a name:
//!
//! ```text
//! %{stdout} %{stderr} %output{file} %output{>>file}   where what follows goes
//! %{onerror}                                          what follows is for failures only
//! %header{name} %header{name:all:, }                  fields of the last response
//! %time{format}                                       the time, in UTC
//! %{json} %{header_json}                              everything as JSON
//! %%  \n \r \t
//! ```

use std::path::PathBuf;
use std::time::{Duration, SystemTime};

use super::facts::Facts;
use super::strftime::strftime;
use super::variables;
use crate::persona::Persona;

/// Where text goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    Stdout,
    Messages,
    File { path: PathBuf, append: bool },
}

/// Text for one place. No text at all still makes the file.
#[derive(Debug, PartialEq, Eq)]
pub struct Line {
    pub place: Place,
    pub bytes: Vec<u8>,
}

/// What `format` says of a transfer.
pub fn write_out(format: &str, facts: &Facts, persona: &Persona) -> Vec<Line> {
    let mut page = Page { lines: Vec::new(), persona };
    page.turn(Place::Stdout);
    let mut rest = format;
    while let Some(at) = rest.find(['%', '\\']) {
        let (text, special) = rest.split_at(at);
        page.put(text.as_bytes());
        rest = match special.strip_prefix('\\') {
            Some(escaped) => page.escape(escaped),
            None => match page.variable(&special[1..], facts) {
                Some(rest) => rest,
                None => return page.lines,
            },
        };
    }
    page.put(rest.as_bytes());
    page.lines
}

/// What has been written so far.
struct Page<'a> {
    lines: Vec<Line>,
    persona: &'a Persona,
}

impl Page<'_> {
    fn put(&mut self, bytes: &[u8]) {
        if let Some(line) = self.lines.last_mut() {
            line.bytes.extend_from_slice(bytes);
        }
    }

    /// What follows goes elsewhere.
    fn turn(&mut self, place: Place) {
        self.lines.push(Line { place, bytes: Vec::new() });
    }

    /// Says something to whoever reads messages, and goes on where it was.
    fn complain(&mut self, text: &str) {
        let back = self.lines.last().map_or(Place::Stdout, |line| line.place.clone());
        self.turn(Place::Messages);
        self.put(format!("{}: {text}", self.persona.name).as_bytes());
        self.turn(match back {
            Place::File { path, .. } => Place::File { path, append: true },
            back => back,
        });
    }

    /// What stands behind a backslash; the rest comes back.
    fn escape<'t>(&mut self, escaped: &'t str) -> &'t str {
        let mut characters = escaped.chars();
        match characters.next() {
            Some('r') => self.put(b"\r"),
            Some('n') => self.put(b"\n"),
            Some('t') => self.put(b"\t"),
            None => self.put(b"\\"),
            Some(other) => self.put(format!("\\{other}").as_bytes()),
        }
        characters.as_str()
    }

    /// What stands behind a percent sign; the rest comes back, or `None` if nothing more is to be written.
    fn variable<'t>(&mut self, said: &'t str, facts: &Facts) -> Option<&'t str> {
        for (kind, opening) in
            [("", "{"), ("header", "header{"), ("output", "output{"), ("time", "time{")]
        {
            let Some(inner) = said.strip_prefix(opening) else { continue };
            let Some((name, rest)) = inner.split_once('}') else {
                self.put(b"%");
                self.put(opening.as_bytes());
                return Some(inner);
            };
            match kind {
                "" if name == "onerror" && facts.exit_code == 0 => return None,
                "" => self.named(&name.to_ascii_lowercase(), facts),
                "header" => self.header(name, facts),
                "output" => self.output(name),
                _ => self.put(strftime(name, now()).as_bytes()),
            }
            return Some(rest);
        }
        match said.strip_prefix('%') {
            Some(rest) => {
                self.put(b"%");
                Some(rest)
            }
            None => {
                // As with curl, what follows a lone percent sign means nothing, not even a backslash.
                let next = said.chars().next();
                self.put(b"%");
                let length = next.map_or(0, char::len_utf8);
                self.put(&said.as_bytes()[..length]);
                Some(&said[length..])
            }
        }
    }

    /// `%{name}`.
    fn named(&mut self, name: &str, facts: &Facts) {
        match name {
            "onerror" => {}
            "stdout" => self.turn(Place::Stdout),
            "stderr" => self.turn(Place::Messages),
            "json" => {
                let library = format!("lib{}", self.persona.user_agent());
                let json = variables::json(facts, &library);
                self.put(&json);
            }
            "header_json" => {
                let json = variables::header_json(facts);
                self.put(&json);
            }
            _ => match variables::value(name, facts) {
                Some(value) => self.put(&value.text()),
                None => self.complain(&format!("unknown --write-out variable: '{name}'\n")),
            },
        }
    }

    /// `%header{name}`, or all fields of that name: `%header{name:all:between}`.
    fn header(&mut self, said: &str, facts: &Facts) {
        let Some(head) = facts.head() else { return };
        let (name, how) = said.split_once(':').unwrap_or((said, ""));
        let all = how.strip_prefix("all:");
        let most = if all.is_some() { usize::MAX } else { 1 };
        let values: Vec<_> = head.fields.get_all(name).take(most).collect();
        self.put(&values.join(all.unwrap_or_default().as_bytes()));
    }

    /// `%output{file}`.
    fn output(&mut self, name: &str) {
        let (name, append) = match name.strip_prefix(">>") {
            Some(name) => (name, true),
            None => (name, false),
        };
        self.turn(Place::File { path: name.into(), append });
    }
}

fn now() -> Duration {
    SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use wireline::message::ResponseHead;
    use wireline::{Method, StatusCode, Uri};

    use super::*;
    use crate::show::facts::{Step, Why};

    fn facts() -> Facts {
        let mut facts = Facts::new(4, 2, "http://u:p@h:81/a/b?c=d#e");
        let url = Uri::parse("http://h:81/a/b?c=d#e").unwrap();
        let mut step = Step::new(Why::Asked, &Method::GET, &url, Duration::ZERO);
        let mut head = ResponseHead::new(StatusCode::NOT_FOUND);
        for (name, value) in [("Content-Type", "a\"b"), ("X", "1"), ("Y", "2"), ("x", "3")] {
            head.fields.append(name, value).unwrap();
        }
        step.head = Some((Duration::from_millis(1), head, 60));
        let sent = b"GET /a/b?c=d HTTP/1.1\r\nHost: h\r\nReferer: r\r\n\r\n".to_vec();
        step.sending = Some((Duration::from_micros(700), sent));
        facts.steps.push(step);
        facts.total = Duration::from_micros(1_234_567);
        facts
    }

    fn out(format: &str) -> String {
        let lines = write_out(format, &facts(), &Persona::of(None));
        let all = lines.into_iter().filter(|line| line.place == Place::Stdout);
        String::from_utf8(all.flat_map(|line| line.bytes).collect()).unwrap()
    }

    #[test]
    fn variables_stand_for_facts() {
        for (format, says) in [
            (r"plain %% \n\r\t\q\", "plain % \n\r\t\\q\\"),
            ("%{HTTP_code} %{response_code} %{http_connect} %{exitcode}", "404 404 000 0"),
            ("%{url}", "http://u:p@h:81/a/b?c=d#e"),
            ("%{url.host} %{url.port} %{url.path} %{url.query}", "h 81 /a/b c=d"),
            ("%{url.user}:%{url.password} %{url.fragment} %{url.scheme}", "u:p e http"),
            ("%{urle.user}|%{urle.host}", "u|h"),
            ("%{time_total} %{time_pretransfer}", "1.234567 0.000700"),
            ("%{urlnum} %{xfer_id} %{num_headers} %{size_header}", "2 4 4 60"),
            ("%{method} %{scheme}|%{http_version} %{referer}", "GET |1.1 r"),
            ("%{content_type}|%{redirect_url}|%{errormsg}", "a\"b||"),
            ("%header{x}|%header{X:all:, }|%header{nope}", "1|1, 3|"),
            ("a%{onerror}b", "a"),
            ("%x%{open%", "%x%{open%"),
            ("%header{open", "%header{open"),
            ("%\\n", "%\\n"),
            ("%{nope}!", "!"),
            ("%é%{", "%é%{"),
        ] {
            assert_eq!(out(format), says, "{format}");
        }
    }

    #[test]
    fn headers_are_an_object_of_lists() {
        let json = "{\"content-type\":[\"a\\\"b\"],\n\"x\":[\"1\",\"3\"],\n\"y\":[\"2\"]\n}";
        assert_eq!(out("%{header_json}"), json);
    }

    #[test]
    fn everything_is_json() {
        let json = out("%{json}");
        let value: serde_json::Value = serde_json::from_str(&json).unwrap();
        assert_eq!(value["http_code"], 404);
        assert_eq!(value["time_total"], 1.234_567);
        assert_eq!(value["content_type"], "a\"b");
        assert_eq!(value["redirect_url"], serde_json::Value::Null);
        assert_eq!(value["curl_version"], format!("libwireline/{}", env!("CARGO_PKG_VERSION")));
    }

    #[test]
    fn text_goes_where_it_is_told() {
        let file = |append| Place::File { path: "f".into(), append };
        let line = |place, text: &str| Line { place, bytes: text.into() };
        assert_eq!(
            write_out(
                "a%{stderr}b%output{f}c%output{>>f}d%{stdout}e",
                &facts(),
                &Persona::of(None)
            ),
            [
                line(Place::Stdout, "a"),
                line(Place::Messages, "b"),
                line(file(false), "c"),
                line(file(true), "d"),
                line(Place::Stdout, "e"),
            ]
        );
        let mut failed = facts();
        failed.exit_code = 22;
        let lines = write_out("a%{onerror}b%{exitcode}", &failed, &Persona::of(None));
        assert_eq!(lines, [line(Place::Stdout, "ab22")]);
    }
}
