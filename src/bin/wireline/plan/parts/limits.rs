//! How long, how fast, how often.

use std::time::Duration;

use crate::plan::options::Id;
use crate::plan::said::{Said, Wrong};

/// Limits of a transfer, and what may be tried again.
#[derive(Debug, Default)]
pub struct Limits {
    /// `-m`.
    pub total: Option<Duration>,
    /// `--max-filesize`, in bytes.
    pub file_size: Option<u64>,
    /// `--limit-rate`, in bytes per second.
    pub rate: Option<u64>,
    /// `-Y`, in bytes per second.
    pub speed: Option<u64>,
    /// `-y`.
    pub speed_time: Option<Duration>,
    /// `--retry`.
    pub retries: u32,
    /// `--retry-delay`.
    pub retry_delay: Option<Duration>,
    /// `--retry-max-time`.
    pub retry_time: Option<Duration>,
    /// `--retry-connrefused`.
    pub retry_refused: bool,
    /// `--retry-all-errors`.
    pub retry_all: bool,
}

impl Limits {
    /// Takes an option if it is one of these.
    ///
    /// # Errors
    /// A value that is none.
    pub fn take(&mut self, said: &Said) -> Result<bool, Wrong> {
        match said.id {
            Id::MaxTime => self.total = Some(said.seconds()?),
            Id::MaxFilesize => self.file_size = Some(size(said)?),
            Id::LimitRate => self.rate = Some(size(said)?),
            Id::SpeedLimit => self.speed = Some(said.number()?),
            Id::SpeedTime => self.speed_time = Some(Duration::from_secs(said.number()?)),
            Id::Retry => {
                self.retries = u32::try_from(said.number()?).map_err(|_| said.not("a number"))?;
            }
            Id::RetryDelay => self.retry_delay = Some(said.seconds()?),
            Id::RetryMaxTime => self.retry_time = Some(said.seconds()?),
            Id::RetryConnrefused => self.retry_refused = said.on,
            Id::RetryAllErrors => self.retry_all = said.on,
            _ => return Ok(false),
        }
        Ok(true)
    }
}

/// Bytes, with a letter behind for powers of 1024.
fn size(said: &Said) -> Result<u64, Wrong> {
    let text = said.text()?;
    let wrong = || said.not("a number of bytes, with k, M, G, T or P behind");
    let (digits, power) = match text.char_indices().last() {
        Some((at, letter)) if letter.is_ascii_alphabetic() => {
            let power = "bkmgtp".find(letter.to_ascii_lowercase()).ok_or_else(wrong)?;
            (&text[..at], power as u32)
        }
        _ => (text, 0),
    };
    let number: u64 = digits.parse().map_err(|_| wrong())?;
    number.checked_mul(1024_u64.pow(power)).ok_or_else(wrong)
}
