//! The progress of a download, told while its body is read.

use crate::client::incoming::Incoming;
use crate::client::response::Response;

use super::tally::Tally;

impl Response {
    /// Tells `listener` how much of the body has been handed out, whichever way it is read: the bytes so far, and how many
    /// there will be if that is known. Called once for every piece, from inside the call that reads.
    ///
    /// Bytes are counted as they are handed out: where content is decoded, that is not what `Content-Length` speaks of, and
    /// the sum is unknown. A later call replaces the listener and counts from 0.
    ///
    /// ```
    /// # use std::io::{Read, Write};
    /// # let server = std::net::TcpListener::bind("127.0.0.1:0")?;
    /// # let url = format!("http://{}/", server.local_addr()?);
    /// # std::thread::spawn(move || {
    /// #     for reply in [
    /// #         "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nlarge",
    /// #     ] {
    /// #         let (mut peer, _) = server.accept().unwrap();
    /// #         peer.read(&mut [0; 4096]).unwrap();
    /// #         peer.write_all(reply.as_bytes()).unwrap();
    /// #     }
    /// # });
    /// # tokio::runtime::Runtime::new()?.block_on(async {
    /// # let client = wireline::Client::new();
    /// let response = client.get(&url).send().await?;
    /// let response = response.on_download(|received, total| match total {
    ///     Some(total) => eprintln!("{received} of {total} bytes"),
    ///     None => eprintln!("{received} bytes"),
    /// });
    /// assert_eq!(response.bytes().await?, "large");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// # })?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn on_download(
        mut self,
        listener: impl FnMut(u64, Option<u64>) + Send + Sync + 'static,
    ) -> Response {
        self.body_mut().set_tally(listener);
        self
    }
}

impl Incoming {
    /// As [`Response::on_download`].
    pub fn on_download(
        mut self,
        listener: impl FnMut(u64, Option<u64>) + Send + Sync + 'static,
    ) -> Incoming {
        self.set_tally(listener);
        self
    }

    fn set_tally(&mut self, listener: impl FnMut(u64, Option<u64>) + Send + Sync + 'static) {
        let total = self.remaining();
        self.tally = Some(Box::new(Tally::new(0, total, Box::new(listener))));
    }
}
