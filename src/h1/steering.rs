//! The fields that steer a message, found in one pass over its section.
//!
//! Framing, persistence and the writer each ask for a few names; asking a section of ten lines for six names would cost
//! more than reading the rest of it. Here each line is looked at once, and a name is compared only if its length fits.

use crate::message::Fields;
use crate::message::field::{is_token, trim_ows};

/// Which of them are there, and what `Connection` says.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Steering<'a> {
    /// `Host`.
    pub host: bool,
    /// `Content-Length`.
    pub content_length: Length<'a>,
    /// `Transfer-Encoding`.
    pub transfer_encoding: bool,
    /// `Expect: 100-continue`.
    pub expect_continue: bool,
    /// `Upgrade`.
    pub upgrade: bool,
    /// `Keep-Alive`.
    pub keep_alive_hint: bool,
    /// `Proxy-Authorization`.
    pub proxy_authorization: bool,
    /// `Connection: close`.
    pub close: bool,
    /// `Connection: keep-alive`.
    pub keep_alive: bool,
}

/// The `Content-Length` lines of a section.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Length<'a> {
    /// There is none.
    #[default]
    None,
    /// One, with this value.
    One(&'a [u8]),
    /// More than one.
    Several,
}

impl<'a> Steering<'a> {
    /// Looks through `fields`.
    pub fn of(fields: &'a Fields) -> Steering<'a> {
        const LENGTHS: u64 = 1 << 4 | 1 << 6 | 1 << 7 | 1 << 10 | 1 << 14 | 1 << 17 | 1 << 19;
        let mut found = Steering::default();
        for (name, value) in fields.lines_of_length(LENGTHS) {
            match name.len() {
                4 => found.host |= is_token(name, b"host"),
                6 if is_token(name, b"expect") => {
                    found.expect_continue |= has_option(value, b"100-continue");
                }
                7 => found.upgrade |= is_token(name, b"upgrade"),
                10 if is_token(name, b"connection") => found.connection(value),
                10 => found.keep_alive_hint |= is_token(name, b"keep-alive"),
                14 if is_token(name, b"content-length") => {
                    found.content_length = match found.content_length {
                        Length::None => Length::One(value),
                        Length::One(_) | Length::Several => Length::Several,
                    };
                }
                19 => found.proxy_authorization |= is_token(name, b"proxy-authorization"),
                17 => found.transfer_encoding |= is_token(name, b"transfer-encoding"),
                _ => {}
            }
        }
        found
    }

    /// Whether a length is announced.
    pub fn has_length(&self) -> bool {
        self.content_length != Length::None
    }

    /// `Connection = #connection-option`, over all its lines (RFC 9110 §7.6.1).
    fn connection(&mut self, value: &[u8]) {
        self.close |= has_option(value, b"close");
        self.keep_alive |= has_option(value, b"keep-alive");
    }
}

/// Whether a list of tokens has this one, in any case. Tokens have no quotes, so every comma separates.
fn has_option(value: &[u8], option: &[u8]) -> bool {
    if value.len() <= option.len() {
        return is_token(value, option);
    }
    value.contains(&b',') && value.split(|&b| b == b',').any(|one| is_token(trim_ows(one), option))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fields(lines: &[(&str, &str)]) -> Fields {
        let mut fields = Fields::new();
        for (name, value) in lines {
            fields.append(name, value).expect("valid");
        }
        fields
    }

    #[test]
    fn each_name_is_found_in_any_case_and_no_other() {
        let check = |lines: &[(&str, &str)], expected| {
            assert_eq!(Steering::of(&fields(lines)), expected, "{lines:?}");
        };
        let none = Steering::default();
        check(&[("hosts", "h"), ("ETag", "x"), ("X-Pad-Four", "close")], none);
        check(&[("HOST", "h")], Steering { host: true, ..none });
        check(&[("UPGRADE", "h2c")], Steering { upgrade: true, ..none });
        check(&[("Transfer-encoding", "x")], Steering { transfer_encoding: true, ..none });
        check(&[("proxy-Authorization", "x")], Steering { proxy_authorization: true, ..none });
        check(&[("Keep-alive", "max=1")], Steering { keep_alive_hint: true, ..none });
        check(&[("Expect", "100-Continue")], Steering { expect_continue: true, ..none });
        check(&[("Expect", "101-continue"), ("Except", "100-continue")], none);
        check(&[("contrapted", "close"), ("Content-Lengti", "5")], none);
        check(&[("content-Length", "5")], Steering { content_length: Length::One(b"5"), ..none });
        let several = Steering { content_length: Length::Several, ..none };
        check(&[("content-Length", "5"), ("Content-Length", "5")], several);
    }

    #[test]
    fn connection_options_are_read_over_all_lines() {
        let check = |lines: &[(&str, &str)], expected| {
            assert_eq!(Steering::of(&fields(lines)), expected, "{lines:?}");
        };
        let close = Steering { close: true, ..Steering::default() };
        for value in ["close", "Close", "foo, close, bar", ",close", "close,", "foo,\tCLOSE "] {
            check(&[("connection", value)], close);
        }
        for value in ["closed", "foo close", "", "clos", "close;x", "keep-alives", "a,closed"] {
            check(&[("connection", value)], Steering::default());
        }
        let both = Steering { keep_alive: true, ..close };
        check(&[("Connection", "keep-alive"), ("Connection", "x,close")], both);
    }
}
