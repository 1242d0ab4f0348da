//! A wire with TLS on it.
//!
//! In: a stream whose handshake is done. Out: a [`Wire`] that carries the plain bytes. Waiting is
//! tokio-rustls' business; what stands here is what must not wait: to ask whether an idle
//! connection is still good, and to say goodbye.
//!
//! An idle TLS connection is seldom silent. A TLS 1.3 server sends session tickets after the
//! handshake, and they often arrive after the first response was read. So the bytes that wait have
//! to be looked at: tickets and key updates pass, while data, close_notify and the end of the
//! stream mean that the connection is of no more use.
//!
//! A stream that ends without close_notify is reported as
//! [`UnexpectedEof`](io::ErrorKind::UnexpectedEof), after all its data. Whether that cuts a message
//! short is decided where messages are known (RFC 9112 §9.8).

use std::io::{self, Read, Write};
use std::net::SocketAddr;
use std::pin::Pin;
use std::task::{Context, Poll};

use rustls::{ClientConnection, HandshakeKind, ProtocolVersion};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio_rustls::client::TlsStream;

use crate::net::stream::{BoxedWire, Liveness, TlsInfo, Wire};

use super::explain::{Ours, later};

/// How often a probe reads before it calls the waiting bytes surplus. Tickets are a few hundred
/// bytes each and servers send two or so; one read takes in 4 KiB or more.
const PROBE_READS: usize = 16;

/// How often the socket is read for one answer of `try_read`: enough for a record of the largest size in pieces of 1 KiB.
const READS_AT_ONCE: usize = 32;

/// A [`Wire`] under TLS by rustls.
#[derive(Debug)]
pub(super) struct RustlsWire {
    stream: TlsStream<BoxedWire>,
    info: TlsInfo,
    ours: Ours,
}

impl RustlsWire {
    pub(super) fn new(stream: TlsStream<BoxedWire>, ours: Ours) -> Self {
        let info = describe(stream.get_ref().1);
        Self { stream, info, ours }
    }

    /// Why a write has failed. A peer that refuses us says so in an alert and closes; if the end of the connection is
    /// noticed first, by the write, the alert is what waits to be read (RFC 8446 §6.2).
    fn why(&mut self, error: io::Error) -> io::Error {
        let (wire, tls) = self.stream.get_mut();
        for _ in 0..READS_AT_ONCE {
            match tls.read_tls(&mut AtOnce(wire)) {
                Err(_) => break,
                Ok(read) => match tls.process_new_packets() {
                    Err(alert @ rustls::Error::AlertReceived(_)) => {
                        return later(io::Error::new(io::ErrorKind::InvalidData, alert), self.ours);
                    }
                    Ok(_) if read > 0 => {}
                    _ => break,
                },
            }
        }
        error
    }
}

fn describe(tls: &ClientConnection) -> TlsInfo {
    TlsInfo {
        version: match tls.protocol_version() {
            Some(ProtocolVersion::TLSv1_2) => "TLSv1.2".into(),
            Some(ProtocolVersion::TLSv1_3) => "TLSv1.3".into(),
            other => format!("{other:?}").into(),
        },
        cipher: tls
            .negotiated_cipher_suite()
            .and_then(|suite| suite.suite().as_str())
            .unwrap_or("unknown")
            .into(),
        key_exchange: tls
            .negotiated_key_exchange_group()
            .and_then(|group| group.name().as_str())
            .map(Into::into),
        alpn: tls.alpn_protocol().map(<[u8]>::to_vec),
        resumed: tls.handshake_kind() == Some(HandshakeKind::Resumed),
        peer_certificates: tls
            .peer_certificates()
            .unwrap_or_default()
            .iter()
            .map(|certificate| certificate.to_vec())
            .collect(),
    }
}

