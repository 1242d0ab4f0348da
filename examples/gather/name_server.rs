//! The name server: it knows one name and its one address, and answers over UDP from a thread of its own.
//!
//! Packets are read and written by hand (RFC 1035 §4); there are few bytes to it.

use std::io;
use std::net::{Ipv4Addr, SocketAddr, UdpSocket};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::thread;

/// The name the server is reached under. `.test` is nobody's (RFC 6761 §6.2).
pub const NAME: &str = "gather.test";

/// Where [`NAME`] leads.
const ADDRESS: Ipv4Addr = Ipv4Addr::LOCALHOST;

/// RFC 1035 §4.1.1: this is an answer, recursion was desired and is available.
const ANSWER: u16 = 0x8180;
const NX_DOMAIN: u16 = 3;
const HEADER: usize = 12;
const TYPE_A: u16 = 1;
const TYPE_SOA: u16 = 6;
const CLASS_IN: u16 = 1;
const TTL: u32 = 60;

/// A running name server. It ends with the process.
pub struct NameServer {
    pub address: SocketAddr,
    questions: Arc<AtomicUsize>,
}

impl NameServer {
    pub fn start() -> io::Result<NameServer> {
        let socket = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0))?;
        let address = socket.local_addr()?;
        let questions = Arc::new(AtomicUsize::new(0));
        let asked = Arc::clone(&questions);
        thread::Builder::new()
            .name("name server".into())
            .spawn(move || answer_all(&socket, &asked))?;
        Ok(NameServer { address, questions })
    }

    /// The questions answered since the last time this was asked.
    pub fn take_count(&self) -> usize {
        self.questions.swap(0, Relaxed)
    }
}

fn answer_all(socket: &UdpSocket, asked: &AtomicUsize) {
    let mut packet = [0; 1500];
    loop {
        let Ok((length, from)) = socket.recv_from(&mut packet) else { continue };
        if let Some(answer) = answer(&packet[..length]) {
            asked.fetch_add(1, Relaxed);
            // Who hears nothing asks again.
            socket.send_to(&answer, from).ok();
        }
    }
}

/// `None` for what is no question at all.
fn answer(query: &[u8]) -> Option<Vec<u8>> {
    let (name, kind, end) = question(query)?;
    let known = name.eq_ignore_ascii_case(NAME);
    // A name that is known and has no address of the kind asked for (AAAA) is a success with nothing in it.
    let found = known && kind == TYPE_A;
    let flags = if known { ANSWER } else { ANSWER | NX_DOMAIN };
    let mut packet = query[..2].to_vec();
    for word in [flags, 1, u16::from(found), u16::from(!found), 0] {
        packet.extend(word.to_be_bytes());
    }
    packet.extend(&query[HEADER..end]);
    if found {
        record(&mut packet, TYPE_A, &ADDRESS.octets());
    } else {
        // RFC 2308 §3: this record says for how long there is nothing. Two names (the root), five numbers.
        let numbers = [1, 60, 60, 60, TTL].map(u32::to_be_bytes);
        record(&mut packet, TYPE_SOA, &[&[0, 0], numbers.as_flattened()].concat());
    }
    Some(packet)
}

/// Appends a record about the name in the question (§4.1.3).
fn record(packet: &mut Vec<u8>, kind: u16, data: &[u8]) {
    // §4.1.4: a pointer to where that name stands.
    packet.extend([0xc0, HEADER as u8]);
    packet.extend(kind.to_be_bytes());
    packet.extend(CLASS_IN.to_be_bytes());
    packet.extend(TTL.to_be_bytes());
    packet.extend((data.len() as u16).to_be_bytes());
    packet.extend(data);
}

/// The name asked for, the type, and where the question ends (§4.1.2).
fn question(query: &[u8]) -> Option<(String, u16, usize)> {
    let mut labels = Vec::new();
    let mut at = HEADER;
    loop {
        let length = usize::from(*query.get(at)?);
        let label = query.get(at + 1..at + 1 + length)?;
        at += 1 + length;
        if length == 0 {
            break;
        }
        labels.push(std::str::from_utf8(label).ok()?);
    }
    let kind = u16::from_be_bytes([*query.get(at)?, *query.get(at + 1)?]);
    query.get(at + 3)?;
    Some((labels.join("."), kind, at + 4))
}
