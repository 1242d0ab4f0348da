//! Files as bodies: a length that is kept to, and every attempt from the first byte.
//!
//! The file is opened once, for its length. The first attempt reads what was opened then; later ones open the path again
//! and make sure that it is still the same content, as far as length and time of change can tell. A file that turns out
//! shorter or longer than it was is an error, never a message of the wrong length.

use std::future::Future;
use std::io;
use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, ready};
use std::time::SystemTime;

use bytes::Bytes;
use tokio::fs::File;
use tokio::io::{AsyncReadExt, AsyncSeekExt};

use crate::conn::{BoxError, Source};

use super::body::Body;
use super::replayable::Replayable;
use super::sources::poll_read_piece;

/// How much is read at a time.
const PIECE: u64 = 64 * 1024;

impl Body {
    /// A file, with the length it has when it is opened. A regular file can be sent again ([`Replayable::file`]);
    /// whatever else can be opened, such as a named pipe or a file of /proc, is sent once and chunked.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> std::io::Result<()> {
    /// # let path = std::env::temp_dir().join(format!("wireline-doc-{}", std::process::id()));
    /// std::fs::write(&path, "hello")?;
    /// let body = wireline::Body::file(&path).await?;
    /// assert_eq!((body.length(), body.is_replayable()), (Some(5), true));
    /// # std::fs::remove_file(&path)
    /// # }
    /// ```
    ///
    /// # Errors
    /// Whatever opening it or asking for its length gives.
    pub async fn file(path: impl AsRef<Path>) -> io::Result<Body> {
        Ok(match open(path.as_ref()).await? {
            Opened::Regular(origin) => replayable(origin).into(),
            Opened::Other(file) => Body::reader(file, None),
        })
    }
}

impl Replayable {
    /// A regular file, with the length it has when it is opened.
    ///
    /// An attempt fails, and its connection is closed, if the file turns out to be shorter or longer than that; a later
    /// attempt opens the path again and fails if length or time of change differ. What is exchanged for content of the same
    /// length within the resolution of the file system's clock, some milliseconds, is not noticed.
    ///
    /// # Errors
    /// Whatever opening it or asking for its length gives; that it is no regular file.
    pub async fn file(path: impl AsRef<Path>) -> io::Result<Replayable> {
        match open(path.as_ref()).await? {
            Opened::Regular(origin) => Ok(replayable(origin)),
            Opened::Other(_) => Err(io::Error::new(
                io::ErrorKind::InvalidInput,
                format!("{} is no regular file and can be read only once", path.as_ref().display()),
            )),
        }
    }
}

enum Opened {
    Regular(Origin),
    Other(File),
}

/// A regular file as it was when it was opened.
struct Origin {
    path: PathBuf,
    length: u64,
    /// Where the system tells.
    modified: Option<SystemTime>,
    /// For the first attempt.
    file: Mutex<Option<File>>,
}

async fn open(path: &Path) -> io::Result<Opened> {
    let mut file = File::open(path).await?;
    let metadata = file.metadata().await?;
    // Files made up by the system, such as those of /proc, have content and no length.
    let made_up = metadata.len() == 0 && metadata.is_file() && file.read(&mut [0]).await? > 0;
    if made_up {
        file.rewind().await?;
    }
    if made_up || !metadata.is_file() {
        return Ok(Opened::Other(file));
    }
    Ok(Opened::Regular(Origin {
        path: path.to_owned(),
        length: metadata.len(),
        modified: metadata.modified().ok(),
        file: Mutex::new(Some(file)),
    }))
}

fn replayable(origin: Origin) -> Replayable {
    let length = origin.length;
    let origin = Arc::new(origin);
    Replayable::made(move || Box::pin(FileSource::new(Arc::clone(&origin))), Some(length), None)
}

/// One attempt.
struct FileSource {
    origin: Arc<Origin>,
    state: State,
    left: u64,
    buffer: Vec<u8>,
}

enum State {
    Opening(Pin<Box<dyn Future<Output = io::Result<File>> + Send>>),
    Reading(File),
}

impl FileSource {
    fn new(origin: Arc<Origin>) -> FileSource {
        let opened = origin.file.lock().unwrap_or_else(PoisonError::into_inner).take();
        let state = match opened {
            Some(file) => State::Reading(file),
            None => State::Opening(Box::pin(reopen(Arc::clone(&origin)))),
        };
        let left = origin.length;
        FileSource { origin, state, left, buffer: Vec::new() }
    }
}

async fn reopen(origin: Arc<Origin>) -> io::Result<File> {
    let file = File::open(&origin.path).await?;
    let now = file.metadata().await?;
    let same =
        now.is_file() && now.len() == origin.length && now.modified().ok() == origin.modified;
    if same { Ok(file) } else { Err(changed(&origin, "has changed since it was opened")) }
}

fn changed(origin: &Origin, how: &str) -> io::Error {
    io::Error::other(format!("{} {how} with {} bytes", origin.path.display(), origin.length))
}

impl Source for FileSource {
    fn poll_piece(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Bytes, BoxError>>> {
        let this = &mut *self;
        let file = match &mut this.state {
            State::Reading(file) => file,
            State::Opening(opening) => {
                this.state = State::Reading(ready!(opening.as_mut().poll(cx))?);
                // Nothing read yet: an empty piece is asked again.
                return Poll::Ready(Some(Ok(Bytes::new())));
            }
        };
        if this.left == 0 {
            return Poll::Ready(None);
        }
        // One byte more than there may be shows that the file has grown before its last piece is given away.
        let room = this.left.saturating_add(1).min(PIECE);
        this.buffer.resize(usize::try_from(room).unwrap_or_default(), 0);
        let piece = ready!(poll_read_piece(Pin::new(file), &mut this.buffer, cx))?;
        let Some(left) = this.left.checked_sub(piece.len() as u64) else {
            return Poll::Ready(Some(Err(
                changed(&this.origin, "has grown since it was opened").into()
            )));
        };
        if piece.is_empty() && left > 0 {
            return Poll::Ready(Some(Err(changed(
                &this.origin,
                "has been cut since it was opened",
            )
            .into())));
        }
        this.left = left;
        Poll::Ready((!piece.is_empty()).then_some(Ok(piece)))
    }
}
