//! A response saved to a file, however often the connection breaks.
//!
//! A request and a path go in; the file appears under its name when it is whole, and not before. When the way breaks and
//! the response had a strong [`Validator`], the request is made again for the rest ([`RequestBuilder::resume`]): a bounded
//! number of times, with growing waits while nothing comes. Bytes are saved as they are sent, without content coding.
//! A part is never taken for the whole; only where a server gives neither a length nor chunks, the end of its connection
//! is all there is to go by.

use std::fmt;
use std::future::{Future, IntoFuture};
use std::io;
use std::path::PathBuf;
use std::pin::Pin;
use std::time::Duration;

use tokio::time::sleep;

use crate::client::error::{Cause, Error};
use crate::client::request::RequestBuilder;
use crate::client::response::Response;
use crate::client::template::{Template, backoff, may_pass};
use crate::conn::{Failure, Phase};
use crate::message::{ResponseHead, StatusCode};

use super::part_file::PartFile;
use super::resume::Resumed;
use super::tally::Listener;
use super::validator::Validator;

/// How often a download goes on after a break, unless told otherwise: enough for a bad line, and an end for a hopeless one.
pub const RESUMPTIONS: u32 = 10;

/// The wait after the first attempt that brought nothing; doubled by each further one.
const FIRST_WAIT: Duration = Duration::from_millis(500);

/// The longest of those waits.
const LONGEST_WAIT: Duration = Duration::from_secs(30);

/// A download being put together.
#[must_use = "a download does nothing until it is sent or awaited"]
pub struct Download {
    builder: RequestBuilder,
    path: PathBuf,
    listener: Option<Listener>,
    resumptions: u32,
    partial: Option<PathBuf>,
}

/// A file that has been saved whole.
#[derive(Debug)]
#[non_exhaustive]
pub struct Saved {
    /// Its length in bytes.
    pub length: u64,
    /// How often the download went on after a break.
    pub resumptions: u32,
    /// The head of the response that the last of it came with.
    pub head: ResponseHead,
}

impl RequestBuilder {
    /// Saves the response to a file: under a temporary name beside `path` until it is whole, then under `path`, where it
    /// replaces what was there.
    ///
    /// When the way breaks, a GET goes on where it stopped, if the first response had a strong validator (an `ETag` that is
    /// not weak, or a `Last-Modified` that is old enough), and the server still has that version; it begins anew if the
    /// server has another one. The total `timeout` is that of one attempt, and ends the download. Statuses from 400 on are
    /// errors.
    ///
    /// ```
    /// # use std::io::{Read, Write};
    /// # let server = std::net::TcpListener::bind("127.0.0.1:0")?;
    /// # let url = format!("http://{}/", server.local_addr()?);
    /// # std::thread::spawn(move || {
    /// #     for reply in [
    /// #         "HTTP/1.1 200 OK\r\nETag: \"v1\"\r\nContent-Length: 5\r\n\r\nwh",
    /// #         "HTTP/1.1 206 Partial Content\r\nContent-Range: bytes 2-4/5\r\nContent-Length: 3\r\n\r\nole",
    /// #     ] {
    /// #         let (mut peer, _) = server.accept().unwrap();
    /// #         peer.read(&mut [0; 4096]).unwrap();
    /// #         peer.write_all(reply.as_bytes()).unwrap();
    /// #     }
    /// # });
    /// # tokio::runtime::Runtime::new()?.block_on(async {
    /// # let client = wireline::Client::new();
    /// # let path = std::env::temp_dir().join(format!("wireline-download-{}", std::process::id()));
    /// let saved = client
    ///     .get(&url)
    ///     .download(&path)
    ///     .on_progress(|received, total| eprintln!("{received} of {total:?}"))
    ///     .await?;
    /// assert_eq!((saved.length, saved.resumptions), (5, 1));
    /// # assert_eq!(std::fs::read(&path)?, b"whole");
    /// # std::fs::remove_file(&path)?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// # })?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn download(self, path: impl Into<PathBuf>) -> Download {
        let builder = self.identity();
        let (path, listener, partial) = (path.into(), None, None);
        Download { builder, path, listener, resumptions: RESUMPTIONS, partial }
    }
}

impl Download {
    /// Tells `listener` the bytes so far, and the length of the whole if it is known. It falls when the download has
    /// to begin anew.
    pub fn on_progress(
        mut self,
        listener: impl FnMut(u64, Option<u64>) + Send + Sync + 'static,
    ) -> Download {
        self.listener = Some(Box::new(listener));
        self
    }

    /// Goes on after a break at most `count` times instead of [`RESUMPTIONS`]; 0 never does.
    pub fn max_resumptions(mut self, count: u32) -> Download {
        self.resumptions = count;
        self
    }

    /// Leaves what has been received under this name if it never becomes whole: after an error, and when the download is
    /// dropped. By default it is removed. In the same folder as the file itself, or at least on the same disk.
    pub fn keep_partial(mut self, path: impl Into<PathBuf>) -> Download {
        self.partial = Some(path.into());
        self
    }

