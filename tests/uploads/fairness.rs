//! A source that always has something and a wire that always takes it must not keep the answer from being read.
//!
//! TCP on loopback is too slow for that, so the wire here is one of the test's own: it swallows everything at once and
//! has an answer ready.

use std::io;
use std::pin::Pin;
use std::sync::atomic::Ordering;
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use wireline::Body;
use wireline::net::{BoxedWire, Liveness, Secure, Securing, Wire};

use crate::sources::endless;
use crate::support::deadline;
use crate::support::player::Player;
use crate::talk::quiet;

struct Swallowing {
    answer: &'static [u8],
    _socket: BoxedWire,
}

impl AsyncRead for Swallowing {
    fn poll_read(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let count = self.answer.len().min(buffer.remaining());
        buffer.put_slice(&self.answer[..count]);
        self.answer = &self.answer[count..];
        if count > 0 { Poll::Ready(Ok(())) } else { Poll::Pending }
    }
}

impl AsyncWrite for Swallowing {
    fn poll_write(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Poll::Ready(Ok(bytes.len()))
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}

impl Wire for Swallowing {
    fn probe(&mut self) -> Liveness {
        Liveness::Healthy
    }

    fn try_read(&mut self, _: &mut [u8]) -> io::Result<usize> {
        Err(io::ErrorKind::WouldBlock.into())
    }

    fn try_write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        Ok(bytes.len())
    }
}

struct Swallow(u64);

impl Secure for Swallow {
    fn secure(&self, _: &str, wire: BoxedWire) -> Securing {
        let answer = b"HTTP/1.1 413 Content Too Large\r\nContent-Length: 0\r\n\r\n";
        Box::pin(async move { Ok(Box::new(Swallowing { answer, _socket: wire }) as BoxedWire) })
    }

    fn identity(&self) -> u64 {
        self.0
    }
}

#[tokio::test]
async fn the_answer_is_read_although_the_upload_never_pauses() {
    let player = Player::script().expect_close().close().start();
    let secure = Swallow(wireline::net::next_identity());
    let client = quiet().secure(secure).build().expect("sound settings");
    let source = endless(10_000);
    let asked = source.asked.clone();
    let post = client.post(format!("https://{}/", player.address())).body(Body::stream(source));
    let response = deadline(post.send()).await.expect("the answer has been there all the time");
    assert_eq!(response.status(), 413);
    let asked = asked.load(Ordering::Relaxed);
    assert!(asked < 1000, "{asked} pieces were sent before anybody looked");
    drop(response);
    player.finish();
}
