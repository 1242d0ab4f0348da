//! The third way: blocking calls in threads. Each thread takes the next URL, and keeps its connection for as long as the
//! URLs lead to the same origin.

use std::io;
use std::net::TcpStream;
use std::panic::resume_unwind;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering::Relaxed};
use std::thread;
use std::time::{Duration, Instant};

use rustls::pki_types::ServerName;
use rustls::{ClientConfig, ClientConnection, StreamOwned};
use wireline::message::{Origin, Scheme};
use wireline::{Uri, header};

use super::exchange::{Stream, exchange};
use super::outcome::{BoxError, Fetch, Phases, Reply, Run};
use super::setting::Setting;

pub const THREADS: usize = 16;

/// For one address to accept, and between two bytes.
const PATIENCE: Duration = Duration::from_secs(10);

/// A connection a thread holds on to.
struct Kept {
    id: u64,
    origin: Origin,
    stream: Box<dyn Stream>,
}

/// Fetches all of `uris` in at most [`THREADS`] threads.
pub fn blocking(setting: &Setting, uris: &[Uri]) -> Result<Run, BoxError> {
    let tls = setting.tls()?;
    let begun = Instant::now();
    let threads = THREADS.min(uris.len());
    let next = AtomicUsize::new(0);
    let work = || {
        let mut fetches = Vec::new();
        let mut kept = None;
        loop {
            let number = next.fetch_add(1, Relaxed);
            let Some(uri) = uris.get(number) else { return fetches };
            let begun = Instant::now();
            let outcome = fetch(setting, &tls, uri, &mut kept).map_err(|error| explain(error, uri));
            fetches.push(Fetch { number, took: begun.elapsed(), outcome });
        }
    };
    let mut fetches: Vec<Fetch> = thread::scope(|scope| {
        let started: Vec<_> = (0..threads).map(|_| scope.spawn(work)).collect();
        let joined = started.into_iter().map(|thread| thread.join());
        joined.flat_map(|fetches| fetches.unwrap_or_else(|panic| resume_unwind(panic))).collect()
    });
    let took = begun.elapsed();
    fetches.sort_by_key(|fetch| fetch.number);
    Ok(Run { way: format!("{threads} threads, blocking"), took, fetches })
}

fn fetch(
    setting: &Setting,
    tls: &Arc<ClientConfig>,
    uri: &Uri,
    kept: &mut Option<Kept>,
) -> Result<Reply, BoxError> {
    let mut phases = Phases::default();
    // Taken, not borrowed: whatever goes wrong drops it, which closes it.
    let mut connection = match kept.take().filter(|kept| kept.origin == uri.origin()) {
        Some(connection) => connection,
        None => connect(setting, tls, uri, &mut phases)?,
    };
    let answer = exchange(&mut *connection.stream, uri)?;
    [phases.sending, phases.waiting, phases.body] = answer.times;
    let reply = Reply {
        status: answer.head.status,
        location: answer.head.fields.get_str(header::LOCATION).map(str::to_owned),
        body: answer.body,
        connection: connection.id,
        phases,
    };
    if answer.reusable {
        *kept = Some(connection);
    }
    Ok(reply)
}

fn connect(
    setting: &Setting,
    tls: &Arc<ClientConfig>,
    uri: &Uri,
    phases: &mut Phases,
) -> Result<Kept, BoxError> {
    static NEXT: AtomicU64 = AtomicU64::new(1);
    let clock = &mut Instant::now();
    let mut lap = || {
        let now = Instant::now();
        now - std::mem::replace(clock, now)
    };
    let addresses = setting.addresses(uri)?;
    phases.dns = lap();

    let mut result = Err(io::Error::other("the host has no address"));
    for address in addresses {
        result = TcpStream::connect_timeout(&address, PATIENCE);
        if result.is_ok() {
            break;
        }
    }
    let mut tcp = result?;
    tcp.set_nodelay(true)?;
    tcp.set_read_timeout(Some(PATIENCE))?;
    tcp.set_write_timeout(Some(PATIENCE))?;
    phases.tcp = lap();

    let stream: Box<dyn Stream> = match uri.scheme() {
        Scheme::Http => Box::new(tcp),
        Scheme::Https => {
            let name = ServerName::try_from(uri.host())?.to_owned();
            let mut session = ClientConnection::new(Arc::clone(tls), name)?;
            while session.is_handshaking() {
                session.complete_io(&mut tcp)?;
            }
            phases.tls = lap();
            Box::new(StreamOwned::new(session, tcp))
        }
    };
    Ok(Kept { id: NEXT.fetch_add(1, Relaxed), origin: uri.origin(), stream })
}

/// Says what was asked for, and that a socket's "would block" means that its time ran out.
fn explain(error: BoxError, uri: &Uri) -> BoxError {
    match error.downcast_ref::<io::Error>() {
        Some(io) if io.kind() == io::ErrorKind::WouldBlock => {
            format!("GET {uri}: nothing came for {} s", PATIENCE.as_secs()).into()
        }
        _ => format!("GET {uri}: {error}").into(),
    }
}
