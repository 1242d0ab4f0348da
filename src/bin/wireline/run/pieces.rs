//! Content put together of bytes and files, read one after the other.
//!
//! In: [`Piece`]s. Out: an [`AsyncRead`] that opens a file when it gets there.

use std::io::{self, Read as _};
use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use tokio::fs::File;
use tokio::io::{AsyncRead, ReadBuf};

use crate::exit::Failed;

/// A part of content.
#[derive(Debug, Clone)]
pub enum Piece {
    Bytes(Bytes),
    /// A file from an offset on.
    File(PathBuf, u64),
}

/// All of them as one stream of bytes.
pub struct Pieces {
    pieces: Arc<[Piece]>,
    /// The piece that is being read.
    at: usize,
    /// How much of its bytes has been given.
    given: usize,
    file: Option<File>,
}

impl Pieces {
    pub fn new(pieces: Arc<[Piece]>) -> Pieces {
        Pieces { pieces, at: 0, given: 0, file: None }
    }

    fn next(&mut self) {
        (self.at, self.given, self.file) = (self.at + 1, 0, None);
    }
}

impl AsyncRead for Pieces {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = &mut *self;
        loop {
            match this.pieces.get(this.at) {
                None => return Poll::Ready(Ok(())),
                Some(Piece::Bytes(bytes)) => {
                    let rest = bytes.get(this.given..).unwrap_or_default();
                    let count = rest.len().min(buffer.remaining());
                    if count > 0 {
                        buffer.put_slice(rest.get(..count).unwrap_or_default());
                        this.given += count;
                        return Poll::Ready(Ok(()));
                    }
                }
                Some(Piece::File(path, from)) => {
                    let file = match &mut this.file {
                        Some(file) => file,
                        none => none.insert(open(path, *from)?),
                    };
                    let before = buffer.filled().len();
                    ready!(Pin::new(file).poll_read(cx, buffer))?;
                    if buffer.filled().len() > before {
                        return Poll::Ready(Ok(()));
                    }
                }
            }
            this.next();
        }
    }
}

/// How long a file is, if it is one that has a length.
///
/// # Errors
/// 26: it cannot be opened.
pub fn length(file: &Path) -> Result<Option<u64>, Failed> {
    let wrong = |error| Failed::new(26, format!("Can't open '{}': {error}", file.display()));
    let mut file_in = std::fs::File::open(file).map_err(wrong)?;
    let metadata = file_in.metadata().map_err(wrong)?;
    if metadata.is_dir() {
        return Err(wrong(io::ErrorKind::IsADirectory.into()));
    }
    // Files made up by the system say that they are empty.
    let empty = metadata.is_file() && metadata.len() == 0;
    let made_up = empty && file_in.read(&mut [0]).map_err(wrong)? > 0;
    Ok((metadata.is_file() && !made_up).then_some(metadata.len()))
}

/// Opening a file of this machine takes no time worth waiting elsewhere.
fn open(path: &PathBuf, from: u64) -> io::Result<File> {
    use std::io::Seek as _;
    let mut file = std::fs::File::open(path)?;
    if from > 0 {
        file.seek(io::SeekFrom::Start(from))?;
    }
    Ok(File::from_std(file))
}
