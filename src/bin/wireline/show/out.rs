//! Where what is shown goes: standard error, the file of `--stderr`, the file of a trace.
//!
//! A write that fails is not told: there is nobody left to tell.

use std::fs::File;
use std::io::{self, IsTerminal as _, Write};
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

/// A place to write to, shared by all transfers of a run.
#[derive(Clone)]
pub struct Out {
    to: Arc<Mutex<dyn Write + Send>>,
    /// It is a terminal: what peers sent is escaped.
    pub terminal: bool,
}

impl Out {
    /// Whatever is given.
    pub fn new(to: impl Write + Send + 'static, terminal: bool) -> Out {
        Out { to: Arc::new(Mutex::new(to)), terminal }
    }

    /// A file as options name it: `-` is the standard output, `%` is `errors`.
    ///
    /// # Errors
    /// It cannot be created.
    pub fn open(path: &Path, errors: &Out) -> io::Result<Out> {
        match path.to_str() {
            Some("-") => Ok(Out::new(io::stdout(), io::stdout().is_terminal())),
            Some("%") => Ok(errors.clone()),
            _ => Ok(Out::new(File::create(path)?, false)),
        }
    }

    /// Writes it and flushes.
    pub fn put(&self, bytes: &[u8]) {
        let mut to = self.to.lock().unwrap_or_else(PoisonError::into_inner);
        // Nobody is left to hear of an error.
        let _ = to.write_all(bytes).and_then(|()| to.flush());
    }
}
