//! A transcript player: a server that expects exactly these request bytes and plays exactly these response bytes. In: a
//! script of steps, connection after connection. Out: what it saw, or where the client left the script, as a readable
//! difference. Runs on a thread of its own, so it does not share the runtime (or the paused clock) of the client. Never
//! sleeps: a pause is a gate the test opens.

use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex, PoisonError, mpsc};

use tokio::sync::oneshot;

use super::PATIENCE;
use super::stage;

/// What the player will do, built step by step; each of `close`, `reset` and `open` ends one connection of the script.
#[derive(Default)]
pub struct Script {
    connections: Vec<(Vec<Step>, End)>,
    steps: Vec<Step>,
}

pub enum Step {
    Expect(Vec<u8>),
    ExpectHead,
    ExpectClose,
    Swallow(u64),
    Play(Vec<Vec<u8>>),
    HalfClose,
    Wait(oneshot::Receiver<()>),
    Signal(oneshot::Sender<()>),
}

pub enum End {
    Close,
    Reset,
    Open,
}

/// A pause for [`Script::wait`] and the sender that ends it: `key.send(())`. Dropping the key ends the play.
pub fn gate() -> (oneshot::Sender<()>, oneshot::Receiver<()>) {
    oneshot::channel()
}

impl Script {
    /// Reads as many bytes as `request` has: they must be these. `{host}` stands for the player's `127.0.0.1:PORT`.
    pub fn expect(self, request: impl AsRef<[u8]>) -> Script {
        self.step(Step::Expect(request.as_ref().to_vec()))
    }

    /// Reads a head, whatever it says, byte for byte up to its empty line; see [`Seen::heads`].
    pub fn expect_head(self) -> Script {
        self.step(Step::ExpectHead)
    }

    /// Waits until the client closes; bytes before that are leftovers.
    pub fn expect_close(self) -> Script {
        self.step(Step::ExpectClose)
    }

    /// Reads and forgets `count` bytes.
    pub fn swallow(self, count: u64) -> Script {
        self.step(Step::Swallow(count))
    }

    /// Writes `response` at once.
    pub fn play(self, response: impl AsRef<[u8]>) -> Script {
        self.play_cut(response, &[])
    }

    /// Writes `response` in pieces that end at `cuts`, each in a segment of its own. The kernel may join what the client
    /// has not read yet; where that matters, put a [`gate`] between two plays.
    pub fn play_cut(self, response: impl AsRef<[u8]>, cuts: &[usize]) -> Script {
        let response = response.as_ref();
        let ends = cuts.iter().copied().chain([response.len()]);
        let starts = [0].into_iter().chain(cuts.iter().copied());
        let pieces = starts.zip(ends).map(|(start, end)| response[start..end].to_vec());
        let pieces = pieces.filter(|piece| !piece.is_empty()).collect();
        self.step(Step::Play(pieces))
    }

    /// Writes `response` byte by byte.
    pub fn play_bytewise(self, response: impl AsRef<[u8]>) -> Script {
        let pieces = response.as_ref().iter().map(|&byte| vec![byte]).collect();
        self.step(Step::Play(pieces))
    }

    /// Pauses until the test opens the gate.
    pub fn wait(self, gate: oneshot::Receiver<()>) -> Script {
        self.step(Step::Wait(gate))
    }

    /// Tells the test that the play has come this far.
    pub fn signal(self, listener: oneshot::Sender<()>) -> Script {
        self.step(Step::Signal(listener))
    }

    /// Sends FIN and goes on reading.
    pub fn half_close(self) -> Script {
        self.step(Step::HalfClose)
    }

    /// Ends this connection of the script by closing the socket both ways: FIN, and RST for what the client still sends.
    pub fn close(self) -> Script {
        self.end(End::Close)
    }

    /// Ends this connection of the script with RST. What the client has not read by then may be lost to it.
    pub fn reset(self) -> Script {
        self.end(End::Reset)
    }

    /// Ends this connection of the script but leaves the socket open until the player is finished.
    pub fn open(self) -> Script {
        self.end(End::Open)
    }

    /// Binds 127.0.0.1 and starts to play. Connections beyond the script are counted and closed.
    pub fn start(self) -> Player {
        self.start_on(TcpListener::bind("127.0.0.1:0").expect("loopback has a free port"))
    }

    /// Starts to play on a listener of the test's, whose port the script may then speak of.
    pub fn start_on(self, listener: TcpListener) -> Player {
        assert!(self.steps.is_empty(), "the script ends in close, reset or open");
        let address = listener.local_addr().expect("bound");
        let caller = Caller::default();
        let (report, seen) = mpsc::channel();
        let end = caller.clone();
        std::thread::spawn(move || {
            // Nobody listens if the test has failed already.
            let _ = report.send(stage::perform(self.connections, &listener, &end));
        });
        Player { address, caller, seen, finished: false }
    }

    fn step(mut self, step: Step) -> Script {
        self.steps.push(step);
        self
    }

    fn end(mut self, end: End) -> Script {
        self.connections.push((std::mem::take(&mut self.steps), end));
        self
    }
}

/// A running play. Must be finished: only then is it known whether the client kept to the script.
pub struct Player {
    address: SocketAddr,
    caller: Caller,
    seen: mpsc::Receiver<Result<Seen, String>>,
    finished: bool,
}

/// The address of the connection that ends the play. Locked while that connection is made, so that whoever accepts it
/// knows it.
#[derive(Clone, Default)]
pub struct Caller(Arc<Mutex<Option<SocketAddr>>>);

impl Caller {
    pub fn is(&self, peer: SocketAddr) -> bool {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) == Some(peer)
    }

    fn hang_up(&self, address: SocketAddr) {
        let mut own = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Ok(stream) = TcpStream::connect(address) {
            *own = stream.local_addr().ok();
        }
    }
}

/// What the player saw.
#[derive(Debug, Default)]
pub struct Seen {
    /// Connections accepted, those beyond the script included.
    pub connections: usize,
    /// What `expect_head` read, in order.
    pub heads: Vec<Vec<u8>>,
    /// Per connection of the script, the bytes that came and no step asked for.
    pub leftovers: Vec<Vec<u8>>,
}

impl Player {
    pub fn script() -> Script {
        Script::default()
    }

    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// `http://127.0.0.1:PORT` and `path`, which starts with `/`.
    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// Waits for the end of the script and returns what the player saw. Panics where the client left the script, and if
    /// it did not get to its end in time.
    #[track_caller]
    pub fn finish(mut self) -> Seen {
        self.finished = true;
        self.caller.hang_up(self.address);
        match self.seen.recv_timeout(PATIENCE) {
            Ok(Ok(seen)) => seen,
            Ok(Err(complaint)) => panic!("{complaint}"),
            Err(error) => panic!("the player is stuck in its script ({error})"),
        }
    }
}

impl Drop for Player {
    fn drop(&mut self) {
        if self.finished {
            return;
        }
        self.caller.hang_up(self.address);
        assert!(std::thread::panicking(), "a player was dropped and not finished");
        // The client's failure is often the echo of the player's complaint.
        if let Ok(Err(complaint)) = self.seen.try_recv() {
            eprintln!("{complaint}");
        }
    }
}