    /// Sends the request and saves its response.
    ///
    /// Dropping it ends the download.
    ///
    /// # Errors
    /// Those of [`RequestBuilder::send`] and [`Response::chunk`] once going on is of no use or has been tried often enough;
    /// [`Error::is_status`]; [`Error::is_decode`] for a rest that does not fit; [`Error::is_file`]. In each case there is no
    /// new file under the name.
    pub async fn send(self) -> Result<Saved, Error> {
        let Download { builder, path, listener, resumptions, partial } = self;
        let template = Template::of(&builder);
        let response = whole(builder.send().await?)?;
        let mut saving = Saving {
            file: PartFile::create(&path, partial).map_err(unsaved)?,
            received: 0,
            length: response.content_length(),
            validator: response.validator(),
            head: response.head().clone(),
            listener,
            resumptions: 0,
        };
        match saving.run(response, template, resumptions).await {
            Ok(()) => saving.finish().await,
            Err(error) => {
                // If it is kept, it shall hold what it seems to hold.
                let _ = saving.file.flush().await;
                Err(error)
            }
        }
    }
}

/// A response to begin with: a success, and not a part of something.
fn whole(response: Response) -> Result<Response, Error> {
    let response = response.error_for_status()?;
    let status = response.status();
    if status.is_success() && status != StatusCode::PARTIAL_CONTENT {
        return Ok(response);
    }
    let why = format!("{status} is not the whole of anything");
    Err(response.context(Error::new(Cause::Decode(why.into()), Phase::Decode)))
}

fn unsaved(error: io::Error) -> Error {
    Error::new(Cause::File(error), Phase::Body)
}

fn cut_off() -> Error {
    let why = io::Error::new(io::ErrorKind::UnexpectedEof, "the response ended before the whole");
    Error::new(Cause::Exchange(Failure::Io(why)), Phase::Body)
}

/// What is known between two attempts.
struct Saving {
    file: PartFile,
    received: u64,
    /// Of the whole, if it is known.
    length: Option<u64>,
    validator: Option<Validator>,
    head: ResponseHead,
    listener: Option<Listener>,
    resumptions: u32,
}

impl Saving {
    /// `first` and whatever it takes behind it, until the whole is there.
    async fn run(
        &mut self,
        first: Response,
        template: Option<Template>,
        most: u32,
    ) -> Result<(), Error> {
        let mut fruitless = 0;
        let mut outcome = self.save(first).await;
        while let Err(error) = outcome {
            let (Some(template), Some(validator)) = (&template, self.validator.clone()) else {
                return Err(error);
            };
            if self.resumptions == most || !may_pass(&error) {
                return Err(error);
            }
            if fruitless > 0 {
                sleep(backoff(FIRST_WAIT, fruitless, LONGEST_WAIT)).await;
            }
            self.resumptions += 1;
            let before = self.received;
            let rest = template.request().resume(before, &validator).send().await;
            outcome = match rest.and_then(|rest| rest.resumed(before, &validator)) {
                Ok(rest) => self.go_on(rest).await,
                Err(error) => Err(error),
            };
            fruitless = if self.received == before { fruitless + 1 } else { 0 };
        }
        Ok(())
    }

    async fn finish(self) -> Result<Saved, Error> {
        let Saving { file, received: length, head, resumptions, .. } = self;
        file.finish().await.map_err(unsaved)?;
        Ok(Saved { length, resumptions, head })
    }

    async fn go_on(&mut self, rest: Resumed) -> Result<(), Error> {
        match rest {
            Resumed::Continued { response, length } => {
                if let (Some(now), Some(before)) = (length, self.length)
                    && now != before
                {
                    let why = format!("the whole has {now} bytes now, and had {before}");
                    let error = Error::new(Cause::Decode(why.into()), Phase::Decode);
                    return Err(response.context(error));
                }
                self.length = length.or(self.length);
                self.head = response.head().clone();
                self.save(response).await
            }
            Resumed::Restarted(response) => {
                self.file.restart().await.map_err(unsaved)?;
                (self.received, self.length) = (0, response.content_length());
                self.validator = response.validator();
                self.head = response.head().clone();
                self.save(response).await
            }
            // A server that ends earlier than it said is not believed.
            Resumed::Complete if self.length.is_none_or(|length| length == self.received) => Ok(()),
            Resumed::Complete => Err(cut_off()),
        }
    }

    /// The body of `response` behind what is there.
    async fn save(&mut self, mut response: Response) -> Result<(), Error> {
        while let Some(piece) = response.chunk().await? {
            self.file.write(&piece).await.map_err(|error| response.context(unsaved(error)))?;
            self.received += piece.len() as u64;
            if let Some(listener) = &mut self.listener {
                listener(self.received, self.length);
            }
        }
        match self.length {
            // A 206 may have been a part of what was asked for.
            Some(length) if self.received < length => Err(response.context(cut_off())),
            _ => Ok(()),
        }
    }
}

/// `client.get(url).download(path).await`.
impl IntoFuture for Download {
    type Output = Result<Saved, Error>;
    type IntoFuture = Pin<Box<dyn Future<Output = Self::Output> + Send>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.send())
    }
}

impl fmt::Debug for Download {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Download").field("path", &self.path).finish_non_exhaustive()
    }
}
