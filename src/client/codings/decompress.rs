//! Asking for coded content: the methods that turn decoding on, for a client or for one request; and decoding what is
//! in memory already.

use bytes::Bytes;

use crate::client::builder::ClientBuilder;
use crate::client::error::{Cause, Error};
use crate::client::request::RequestBuilder;
use crate::conn::Phase;
use crate::message::Fields;

use super::choice::Codings;
use super::decode::{Coding, CodingError};
use super::decoding::{Decoding, PIECE};

impl ClientBuilder {
    /// Asks for coded content and decodes it while it is read, in any of these codings. Off by default.
    ///
    /// A request then says `Accept-Encoding`, unless it has such a field already or asks for a `Range`. A response whose
    /// `Content-Encoding` names these codings and no others is decoded by whatever reads it: `chunk`, `bytes`, `text`,
    /// `json`, `AsyncRead`. Left as it is: content in other codings, and parts of content (206). [`Response::fields`] stay
    /// as they were received; [`Response::content_length`] is `None`, because `Content-Length` counts coded bytes.
    ///
    /// `max_body` counts decoded bytes; [`Codings::max_ratio`] bounds how much a little may become.
    ///
    /// [`Response::fields`]: crate::client::Response::fields
    /// [`Response::content_length`]: crate::client::Response::content_length
    ///
    /// ```
    /// use wireline::{Client, Codings};
    ///
    /// let client = Client::builder().decompress(Codings::all()).build()?;
    /// # Ok::<(), wireline::Error>(())
    /// ```
    pub fn decompress(mut self, codings: impl Into<Codings>) -> Self {
        let codings = codings.into();
        match codings.missing() {
            None => self.settings.codings = Some(codings),
            Some(coding) => self.refuse(absent(coding)),
        }
        self
    }
}

impl RequestBuilder {
    /// Codings for this request, in place of the client's: [`ClientBuilder::decompress`].
    ///
    /// ```
    /// # use std::io::{Read, Write};
    /// # let server = std::net::TcpListener::bind("127.0.0.1:0")?;
    /// # let url = format!("http://{}/", server.local_addr()?);
    /// # std::thread::spawn(move || {
    /// #     let (mut peer, _) = server.accept().unwrap();
    /// #     peer.read(&mut [0; 4096]).unwrap();
    /// #     peer.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello").unwrap();
    /// # });
    /// # tokio::runtime::Runtime::new()?.block_on(async {
    /// # let client = wireline::Client::new();
    /// use wireline::Codings;
    ///
    /// // This one may be as dull as it likes: up to 64 MiB (`max_body`), whatever it is made from.
    /// let codings = Codings::all().max_ratio(None);
    /// let text = client.get(&url).decompress(codings).send().await?.text().await?;
    /// assert_eq!(text, "hello");
    /// # Ok::<(), wireline::Error>(())
    /// # })?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn decompress(self, codings: impl Into<Codings>) -> Self {
        let codings = codings.into();
        match codings.missing() {
            None => self.choose(|choices| choices.settings.codings = Some(codings)),
            Some(coding) => self.change(|_| Err(absent(coding))),
        }
    }
}

impl Codings {
    /// Decodes content that is in memory, as a client with these codings would while it reads: for coded content that was
    /// kept as it came, or put together from its parts. `fields` say what it is in, `pieces` are the content in order,
    /// `limit` is the number of decoded bytes there may be. Content in other codings is handed back as it is.
    ///
    /// # Errors
    /// [`Error::is_decode`] for what is broken or cut off, [`Error::is_limit`] for what is too much.
    ///
    /// ```
    /// use wireline::{Codings, Fields};
    ///
    /// let mut fields = Fields::new();
    /// fields.append("Content-Encoding", "identity")?;
    /// let content = Codings::all().decode(&fields, ["not ".into(), "coded".into()], 1000)?;
    /// assert_eq!(content, "not coded");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn decode(
        &self,
        fields: &Fields,
        pieces: impl IntoIterator<Item = Bytes>,
        limit: u64,
    ) -> Result<Bytes, Error> {
        let mut decoding = Decoding::of(fields, self);
        let mut content = Vec::new();
        for piece in pieces {
            match &mut decoding {
                Some(decoding) => {
                    decoding.feed(piece);
                    take_all(decoding, &mut content, limit)?;
                }
                None => content.extend_from_slice(&piece),
            }
            within(&content, limit)?;
        }
        let finished = decoding.map_or(Ok(()), |decoding| decoding.finish());
        finished.map_err(undecodable)?;
        Ok(content.into())
    }
}

/// Everything that `decoding` makes of what it was fed.
fn take_all(decoding: &mut Decoding, content: &mut Vec<u8>, limit: u64) -> Result<(), Error> {
    loop {
        match decoding.decode(PIECE).map_err(undecodable)? {
            [] => return Ok(()),
            piece => content.extend_from_slice(piece),
        }
        within(content, limit)?;
    }
}

fn within(content: &[u8], limit: u64) -> Result<(), Error> {
    match content.len() as u64 <= limit {
        true => Ok(()),
        false => Err(Error::new(Cause::BodyLimit(limit), Phase::Decode)),
    }
}

fn undecodable(error: CodingError) -> Error {
    Error::new(Cause::Coding(error), Phase::Decode)
}

fn absent(coding: Coding) -> Error {
    let (name, feature) = (coding.name(), coding.feature());
    Error::build(format!("the content coding {name} needs the feature `{feature}`"))
}
