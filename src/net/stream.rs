//! A wire: an ordered stream of bytes both ways, and three questions tokio cannot answer about it.
//!
//! In: a connected socket. Out: [`Wire`], which everything above reads and writes without knowing
//! whether TCP, TLS or something of the caller's is underneath. It never waits, never buffers and
//! never interprets a byte; waiting is [`AsyncRead`] and [`AsyncWrite`], as everywhere in tokio.
//!
//! The three questions go to the kernel and not to tokio's readiness cache. The cache is filled by
//! the I/O driver, so bytes that arrived while a current-thread runtime was busy are not in it yet:
//! a connection would be reused although the peer has closed it, or has sent something nobody asked
//! for. Polling with a waker that does nothing is no way out either, because an exhausted
//! cooperative budget answers `Pending` for a dead socket too.
//!
//! Next: [`resolve`](super::dns::resolve)

use std::borrow::Cow;
use std::fmt;
use std::io::{self, Read};
use std::mem::MaybeUninit;
use std::net::SocketAddr;
use std::pin::Pin;
use std::task::{Context, Poll};

use socket2::SockRef;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;

/// A connected stream of bytes.
///
/// The three methods without a default are what a kept-alive connection needs: is it still good,
/// what has arrived already, and can these few bytes leave right now. None of them waits, none
/// registers a waker, all may be called outside of a task.
pub trait Wire: AsyncRead + AsyncWrite + Send + Sync + Unpin {
    /// Asks, without waiting, whether this wire is as silent as an idle connection has to be.
    fn probe(&mut self) -> Liveness;

    /// Reads what has already arrived.
    ///
    /// `Ok(0)` is the end of the stream; [`WouldBlock`](io::ErrorKind::WouldBlock) means that
    /// nothing is waiting. After `WouldBlock` no task is woken: to wait, poll.
    fn try_read(&mut self, buffer: &mut [u8]) -> io::Result<usize>;

    /// Writes as much as is accepted at once; [`WouldBlock`](io::ErrorKind::WouldBlock) when that
    /// is nothing.
    fn try_write(&mut self, bytes: &[u8]) -> io::Result<usize>;

    /// What was agreed in the TLS handshake; `None` on a wire without TLS.
    fn tls(&self) -> Option<&TlsInfo> {
        None
    }

    /// Our address, where there is one.
    fn local_addr(&self) -> Option<SocketAddr> {
        None
    }

    /// The peer's address: of the last hop, so a proxy's where a proxy is used.
    fn peer_addr(&self) -> Option<SocketAddr> {
        None
    }
}

/// A wire of any kind, owned.
pub type BoxedWire = Box<dyn Wire>;

/// What [`Wire::probe`] found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Liveness {
    /// Open, and nothing is waiting to be read.
    Healthy,
    /// Closed, reset, or broken.
    Closed,
    /// Bytes are waiting that belong to no request; the next one must not be answered by them.
    Surplus,
}

/// The outcome of a TLS handshake, in words that belong to no TLS library.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TlsInfo {
    /// The protocol version, such as `TLSv1.3`.
    pub version: Cow<'static, str>,
    /// The cipher suite under its IANA name, such as `TLS13_AES_128_GCM_SHA256`.
    pub cipher: Cow<'static, str>,
    /// The group the keys were agreed on in, such as `X25519`. TLS 1.2 tells it too; `None` where it is not told, as when
    /// a TLS 1.2 session was resumed.
    pub key_exchange: Option<Cow<'static, str>>,
    /// The application protocol the server picked (RFC 7301), if it picked one.
    pub alpn: Option<Vec<u8>>,
    /// An earlier session was resumed: no certificate was verified anew.
    pub resumed: bool,
    /// The server's certificates, DER, its own first. On a resumed session those of the first one.
    pub peer_certificates: Vec<Vec<u8>>,
}

impl Wire for BoxedWire {
    fn probe(&mut self) -> Liveness {
        (**self).probe()
    }

    fn try_read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        (**self).try_read(buffer)
    }

    fn try_write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        (**self).try_write(bytes)
    }

    fn tls(&self) -> Option<&TlsInfo> {
        (**self).tls()
    }

    fn local_addr(&self) -> Option<SocketAddr> {
        (**self).local_addr()
    }

    fn peer_addr(&self) -> Option<SocketAddr> {
        (**self).peer_addr()
    }
}

impl fmt::Debug for dyn Wire {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Wire")
            .field("local", &self.local_addr())
            .field("peer", &self.peer_addr())
            .field("tls", &self.tls().map(|info| &*info.version))
            .finish()
    }
}

/// A TCP connection.
#[derive(Debug)]
pub struct TcpWire(TcpStream);

impl TcpWire {
    /// Takes over a connected socket.
    pub fn new(stream: TcpStream) -> Self {
        Self(stream)
    }

    /// The socket, to set options on.
    pub fn get_ref(&self) -> &TcpStream {
        &self.0
    }

    /// Gives the socket back.
    pub fn into_inner(self) -> TcpStream {
        self.0
    }
}

impl Wire for TcpWire {
    fn probe(&mut self) -> Liveness {
        probe(&SockRef::from(&self.0))
    }

    fn try_read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        (&*SockRef::from(&self.0)).read(buffer)
    }

    fn try_write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        try_write(&SockRef::from(&self.0), bytes)
    }

    fn local_addr(&self) -> Option<SocketAddr> {
        self.0.local_addr().ok()
    }

    fn peer_addr(&self) -> Option<SocketAddr> {
        self.0.peer_addr().ok()
    }
}

/// Asks the kernel, and not tokio.
pub(super) fn probe(socket: &SockRef<'_>) -> Liveness {
    loop {
        return match socket.peek(&mut [MaybeUninit::uninit()]) {
            Ok(0) => Liveness::Closed,
            Ok(_) => Liveness::Surplus,
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => Liveness::Healthy,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(_) => Liveness::Closed,
        };
    }
}

pub(super) fn try_write(socket: &SockRef<'_>, bytes: &[u8]) -> io::Result<usize> {
    socket.send_with_flags(bytes, NO_SIGPIPE)
}

/// `MSG_NOSIGNAL`: a write to a closed socket is an error and not the end of the process, in
/// programs too that put SIGPIPE back to its default. Apple's systems have a socket option for it,
/// which is already set on every socket tokio opens; Windows has no such signal.
const NO_SIGPIPE: i32 = if cfg!(any(target_os = "linux", target_os = "android")) {
    0x4000
} else if cfg!(any(target_os = "freebsd", target_os = "dragonfly")) {
    0x2_0000
} else if cfg!(target_os = "netbsd") {
    0x800
} else if cfg!(target_os = "openbsd") {
    0x400
} else {
    0
};

impl AsyncRead for TcpWire {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_read(cx, buffer)
    }
}

impl AsyncWrite for TcpWire {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.0).poll_write(cx, bytes)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        pieces: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.0).poll_write_vectored(cx, pieces)
    }

    fn is_write_vectored(&self) -> bool {
        true
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_shutdown(cx)
    }
}
