//! What the transfers of a run write to together: where messages go, and files of heads that grow from transfer to
//! transfer.
//!
//! In: what holds for the run. Out: [`Messages`], which is standard error or what stands in for it, and [`Outputs`]. It
//! writes nothing by itself.

use std::collections::HashSet;
use std::fs::File;
use std::io::{self, IsTerminal as _, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::exit::Failed;
use crate::plan::Whole;
use crate::show::progress::Board;
use crate::show::write_out::{Line, Place};

/// Shared by all transfers.
pub struct Outputs {
    pub messages: Messages,
    pub board: Board,
    /// Files that groups have begun: what comes later goes behind what is there.
    begun: Mutex<HashSet<(usize, PathBuf)>>,
}

impl Outputs {
    /// Opens what `--stderr` names.
    pub fn of(whole: &Whole) -> Outputs {
        let board = Board::of(whole);
        let messages = Messages::open(whole.stderr.as_deref(), board.clone());
        Outputs { messages, board, begun: Mutex::default() }
    }

    /// A file that the transfers of a group write to in turn: emptied by the first. `group` is the group's
    /// number.
    ///
    /// # Errors
    /// 23: it cannot be opened.
    pub fn shared_file(&self, group: usize, path: &Path) -> Result<File, Failed> {
        let mut begun = self.begun.lock().unwrap_or_else(PoisonError::into_inner);
        let first = begun.insert((group, path.to_owned()));
        let mut options = File::options();
        match first {
            true => options.write(true).truncate(true),
            false => options.append(true),
        };
        let opened = options.create(true).open(path);
        opened.map_err(|error| cannot_open(path, &error))
    }
}

/// Writes what `-w` says. As with curl, what cannot be written does not spoil a transfer: text for a file that cannot be
/// opened goes where the text before it went.
pub fn pour(lines: &[Line], messages: &Messages) {
    let mut to: Box<dyn Write> = Box::new(io::stdout());
    for Line { place, bytes } in lines {
        match place {
            Place::Stdout => to = Box::new(io::stdout()),
            Place::Messages => to = Box::new(messages.clone()),
            Place::File { path, append } => {
                let mut options = File::options();
                options.create(true).append(*append).write(true).truncate(!*append);
                if let Ok(file) = options.open(path) {
                    to = Box::new(file);
                }
            }
        }
        let _ = to.write_all(bytes).and_then(|()| to.flush());
    }
}

/// curl's 23 for a file.
pub fn cannot_open(path: &Path, error: &io::Error) -> Failed {
    Failed::new(23, format!("Failed to open the file {}: {error}", path.display()))
}

/// Where messages go: standard error, or what `--stderr` says. Clones write to the same place.
#[derive(Clone)]
pub struct Messages {
    to: Arc<Mutex<Box<dyn Write + Send>>>,
    terminal: bool,
    /// Bars on the same terminal make room.
    board: Board,
}

impl Messages {
    /// `-` is the standard output. A file that cannot be opened changes nothing but a warning, as with curl.
    pub fn open(path: Option<&Path>, board: Board) -> Messages {
        let (to, terminal): (Box<dyn Write + Send>, bool) = match path {
            None => (Box::new(io::stderr()), io::stderr().is_terminal()),
            Some(path) if path == Path::new("-") => {
                (Box::new(io::stdout()), io::stdout().is_terminal())
            }
            Some(path) => match File::create(path) {
                Ok(file) => (Box::new(file), false),
                Err(error) => {
                    let mut stderr = io::stderr();
                    let _ = writeln!(stderr, "Warning: Failed to open {}: {error}", path.display());
                    (Box::new(stderr), io::stderr().is_terminal())
                }
            },
        };
        Messages { to: Arc::new(Mutex::new(to)), terminal, board }
    }

    /// Whether people read along.
    pub fn is_terminal(&self) -> bool {
        self.terminal
    }

    /// One line. That nobody can hear it is no error.
    pub fn line(&self, text: &str) {
        let _ = self.board.aside(|| {
            let mut to = self.lock();
            writeln!(to, "{text}").and_then(|()| to.flush())
        });
    }

    fn lock(&self) -> MutexGuard<'_, Box<dyn Write + Send>> {
        self.to.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Write for Messages {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.board.aside(|| self.lock().write(bytes))
    }

    fn flush(&mut self) -> io::Result<()> {
        self.lock().flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shared_file_is_emptied_once() {
        let folder = std::env::temp_dir().join(format!("wireline-outputs-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let path = folder.join("heads");
        std::fs::write(&path, "old").unwrap();
        let outputs = Outputs::of(&Whole::default());
        outputs.shared_file(1, &path).unwrap().write_all(b"a").unwrap();
        outputs.shared_file(1, &path).unwrap().write_all(b"b").unwrap();
        assert_eq!(std::fs::read(&path).unwrap(), b"ab");
        outputs.shared_file(2, &path).unwrap().write_all(b"c").unwrap();
        assert_eq!(std::fs::read(&path).unwrap(), b"c", "another group begins it anew");
        let missing = folder.join("missing/heads");
        assert_eq!(outputs.shared_file(1, &missing).unwrap_err().code, 23);
        std::fs::remove_dir_all(folder).unwrap();
    }
}
