//! Unix sockets: a wire to a process of this machine, by the name of a file or an abstract name.
//!
//! In: a [`UnixAddress`] and the sizes of buffers. Out: a connected wire like any other; TLS may go over it. There is one
//! address, so nothing is looked up, raced or judged by the address policy. On systems without Unix sockets it is an
//! error.

use std::io;

use super::stream::BoxedWire;
use super::tcp::options::ConnectOptions;
use super::tcp::unix_address::UnixAddress;

/// Connects to `address`. Cancel safe; no deadline: the caller's.
///
/// # Errors
/// The operating system's. That the queue of a server is full is none: it is tried again until there is room.
pub async fn connect(address: &UnixAddress, options: &ConnectOptions) -> io::Result<BoxedWire> {
    here::connect(address.as_path(), options).await
}

#[cfg(unix)]
mod here {
    use std::io::{self, Read};
    use std::path::Path;
    use std::pin::Pin;
    use std::task::{Context, Poll};
    use std::time::Duration;

    use socket2::SockRef;
    use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
    use tokio::net::UnixStream;
    use tokio::time::sleep;

    use crate::net::stream::{BoxedWire, Liveness, Wire, probe, try_write};
    use crate::net::tcp::options::ConnectOptions;
    use crate::net::tcp::socket::set_buffers;

    /// Between two attempts at a full queue. Nobody tells when there is room, as TCP would by resending.
    const QUEUE_FULL: Duration = Duration::from_millis(10);

    pub(super) async fn connect(path: &Path, options: &ConnectOptions) -> io::Result<BoxedWire> {
        let stream = loop {
            match UnixStream::connect(path).await {
                // "EAGAIN: for nonblocking UNIX domain sockets, the socket is nonblocking, and the connection cannot be
                // completed immediately" (connect(2)): the server has not accepted those before.
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => sleep(QUEUE_FULL).await,
                outcome => break outcome?,
            }
        };
        set_buffers(&SockRef::from(&stream), options)?;
        Ok(Box::new(UnixWire(stream)))
    }

    /// A Unix socket.
    #[derive(Debug)]
    struct UnixWire(UnixStream);

    impl Wire for UnixWire {
        fn probe(&mut self) -> Liveness {
            probe(&SockRef::from(&self.0))
        }

        fn try_read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            (&*SockRef::from(&self.0)).read(buffer)
        }

        fn try_write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            try_write(&SockRef::from(&self.0), bytes)
        }
    }

    impl AsyncRead for UnixWire {
        fn poll_read(
            mut self: Pin<&mut Self>,
            cx: &mut Context<'_>,
            buffer: &mut ReadBuf<'_>,
        ) -> Poll<io::Result<()>> {
            Pin::new(&mut self.0).poll_read(cx, buffer)
        }
    }

    impl AsyncWrite for UnixWire {
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
}

#[cfg(not(unix))]
mod here {
    use super::*;

    pub(super) async fn connect(_: &std::path::Path, _: &ConnectOptions) -> io::Result<BoxedWire> {
        let why = "this operating system has no Unix sockets";
        Err(io::Error::new(io::ErrorKind::Unsupported, why))
    }
}
