//! The fields that steer a message, found in one pass over its section.
//!
//! Framing, persistence and the writer each ask for a few names; asking a section of ten lines for six names would cost
//! more than reading the rest of it. Here each line is looked at once, and a name is compared only if its length fits.

use crate::message::Fields;
use crate::message::field::trim_ows;

/// Which of them are there, and what `Connection` says.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Steering {
    /// `Host`.
    pub host: bool,
    /// `Content-Length`.
    pub content_length: bool,
    /// `Transfer-Encoding`.
    pub transfer_encoding: bool,
    /// `Expect: 100-continue`.
    pub expect_continue: bool,
    /// `Upgrade`.
    pub upgrade: bool,
    /// `Keep-Alive`.
    pub keep_alive_hint: bool,
    /// `Connection: close`.
    pub close: bool,
    /// `Connection: keep-alive`.
    pub keep_alive: bool,
}

impl Steering {
    /// Looks through `fields`.
    pub fn of(fields: &Fields) -> Steering {
        let mut found = Steering::default();
        for (name, value) in fields.lines() {
            match name.len() {
                4 => found.host |= name.eq_ignore_ascii_case(b"host"),
                6 if name.eq_ignore_ascii_case(b"expect") => {
                    found.expect_continue |= has_option(value, b"100-continue");
                }
                7 => found.upgrade |= name.eq_ignore_ascii_case(b"upgrade"),
                10 if name.eq_ignore_ascii_case(b"connection") => found.connection(value),
                10 => found.keep_alive_hint |= name.eq_ignore_ascii_case(b"keep-alive"),
                14 => found.content_length |= name.eq_ignore_ascii_case(b"content-length"),
                17 => found.transfer_encoding |= name.eq_ignore_ascii_case(b"transfer-encoding"),
                _ => {}
            }
        }
        found
    }

    /// `Connection = #connection-option`, over all its lines (RFC 9110 §7.6.1).
    fn connection(&mut self, value: &[u8]) {
        self.close |= has_option(value, b"close");
        self.keep_alive |= has_option(value, b"keep-alive");
    }
}

/// Whether a list of tokens has this one, in any case. Tokens have no quotes, so every comma separates.
fn has_option(value: &[u8], option: &[u8]) -> bool {
    if value.len() < option.len() {
        return false;
    }
    value.eq_ignore_ascii_case(option)
        || value.split(|&b| b == b',').any(|one| trim_ows(one).eq_ignore_ascii_case(option))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn steering(lines: &[(&str, &str)]) -> Steering {
        let mut fields = Fields::new();
        for (name, value) in lines {
            fields.append(name, value).expect("valid");
        }
        Steering::of(&fields)
    }

    #[test]
    fn each_name_is_found_in_any_case_and_no_other() {
        let none = Steering::default();
        assert_eq!(steering(&[("hosts", "h"), ("ETag", "x"), ("X-Pad-Four", "close")]), none);
        assert_eq!(steering(&[("HOST", "h")]), Steering { host: true, ..none });
        assert_eq!(steering(&[("UPGRADE", "h2c")]), Steering { upgrade: true, ..none });
        let both = Steering { content_length: true, transfer_encoding: true, ..none };
        assert_eq!(steering(&[("content-Length", "x"), ("transfer-Encoding", "y")]), both);
        assert_eq!(
            steering(&[("Keep-alive", "max=1")]),
            Steering { keep_alive_hint: true, ..none }
        );
        assert_eq!(
            steering(&[("Expect", "100-Continue")]),
            Steering { expect_continue: true, ..none }
        );
        assert_eq!(steering(&[("Expect", "101-continue")]), none);
    }

    #[test]
    fn connection_options_are_read_over_all_lines() {
        let close = Steering { close: true, ..Steering::default() };
        for value in ["close", "Close", "foo, close, bar", ",close", "close,", "foo,\tCLOSE "] {
            assert_eq!(steering(&[("connection", value)]), close, "{value:?}");
        }
        for value in ["closed", "foo close", "", "clos", "close;x", "keep-alives"] {
            assert_eq!(steering(&[("connection", value)]), Steering::default(), "{value:?}");
        }
        let both = Steering { keep_alive: true, ..close };
        assert_eq!(steering(&[("Connection", "keep-alive"), ("Connection", "x,close")]), both);
    }
}
