//! The player's thread: plays a script on the connections it accepts, and keeps what it saw.

use std::io::{self, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};

use super::PATIENCE;
use super::player::{Caller, End, Seen, Step};

/// Stands for `127.0.0.1:PORT` in expected bytes.
const HOST: &[u8] = b"{host}";

/// Plays `script` on `listener` until `caller` hangs up.
pub fn perform(
    script: Vec<(Vec<Step>, End)>,
    listener: &TcpListener,
    caller: &Caller,
) -> Result<Seen, String> {
    let address = listener.local_addr().map_err(told)?;
    let mut stage = Stage { address, seen: Seen::default(), open: Vec::new() };
    stage.follow(script, listener, caller)?;
    Ok(stage.seen)
}

struct Stage {
    address: SocketAddr,
    seen: Seen,
    /// Connections that stay open, with their numbers.
    open: Vec<(usize, TcpStream)>,
}

impl Stage {
    fn follow(
        &mut self,
        script: Vec<(Vec<Step>, End)>,
        listener: &TcpListener,
        caller: &Caller,
    ) -> Result<(), String> {
        let wanted = script.len();
        for (number, (steps, end)) in script.into_iter().enumerate() {
            let Some(mut stream) = self.accept(listener, caller)? else {
                return Err(format!(
                    "the script has {wanted} connections, the client made {number}"
                ));
            };
            self.seen.leftovers.push(Vec::new());
            for (index, step) in steps.into_iter().enumerate() {
                self.play(&mut stream, step).map_err(|complaint| {
                    format!("connection {}, step {}: {complaint}", number + 1, index + 1)
                })?;
            }
            match end {
                End::Open => self.open.push((number, stream)),
                End::Close => self.leftovers(number, &mut stream),
                End::Reset => {
                    let socket = socket2::SockRef::from(&stream);
                    socket.set_linger(Some(std::time::Duration::ZERO)).map_err(told)?;
                }
            }
        }
        while self.accept(listener, caller)?.is_some() {}
        for (number, mut stream) in std::mem::take(&mut self.open) {
            self.leftovers(number, &mut stream);
        }
        Ok(())
    }

    /// The next connection, or none once the test has finished.
    fn accept(
        &mut self,
        listener: &TcpListener,
        caller: &Caller,
    ) -> Result<Option<TcpStream>, String> {
        let (stream, peer) = listener.accept().map_err(told)?;
        // The caller that hangs up comes after all others, so those before it are still served.
        if caller.is(peer) {
            return Ok(None);
        }
        self.seen.connections += 1;
        stream.set_nodelay(true).map_err(told)?;
        stream.set_read_timeout(Some(PATIENCE / 2)).map_err(told)?;
        stream.set_write_timeout(Some(PATIENCE / 2)).map_err(told)?;
        Ok(Some(stream))
    }

    fn play(&mut self, stream: &mut TcpStream, step: Step) -> Result<(), String> {
        match step {
            Step::Expect(request) => self.expect(stream, &request),
            Step::ExpectHead => {
                let mut head = Vec::new();
                while !head.ends_with(b"\r\n\r\n") {
                    let byte =
                        one(stream).map_err(|error| format!("{error}, after {:?}", show(&head)))?;
                    head.push(byte);
                }
                self.seen.heads.push(head);
                Ok(())
            }
            Step::ExpectClose => {
                let mut rest = Vec::new();
                match stream.read_to_end(&mut rest) {
                    // Who closes with something unread resets.
                    Err(error) if error.kind() != io::ErrorKind::ConnectionReset => {
                        return Err(format!("no close: {error}"));
                    }
                    _ => {}
                }
                self.keep(self.seen.leftovers.len() - 1, &rest);
                Ok(())
            }
            Step::Swallow(count) => {
                let copied = io::copy(&mut stream.take(count), &mut io::sink()).map_err(told)?;
                let short = format!("{copied} bytes of {count}, then the end");
                if copied == count { Ok(()) } else { Err(short) }
            }
            Step::Play(pieces) => {
                for piece in pieces {
                    stream
                        .write_all(&piece)
                        .map_err(|error| format!("{error}, while playing {:?}", show(&piece)))?;
                }
                Ok(())
            }
            Step::HalfClose => stream.shutdown(Shutdown::Write).map_err(told),
            Step::Wait(gate) => gate.blocking_recv().map_err(|_| "the gate's key was lost".into()),
            Step::Signal(listener) => {
                listener.send(()).map_err(|()| "nobody waits for the signal".into())
            }
        }
    }

    fn expect(&mut self, stream: &mut TcpStream, request: &[u8]) -> Result<(), String> {
        let host = self.address.to_string();
        let wanted = replace(request, HOST, host.as_bytes());
        let mut got = vec![0; wanted.len()];
        let mut filled = 0;
        while filled < wanted.len() {
            let count = match stream.read(&mut got[filled..]) {
                Ok(0) => Err("the client closed".to_owned()),
                Ok(count) => Ok(count),
                Err(error) => Err(error.to_string()),
            };
            let count = count.map_err(|why| {
                format!("{why}\n     got: {}\nexpected: {}", show(&got[..filled]), show(&wanted))
            })?;
            filled += count;
            if let Some(at) = (0..filled).find(|&at| got[at] != wanted[at]) {
                got.truncate(filled);
                got.extend(waiting(stream));
                return Err(format!(
                    "byte {at} differs, after {}\n     got: {}\nexpected: {}",
                    show(&got[..at]),
                    show(&got[at..]),
                    show(&wanted[at..])
                ));
            }
        }
        Ok(())
    }

    /// Keeps what has arrived by now.
    fn leftovers(&mut self, number: usize, stream: &mut TcpStream) {
        let rest = waiting(stream);
        self.keep(number, &rest);
    }

    fn keep(&mut self, number: usize, rest: &[u8]) {
        self.seen.leftovers[number].extend_from_slice(rest);
    }
}

fn one(stream: &mut TcpStream) -> Result<u8, String> {
    let mut byte = [0];
    match stream.read(&mut byte) {
        Ok(0) => Err("the client closed".into()),
        Ok(_) => Ok(byte[0]),
        Err(error) => Err(error.to_string()),
    }
}

/// What can be read without waiting.
fn waiting(stream: &mut TcpStream) -> Vec<u8> {
    let mut bytes = Vec::new();
    if stream.set_nonblocking(true).is_ok() {
        // Ends in WouldBlock, in a reset or at the end: what came before it counts.
        let _ = stream.read_to_end(&mut bytes);
        let _ = stream.set_nonblocking(false);
    }
    bytes
}

fn replace(text: &[u8], from: &[u8], to: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text;
    while !rest.is_empty() {
        match rest.strip_prefix(from) {
            Some(after) => {
                out.extend_from_slice(to);
                rest = after;
            }
            None => {
                out.push(rest[0]);
                rest = &rest[1..];
            }
        }
    }
    out
}

/// One line of escaped bytes for each line of the transcript.
fn show(bytes: &[u8]) -> String {
    bytes.escape_ascii().to_string().replace("\\n", "\\n\n          ")
}

fn told(error: io::Error) -> String {
    error.to_string()
}
