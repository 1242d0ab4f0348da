//! `-v`: what happens, as curl tells it, a line each: `* ` a remark, `> ` a head that goes, `< ` one that comes.
//!
//! Content is counted and not shown: `{ [6 bytes data]`, once for all pieces that come in a row.

use std::time::SystemTime;

use super::colour::{Ink, Style};
use super::escape::escape;
use super::narrate::{Dump, Kind};
use super::out::Out;
use super::stamp::{Ids, Stamps};

/// Writes it.
pub struct Verbose {
    out: Out,
    style: Style,
    stamps: Stamps,
    /// Content is seen anyway, because it goes to the same terminal.
    content_seen: bool,
    /// The kind of content that was counted last.
    counted: bool,
}

impl Verbose {
    /// Writes to `out`; `content_seen`: content goes to a terminal.
    pub fn new(out: Out, stamps: Stamps, content_seen: bool) -> Verbose {
        let style = Style::of(out.terminal);
        Verbose { out, style, stamps, content_seen, counted: false }
    }

    fn line(&self, stamp: &str, ink: Ink, mark: &str, line: &[u8]) {
        let mut text = stamp.as_bytes().to_vec();
        text.extend(self.style.paint(ink, mark).to_string().into_bytes());
        text.push(b' ');
        match self.out.terminal {
            true => text.extend_from_slice(&escape(line)),
            false => text.extend_from_slice(line),
        }
        if text.last() != Some(&b'\n') {
            text.push(b'\n');
        }
        self.out.put(&text);
    }
}

impl Dump for Verbose {
    fn dump(&mut self, kind: Kind, bytes: &[u8], now: SystemTime, ids: Ids) {
        let stamp = self.stamps.stamp(now, ids);
        let (ink, mark) = match kind {
            Kind::Remark => (Ink::Remark, "*"),
            Kind::HeadOut => (Ink::Sent, ">"),
            Kind::HeadIn => (Ink::Received, "<"),
            Kind::DataOut => (Ink::Sent, "}"),
            Kind::DataIn => (Ink::Received, "{"),
        };
        let is_data = matches!(kind, Kind::DataIn | Kind::DataOut);
        match is_data {
            true if self.counted || self.content_seen => {}
            true => {
                let count = format!("[{} bytes data]", bytes.len());
                self.line(&stamp, ink, mark, count.as_bytes());
            }
            false => {
                for line in bytes.split_inclusive(|byte| *byte == b'\n') {
                    self.line(&stamp, ink, mark, line);
                }
            }
        }
        self.counted = is_data;
    }
}
