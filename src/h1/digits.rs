//! The one strict number parser: digits of the wire in, a number below 2⁶³ out.
//!
//! Never `FromStr`, which takes `+5` (RUSTSEC-2021-0078), and never a cast that wraps. Nothing is trimmed: white
//! space, signs, separators and prefixes are not digits.

/// The largest length this crate believes: 2⁶³ − 1, so that adding a header's worth of bytes cannot overflow.
pub const MAX_LENGTH: u64 = i64::MAX as u64;

/// `1*DIGIT` (RFC 9110 §8.6), at most [`MAX_LENGTH`].
pub fn decimal(digits: &[u8]) -> Option<u64> {
    if digits.is_empty() {
        return None;
    }
    let mut value: u64 = 0;
    for &byte in digits {
        let digit = byte.wrapping_sub(b'0');
        if digit > 9 {
            return None;
        }
        value = value.checked_mul(10)?.checked_add(u64::from(digit))?;
    }
    (value <= MAX_LENGTH).then_some(value)
}

/// A hexadecimal number that arrives digit by digit: `chunk-size = 1*HEXDIG` (RFC 9112 §7.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Hex {
    value: u64,
    digits: u8,
}

impl Hex {
    /// More digits than this are refused, leading zeros included: no honest size needs them.
    pub const MAX_DIGITS: u8 = 16;

    /// The number with one more digit, or `None` if it has become too long or too large.
    pub fn push(self, digit: u8) -> Option<Hex> {
        if self.digits == Hex::MAX_DIGITS {
            return None;
        }
        let value = (self.value << 4) | u64::from(digit);
        (value <= MAX_LENGTH).then_some(Hex { value, digits: self.digits + 1 })
    }

    /// The number, once it has at least one digit.
    pub fn value(self) -> Option<u64> {
        (self.digits > 0).then_some(self.value)
    }
}

/// The value of one `HEXDIG`, either case.
pub fn hex_digit(byte: u8) -> Option<u8> {
    match byte {
        b'0'..=b'9' => Some(byte - b'0'),
        b'a'..=b'f' => Some(byte - b'a' + 10),
        b'A'..=b'F' => Some(byte - b'A' + 10),
        _ => None,
    }
}

/// Appends `value` in decimal.
pub fn write_decimal(value: u64, out: &mut Vec<u8>) {
    write_base(value, 10, out);
}

/// Appends `value` in lower-case hexadecimal.
pub fn write_hex(value: u64, out: &mut Vec<u8>) {
    write_base(value, 16, out);
}

fn write_base(mut value: u64, base: u64, out: &mut Vec<u8>) {
    let mut text = [0; 20]; // 2⁶⁴ − 1 has twenty decimal digits
    let mut at = text.len();
    loop {
        at -= 1;
        text[at] = b"0123456789abcdef"[(value % base) as usize];
        value /= base;
        if value == 0 {
            break;
        }
    }
    out.extend_from_slice(&text[at..]);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hex(text: &str) -> Option<u64> {
        text.bytes().try_fold(Hex::default(), |hex, b| hex.push(hex_digit(b)?))?.value()
    }

    #[test]
    fn s_21_content_length_is_digits_only() {
        assert_eq!(decimal(b"0"), Some(0));
        assert_eq!(decimal(b"9"), Some(9));
        assert_eq!(decimal(b"003"), Some(3));
        assert_eq!(decimal(b"9223372036854775807"), Some(MAX_LENGTH));
        for bad in ["", "+5", "-0", " 5", "5 ", "5,5", "0x5", "5 5", "٥", "5/", "5:", "5.0", "1e3"]
        {
            assert_eq!(decimal(bad.as_bytes()), None, "{bad:?}");
        }
        for large in ["9223372036854775808", "18446744073709551615", "18446744073709551616"] {
            assert_eq!(decimal(large.as_bytes()), None, "{large}");
        }
        assert_eq!(decimal(&[b'9'; 200]), None);
    }

    #[test]
    fn s_23_chunk_size_cannot_overflow() {
        assert_eq!(hex("0"), Some(0));
        assert_eq!(hex("aA"), Some(0xaa));
        assert_eq!(hex("fF09"), Some(0xff09));
        assert_eq!(hex("7fffffffffffffff"), Some(MAX_LENGTH));
        assert_eq!(hex("0000000000000001"), Some(1), "sixteen digits");
        for bad in ["", "8000000000000000", "FFFFFFFFFFFFFFFF", "FFFFFFFFFFFFFFFE"] {
            assert_eq!(hex(bad), None, "{bad}");
        }
        assert_eq!(hex("00000000000000001"), None, "seventeen digits");
        assert_eq!(hex(&"0".repeat(100)), None);
    }

    #[test]
    fn s_24_hex_digits_are_ascii() {
        for byte in 0..=255_u8 {
            let expected = char::from(byte).to_digit(16).filter(|_| byte.is_ascii());
            assert_eq!(hex_digit(byte).map(u32::from), expected, "{byte:#x}");
        }
    }

    #[test]
    fn numbers_are_written_as_format_writes_them() {
        for value in [0, 1, 9, 10, 15, 16, 255, 256, 99_999, u64::MAX - 1, u64::MAX] {
            let (mut decimal, mut hex) = (b"x".to_vec(), b"x".to_vec());
            write_decimal(value, &mut decimal);
            write_hex(value, &mut hex);
            assert_eq!(decimal, format!("x{value}").into_bytes());
            assert_eq!(hex, format!("x{value:x}").into_bytes());
        }
    }
}
