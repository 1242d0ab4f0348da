//! A file that is not there until it is whole.
//!
//! It is written beside its final name, under a name of its own that nobody else uses, and renamed at the end: whoever
//! looks sees nothing or all of it. Dropped before, it is removed, or left under a name for parts. An existing file is replaced
//! by the rename, and untouched until then; a link that somebody has laid at the temporary name is not followed.

use std::ffi::OsString;
use std::fs::OpenOptions;
use std::io::{self, SeekFrom};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};

use tokio::fs::{self, File};
use tokio::io::{AsyncSeekExt, AsyncWriteExt};

/// Names tried before giving up. A name is taken only if a process of the same id died over it.
const NAMES: u32 = 100;

/// A file on its way to `path`.
pub(crate) struct PartFile {
    path: PathBuf,
    part: PathBuf,
    /// Gone when the file has got its name.
    file: Option<File>,
    /// Its name if it never becomes whole.
    partial: Option<PathBuf>,
}

impl PartFile {
    /// Creates it, empty. If it never becomes whole, it gets the name `partial`, or is removed without one.
    pub(crate) fn create(path: &Path, partial: Option<PathBuf>) -> io::Result<PartFile> {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let Some(name) = path.file_name() else {
            return Err(told(path, io::Error::new(io::ErrorKind::InvalidInput, "names no file")));
        };
        for attempt in 1.. {
            let number = NEXT.fetch_add(1, Ordering::Relaxed);
            let mut part_name = OsString::from(name);
            part_name.push(format!(".{}-{number}.part", std::process::id()));
            let part = path.with_file_name(part_name);
            // Not awaited: who drops a file that is just being created would leave it behind.
            match OpenOptions::new().write(true).create_new(true).open(&part) {
                Ok(file) => {
                    let file = File::from_std(file);
                    let path = path.to_owned();
                    return Ok(PartFile { path, part, file: Some(file), partial });
                }
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists && attempt < NAMES => {}
                Err(error) => return Err(told(&part, error)),
            }
        }
        Err(io::ErrorKind::AlreadyExists.into())
    }

    /// Appends.
    pub(crate) async fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        let Some(file) = &mut self.file else { return Ok(()) };
        file.write_all(bytes).await.map_err(|error| told(&self.part, error))
    }

    /// Forgets what has been written.
    pub(crate) async fn restart(&mut self) -> io::Result<()> {
        let Some(file) = &mut self.file else { return Ok(()) };
        let emptied = async {
            file.flush().await?;
            file.set_len(0).await?;
            file.seek(SeekFrom::Start(0)).await
        };
        emptied.await.map(drop).map_err(|error| told(&self.part, error))
    }

    /// Waits until the system has all that was written, which tokio does behind the caller's back.
    pub(crate) async fn flush(&mut self) -> io::Result<()> {
        let Some(file) = &mut self.file else { return Ok(()) };
        file.flush().await.map_err(|error| told(&self.part, error))
    }

    /// It is whole: gives it its name.
    pub(crate) async fn finish(mut self) -> io::Result<()> {
        self.flush().await?;
        fs::rename(&self.part, &self.path).await.map_err(|error| told(&self.path, error))?;
        self.file = None;
        Ok(())
    }
}

/// An error that says which file it is about.
fn told(path: &Path, error: io::Error) -> io::Error {
    io::Error::new(error.kind(), format!("{}: {error}", path.display()))
}

impl Drop for PartFile {
    fn drop(&mut self) {
        if self.file.take().is_none() {
            return;
        }
        // System calls that wait for no content; there is no other way to say goodbye in a destructor, nor anybody to
        // tell that it failed.
        let _ = match &self.partial {
            Some(partial) => std::fs::rename(&self.part, partial),
            None => std::fs::remove_file(&self.part),
        };
    }
}
