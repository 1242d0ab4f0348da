//! A server that guards everything with Digest and works out every answer itself. In: what it asks for. Out: a line for
//! each request, such as `401`, `401 stale`, `200 nc=1` and `refused: response`. It shares no code with the client: of the
//! crate's dependencies only the hash functions.
#![allow(dead_code)] // every test file uses another part of it

use std::sync::{Arc, Mutex};

use md5::Md5;
use sha2::{Digest as _, Sha256, Sha512_256};

use crate::server::{Asked, Guest, Server};

/// What is asked for. `algorithm` and `qop` may be empty.
#[derive(Clone)]
pub struct Door {
    pub realm: &'static str,
    pub user: &'static str,
    pub password: &'static str,
    pub algorithm: &'static str,
    pub qop: &'static str,
    /// Further parameters of the challenge, with a comma in front.
    pub more: &'static str,
    /// Uses of a nonce before it is stale.
    pub uses: u32,
    /// Every answer names a new nonce for the next request.
    pub next: bool,
}

impl Default for Door {
    fn default() -> Door {
        Door {
            realm: "a \"quiet\" place",
            user: "Mufasa",
            password: "Circle of Life",
            algorithm: "SHA-256",
            qop: "auth",
            more: "",
            uses: u32::MAX,
            next: false,
        }
    }
}

/// A door with a server behind it.
pub struct Guarded {
    pub server: Server,
    books: Arc<Mutex<Books>>,
}

/// Nonces given out, with the highest count each was used with, and what happened.
#[derive(Default)]
struct Books {
    nonces: Vec<(String, u32)>,
    log: Vec<String>,
}

impl Guarded {
    pub fn url(&self, path: &str) -> String {
        self.server.url(path)
    }

    /// What happened so far, and forgets it.
    pub fn log(&self) -> Vec<String> {
        std::mem::take(&mut self.books.lock().expect("no panic").log)
    }
}

pub fn guard(door: Door) -> Guarded {
    let books = Arc::<Mutex<Books>>::default();
    let shared = Arc::clone(&books);
    let server = Server::start(move |mut guest: Guest| {
        let (door, books) = (door.clone(), Arc::clone(&shared));
        async move {
            while let Some(asked) = guest.request().await {
                let answer = books.lock().expect("no panic").judge(&door, &asked);
                if guest.play(answer).await.is_none() {
                    return;
                }
            }
        }
    });
    Guarded { server, books }
}

impl Books {
    fn judge(&mut self, door: &Door, asked: &Asked) -> String {
        let sent = asked.head.lines().find_map(|line| line.strip_prefix("authorization: "));
        let stale = match sent {
            None => {
                self.log.push("401".into());
                ""
            }
            Some(value) => match self.check(door, asked, &parameters(value)) {
                Ok(count) => {
                    self.log.push(format!("200 nc={count}"));
                    let next = if door.next { self.nonce() } else { String::new() };
                    let info = format!("Authentication-Info: nextnonce=\"{next}\", qop=auth\r\n");
                    let info = if door.next { info } else { String::new() };
                    return format!("HTTP/1.1 200 OK\r\n{info}Content-Length: 0\r\n\r\n");
                }
                Err("stale") => {
                    self.log.push("401 stale".into());
                    ", stale=true"
                }
                Err(why) => {
                    self.log.push(format!("refused: {why}"));
                    ""
                }
            },
        };
        let nonce = self.nonce();
        let realm = door.realm.replace('"', "\\\"");
        let named = |name: &str, value: &str| match value {
            "" => String::new(),
            value => format!(", {name}={value}"),
        };
        let algorithm = named("algorithm", door.algorithm);
        let qop = if door.qop.is_empty() {
            String::new()
        } else {
            named("qop", &format!("\"{}\"", door.qop))
        };
        format!(
            "HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: Digest realm=\"{realm}\", nonce=\"{nonce}\"{algorithm}{qop}\
             {}{stale}\r\nContent-Length: 4\r\n\r\nwho?",
            door.more
        )
    }

