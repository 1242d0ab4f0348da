//! The dates of `Expires`: a cookie-date in any of the shapes that servers have ever sent (RFC 6265bis §5.1.1).
//!
//! In: the attribute's value. Out: a time, or nothing if the text is no date. Reads no clock and no time zone: whatever
//! follows the numbers, they are UTC.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use crate::message::calendar::{MONTHS, days_since_1970};

const DAY: i64 = 24 * 60 * 60;

/// The parts found so far: "the various boolean flags defined as a part of the algorithm (i.e., found-time,
/// found-day-of-month, found-month, found-year) are initially 'not set'".
#[derive(Default)]
struct Found {
    time: Option<(i64, i64, i64)>,
    day: Option<i64>,
    month: Option<i64>,
    year: Option<i64>,
}

/// Reads a cookie-date. A date before what the system can represent becomes 1970, which is past as well.
pub(crate) fn parse(text: &str) -> Option<SystemTime> {
    let mut found = Found::default();
    let tokens = text.as_bytes().split(|&byte| is_delimiter(byte));
    tokens.filter(|token| !token.is_empty()).for_each(|token| found.take(token));
    let (day, month, year) = (found.day?, found.month?, full_year(found.year?));
    let (hour, minute, second) = found.time?;
    // Step 5: "the year-value is less than 1601, the hour-value is greater than 23, …"; step 6: "If no such date exists,
    // abort this algorithm and fail to parse the cookie-date." Leap seconds cannot be said.
    if year < 1601 || hour > 23 || minute > 59 || second > 59 {
        return None;
    }
    let days = days_since_1970(year, month, day)?;
    let seconds = days * DAY + hour * 60 * 60 + minute * 60 + second;
    Some(from_unix(seconds))
}

/// A time given in seconds since 1970; what the system cannot represent becomes 1970.
pub(crate) fn from_unix(seconds: i64) -> SystemTime {
    let distance = Duration::from_secs(seconds.unsigned_abs());
    let time = if seconds < 0 {
        UNIX_EPOCH.checked_sub(distance)
    } else {
        UNIX_EPOCH.checked_add(distance)
    };
    time.unwrap_or(UNIX_EPOCH)
}

/// Whole seconds since 1970, for files; what lies before is 0.
pub(crate) fn to_unix(time: SystemTime) -> u64 {
    time.duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs())
}

/// `delimiter = %x09 / %x20-2F / %x3B-40 / %x5B-60 / %x7B-7E`
fn is_delimiter(byte: u8) -> bool {
    matches!(byte, 0x09 | 0x20..=0x2F | 0x3B..=0x40 | 0x5B..=0x60 | 0x7B..=0x7E)
}

impl Found {
    /// "Process each date-token sequentially in the order the date-tokens appear in the cookie-date": the first part that
    /// is still missing and that the token can be takes it.
    fn take(&mut self, token: &[u8]) {
        if self.time.is_none() && time(token).is_some() {
            self.time = time(token);
        } else if self.day.is_none() && number(token, 1, 2).is_some() {
            self.day = number(token, 1, 2);
        } else if self.month.is_none() && month(token).is_some() {
            self.month = month(token);
        } else if self.year.is_none() {
            self.year = number(token, 2, 4);
        }
    }
}

/// `day-of-month = 1*2DIGIT [ non-digit *OCTET ]`, `year = 2*4DIGIT [ non-digit *OCTET ]`
fn number(token: &[u8], least: usize, most: usize) -> Option<i64> {
    let (number, digits, _) = leading_number(token);
    (least..=most).contains(&digits).then_some(number)
}

/// `hms-time = time-field ":" time-field ":" time-field`, `time-field = 1*2DIGIT`, and whatever follows but a digit.
fn time(token: &[u8]) -> Option<(i64, i64, i64)> {
    let field = |token| match leading_number(token) {
        (number, 1..=2, rest) => Some((number, rest)),
        _ => None,
    };
    let (hour, rest) = field(token)?;
    let (minute, rest) = field(rest.strip_prefix(b":")?)?;
    let (second, _) = field(rest.strip_prefix(b":")?)?;
    Some((hour, minute, second))
}

/// `month = ( "jan" / "feb" / … ) *OCTET`, in any case.
fn month(token: &[u8]) -> Option<i64> {
    let name = token.first_chunk::<3>()?;
    let at = MONTHS.iter().position(|month| name.eq_ignore_ascii_case(month))?;
    i64::try_from(at + 1).ok()
}

/// The number at the beginning, how many digits it has, and what follows. It saturates; four digits are all that count.
fn leading_number(token: &[u8]) -> (i64, usize, &[u8]) {
    let digits = token.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let (number, rest) = token.split_at(digits);
    let add = |sum: i64, digit: &u8| sum.saturating_mul(10).saturating_add(i64::from(digit - b'0'));
    (number.iter().fold(0, add), digits, rest)
}

/// Steps 3 and 4: 70 to 99 are of the last century, 0 to 69 of this one.
fn full_year(year: i64) -> i64 {
    match year {
        70..=99 => year + 1900,
        0..=69 => year + 2000,
        _ => year,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn unix(text: &str) -> Option<u64> {
        parse(text).map(to_unix)
    }

    #[test]
    fn one_moment_in_many_shapes() {
        for text in [
            "Sun, 06 Nov 1994 08:49:37 GMT",
            "Sunday, 06-Nov-94 08:49:37 GMT",
            "Sun Nov  6 08:49:37 1994",
            "06-nov-1994 08:49:37",
            "06/NOVember/94/08:49:37",
            "08:49:37 6 Nov 94",
            "6 1994 Nov 08:49:37", // the year before the month
            "Sun, 06 Nov 1994 08:49:37 +0900 (whatever)", // zones do not count
            "06th Nov 1994x 08:49:37.5Z",
        ] {
            assert_eq!(unix(text), Some(784_111_777), "{text}");
        }
    }

    #[test]
    fn centuries_are_guessed_at_70() {
        let year = |year: &str| unix(&format!("1 Jan {year} 00:00:00"));
        assert_eq!(year("70"), Some(0));
        assert_eq!(year("99"), Some(915_148_800));
        assert_eq!(year("69"), Some(3_124_224_000));
        assert_eq!(year("00"), Some(946_684_800));
        assert_eq!(year("100"), None, "a year of its own, and long ago");
        assert_eq!(year("1601"), Some(0), "representable or not, it is past");
        assert_eq!(year("9999"), Some(253_370_764_800));
        assert_eq!(year("10000"), None, "five digits are no year");
        assert_eq!(year("1"), None, "one digit neither");
    }

    #[test]
    fn what_is_no_date() {
        for text in [
            "",
            "   ",
            "tomorrow",
            "6 Nov 1994",
            "Nov 1994 08:49:37",
            "6 1994 08:49:37",
            "6 Nov 08:49:37",
            "32 Jan 1994 00:00:00",
            "0 Jan 1994 00:00:00",
            "29 Feb 1900 00:00:00",
            "30 Feb 2000 00:00:00",
            "31 Apr 1994 00:00:00",
            "6 Nov 1600 08:49:37",
            "6 Nov 1994 24:00:00",
            "6 Nov 1994 00:60:00",
            "6 Nov 1994 23:59:60",
            "6 Nov 1994 008:49:37",
            "6 Nov 1994 08:49",
            "6 No 1994 08:49:37",
        ] {
            assert_eq!(parse(text), None, "{text}");
        }
    }
}
