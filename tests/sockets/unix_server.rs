//! A server on a Unix socket: plays the same replies on every connection, and tells what it was asked.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{UnixListener, UnixStream};
use tokio::sync::mpsc;
use tokio::task::AbortHandle;

/// Serves until it is dropped.
pub struct UnixServer {
    accepted: Arc<AtomicUsize>,
    heads: mpsc::UnboundedReceiver<String>,
    task: AbortHandle,
}

impl UnixServer {
    /// Answers the requests of every connection with `replies`, one after another, and closes it then.
    pub fn start(path: &Path, replies: &[&str]) -> UnixServer {
        let listener = UnixListener::bind(path).expect("a free name");
        let replies: Arc<[String]> = replies.iter().map(|&reply| reply.to_owned()).collect();
        let accepted = Arc::<AtomicUsize>::default();
        let (tell, heads) = mpsc::unbounded_channel();
        let count = Arc::clone(&accepted);
        let task = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                count.fetch_add(1, SeqCst);
                tokio::spawn(play(stream, Arc::clone(&replies), tell.clone()));
            }
        });
        UnixServer { accepted, heads, task: task.abort_handle() }
    }

    pub fn accepted(&self) -> usize {
        self.accepted.load(SeqCst)
    }

    /// The next head that came, on whatever connection.
    pub async fn head(&mut self) -> String {
        crate::support::deadline(self.heads.recv()).await.expect("a head")
    }
}

async fn play(mut stream: UnixStream, replies: Arc<[String]>, tell: mpsc::UnboundedSender<String>) {
    for reply in replies.iter() {
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            match stream.read_u8().await {
                Ok(byte) => head.push(byte),
                Err(_) => return,
            }
        }
        // Nobody listens if the test is over.
        let _ = tell.send(String::from_utf8_lossy(&head).into_owned());
        if stream.write_all(reply.as_bytes()).await.is_err() {
            return;
        }
    }
}

impl Drop for UnixServer {
    fn drop(&mut self) {
        self.task.abort();
    }
}
