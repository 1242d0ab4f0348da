//! How far transfers are, for people: bars on a terminal, nothing anywhere else.
//!
//! In: lengths and bytes. Out: at most drawings on standard error, gone when the transfer is over. Never if `-s` or
//! `--no-progress-meter` is said, if messages go elsewhere, or if content goes to the same terminal.

use std::io::{self, IsTerminal as _};

use indicatif::{MultiProgress, ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::plan::Whole;
use crate::plan::whole::Progress;

/// The bars of a run. Clones are the same board.
#[derive(Clone)]
pub struct Board {
    bars: Option<MultiProgress>,
    bar: bool,
}

impl Board {
    /// An empty board, or none.
    pub fn of(whole: &Whole) -> Board {
        let wanted = !whole.silent && whole.progress != Progress::Off && whole.stderr.is_none();
        let bars = (wanted && io::stderr().is_terminal())
            .then(|| MultiProgress::with_draw_target(ProgressDrawTarget::stderr()));
        Board { bars, bar: whole.progress == Progress::Bar }
    }

    /// A transfer begins; `shares` says that its content goes to the terminal.
    pub fn begin(&self, shares: bool) -> Meter {
        let bars = self.bars.as_ref().filter(|_| !shares);
        Meter(
            bars.map(|bars| bars.add(ProgressBar::no_length().with_style(style(self.bar, false)))),
            self.bar,
        )
    }

    /// Lets `write` write to the terminal between two drawings.
    pub fn aside<T>(&self, write: impl FnOnce() -> T) -> T {
        match &self.bars {
            Some(bars) => bars.suspend(write),
            None => write(),
        }
    }
}

/// How far one transfer is.
pub struct Meter(Option<ProgressBar>, bool);

impl Meter {
    /// How much there will be, `from` on.
    pub fn expect(&self, total: Option<u64>, from: u64) {
        let Some(bar) = &self.0 else { return };
        bar.set_style(style(self.1, total.is_some()));
        match total {
            Some(total) => bar.set_length(total),
            None => bar.unset_length(),
        }
        bar.set_position(from);
        bar.reset_eta();
    }

    /// That much has come.
    pub fn add(&self, bytes: usize) {
        if let Some(bar) = &self.0 {
            bar.inc(bytes as u64);
        }
    }

    /// It is over, well or not.
    pub fn finish(&self) {
        if let Some(bar) = &self.0 {
            bar.finish_and_clear();
        }
    }
}

impl Drop for Meter {
    fn drop(&mut self) {
        self.finish();
    }
}

fn style(bar: bool, length: bool) -> ProgressStyle {
    let style = ProgressStyle::with_template(template(bar, length));
    style.unwrap_or_else(|_| ProgressStyle::default_bar())
}

fn template(bar: bool, length: bool) -> &'static str {
    match (bar, length) {
        (true, true) => "{wide_bar} {percent:>3}%",
        (true, false) => "{spinner} {bytes}",
        (false, true) => {
            "{percent:>3}% {bytes} of {total_bytes}  {binary_bytes_per_sec}  {elapsed} gone, {eta} left"
        }
        (false, false) => "{bytes}  {binary_bytes_per_sec}  {elapsed} gone",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_templates_can_be_read() {
        for (bar, length) in [(true, true), (true, false), (false, true), (false, false)] {
            assert!(ProgressStyle::with_template(template(bar, length)).is_ok());
        }
    }

    #[test]
    fn without_a_board_nothing_is_counted() {
        let silent = Whole { silent: true, ..Whole::default() };
        assert!(Board::of(&silent).bars.is_none());
        let elsewhere = Whole { stderr: Some("file".into()), ..Whole::default() };
        assert!(Board::of(&elsewhere).bars.is_none());
    }
}
