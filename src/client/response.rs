//! A response: its head at once, its body when asked for.

use std::fmt;
use std::future::Future;
use std::sync::Arc;

use bytes::Bytes;

use crate::conn::{ConnectionInfo, Delivery, Phase};
use crate::message::{Fields, Method, ResponseHead, StatusCode, Uri, Version};

use super::codings::charset::{Charset, declared};
use super::codings::choice::{Codings, still_coded};
use super::error::{Cause, Error};
use super::incoming::Incoming;
use super::reply::Reply;
use super::telling::journal::{Attempted, Journal, Redirected};
use super::telling::timings::{Marks, Timings};
use super::upgrade::Upgraded;

/// A response whose head has been received.
///
/// Dropping it without reading the body is fine: the connection goes home if the body has arrived already (up to
/// 64 KiB of it are looked for), else it is closed.
pub struct Response {
    method: Method,
    uri: Uri,
    reply: Reply,
    marks: Marks,
    journal: Option<Box<Journal>>,
    max_body: u64,
}

impl Response {
    #[inline]
    pub(crate) fn new(
        (method, uri): (Method, Uri),
        reply: Reply,
        (marks, journal): (Marks, Option<Box<Journal>>),
        max_body: u64,
    ) -> Response {
        Response { method, uri, reply, marks, journal, max_body }
    }

    /// Decodes its content where that is in one of `codings`. A 206 is left as it is: a part of coded content
    /// cannot be decoded by itself.
    pub(crate) fn decode(&mut self, codings: &Codings) {
        if !self.is_partial() {
            self.reply.body.decode(&self.reply.head.fields, codings);
        }
    }

    /// The status code.
    pub fn status(&self) -> StatusCode {
        self.reply.head.status
    }

    /// The version the server spoke.
    pub fn version(&self) -> Version {
        self.reply.head.version
    }

    /// The field section, in order, as received.
    pub fn fields(&self) -> &Fields {
        &self.reply.head.fields
    }

    /// The whole head, reason phrase included.
    pub fn head(&self) -> &ResponseHead {
        &self.reply.head
    }

    /// The URL that was answered: after redirects, the last one.
    pub fn url(&self) -> &Uri {
        &self.uri
    }

    /// What took how long, up to this head.
    pub fn timings(&self) -> Timings {
        self.marks.timings(Some(&self.reply.connection), self.reply.reused)
    }

    /// The redirects that led here, the first one first.
    pub fn history(&self) -> &[Redirected] {
        self.journal.as_ref().map_or(&[], |journal| &journal.history)
    }

    /// The attempts that were made before this one, the first one first: those that failed, and those whose answer was
    /// a challenge or worth another try.
    pub fn attempts(&self) -> &[Attempted] {
        self.journal.as_ref().map_or(&[], |journal| &journal.attempts)
    }

    /// The connection it came over: addresses, TLS, and how it was made.
    pub fn connection(&self) -> &ConnectionInfo {
        &self.reply.connection
    }

    /// Whether that connection had been kept: used by an earlier request, or [made in advance](super::Client::warm_up).
    pub fn is_reused(&self) -> bool {
        self.reply.reused
    }

    /// `Content-Length`, or what is known of the body's length otherwise; for HEAD, 204 and 304 the body has none. `None`
    /// where the content is decoded: how long that will be is not known.
    pub fn content_length(&self) -> Option<u64> {
        self.reply.body.remaining()
    }

    /// The next piece of the body, never empty; `None` at its end. No limit. Cancel safe.
    ///
    /// # Errors
    /// Timeouts, a broken or cut-off connection, broken chunks. Where content is decoded
    /// ([`ClientBuilder::decompress`](super::ClientBuilder::decompress)): [`Error::is_decode`] for what is broken or cut
    /// off, [`Error::is_limit`] for what is too much.
    pub async fn chunk(&mut self) -> Result<Option<Bytes>, Error> {
        let chunk = self.reply.body.chunk().await;
        chunk.map_err(|error| self.in_context(error))
    }

    /// The trailer fields; empty until the body has been read to its end with [`Response::chunk`].
    pub fn trailers(&self) -> &Fields {
        self.reply.body.trailers()
    }

    /// The whole body, at most the client's `max_body` bytes of it (64 MiB by default).
    ///
    /// # Errors
    /// Those of [`Response::chunk`], and [`Error::is_limit`].
    pub fn bytes(mut self) -> impl Future<Output = Result<Bytes, Error>> + Send {
        // What is here already needs no future of any size; the rest is boxed.
        let (arrived, rest) = match self.arrived() {
            Some(arrived) => (Some(arrived), None),
            None => (None, Some(Box::new(self))),
        };
        async move {
            match (arrived, rest) {
                (None, Some(response)) => response.collect().await,
                (arrived, _) => arrived.unwrap_or_else(|| Ok(Bytes::new())),
            }
        }
    }

    /// The whole body as text, in the charset that its byte order mark says, else the one in `Content-Type`, else UTF-8.
    /// What the charset does not know becomes U+FFFD, and the mark is dropped, as everywhere on the web.
    ///
    /// Known are UTF-8, UTF-16, US-ASCII and ISO-8859-1 (the first 256 code points), and with the feature `charset` all
    /// others that browsers know.
    ///
    /// # Errors
    /// Those of [`Response::bytes`], and [`Error::is_decode`] for a charset that is not known and for content that is still
    /// in a content coding, because [`ClientBuilder::decompress`](super::ClientBuilder::decompress) did not ask for it.
    pub async fn text(self) -> Result<String, Error> {
        self.text_with_default("utf-8").await
    }