impl Wire for RustlsWire {
    fn probe(&mut self) -> Liveness {
        let (wire, tls) = self.stream.get_mut();
        for _ in 0..PROBE_READS {
            match tls.process_new_packets() {
                Err(_) => return Liveness::Closed,
                Ok(state) if state.plaintext_bytes_to_read() > 0 => return Liveness::Surplus,
                Ok(state) if state.peer_has_closed() => return Liveness::Closed,
                Ok(_) => {}
            }
            match wire.probe() {
                Liveness::Surplus => {}
                other => return other,
            }
            if tls.read_tls(&mut AtOnce(wire)).is_err() {
                return Liveness::Closed;
            }
        }
        Liveness::Surplus
    }

    fn try_read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let (wire, tls) = self.stream.get_mut();
        // A peer may send records without data for ever; nobody waits here for their end.
        for _ in 0..READS_AT_ONCE {
            match tls.reader().read(buffer) {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                done => return done,
            }
            // The end of the stream is remembered by `tls`; its reader tells the kinds of end
            // apart.
            tls.read_tls(&mut AtOnce(wire))?;
            if let Err(error) = tls.process_new_packets() {
                return match tls.reader().read(buffer) {
                    Ok(count) if count > 0 => Ok(count),
                    _ => Err(later(io::Error::new(io::ErrorKind::InvalidData, error), self.ours)),
                };
            }
        }
        Err(io::ErrorKind::WouldBlock.into())
    }

    fn try_write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let (wire, tls) = self.stream.get_mut();
        flush_at_once(wire, tls)?;
        if tls.wants_write() {
            return Err(io::ErrorKind::WouldBlock.into());
        }
        let accepted = tls.writer().write(bytes)?;
        flush_at_once(wire, tls)?;
        Ok(accepted)
    }

    fn tls(&self) -> Option<&TlsInfo> {
        Some(&self.info)
    }

    fn local_addr(&self) -> Option<SocketAddr> {
        self.stream.get_ref().0.local_addr()
    }

    fn peer_addr(&self) -> Option<SocketAddr> {
        self.stream.get_ref().0.peer_addr()
    }
}

/// "Clients MUST send a closure alert before closing the connection" (RFC 9112 §9.8). One attempt
/// that does not wait: a peer that takes no more bytes is not owed a task that waits for it.
/// After a `shutdown` the alert is out already and rustls sends no second one.
impl Drop for RustlsWire {
    fn drop(&mut self) {
        let (wire, tls) = self.stream.get_mut();
        tls.send_close_notify();
        // Nobody is left who could be told that it failed.
        let _ = flush_at_once(wire, tls);
    }
}

/// Sends what rustls has ready, as far as it is accepted now.
fn flush_at_once(wire: &mut BoxedWire, tls: &mut ClientConnection) -> io::Result<()> {
    while tls.wants_write() {
        match tls.write_tls(&mut AtOnce(wire)) {
            Ok(0) => return Ok(()),
            Ok(_) => {}
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(()),
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

/// A wire as rustls wants it: std's traits, without waiting.
struct AtOnce<'a>(&'a mut BoxedWire);

impl Read for AtOnce<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.0.try_read(buffer)
    }
}

impl Write for AtOnce<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.try_write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl AsyncRead for RustlsWire {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let read = Pin::new(&mut self.stream).poll_read(cx, buffer);
        let Poll::Ready(Err(error)) = read else { return read };
        // What came before an alert, and with it, is as good as ever; rustls repeats the error afterwards.
        match self.stream.get_mut().1.reader().read(buffer.initialize_unfilled()) {
            Ok(count) if count > 0 => buffer.advance(count),
            _ => return Poll::Ready(Err(later(error, self.ours))),
        }
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for RustlsWire {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write(cx, bytes);
        written.map_err(|error| self.why(error))
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        pieces: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write_vectored(cx, pieces);
        written.map_err(|error| self.why(error))
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let flushed = Pin::new(&mut self.stream).poll_flush(cx);
        flushed.map_err(|error| self.why(error))
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}
