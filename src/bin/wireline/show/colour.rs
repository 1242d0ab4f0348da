//! Colour: on a terminal only, and never where `NO_COLOR` is set or the terminal is `dumb`.

use std::fmt;

/// Whether there is colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Style {
    pub colour: bool,
}

/// What a piece of text is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ink {
    Remark,
    Sent,
    Received,
    Wrong,
    Strong,
}

impl Style {
    /// For something that goes to a terminal, or not. Reads `NO_COLOR` and `TERM`.
    pub fn of(terminal: bool) -> Style {
        let refused = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
        let dumb = std::env::var_os("TERM").is_some_and(|value| value == "dumb");
        Style::decide(terminal, refused, dumb)
    }

    fn decide(terminal: bool, refused: bool, dumb: bool) -> Style {
        Style { colour: terminal && !refused && !dumb }
    }

    /// `text` in that ink.
    pub fn paint<T: fmt::Display>(self, ink: Ink, text: T) -> Painted<T> {
        Painted { code: self.colour.then_some(ink.code()), text }
    }
}

impl Ink {
    fn code(self) -> &'static str {
        match self {
            Ink::Remark => "2",
            Ink::Sent => "36",
            Ink::Received => "32",
            Ink::Wrong => "31",
            Ink::Strong => "1",
        }
    }
}

/// Text that knows how it looks.
pub struct Painted<T> {
    code: Option<&'static str>,
    text: T,
}

impl<T: fmt::Display> fmt::Display for Painted<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.code {
            Some(code) => write!(f, "\x1b[{code}m{}\x1b[0m", self.text),
            None => self.text.fmt(f),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colour_is_for_terminals_whose_owner_wants_it() {
        for (terminal, refused, dumb, colour) in [
            (true, false, false, true),
            (false, false, false, false),
            (true, true, false, false),
            (true, false, true, false),
        ] {
            assert_eq!(Style::decide(terminal, refused, dumb), Style { colour });
        }
        let text = |colour| Style { colour }.paint(Ink::Wrong, "x").to_string();
        assert_eq!((text(true), text(false)), ("\x1b[31mx\x1b[0m".to_owned(), "x".to_owned()));
    }
}