    fn nonce(&mut self) -> String {
        let nonce = format!("nonce-{}", self.nonces.len() + 1);
        self.nonces.push((nonce.clone(), 0));
        nonce
    }

    /// The nonce count, or what is wrong.
    fn check(
        &mut self,
        door: &Door,
        asked: &Asked,
        sent: &[(String, String)],
    ) -> Result<u32, &'static str> {
        let get = |name: &str| {
            sent.iter().find(|(key, _)| key == name).map_or("", |(_, value)| value.as_str())
        };
        let hash = |text: &str| hash(door.algorithm, text.as_bytes());
        let known = self.nonces.iter_mut().find(|(nonce, _)| nonce == get("nonce"));
        let (nonce, used) = known.ok_or("nonce")?;
        if get("realm") != door.realm {
            return Err("realm");
        }
        if get("uri") != asked.path() {
            return Err("uri");
        }
        let hashed = get("userhash") == "true";
        let name =
            if hashed { hash(&format!("{}:{}", door.user, door.realm)) } else { door.user.into() };
        if get("username") != name {
            return Err("username");
        }
        let mut key = hash(&format!("{}:{}:{}", door.user, door.realm, door.password));
        if door.algorithm.ends_with("-sess") {
            key = hash(&format!("{key}:{nonce}:{}", get("cnonce")));
        }
        let method = asked.head.split(' ').next().unwrap_or_default();
        let mut request = format!("{method}:{}", get("uri"));
        if get("qop") == "auth-int" {
            request = format!("{request}:{}", self::hash(door.algorithm, &asked.body));
        }
        let request = hash(&request);
        let expected = match (door.qop, get("qop")) {
            ("", "") => hash(&format!("{key}:{nonce}:{request}")),
            (offered, qop) if offered.split(',').any(|offer| offer == qop) => {
                hash(&format!("{key}:{nonce}:{}:{}:{qop}:{request}", get("nc"), get("cnonce")))
            }
            _ => return Err("qop"),
        };
        if get("response") != expected {
            return Err("response");
        }
        let count = if door.qop.is_empty() { *used + 1 } else { count(get("nc")).ok_or("nc")? };
        if count > door.uses {
            return Err("stale");
        }
        if count <= *used {
            return Err("replay");
        }
        *used = count;
        Ok(count)
    }
}

/// Eight hexadecimal digits.
fn count(text: &str) -> Option<u32> {
    if text.len() == 8 { u32::from_str_radix(text, 16).ok() } else { None }
}

fn hash(algorithm: &str, bytes: &[u8]) -> String {
    let hash = match algorithm.trim_end_matches("-sess") {
        "SHA-256" => Sha256::digest(bytes).to_vec(),
        "SHA-512-256" => Sha512_256::digest(bytes).to_vec(),
        "MD5" | "" => Md5::digest(bytes).to_vec(),
        other => panic!("no algorithm {other}"),
    };
    hash.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// `Digest a=b, c="d \" e"` in parts, quoting undone.
pub fn parameters(value: &str) -> Vec<(String, String)> {
    let mut rest = value.strip_prefix("Digest ").expect("the scheme");
    let mut found = Vec::new();
    while let Some((name, after)) = rest.split_once('=') {
        let mut value = String::new();
        let mut characters = after.chars();
        if after.starts_with('"') {
            characters.next();
            loop {
                match characters.next().expect("a closing quote") {
                    '"' => break,
                    '\\' => value.extend(characters.next()),
                    other => value.push(other),
                }
            }
        } else {
            value = after.split(',').next().unwrap_or_default().to_owned();
            characters = after[value.len()..].chars();
        }
        found.push((name.trim().to_owned(), value));
        rest = characters.as_str().trim_start_matches(", ");
    }
    found
}
