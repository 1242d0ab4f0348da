//! Plays a case: servers, a folder, the program; then what happened, as the lines of a case.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::{Arc, LazyLock};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use rustls::server::WebPkiClientVerifier;
use rustls::{RootCertStore, ServerConfig};
use sha2::{Digest as _, Sha256};

use super::case::Case;
use super::certs::{self, Authority};
use super::clean::{self, Names};
use super::program::{Program, Ran};
use super::server::Stage;
use super::support::Scratch;
use super::text;

/// What happened.
pub struct Played {
    /// From `exit:` on, as a case has it.
    pub lines: String,
    /// What `has` and `lacks` find wrong.
    pub wrong: Vec<String>,
    /// Everything said on standard error, for people.
    pub stderr: String,
}

/// Certificates that all cases share.
struct Identity {
    authority: Vec<u8>,
    client: certs::Identity,
    server: Arc<ServerConfig>,
    pin: String,
}

static IDENTITY: LazyLock<Identity> = LazyLock::new(|| {
    let authority = Authority::new();
    let server = authority.issue(&["localhost", "127.0.0.1", "example.test"]);
    let key = rcgen::KeyPair::try_from(&server.key).expect("a key");
    let pin = STANDARD.encode(Sha256::digest(rcgen::PublicKeyData::subject_public_key_info(&key)));
    Identity {
        authority: authority.pem(),
        client: authority.issue(&["client"]),
        server: Arc::new(asking(server, &authority)),
        pin: format!("sha256//{pin}"),
    }
});

/// Settings of a server that takes a client's certificate if there is one.
fn asking(identity: certs::Identity, authority: &Authority) -> ServerConfig {
    let mut roots = RootCertStore::empty();
    roots.add(authority.der().clone()).expect("an authority");
    let verifier = WebPkiClientVerifier::builder_with_provider(roots.into(), certs::provider());
    let verifier = verifier.allow_unauthenticated().build().expect("a verifier");
    ServerConfig::builder_with_provider(certs::provider())
        .with_safe_default_protocol_versions()
        .expect("versions")
        .with_client_cert_verifier(verifier)
        .with_single_cert(identity.chain, identity.key)
        .expect("a certificate")
}

/// Runs all command lines of `case` by `program`.
pub fn play(case: &Case, program: &Program) -> Played {
    let folder = Scratch::new();
    // Answers and files name the servers: ports come first.
    let (held, refused) = (hold(), refused());
    let names = names(folder.path(), &held.1, refused.1);
    let mut answers = case.answers.clone();
    for answer in &mut answers {
        answer.bytes = names.fill_bytes(&answer.bytes);
    }
    let stage = Stage::new(answers, IDENTITY.server.clone());
    for (letter, listener) in ['H', 'I'].into_iter().zip(held.0) {
        stage.listen(letter, listener);
    }
    stage.listen_unix(&folder.path().join(".sock"));
    let secrets = folder.path().join(".tls");
    std::fs::create_dir(&secrets).expect("made");
    std::fs::write(secrets.join("ca.pem"), &IDENTITY.authority).expect("written");
    IDENTITY.client.write(&secrets, "client");
    for (name, content) in &case.files {
        let path = folder.path().join(name);
        std::fs::create_dir_all(path.parent().expect("a folder")).expect("made");
        std::fs::write(path, names.fill_bytes(content)).expect("written");
    }
    let before = tree(folder.path());
    let env: Vec<_> =
        case.env.iter().map(|(name, value)| (name.clone(), names.fill(value))).collect();
    let runs: Vec<Ran> = case
        .args
        .iter()
        .map(|line| program.run(&words(&names.fill(line)), folder.path(), &env, &case.stdin))
        .collect();
    let mut after = tree(folder.path());
    after.retain(|name, content| before.get(name) != Some(content));
    let gone = before.keys().filter(|name| !folder.path().join(name).exists()).cloned().collect();
    stage.end();
    Outcome { case, program, names: &names, runs, after, gone }.told(&stage)
}

