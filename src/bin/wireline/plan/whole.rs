//! What holds for the whole run, whichever group it was said in.

use std::path::PathBuf;

use super::options::Id;
use super::said::{Said, Wrong};

/// Settings of the run.
#[derive(Debug, Default)]
pub struct Whole {
    /// Something else is to be done instead.
    pub instead: Option<Instead>,
    pub silent: bool,
    pub show_error: bool,
    pub verbose: bool,
    pub progress: Progress,
    /// Where messages go.
    pub stderr: Option<PathBuf>,
    pub trace: Option<Trace>,
    pub trace_time: bool,
    pub trace_ids: bool,
    pub fail_early: bool,
    /// How many transfers run side by side.
    pub parallel: Option<usize>,
    pub parallel_max: Option<usize>,
    pub timing: bool,
    pub explain: bool,
    pub har: Option<PathBuf>,
}

/// What is done in place of a transfer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Instead {
    Help,
    Version,
}

/// How progress is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Progress {
    #[default]
    Meter,
    Bar,
    Off,
}

/// Where all bytes are written, and how.
#[derive(Debug, Clone)]
pub struct Trace {
    /// `-` is the standard output, `%` standard error.
    pub file: PathBuf,
    pub hex: bool,
}

impl Whole {
    /// Takes an option if it is one of these.
    ///
    /// # Errors
    /// A value that is none.
    pub fn take(&mut self, said: &Said) -> Result<bool, Wrong> {
        match said.id {
            Id::Help => self.instead = said.on.then_some(Instead::Help),
            Id::Version => self.instead = said.on.then_some(Instead::Version),
            Id::Silent => self.silent = said.on,
            Id::ShowError => self.show_error = said.on,
            Id::Verbose => self.verbose = said.on,
            Id::ProgressBar if said.on => self.progress = Progress::Bar,
            Id::ProgressBar => self.progress = Progress::Meter,
            Id::ProgressMeter if said.on => self.progress = Progress::Meter,
            Id::ProgressMeter => self.progress = Progress::Off,
            Id::Stderr => self.stderr = Some(said.raw().into()),
            Id::Trace => self.trace = Some(Trace { file: said.raw().into(), hex: true }),
            Id::TraceAscii => self.trace = Some(Trace { file: said.raw().into(), hex: false }),
            Id::TraceTime => self.trace_time = said.on,
            Id::TraceIds => self.trace_ids = said.on,
            Id::FailEarly => self.fail_early = said.on,
            Id::Parallel => self.parallel = said.on.then_some(50),
            Id::ParallelMax => self.parallel_max = Some(said.number()? as usize),
            Id::Timing => self.timing = said.on,
            Id::Explain => self.explain = said.on,
            Id::Har => self.har = Some(said.raw().into()),
            // Read before everything else.
            Id::Quiet => {}
            _ => return Ok(false),
        }
        Ok(true)
    }
}
