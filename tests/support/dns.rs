//! A name server of a few lines for tests: UDP and TCP on one loopback port, answers by script.
//!
//! The wire bytes are made by hand (RFC 1035 §4), so that it needs no DNS library and cannot share
//! a mistake with the one under test. It runs on the test's runtime and ends with it.
#![allow(dead_code)] // every test file uses another part of it

use std::collections::HashMap;
use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, UdpSocket};
use tokio::time::sleep;

pub const A: u16 = 1;
pub const AAAA: u16 = 28;

/// What one question gets.
#[derive(Clone, Debug)]
pub struct Reply {
    what: What,
    ttl: u32,
    /// The alias's own, if it differs.
    alias_ttl: Option<u32>,
    delay: Duration,
    truncated: bool,
    forged: bool,
}

#[derive(Clone, Debug)]
enum What {
    /// These addresses, behind a CNAME if there is one.
    Found(Option<String>, Vec<IpAddr>),
    /// Records of the type that was asked for, with these data as they stand on the wire.
    Raw(Vec<Vec<u8>>),
    Code(u16),
    Nothing,
}

impl Reply {
    /// Records with these addresses.
    pub fn addresses(ips: &[&str]) -> Self {
        Self::ips(ips.iter().map(|ip| ip.parse().unwrap()).collect())
    }

    pub fn ips(ips: Vec<IpAddr>) -> Self {
        Self::new(What::Found(None, ips))
    }

    /// An alias, and the addresses of what it stands for.
    pub fn alias(name: &str, ips: &[&str]) -> Self {
        let ips = ips.iter().map(|ip| ip.parse().unwrap()).collect();
        Self::new(What::Found(Some(name.to_owned()), ips))
    }

    /// Records of the type that was asked for; the data as they stand on the wire.
    pub fn raw(data: &[&[u8]]) -> Self {
        Self::new(What::Raw(data.iter().map(|data| data.to_vec()).collect()))
    }

    /// The name exists, the type does not.
    pub fn no_data() -> Self {
        Self::new(What::Found(None, Vec::new()))
    }

    pub fn nx_domain() -> Self {
        Self::new(What::Code(3))
    }

    pub fn serv_fail() -> Self {
        Self::new(What::Code(2))
    }

    pub fn refused() -> Self {
        Self::new(What::Code(5))
    }

    /// No answer, ever.
    pub fn silence() -> Self {
        Self::new(What::Nothing)
    }

    pub fn ttl(self, ttl: u32) -> Self {
        Self { ttl, ..self }
    }

    /// The TTL of the alias alone.
    pub fn alias_ttl(self, ttl: u32) -> Self {
        Self { alias_ttl: Some(ttl), ..self }
    }

    /// The answer comes that late.
    pub fn after(self, delay: Duration) -> Self {
        Self { delay, ..self }
    }

    /// Over UDP there is only the word that it is too long.
    pub fn truncated(self) -> Self {
        Self { truncated: true, ..self }
    }

    /// Ahead of the answer comes a wrong one with another id, as an attacker would send it.
    pub fn forged(self) -> Self {
        Self { forged: true, ..self }
    }

    fn only(&self, family: fn(&IpAddr) -> bool) -> Self {
        let mut reply = self.clone();
        if let What::Found(_, ips) = &mut reply.what {
            ips.retain(family);
        }
        reply
    }

    fn new(what: What) -> Self {
        Self {
            what,
            ttl: 60,
            alias_ttl: None,
            delay: Duration::ZERO,
            truncated: false,
            forged: false,
        }
    }
}

/// The script of a server. Names that are not in it do not exist.
#[derive(Clone, Debug, Default)]
pub struct Script(HashMap<(String, u16), Reply>);

impl Script {
    pub fn new() -> Self {
        Self::default()
    }

    /// `name` is written without the final dot.
    pub fn on(mut self, name: &str, kind: u16, reply: Reply) -> Self {
        self.0.insert((name.to_owned(), kind), reply);
        self
    }

