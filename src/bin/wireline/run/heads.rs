//! Heads as they came, for `-D` and `-i`.
//!
//! In: heads and trailers. Out: their bytes as received ([`bytes`]), written to the file of `-D` as each comes.

use std::io::{self, Write};
use std::path::Path;

use wireline::Fields;
use wireline::message::ResponseHead;

use crate::exit::Failed;

use super::naming::create_folders;
use super::outputs::Outputs;
use super::transfer::Transfer;

/// The file of `-D`.
pub struct Dump(Box<dyn Write + Send>);

impl Dump {
    /// Opens it, if one is asked for: `-` is the standard output, `%` is where messages go.
    ///
    /// # Errors
    /// 23: it cannot be opened.
    pub fn open(outputs: &Outputs, transfer: &Transfer<'_>) -> Result<Option<Dump>, Failed> {
        let output = &transfer.group.output;
        let Some(path) = &output.heads else { return Ok(None) };
        let to: Box<dyn Write + Send> = if path == Path::new("-") {
            Box::new(io::stdout())
        } else if path == Path::new("%") {
            Box::new(outputs.messages.clone())
        } else {
            if output.create_folders {
                create_folders(path)?;
            }
            Box::new(outputs.shared_file(transfer.group_number, path)?)
        };
        Ok(Some(Dump(to)))
    }

    /// Writes it at once: whoever looks on sees each head when it comes.
    ///
    /// # Errors
    /// 23: it cannot be written.
    pub fn write(&mut self, bytes: &[u8]) -> Result<(), Failed> {
        let written = self.0.write_all(bytes).and_then(|()| self.0.flush());
        written.map_err(|error| Failed::new(23, format!("Failed writing headers: {error}")))
    }
}

/// A head as the peer wrote it.
pub fn bytes(head: &ResponseHead) -> Vec<u8> {
    if let Some(received) = head.received() {
        return received.to_vec();
    }
    let mut bytes = format!("{:?} {} ", head.version, head.status.as_str()).into_bytes();
    bytes.extend_from_slice(head.reason.as_bytes());
    bytes.extend_from_slice(b"\r\n");
    head.fields.write_to(&mut bytes);
    bytes.extend_from_slice(b"\r\n");
    bytes
}

/// Trailers as lines; curl writes no empty line behind them.
pub fn trailers(fields: &Fields) -> Vec<u8> {
    let mut bytes = Vec::new();
    fields.write_to(&mut bytes);
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;
    use wireline::StatusCode;

    #[test]
    fn a_head_that_was_made_is_written_tidily() {
        let mut head = ResponseHead::new(StatusCode::NOT_FOUND);
        head.fields.append("A", "b").unwrap();
        assert_eq!(bytes(&head), b"HTTP/1.1 404 Not Found\r\nA: b\r\n\r\n");
    }
}