    /// The same, with a charset to assume where neither a byte order mark nor `Content-Type` says one.
    ///
    /// ```
    /// # use std::io::{Read, Write};
    /// # let server = std::net::TcpListener::bind("127.0.0.1:0")?;
    /// # let url = format!("http://{}/", server.local_addr()?);
    /// # std::thread::spawn(move || {
    /// #     let (mut peer, _) = server.accept().unwrap();
    /// #     peer.read(&mut [0; 4096]).unwrap();
    /// #     peer.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\ngr\xfcn").unwrap();
    /// # });
    /// # tokio::runtime::Runtime::new()?.block_on(async {
    /// # let client = wireline::Client::new();
    /// let response = client.get(&url).send().await?; // says nothing of a charset
    /// assert_eq!(response.text_with_default("iso-8859-1").await?, "grün");
    /// # Ok::<(), wireline::Error>(())
    /// # })?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// Those of [`Response::text`].
    pub async fn text_with_default(mut self, charset: &str) -> Result<String, Error> {
        let charset =
            Charset::named(declared(self.fields()).as_deref().unwrap_or(charset).as_bytes());
        let charset = charset.map_err(|why| self.undecoded(why))?;
        Ok(charset.decode(&self.content().await?))
    }

    fn is_partial(&self) -> bool {
        self.status() == StatusCode::PARTIAL_CONTENT
    }

    fn undecoded(&self, why: String) -> Error {
        self.context(Error::new(Cause::Decode(why.into()), Phase::Decode))
    }

    /// The content, if it is here already.
    #[inline]
    fn arrived(&mut self) -> Option<Result<Bytes, Error>> {
        let arrived = self.reply.body.take_arrived(self.max_body)?;
        Some(arrived.map_err(|error| self.context(error)))
    }

    async fn collect(mut self: Box<Self>) -> Result<Bytes, Error> {
        let collected = self.reply.body.collect(self.max_body).await;
        collected.map_err(|error| self.in_context(error))
    }

    /// The whole body, if it is content and not still in a content coding.
    pub(super) async fn content(&mut self) -> Result<Bytes, Error> {
        let bytes = match self.arrived() {
            Some(arrived) => arrived?,
            None => {
                let collected = self.reply.body.collect(self.max_body).await;
                collected.map_err(|error| self.in_context(error))?
            }
        };
        match self.coded() {
            Some(why) if !bytes.is_empty() => Err(self.undecoded(why)),
            _ => Ok(bytes),
        }
    }

    /// Why what is handed out is still coded, if it is.
    pub(super) fn coded(&self) -> Option<String> {
        let coded = !self.reply.body.is_decoded();
        coded.then(|| still_coded(self.fields(), self.is_partial())).flatten()
    }

    /// Adds what is known here to an error that does not know it.
    pub(super) fn in_context(&self, error: Error) -> Error {
        if error.url().is_some() { error } else { self.context(error) }
    }

    /// The body alone, to be read as an [`AsyncRead`](tokio::io::AsyncRead) or piece by piece.
    pub fn into_body(self) -> Incoming {
        self.reply.body
    }

    pub(super) fn body_mut(&mut self) -> &mut Incoming {
        &mut self.reply.body
    }

    /// Turns a status of 400 and above into an error, which keeps the response: [`Error::into_response`].
    ///
    /// # Errors
    /// [`Error::is_status`].
    pub fn error_for_status(self) -> Result<Response, Error> {
        if self.status().as_u16() < 400 {
            return Ok(self);
        }
        let (method, uri, marks) = (self.method.clone(), self.uri.clone(), self.marks);
        let (connection, reused) = (Arc::clone(&self.reply.connection), self.reply.reused);
        let journal = self.journal.clone();
        Err(Error::new(Cause::Status(self.status(), Box::new(self)), Phase::Head)
            .with_request(&method, &uri)
            .with_delivery(Delivery::ReplyStarted)
            .with_marks(&marks)
            .with_connection(&connection, reused)
            .with_journal(journal))
    }

    /// The raw stream, after `101 Switching Protocols` or a 2xx to CONNECT. It belongs to the caller from here on.
    ///
    /// # Errors
    /// If the server did not switch.
    pub fn upgrade(self) -> Result<Upgraded, Error> {
        let refused = self.context(Error::new(Cause::NotUpgraded(self.status()), Phase::Head));
        self.reply.body.into_upgraded().ok_or(refused)
    }

    /// Adds to an error which response it is about.
    pub(super) fn context(&self, error: Error) -> Error {
        error
            .with_request(&self.method, &self.uri)
            .with_delivery(Delivery::ReplyStarted)
            .with_marks(&self.marks)
            .with_connection(&self.reply.connection, self.reply.reused)
            .with_journal(self.journal.clone())
    }
}

impl Error {
    /// The response behind [`Error::is_status`], its body still to be read.
    pub fn into_response(self) -> Option<Response> {
        match self.into_cause() {
            Cause::Status(_, response) => response.downcast().ok().map(|response| *response),
            _ => None,
        }
    }
}

impl fmt::Debug for Response {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Response")
            .field("url", &self.uri)
            .field("status", &self.reply.head.status)
            .field("version", &self.reply.head.version)
            .field("fields", &self.reply.head.fields)
            .field("body", &self.reply.body)
            .finish()
    }
}
