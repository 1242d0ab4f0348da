//! DER as far as a certificate is made of it (X.690 §8, §10): one element after another.
//!
//! Bytes in; elements that borrow from them out, or `None` at the first byte that does not fit. It never copies, never
//! recurses by itself, and never reads beyond what the lengths allow.

/// SEQUENCE, and SEQUENCE OF.
pub(super) const SEQUENCE: u8 = 0x30;
/// SET, and SET OF.
pub(super) const SET: u8 = 0x31;
/// OBJECT IDENTIFIER.
pub(super) const OBJECT: u8 = 0x06;
/// OCTET STRING.
pub(super) const OCTETS: u8 = 0x04;
/// BOOLEAN.
pub(super) const BOOLEAN: u8 = 0x01;

/// Elements that follow one another.
#[derive(Clone, Copy)]
pub(super) struct Elements<'a>(pub(super) &'a [u8]);

/// One element.
#[derive(Clone, Copy)]
pub(super) struct Element<'a> {
    /// Class, form and number, in one byte: no certificate needs more.
    pub(super) tag: u8,
    /// What is inside.
    pub(super) content: &'a [u8],
    /// All of it: tag, length, content.
    pub(super) whole: &'a [u8],
}

impl<'a> Elements<'a> {
    /// The next one, whatever it is; `None` at the end and where no element can be read.
    pub(super) fn next(&mut self) -> Option<Element<'a>> {
        let (&tag, rest) = self.0.split_first()?;
        let (length, rest) = length(rest)?;
        let (content, after) = rest.split_at_checked(length)?;
        let whole = self.0.get(..self.0.len() - after.len())?;
        self.0 = after;
        Some(Element { tag, content, whole })
    }

    /// The next one, which has to have this tag.
    pub(super) fn take(&mut self, tag: u8) -> Option<Element<'a>> {
        self.next().filter(|element| element.tag == tag)
    }

    /// The next one, if it has this tag.
    pub(super) fn accept(&mut self, tag: u8) -> Option<Element<'a>> {
        if self.0.first() == Some(&tag) { self.next() } else { None }
    }
}

impl<'a> Element<'a> {
    /// The elements inside.
    pub(super) fn elements(self) -> Elements<'a> {
        Elements(self.content)
    }
}

/// A length of one byte, or of a count and up to four (X.690 §8.1.3).
fn length(bytes: &[u8]) -> Option<(usize, &[u8])> {
    let (&first, rest) = bytes.split_first()?;
    if first < 0x80 {
        return Some((usize::from(first), rest));
    }
    let count = usize::from(first & 0x7f);
    let (digits, rest) = rest.split_at_checked(count).filter(|_| (1..=4).contains(&count))?;
    let length = digits.iter().fold(0_u64, |length, digit| (length << 8) | u64::from(*digit));
    Some((usize::try_from(length).ok()?, rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn elements_follow_one_another() {
        let mut elements = Elements(&[0x30, 0x03, 0x06, 0x01, 0x55, 0x04, 0x81, 0x01, 0x07]);
        let sequence = elements.take(SEQUENCE).unwrap();
        assert_eq!(sequence.whole, [0x30, 0x03, 0x06, 0x01, 0x55]);
        assert_eq!(sequence.elements().take(OBJECT).unwrap().content, [0x55]);
        assert!(elements.accept(SET).is_none());
        assert_eq!(elements.accept(OCTETS).unwrap().content, [7]);
        assert!(elements.next().is_none());
    }

    #[test]
    fn a_length_that_leads_outside_is_no_element() {
        for bytes in [
            &[0x30][..],
            &[0x30, 0x01],
            &[0x30, 0x80],
            &[0x30, 0x82, 0x01],
            &[0x30, 0x85, 0, 0, 0, 0, 0],
            &[0x30, 0x84, 0xff, 0xff, 0xff, 0xff],
        ] {
            assert!(Elements(bytes).next().is_none(), "{bytes:x?}");
        }
    }
}