/// Two ports that listen.
fn hold() -> (Vec<std::net::TcpListener>, Vec<u16>) {
    let bind = || std::net::TcpListener::bind("127.0.0.1:0").expect("loopback");
    let held = vec![bind(), bind()];
    let port = |listener: &std::net::TcpListener| listener.local_addr().expect("bound").port();
    let ports = held.iter().map(port).collect();
    (held, ports)
}

/// A port that is taken and refuses.
fn refused() -> (socket2::Socket, u16) {
    let socket = socket2::Socket::new(socket2::Domain::IPV4, socket2::Type::STREAM, None);
    let socket = socket.expect("a socket");
    socket.bind(&SocketAddr::from(([127, 0, 0, 1], 0)).into()).expect("loopback");
    let port = socket.local_addr().expect("bound").as_socket().expect("an address").port();
    (socket, port)
}

fn names(folder: &Path, ports: &[u16], refused: u16) -> Names {
    let shared = |name: &str| folder.join(".tls").join(name).display().to_string();
    let pairs = vec![
        ("<H>", format!("127.0.0.1:{}", ports[0])),
        ("<H.port>", ports[0].to_string()),
        ("<I>", format!("127.0.0.1:{}", ports[1])),
        ("<I.port>", ports[1].to_string()),
        ("<R>", format!("127.0.0.1:{refused}")),
        ("<R.port>", refused.to_string()),
        ("<U>", folder.join(".sock").display().to_string()),
        ("<DIR>", folder.display().to_string()),
        ("<CA>", shared("ca.pem")),
        ("<CERT>", shared("client.crt")),
        ("<KEY>", shared("client.key")),
        ("<CADIR>", shared("")),
        ("<PIN>", IDENTITY.pin.clone()),
    ];
    Names { pairs }
}

/// The files below `folder`, by name; a folder's name ends in a slash.
fn tree(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut all = BTreeMap::new();
    let mut left = vec![PathBuf::new()];
    while let Some(below) = left.pop() {
        for entry in std::fs::read_dir(folder.join(&below)).expect("a folder").flatten() {
            let name = below.join(entry.file_name());
            let kind = entry.file_type().expect("a kind");
            if kind.is_dir() {
                all.insert(format!("{}/", name.display()), Vec::new());
                left.push(name);
            } else if kind.is_file() {
                let content = std::fs::read(entry.path()).unwrap_or_default();
                all.insert(name.display().to_string(), content);
            }
        }
    }
    all
}

/// Splits a command line as a shell does: blanks, '…', "…" and backslashes.
pub fn words(line: &str) -> Vec<String> {
    let mut all = Vec::new();
    let mut word: Option<String> = None;
    let mut quote = None;
    let mut characters = line.chars();
    while let Some(character) = characters.next() {
        match (quote, character) {
            (None, ' ') => all.extend(word.take()),
            (None, '\'' | '"') => {
                quote = Some(character);
                word.get_or_insert_default();
            }
            (Some(open), close) if open == close => quote = None,
            (None | Some('"'), '\\') => word.get_or_insert_default().extend(characters.next()),
            (_, other) => word.get_or_insert_default().push(other),
        }
    }
    all.extend(word);
    all
}

/// All that is left of a play.
struct Outcome<'a> {
    case: &'a Case,
    program: &'a Program,
    names: &'a Names,
    runs: Vec<Ran>,
    after: BTreeMap<String, Vec<u8>>,
    gone: Vec<String>,
}

