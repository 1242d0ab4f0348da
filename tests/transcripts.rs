//! Responses as transcripts: what the server plays, what the caller sees, whether the connection is used again. Each is
//! replayed cut in two at every byte, and byte by byte, and read in each of the three ways there are; the cuts are
//! made in the wire, so that reads really end there.
#![cfg(feature = "client")]

#[path = "support/paced.rs"]
mod paced;
mod support;

use std::sync::{Arc, Mutex};

use paced::{Pace, Pacer};
use support::deadline;
use support::player::{Player, Script};
use tokio::io::AsyncReadExt;
use wireline::{Client, Fields, Method, Response};

/// One exchange. Fields and trailers are written as they would be on the wire.
struct Transcript {
    method: &'static str,
    plays: &'static str,
    status: u16,
    /// What must be among the fields.
    field: (&'static str, &'static str),
    interim: &'static [u16],
    body: &'static str,
    trailers: &'static [(&'static str, &'static str)],
    /// Whether the next request goes over the same connection.
    kept: bool,
}

const GET: Transcript = Transcript {
    method: "GET",
    plays: "",
    status: 200,
    field: ("", ""),
    interim: &[],
    body: "",
    trailers: &[],
    kept: true,
};

/// The three ways to read a body.
#[derive(Clone, Copy, Debug)]
enum Way {
    Whole,
    Pieces,
    Reader,
}

#[derive(Debug, PartialEq)]
struct Seen {
    status: u16,
    interim: Vec<u16>,
    body: String,
    /// Not to be had from `bytes()`, nor from a reader once it is read to its end by value.
    trailers: Option<Fields>,
}

/// A client that sends nothing but what it must.
fn client(pacer: &Pacer) -> Client {
    let quiet = Client::builder().header("user-agent", "").header("accept", "");
    quiet.secure(pacer.clone()).max_connections(1).build().expect("a client")
}

async fn read(mut response: Response, way: Way) -> (String, Option<Fields>) {
    let mut body = Vec::new();
    let trailers = match way {
        Way::Whole => {
            body.extend_from_slice(&response.bytes().await.expect("a body"));
            None
        }
        Way::Pieces => {
            while let Some(piece) = response.chunk().await.expect("a piece") {
                assert!(!piece.is_empty());
                body.extend_from_slice(&piece);
            }
            Some(response.trailers().clone())
        }
        Way::Reader => {
            let mut reader = response.into_body();
            let mut room = [0; 3];
            loop {
                match reader.read(&mut room).await.expect("bytes") {
                    0 => break,
                    count => body.extend_from_slice(&room[..count]),
                }
            }
            Some(reader.trailers().clone())
        }
    };
    (String::from_utf8(body).expect("text"), trailers)
}

impl Transcript {
    async fn ask(&self, client: &Client, url: &str, way: Way) -> Seen {
        let interim = Arc::new(Mutex::new(Vec::new()));
        let heard = Arc::clone(&interim);
        let method = Method::from_bytes(self.method.as_bytes()).expect("a method");
        let request = client.request(method, url);
        let request = request.on_interim(move |head| {
            heard.lock().expect("not poisoned").push(head.status.as_u16());
        });
        let response = request.send().await.expect("a response");
        let status = response.status().as_u16();
        let (name, value) = self.field;
        if !name.is_empty() {
            assert_eq!(response.fields().get(name), Some(value.as_bytes()), "{name}");
        }
        let (body, trailers) = read(response, way).await;
        let interim = interim.lock().expect("not poisoned").clone();
        Seen { status, interim, body, trailers }
    }

    fn expected(&self, way: Way) -> Seen {
        let mut trailers = Fields::new();
        for (name, value) in self.trailers {
            trailers.append(name, value).expect("a field");
        }
        Seen {
            status: self.status,
            interim: self.interim.to_vec(),
            body: self.body.to_owned(),
            trailers: (!matches!(way, Way::Whole)).then_some(trailers),
        }
    }

    fn script(&self, times: usize) -> Script {
        let mut script = Player::script();
        for _ in 0..times {
            let request = format!("{} /x HTTP/1.1\r\nHost: {{host}}\r\n\r\n", self.method);
            script = script.expect(request).play(self.plays);
            if !self.kept {
                script = script.close();
            }
        }
        if self.kept { script.open() } else { script }
    }

    /// Every way to cut times every way to read, one after the other.
    async fn replay(&self) {
        let cuts = (0..=self.plays.len()).map(Pace::Cut);
        let paces: Vec<Pace> = cuts.chain([Pace::Bytewise, Pace::Free]).collect();
        let ways = [Way::Whole, Way::Pieces, Way::Reader];
        let times = paces.len() * ways.len();
        let player = self.script(times).start();
        let url = player.url("/x").replace("http://", "https://");
        let pacer = Pacer::new();
        let client = client(&pacer);
        for pace in paces {
            for way in ways {
                pacer.set(pace);
                let seen = deadline(self.ask(&client, &url, way)).await;
                assert_eq!(seen, self.expected(way), "{pace:?}, {way:?}: {:?}", self.plays);
            }
        }
        drop(client);
        let seen = player.finish();
        assert_eq!(seen.connections, if self.kept { 1 } else { times }, "{:?}", self.plays);
        assert!(seen.leftovers.iter().all(Vec::is_empty));
    }
}

