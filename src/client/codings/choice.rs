//! Which content codings a client accepts and undoes (RFC 9110 §8.4).
//!
//! Nothing is undone unless asked for: [`ClientBuilder::decompress`](crate::client::ClientBuilder) or
//! [`RequestBuilder::decompress`](crate::client::RequestBuilder) take a [`Codings`]. In: the chosen codings, the `Content-Encoding`
//! lines of a response. Out: the decoders to put in a row, or none if one of the codings is not among the chosen ones.

use crate::message::{Fields, InvalidField, header};

use super::decode::{Coding, CodingError, Compiled, Decode, Fault};

/// How many times as long as what was received decoded content may be: deflate reaches 1 032 and brotli far more, but only
/// with content made for it. Text reaches 10, the dullest logs 50.
pub const MAX_RATIO: u32 = 100;
/// From how much decoded content on the ratio counts, in bytes: small responses of blanks or zeros are harmless.
pub const RATIO_FROM: u64 = 1 << 20;
/// Codings over each other: nobody needs the second one, and a third is an attack.
pub const MAX_CHAIN: usize = 2;

/// A row of decoders, and which codings they undo.
pub(crate) type Decoders = Vec<(Coding, Box<dyn Decode>)>;

/// The codings that are compiled in, a line a feature.
static COMPILED: &[&[Compiled]] = &[
    #[cfg(feature = "gzip")]
    &super::gzip::CODINGS,
    #[cfg(feature = "brotli")]
    &super::brotli::CODINGS,
    #[cfg(feature = "zstd")]
    &super::zstd::CODINGS,
];

/// A choice of content codings to accept and undo, and how far to trust them.
///
/// ```
/// use wireline::{Coding, Codings};
///
/// let all = Codings::all(); // those whose features are on
/// let one = Codings::from(Coding::Gzip);
/// let few = Codings::from([Coding::Brotli, Coding::Gzip]).max_ratio(1000);
/// assert!(few.contains(Coding::Brotli) && !one.contains(Coding::Brotli));
/// # let _ = all;
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Codings {
    /// One for each of [`Coding::EVERY`].
    chosen: [bool; Coding::EVERY.len()],
    pub(crate) max_ratio: Option<u32>,
    max_chain: usize,
}

impl Codings {
    /// None: responses are handed out as they come.
    pub const fn none() -> Codings {
        let chosen = [false; Coding::EVERY.len()];
        Codings { chosen, max_ratio: Some(MAX_RATIO), max_chain: MAX_CHAIN }
    }

    /// All whose features (`gzip`, `brotli`, `zstd`) are compiled in.
    pub fn all() -> Codings {
        Coding::EVERY
            .into_iter()
            .filter(|&c| compiled(c).is_some())
            .fold(Codings::none(), Codings::with)
    }

    /// This one too.
    #[must_use]
    pub fn with(mut self, coding: Coding) -> Codings {
        self.chosen[coding as usize] = true;
        self
    }

    /// Whether `coding` is among them.
    pub fn contains(&self, coding: Coding) -> bool {
        self.chosen[coding as usize]
    }

    /// How many times as long as the coded bytes decoded content may be, once it is longer than 1 MiB ([`RATIO_FROM`]);
    /// [`MAX_RATIO`] by default. Counts for buffered and for streamed content alike. `None` is no limit: then a few
    /// kilobytes may become gigabytes, which `max_body` stops only where the body is buffered.
    #[must_use]
    pub fn max_ratio(mut self, ratio: impl Into<Option<u32>>) -> Codings {
        self.max_ratio = ratio.into();
        self
    }

    /// How many codings over each other are undone; [`MAX_CHAIN`] by default. More are an error
    /// ([`Error::is_limit`](crate::client::Error::is_limit)) when the body is read.
    #[must_use]
    pub fn max_chain(mut self, count: usize) -> Codings {
        self.max_chain = count;
        self
    }