    /// The same for both types; of the addresses each gets its own.
    pub fn both(self, name: &str, reply: Reply) -> Self {
        self.on(name, A, reply.only(IpAddr::is_ipv4)).on(name, AAAA, reply.only(IpAddr::is_ipv6))
    }

    pub async fn serve(self) -> DnsServer {
        for _ in 0..20 {
            if let Ok(server) = self.try_serve().await {
                return server;
            }
        }
        panic!("no port that is free for both UDP and TCP");
    }

    async fn try_serve(&self) -> io::Result<DnsServer> {
        let udp = Arc::new(UdpSocket::bind("127.0.0.1:0").await?);
        let address = udp.local_addr()?;
        let tcp = TcpListener::bind(address).await?;
        let questions = Arc::new(Mutex::new(Vec::new()));
        let responder = Responder { script: Arc::new(self.clone()), questions: questions.clone() };
        tokio::spawn(responder.clone().over_udp(udp));
        tokio::spawn(responder.over_tcp(tcp));
        Ok(DnsServer { address, questions })
    }
}

/// A running server.
pub struct DnsServer {
    pub address: SocketAddr,
    questions: Arc<Mutex<Vec<Question>>>,
}

/// What was asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Question {
    /// In lower case, without the final dot.
    pub name: String,
    pub kind: u16,
    pub tcp: bool,
    /// The size of UDP answers the client takes (RFC 6891 §6.2.3), if it says so.
    pub size: Option<u16>,
    /// The ID: a packet sent once more has the same, another try another one.
    pub id: u16,
}

impl DnsServer {
    pub fn questions(&self) -> Vec<Question> {
        self.questions.lock().unwrap().clone()
    }

    pub fn count(&self, name: &str, kind: u16) -> usize {
        self.questions().iter().filter(|q| q.name == name && q.kind == kind).count()
    }
}

#[derive(Clone)]
struct Responder {
    script: Arc<Script>,
    questions: Arc<Mutex<Vec<Question>>>,
}

impl Responder {
    async fn over_udp(self, socket: Arc<UdpSocket>) {
        let mut buffer = [0; 4096];
        while let Ok((length, from)) = socket.recv_from(&mut buffer).await {
            let Some((delay, packets)) = self.respond(&buffer[..length], false) else { continue };
            let socket = socket.clone();
            tokio::spawn(async move {
                sleep(delay).await;
                for packet in packets {
                    let _ = socket.send_to(&packet, from).await;
                }
            });
        }
    }

    async fn over_tcp(self, listener: TcpListener) {
        while let Ok((mut stream, _)) = listener.accept().await {
            let this = self.clone();
            tokio::spawn(async move {
                while let Ok(length) = stream.read_u16().await {
                    let mut query = vec![0; usize::from(length)];
                    stream.read_exact(&mut query).await?;
                    let Some((delay, packets)) = this.respond(&query, true) else { continue };
                    sleep(delay).await;
                    for packet in packets {
                        stream.write_u16(packet.len().try_into().unwrap()).await?;
                        stream.write_all(&packet).await?;
                    }
                }
                io::Result::Ok(())
            });
        }
    }

    fn respond(&self, query: &[u8], tcp: bool) -> Option<(Duration, Vec<Vec<u8>>)> {
        let (name, kind, end) = parse_question(query)?;
        let id = u16::from_be_bytes([query[0], query[1]]);
        let asked = Question { name: name.clone(), kind, tcp, size: edns_size(query, end), id };
        self.questions.lock().unwrap().push(asked);
        let unknown = Reply::nx_domain();
        let reply = self.script.0.get(&(name, kind)).unwrap_or(&unknown);
        let packet = write(query, end, reply, !tcp && reply.truncated)?;
        let mut packets = Vec::new();
        if reply.forged {
            let wrong = Reply::ips(vec![IpAddr::V4(Ipv4Addr::new(203, 0, 113, 66))]);
            let mut forged = write(query, end, &wrong, false)?;
            forged[0] ^= 0x55;
            packets.push(forged);
        }
        packets.push(packet);
        Some((reply.delay, packets))
    }
}

