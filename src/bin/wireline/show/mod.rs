//! What happens, as bytes for people and programs.
//!
//! ```text
//! Event ─▶ Watch ─▶ Facts ─▶ timing, har, write_out          when a transfer is over
//!            └────▶ Show: narrate (verbose, trace), explain   while it runs
//! ```
//!
//! [`Shown`] is what a run shows: opened once, it gives each transfer its [`Watch`] and takes its [`Facts`] back.

mod certificates;
pub mod colour;
pub mod escape;
pub mod explain;
pub mod facts;
pub mod har;
pub mod help;
pub mod narrate;
pub mod out;
pub mod progress;
pub mod stamp;
pub mod strftime;
pub mod timing;
pub mod trace;
mod variables;
pub mod verbose;
pub mod watch;
pub mod write_out;
pub mod zone;

use std::io::{self, IsTerminal as _, Write as _};
use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};

use crate::exit::Failed;
use crate::plan::Whole;

use colour::Style;
use explain::Explain;
use facts::Facts;
use har::Har;
use narrate::Narrate;
use out::Out;
use stamp::Stamps;
use trace::Trace;
use verbose::Verbose;
use watch::{Show, Watch};
use zone::Zone;

/// What a run shows.
pub struct Shown {
    errors: Out,
    stamps: Stamps,
    verbose: bool,
    /// Where the trace goes, and whether in hexadecimal.
    trace: Option<(Out, bool)>,
    explain: bool,
    timing: bool,
    numbered: bool,
    har: Option<(PathBuf, Mutex<Har>)>,
}

impl Shown {
    /// What `whole` asks for; messages go to `errors`.
    ///
    /// # Errors
    /// 26: the file of a trace cannot be written.
    pub fn open(whole: &Whole, errors: Out) -> Result<Shown, Failed> {
        let trace = match &whole.trace {
            None => None,
            Some(trace) => {
                let out = Out::open(&trace.file, &errors).map_err(|error| {
                    Failed::new(26, format!("{}: {error}", trace.file.display()))
                })?;
                Some((out, trace.hex))
            }
        };
        let time = whole.trace_time.then(Zone::here);
        let secrets = std::env::var_os("WIRELINE_HAR_SECRETS").is_some_and(|value| value == "1");
        Ok(Shown {
            errors,
            stamps: Stamps { time, ids: whole.trace_ids },
            verbose: whole.verbose && trace.is_none(),
            trace,
            explain: whole.explain,
            timing: whole.timing,
            numbered: whole.parallel.is_some(),
            har: whole.har.clone().map(|path| (path, Mutex::new(Har::new(secrets)))),
        })
    }

    /// Watches a transfer: the `number`-th of the run, for the `url_number`-th URL, both from 0.
    pub fn watch(&self, number: u64, url_number: u64, url: &str) -> Watch {
        let mut shows: Vec<Box<dyn Show>> = Vec::new();
        if self.verbose {
            let seen = self.errors.terminal && io::stdout().is_terminal();
            let verbose = Verbose::new(self.errors.clone(), self.stamps.clone(), seen);
            shows.push(Box::new(Narrate::new(verbose)));
        }
        if let Some((out, hex)) = &self.trace {
            let trace = Trace::new(out.clone(), self.stamps.clone(), *hex);
            shows.push(Box::new(Narrate::new(trace)));
        }
        if self.explain {
            let number = self.numbered.then_some(number);
            shows.push(Box::new(Explain::new(self.errors.clone(), number)));
        }
        Watch::new(Facts::new(number, url_number, url), self.har.is_some(), shows)
    }

    /// A transfer is over: draws it, keeps it.
    pub fn done(&self, facts: &Facts) {
        if self.timing {
            let style = Style::of(self.errors.terminal);
            self.errors.put(timing::draw(facts, style, timing::width()).as_bytes());
        }
        if let Some((_, har)) = &self.har {
            har.lock().unwrap_or_else(PoisonError::into_inner).add(facts);
        }
    }

    /// The run is over: writes the file of `--har`; `-` is the standard output.
    ///
    /// # Errors
    /// 23: it cannot be written.
    pub fn end(&self) -> Result<(), Failed> {
        let Some((path, har)) = &self.har else { return Ok(()) };
        let text = har.lock().unwrap_or_else(PoisonError::into_inner).text();
        let written = match path.to_str() {
            Some("-") => io::stdout().write_all(text.as_bytes()),
            _ => std::fs::write(path, text),
        };
        written.map_err(|error| Failed::new(23, format!("{}: {error}", path.display())))
    }
}