    /// The value of `Accept-Encoding` that asks for them; `None` if there are none.
    pub(crate) fn accept_encoding(&self) -> Option<String> {
        let chosen = Coding::EVERY.into_iter().filter(|&coding| self.contains(coding));
        let names: Vec<&str> = chosen.map(Coding::name).collect();
        (!names.is_empty()).then(|| names.join(", "))
    }

    /// Adds `Accept-Encoding` to a request that says nothing of it. A range would be one of the coded bytes, which cannot
    /// be decoded by themselves.
    pub(crate) fn ask(&self, fields: &mut Fields) -> Result<(), InvalidField> {
        match self.accept_encoding() {
            Some(value)
                if ![header::ACCEPT_ENCODING, header::RANGE].iter().any(|n| fields.contains(n)) =>
            {
                fields.append("Accept-Encoding", value)
            }
            _ => Ok(()),
        }
    }

    /// The first of them that is not compiled in.
    pub(crate) fn missing(&self) -> Option<Coding> {
        Coding::EVERY.into_iter().find(|&c| self.contains(c) && compiled(c).is_none())
    }

    /// Decoders for content with these fields, the first one to be fed first. Empty if it is not coded, or in a coding
    /// that is not among the chosen ones: then nothing at all is undone.
    pub(crate) fn decoders(&self, fields: &Fields) -> Result<Decoders, CodingError> {
        let mut decoders = Vec::new();
        // "listed in the order in which they were applied".
        for name in content_codings(fields).rev() {
            let chosen = Coding::named(name).filter(|&coding| self.contains(coding));
            let Some(compiled) = chosen.and_then(compiled) else { return Ok(Vec::new()) };
            if decoders.len() == self.max_chain {
                let fault = Fault::Chain(content_codings(fields).count(), self.max_chain);
                return Err(CodingError { coding: None, fault });
            }
            decoders.push((compiled.coding, (compiled.start)()));
        }
        Ok(decoders)
    }
}

impl From<Coding> for Codings {
    fn from(coding: Coding) -> Codings {
        Codings::none().with(coding)
    }
}

impl<const N: usize> From<[Coding; N]> for Codings {
    fn from(codings: [Coding; N]) -> Codings {
        codings.into_iter().fold(Codings::none(), Codings::with)
    }
}

/// Why content with these fields was not undone and what to do about it, if it is coded.
pub(crate) fn still_coded(fields: &Fields, partial: bool) -> Option<String> {
    let names: Vec<&[u8]> = content_codings(fields).collect();
    let list = names.join(&b", "[..]);
    let unknown = names.iter().find(|name| Coding::named(name).is_none());
    let absent =
        names.iter().filter_map(|name| Coding::named(name)).find(|c| compiled(*c).is_none());
    let way_out = match (unknown, absent) {
        _ if names.is_empty() => return None,
        _ if partial => "a part of it cannot be decoded by itself".to_owned(),
        (Some(_), _) => "it is not known here".to_owned(),
        (None, Some(coding)) => format!("the feature `{}` is not compiled in", coding.feature()),
        (None, None) => "`decompress(Codings::all())` undoes it".to_owned(),
    };
    let shown = list.get(..100).unwrap_or(&list).escape_ascii();
    Some(format!("the content is coded ({shown}): {way_out}; `bytes()` hands it out as it came"))
}

/// The codings in `Content-Encoding`, over all its lines, without `identity`, which is no coding (§8.4.1).
fn content_codings(fields: &Fields) -> impl DoubleEndedIterator<Item = &[u8]> {
    let lines: Vec<&[u8]> = fields.get_all(header::CONTENT_ENCODING).collect();
    let names = lines.into_iter().flat_map(|line| line.split(|&byte| byte == b','));
    let names = names.map(<[u8]>::trim_ascii);
    names.filter(|name| !name.is_empty() && !name.eq_ignore_ascii_case(b"identity"))
}

fn compiled(coding: Coding) -> Option<&'static Compiled> {
    COMPILED.iter().copied().flatten().find(|compiled| compiled.coding == coding)
}