#[tokio::test]
async fn content_of_a_known_length() {
    let plays = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nX-Y: z\r\n\r\nhello";
    Transcript { plays, body: "hello", field: ("x-y", "z"), ..GET }.replay().await;
    Transcript { plays: "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", ..GET }.replay().await;
    let plays = "HTTP/1.1 404 Not Found\r\ncontent-length: 2\r\n\r\nno";
    Transcript { plays, status: 404, body: "no", ..GET }.replay().await;
}

#[tokio::test]
async fn s_32_no_content_after_head_204_and_304() {
    let plays = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n";
    Transcript { method: "HEAD", plays, field: ("content-length", "5"), ..GET }.replay().await;
    let plays = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
    Transcript { method: "HEAD", plays, ..GET }.replay().await;
    let plays = "HTTP/1.1 204 No Content\r\nContent-Length: 7\r\n\r\n";
    Transcript { plays, status: 204, ..GET }.replay().await;
    let plays = "HTTP/1.1 304 Not Modified\r\nETag: \"a\"\r\nContent-Length: 7\r\n\r\n";
    Transcript { plays, status: 304, field: ("etag", "\"a\""), ..GET }.replay().await;
}

#[tokio::test]
async fn chunks_with_extensions() {
    let plays = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n\
                 5;a=b;c=\"d e\"\r\nhello\r\n1 ;x\r\n,\r\n006\r\n world\r\n00;last\r\n\r\n";
    Transcript { plays, body: "hello, world", ..GET }.replay().await;
    let plays = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n";
    Transcript { plays, ..GET }.replay().await;
}

#[tokio::test]
async fn s_28_trailers_stay_apart_and_dangerous_ones_are_dropped() {
    let plays = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n\
                 3\r\nabc\r\n0\r\nDigest: x\r\nSet-Cookie: a=b\r\nContent-Length: 0\r\nTwo: y\r\n z\r\n\r\n";
    let trailers = &[("Digest", "x"), ("Two", "y z")];
    Transcript { plays, body: "abc", trailers, ..GET }.replay().await;
}

#[tokio::test]
async fn content_until_the_close() {
    let plays = "HTTP/1.1 200 OK\r\n\r\nuntil the end";
    Transcript { plays, body: "until the end", kept: false, ..GET }.replay().await;
    let plays = "HTTP/1.0 200 OK\r\nServer: old\r\n\r\n";
    Transcript { plays, field: ("server", "old"), kept: false, ..GET }.replay().await;
}

#[tokio::test]
async fn interim_responses_come_before_the_final_one() {
    let plays = "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </s>\r\n\r\n\
                 HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
    Transcript { plays, interim: &[100, 103], body: "ok", ..GET }.replay().await;
}

#[tokio::test]
async fn folded_fields_and_bare_line_feeds() {
    let plays =
        "HTTP/1.1 200 OK\r\nX-Long: one\r\n \ttwo\r\n  three\r\nContent-Length: 2\r\n\r\nok";
    let field = ("x-long", "one two three");
    Transcript { plays, field, body: "ok", ..GET }.replay().await;
    let plays = "HTTP/1.1 200\nA: b\nContent-Length: 2\n\nok";
    Transcript { plays, field: ("a", "b"), body: "ok", ..GET }.replay().await;
}

#[tokio::test]
async fn version_1_0_is_kept_only_if_it_says_so() {
    let plays = "HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nok";
    Transcript { plays, body: "ok", kept: false, ..GET }.replay().await;
    let plays = "HTTP/1.0 200 OK\r\nConnection: Keep-Alive\r\nContent-Length: 2\r\n\r\nok";
    Transcript { plays, body: "ok", ..GET }.replay().await;
}

#[tokio::test]
async fn connection_close_in_any_spelling_is_obeyed() {
    for close in ["close", "CLOSE", "x, Close", "keep-alive,close\r\nConnection: x"] {
        let plays =
            format!("HTTP/1.1 200 OK\r\nConnection: {close}\r\nContent-Length: 2\r\n\r\nok");
        Transcript { plays: plays.leak(), body: "ok", kept: false, ..GET }.replay().await;
    }
}

#[tokio::test]
async fn s_20_transfer_encoding_wins_over_content_length_and_ends_the_connection() {
    for framing in [
        "Transfer-Encoding: chunked\r\nContent-Length: 1",
        "Content-Length: 1\r\nTransfer-Encoding: chunked",
    ] {
        let plays = format!("HTTP/1.1 200 OK\r\n{framing}\r\n\r\n2\r\nok\r\n0\r\n\r\n").leak();
        Transcript { plays, body: "ok", kept: false, ..GET }.replay().await;
    }
}
