//! Where what comes is written: content, and heads in front of it.
//!
//! In: heads ([`Sink::head`]) and content ([`Sink::write`]) in the order they come, over all requests of a transfer. Out:
//! a file, the standard output, or nothing. A file is made when there is something to write, or at the end of a transfer
//! that went well: one that fails at once overwrites nothing. A sink that is dropped before [`Sink::finish`] (Ctrl-C) takes
//! back the file that it has made.

use std::fs::File;
use std::io::{self, IsTerminal as _, Seek as _, Write};
use std::path::PathBuf;
use std::time::{Duration, SystemTime};

use wireline::Fields;
use wireline::message::ResponseHead;

use crate::exit::Failed;
use crate::plan::{Output, Target};
use crate::show::escape::escape;
use crate::show::progress::{Board, Meter};

use super::heads::{self, Dump};
use super::shared::Run;
use super::transfer::Transfer;
use super::{naming, when};

/// What a transfer writes to.
pub struct Sink<'a> {
    output: &'a Output,
    to: To,
    /// Heads are written in front of content: `-i`, and `-I`, which leaves nothing else to write.
    shows_heads: bool,
    /// Where a file is or will be.
    path: Option<PathBuf>,
    /// The server may name the file, and has done so.
    renames: bool,
    renamed: bool,
    /// Bytes to a terminal are looked at first.
    guards: bool,
    dump: Option<Dump>,
    /// Heads that wait for a name.
    waiting: Vec<u8>,
    /// Of the last head.
    status: u16,
    modified: Option<SystemTime>,
    meter: Meter,
    board: Board,
    finished: bool,
}

/// An open target.
enum To {
    /// A file not made yet.
    Later,
    Null,
    Stdout,
    /// What it held before is not taken back.
    File {
        file: File,
        before: u64,
        regular: bool,
    },
}