/// The name, the type, and where the question ends (RFC 1035 §4.1.2).
fn parse_question(query: &[u8]) -> Option<(String, u16, usize)> {
    let mut name = String::new();
    let mut at = 12;
    loop {
        let length = usize::from(*query.get(at)?);
        at += 1;
        if length == 0 {
            break;
        }
        if !name.is_empty() {
            name.push('.');
        }
        let label = query.get(at..at + length)?;
        name.extend(label.iter().map(|b| char::from(b.to_ascii_lowercase())));
        at += length;
    }
    let kind = u16::from_be_bytes(query.get(at..at + 2)?.try_into().ok()?);
    Some((name, kind, at + 4))
}

/// The only record behind the question of a query is OPT (RFC 6891 §6.1.2): root, 41, and the size where others have
/// their class.
fn edns_size(query: &[u8], end: usize) -> Option<u16> {
    match query.get(end..end + 5)? {
        [0, 0, 41, high, low] => Some(u16::from_be_bytes([*high, *low])),
        _ => None,
    }
}

fn write(query: &[u8], end: usize, reply: &Reply, cut: bool) -> Option<Vec<u8>> {
    let (code, alias, data) = match &reply.what {
        What::Found(alias, ips) => (0, alias.as_deref(), ips.iter().map(octets).collect()),
        What::Raw(data) => {
            let kind = u16::from_be_bytes([query[end - 4], query[end - 3]]);
            (0, None, data.iter().map(|data| (kind, data.clone())).collect())
        }
        What::Code(code) => (*code, None, Vec::new()),
        What::Nothing => return None,
    };
    let (alias, data) = if cut { (None, Vec::new()) } else { (alias, data) };
    let negative = data.is_empty() && alias.is_none() && matches!(code, 0 | 3) && !cut;
    // §4.1.1: QR, RD and RA are set; TC where the answer was cut.
    let flags = 0x8180 | code | if cut { 0x0200 } else { 0 };
    let answers = u16::try_from(data.len()).ok()? + u16::from(alias.is_some());
    let mut out = query[..2].to_vec();
    for word in [flags, 1, answers, u16::from(negative), 0] {
        out.extend(word.to_be_bytes());
    }
    out.extend(&query[12..end]);
    // §4.1.4: a pointer to the name of the question, which stands at 12.
    let mut owner = vec![0xc0, 12];
    if let Some(alias) = alias {
        let target = wire_name(alias);
        record(&mut out, &owner, 5, reply.alias_ttl.unwrap_or(reply.ttl), &target);
        owner = target;
    }
    for (kind, data) in data {
        record(&mut out, &owner, kind, reply.ttl, &data);
    }
    if negative {
        // RFC 2308 §3: a SOA record says for how long there is nothing. Root, root, and five
        // numbers.
        let mut soa = vec![0, 0];
        for number in [1, 2, 3, 4, reply.ttl] {
            soa.extend(u32::to_be_bytes(number));
        }
        record(&mut out, &owner, 6, reply.ttl, &soa);
    }
    Some(out)
}

fn octets(ip: &IpAddr) -> (u16, Vec<u8>) {
    match ip {
        IpAddr::V4(ip) => (A, ip.octets().to_vec()),
        IpAddr::V6(ip) => (AAAA, ip.octets().to_vec()),
    }
}

/// A name as it stands on the wire, not compressed.
pub fn wire_name(name: &str) -> Vec<u8> {
    let mut wire = Vec::new();
    for label in name.split('.').filter(|label| !label.is_empty()) {
        wire.push(u8::try_from(label.len()).unwrap());
        wire.extend(label.as_bytes());
    }
    wire.push(0);
    wire
}

/// RFC 1035 §4.1.3, class IN.
fn record(out: &mut Vec<u8>, owner: &[u8], kind: u16, ttl: u32, data: &[u8]) {
    out.extend(owner);
    out.extend(kind.to_be_bytes());
    out.extend(1_u16.to_be_bytes());
    out.extend(ttl.to_be_bytes());
    out.extend(u16::try_from(data.len()).unwrap().to_be_bytes());
    out.extend(data);
}