impl Outcome<'_> {
    fn told(&self, stage: &Stage) -> Played {
        let joined = |part: fn(&Ran) -> &Vec<u8>| {
            self.clean(&self.runs.iter().flat_map(part).copied().collect::<Vec<u8>>())
        };
        let (stdout, stderr) = (joined(|ran| &ran.stdout), joined(|ran| &ran.stderr));
        let mut wrong = Vec::new();
        let codes: Vec<_> = self.runs.iter().map(|ran| ran.code.as_str()).collect();
        let mut lines = format!("exit: {}\n", codes.join(" "));
        let errors = self.errors(&stderr);
        if !errors.is_empty() {
            lines += &format!("errors: {}\n", errors.join(" "));
        }
        lines += &self.sent(stage);
        lines += &self.part("stdout", "stdout", &stdout, &mut wrong);
        let told = self.part("stderr", "stderr", &stderr, &mut wrong);
        if self.case.lines.contains_key("stderr") {
            lines += &told;
        }
        for (name, content) in &self.after {
            let content = self.clean(content);
            if name.ends_with('/') {
                lines += &format!("wrote {name}\n");
                continue;
            }
            let part = self.part(name, &format!("wrote {name}"), &content, &mut wrong);
            lines += if part.is_empty() { format!("wrote {name}:\n") } else { part }.as_str();
        }
        for name in self.case.has.iter().map(|(name, _)| name) {
            let known = ["stdout", "stderr"].contains(&name.as_str());
            if !known && !self.after.contains_key(name) {
                wrong.push(format!("there is no {name}"));
            }
        }
        lines.extend(self.gone.iter().map(|name| format!("removed {name}\n")));
        Played { lines, wrong, stderr: String::from_utf8_lossy(&stderr).into_owned() }
    }

    fn clean(&self, bytes: &[u8]) -> Vec<u8> {
        clean::output(&self.names.clean(bytes, self.program))
    }

    /// The numbers of messages: `program: (7) text`.
    fn errors(&self, stderr: &[u8]) -> Vec<String> {
        let text = String::from_utf8_lossy(stderr).into_owned();
        let start = format!("{}: (", self.program.name);
        let number = |line: &str| line.strip_prefix(&start)?.split(')').next().map(str::to_owned);
        text.lines().filter_map(number).collect()
    }

    fn sent(&self, stage: &Stage) -> String {
        let mut all: Vec<String> = Vec::new();
        for (mark, bytes) in stage.log() {
            let bytes = clean::request(&self.names.clean(&bytes, self.program));
            all.push(format!("# {mark}\n{}", text::encode(&bytes)));
        }
        if self.case.unordered {
            // Which connection is the first is as open as which request is.
            for one in &mut all {
                let line = one.find('\n').map_or(one.len(), |at| at + 1);
                one.replace_range(..line, "#\n");
            }
            all.sort();
        }
        if all.is_empty() { String::new() } else { format!("sent:\n{}", all.concat()) }
    }

    /// The section called `title` for what was written to `name`.
    fn part(&self, name: &str, title: &str, bytes: &[u8], wrong: &mut Vec<String>) -> String {
        let text = String::from_utf8_lossy(bytes);
        let mut whole = true;
        for (_, wanted) in self.case.has.iter().filter(|(there, _)| there == name) {
            whole = false;
            if !text.contains(wanted.as_str()) {
                wrong.push(format!("{name} has no {wanted:?}"));
            }
        }
        for (_, unwanted) in self.case.lacks.iter().filter(|(there, _)| there == name) {
            whole = false;
            if text.contains(unwanted.as_str()) {
                wrong.push(format!("{name} has {unwanted:?}"));
            }
        }
        if let Some(starts) = self.case.lines.get(name) {
            let starts: Vec<&str> = starts.split(' ').collect();
            let kept = |line: &&[u8]| starts.iter().any(|start| line.starts_with(start.as_bytes()));
            let lines = bytes.split_inclusive(|byte| *byte == b'\n').filter(kept);
            let lines: Vec<u8> = lines.flatten().copied().collect();
            return format!("{title}:\n{}", text::encode(&lines));
        }
        if !whole || bytes.is_empty() {
            String::new()
        } else {
            format!("{title}:\n{}", text::encode(bytes))
        }
    }
}
