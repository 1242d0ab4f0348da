//! Plain TCP wires: what the kernel says about them, with no help from the runtime.
#![cfg(feature = "client")]

use std::io::{ErrorKind, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use wireline::net::{BoxedWire, Liveness, TcpWire, Wire};

/// A wire and its peer, an ordinary blocking socket.
fn pair() -> (BoxedWire, TcpStream) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let ours = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
    let (peer, _) = listener.accept().unwrap();
    ours.set_nonblocking(true).unwrap();
    (Box::new(TcpWire::new(tokio::net::TcpStream::from_std(ours).unwrap())), peer)
}

/// Asks until the answer is another one than `Healthy`, without ever letting the runtime run: what
/// is tested is that the runtime is not needed.
fn changed(wire: &mut BoxedWire) -> Liveness {
    let start = Instant::now();
    while start.elapsed() < Duration::from_secs(5) {
        match wire.probe() {
            Liveness::Healthy => std::thread::yield_now(),
            other => return other,
        }
    }
    Liveness::Healthy
}

#[tokio::test]
async fn a_probe_tells_silence_from_surplus_and_from_the_end() {
    let (mut wire, mut peer) = pair();
    assert_eq!(wire.probe(), Liveness::Healthy);
    peer.write_all(b"HTTP/1.1 408 Request Timeout\r\n").unwrap();
    assert_eq!(changed(&mut wire), Liveness::Surplus);
    // A probe takes nothing away.
    assert_eq!(wire.probe(), Liveness::Surplus);
    let mut first = [0; 4];
    assert_eq!(wire.try_read(&mut first).unwrap(), 4);
    assert_eq!(&first, b"HTTP");

    let (mut wire, peer) = pair();
    drop(peer);
    assert_eq!(changed(&mut wire), Liveness::Closed);
}

#[tokio::test]
async fn a_reset_is_closed() {
    let (mut wire, peer) = pair();
    socket2::SockRef::from(&peer).set_linger(Some(Duration::ZERO)).unwrap();
    drop(peer);
    assert_eq!(changed(&mut wire), Liveness::Closed);
    assert_eq!(wire.probe(), Liveness::Closed, "also when asked again");
}

#[tokio::test]
async fn the_three_ways_of_reading_see_one_stream() {
    let (mut wire, mut peer) = pair();
    assert_eq!(wire.try_read(&mut [0; 8]).unwrap_err().kind(), ErrorKind::WouldBlock);
    peer.write_all(b"abcdef").unwrap();
    let mut two = [0; 2];
    wire.read_exact(&mut two).await.unwrap();
    assert_eq!(&two, b"ab");
    assert_eq!(wire.try_read(&mut two).unwrap(), 2);
    assert_eq!(&two, b"cd");
    wire.read_exact(&mut two).await.unwrap();
    assert_eq!(&two, b"ef");
    peer.write_all(b"gh").unwrap();
    wire.read_exact(&mut two).await.unwrap();
    drop(peer);
    assert_eq!(wire.read(&mut two).await.unwrap(), 0);
    assert_eq!(wire.try_read(&mut two).unwrap(), 0);
}

#[tokio::test]
async fn writing_at_once_stops_where_the_kernel_does() {
    let (mut wire, mut peer) = pair();
    let piece = vec![7; 64 * 1024];
    let mut sent = 0;
    let error = loop {
        match wire.try_write(&piece) {
            Ok(written) => sent += written,
            Err(error) => break error,
        }
    };
    assert_eq!(error.kind(), ErrorKind::WouldBlock);
    let reader = std::thread::spawn(move || {
        let mut all = Vec::new();
        peer.read_to_end(&mut all).unwrap();
        all.len()
    });
    wire.write_all(&piece).await.unwrap();
    wire.shutdown().await.unwrap();
    assert_eq!(reader.join().unwrap(), sent + piece.len());
}

#[tokio::test]
async fn writing_to_a_closed_peer_is_an_error_and_no_signal() {
    let (mut wire, peer) = pair();
    socket2::SockRef::from(&peer).set_linger(Some(Duration::ZERO)).unwrap();
    drop(peer);
    assert_eq!(changed(&mut wire), Liveness::Closed);
    assert!(wire.try_write(b"x").is_err());
    assert!(wire.try_write(b"x").is_err());
    assert!(wire.tls().is_none());
    assert!(wire.local_addr().is_some());
}