impl<'a> Sink<'a> {
    /// What the transfer writes to: before its first request.
    ///
    /// # Errors
    /// 23: the file of `-D`, or one that is continued, cannot be opened.
    pub fn open(run: &Run, transfer: &Transfer<'a>) -> Result<Sink<'a>, Failed> {
        let output = &transfer.group.output;
        let to = match &transfer.target {
            Target::Null => To::Null,
            Target::File(name) if name == "-" => To::Stdout,
            Target::File(_) | Target::RemoteName => To::Later,
        };
        let terminal = matches!(to, To::Stdout) && io::stdout().is_terminal();
        let said = transfer.group.targets.iter().any(|target| *target == Target::File("-".into()));
        let mut sink = Sink {
            output,
            to,
            shows_heads: output.show_heads || transfer.group.request.head,
            path: naming::path(transfer),
            renames: output.server_name && transfer.target == Target::RemoteName,
            renamed: false,
            guards: terminal && !said,
            dump: Dump::open(&run.outputs, transfer)?,
            waiting: Vec::new(),
            status: 0,
            modified: None,
            meter: run.outputs.board.begin(terminal),
            board: run.outputs.board.clone(),
            finished: false,
        };
        if output.continue_at.is_some() {
            sink.make()?;
        }
        Ok(sink)
    }

    /// A head has come: an interim one, a proxy's answer to CONNECT, that of a redirect, the final one.
    ///
    /// # Errors
    /// 23: it cannot be written.
    pub fn head(&mut self, head: &ResponseHead) -> Result<(), Failed> {
        self.rename(head);
        self.status = head.status.as_u16();
        self.modified = head.fields.get("last-modified").and_then(time);
        let length = head.fields.get_str("content-length").and_then(|length| length.parse().ok());
        self.meter.expect(length, 0);
        self.lines(&heads::bytes(head))
    }

    /// The head of an answer to CONNECT has come, as received.
    ///
    /// # Errors
    /// 23: it cannot be written.
    pub fn tunnel_head(&mut self, head: &[u8]) -> Result<(), Failed> {
        self.lines(head)
    }

    /// Trailers have come.
    ///
    /// # Errors
    /// 23: they cannot be written.
    pub fn trailers(&mut self, fields: &Fields) -> Result<(), Failed> {
        self.lines(&heads::trailers(fields))
    }

    /// Content has come.
    ///
    /// # Errors
    /// 23: it cannot be written.
    pub fn write(&mut self, piece: &[u8]) -> Result<(), Failed> {
        self.make()?;
        if self.guards && piece.contains(&0) {
            return Err(Failed::new(
                23,
                "binary output can mess up your terminal: say \"--output -\" to see it anyway, or \
                 \"--output <FILE>\" to save it",
            ));
        }
        self.meter.add(piece.len());
        self.put(piece)
    }

    /// What has been written to a file is taken back: the transfer begins again.
    ///
    /// # Errors
    /// 23: it cannot be.
    pub fn rewind(&mut self) -> Result<(), Failed> {
        self.waiting.clear();
        if let To::File { file, before, regular: true } = &mut self.to {
            let back = file.set_len(*before).and_then(|()| file.seek(io::SeekFrom::End(0)));
            back.map_err(|error| Failed::new(23, format!("Failed to truncate file: {error}")))?;
        }
        Ok(())
    }

    /// Nothing has changed: what is there already stays.
    pub fn keep(&mut self) {
        self.status = 304;
    }

    /// `filename_effective`: the file that is written to, as far as it is known; `None` if there is none.
    pub fn file_name(&self) -> Option<String> {
        self.path.as_ref().map(|path| path.display().to_string())
    }

    /// The transfer is over.
    ///
    /// # Errors
    /// 23: what was held back cannot be written, or an empty file not be made.
    pub fn finish(&mut self, failed: Option<&Failed>) -> Result<(), Failed> {
        self.finished = true;
        self.meter.finish();
        // Nothing has changed: what is there already stays.
        if failed.is_none() && self.status != 304 {
            self.make()?;
        }
        self.empty_waiting()?;
        match (&mut self.to, failed) {
            (To::Stdout, _) => io::stdout().flush().map_err(|error| cannot_write(&error))?,
            (To::File { file, .. }, None) => {
                if let Some(modified) = self.modified.filter(|_| self.output.server_time) {
                    // As with curl, a time that cannot be set does not spoil a transfer.
                    let _ = file.set_modified(modified);
                }
            }
            (To::File { .. }, Some(_)) if self.output.remove_on_error => self.remove(),
            _ => {}
        }
        self.to = To::Null;
        Ok(())
    }

    /// Takes the server's name for the file, if it may say one.
    fn rename(&mut self, head: &ResponseHead) {
        if !self.renames || !matches!(self.to, To::Later) {
            return;
        }
        if let Some(name) = naming::named_by(head) {
            self.path = Some(naming::in_folder(self.output, &name));
            self.renamed = true;
        }
    }

    /// Writes lines of heads to wherever heads go.
    fn lines(&mut self, lines: &[u8]) -> Result<(), Failed> {
        if let Some(dump) = &mut self.dump {
            dump.write(lines)?;
        }
        if !self.shows_heads || matches!(self.to, To::Null) {
            return Ok(());
        }
        if self.renames && matches!(self.to, To::Later) {
            self.waiting.extend_from_slice(lines);
            return Ok(());
        }
        self.make()?;
        match matches!(self.to, To::Stdout) && io::stdout().is_terminal() {
            true => self.put(&escape(lines)),
            false => self.put(lines),
        }
    }

    /// Makes the file, if there has to be one and is none.
    fn make(&mut self) -> Result<(), Failed> {
        let (To::Later, Some(path)) = (&self.to, self.path.clone()) else { return Ok(()) };
        let (file, path) = match self.output.continue_at {
            Some(_) => naming::append(self.output, path)?,
            None => naming::create(self.output, path, self.renamed)?,
        };
        self.path = Some(path);
        let about = file.metadata().ok();
        let before = about.as_ref().map_or(0, std::fs::Metadata::len);
        self.to = To::File { file, before, regular: about.is_some_and(|about| about.is_file()) };
        self.empty_waiting()
    }

    fn empty_waiting(&mut self) -> Result<(), Failed> {
        let waiting = std::mem::take(&mut self.waiting);
        if waiting.is_empty() { Ok(()) } else { self.put(&waiting) }
    }

    /// Every piece goes out at once, with and without `-N`.
    fn put(&mut self, bytes: &[u8]) -> Result<(), Failed> {
        let put = match &mut self.to {
            To::Null | To::Later => Ok(()),
            To::Stdout => self.board.aside(|| {
                let mut stdout = io::stdout().lock();
                stdout.write_all(bytes).and_then(|()| stdout.flush())
            }),
            To::File { file, .. } => file.write_all(bytes),
        };
        put.map_err(|error| cannot_write(&error))
    }

    /// Removes the file, if it is one.
    fn remove(&mut self) {
        if let (To::File { regular: true, .. }, Some(path)) = (&self.to, &self.path) {
            // Whoever asked for it has already been told of a failure.
            let _ = std::fs::remove_file(path);
        }
    }
}

impl Drop for Sink<'_> {
    fn drop(&mut self) {
        // A file that is continued held something before, and can be continued again.
        if !self.finished && self.output.continue_at.is_none() {
            self.remove();
        }
    }
}

fn cannot_write(error: &io::Error) -> Failed {
    Failed::new(23, format!("Failure writing output to destination: {error}"))
}

/// The time of a field.
fn time(value: &[u8]) -> Option<SystemTime> {
    SystemTime::UNIX_EPOCH.checked_add(Duration::from_secs(when::http(value)?))
}
