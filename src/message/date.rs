//! HTTP-date (RFC 9110 §5.6.7): the one form that is written, and the three that "a recipient … MUST accept".
//!
//! ```text
//! Sun, 06 Nov 1994 08:49:37 GMT    IMF-fixdate
//! Sunday, 06-Nov-94 08:49:37 GMT   RFC 850, obsolete
//! Sun Nov  6 08:49:37 1994         asctime, obsolete
//! ```
//!
//! Moments are seconds since 1970, because no clock is known here. The name of the day is not looked at. What is no date,
//! or lies before 1970, is `None`.
//!
//! Next: [`head`](super::head)

use super::calendar::{MONTHS, days_since_1970};

/// Reads any of the three forms. `now` tells which century a year of two digits belongs to.
pub fn parse(text: &[u8], now: u64) -> Option<u64> {
    let mut words = text.split(|byte| matches!(byte, b' ' | b',' | b'-')).filter(|w| !w.is_empty());
    words.next()?; // the day's name
    let first = words.next()?;
    let (day, month, year, clock, zone) = match number(first) {
        Some(day) => {
            let (month, year, clock) = (words.next()?, words.next()?, words.next()?);
            let year = match year.len() {
                2 => full_year(number(year)?, now),
                _ => number(year)?,
            };
            (day, month, year, clock, words.next())
        }
        None => {
            let (day, clock, year) = (words.next()?, words.next()?, words.next()?);
            (number(day)?, first, number(year)?, clock, Some(&b"GMT"[..]))
        }
    };
    if words.next().is_some() || !zone.is_some_and(|zone| zone.eq_ignore_ascii_case(b"GMT")) {
        return None;
    }
    let month = MONTHS.iter().position(|name| month.eq_ignore_ascii_case(name))? as i64 + 1;
    let mut clock = clock.split(|&byte| byte == b':').map(number);
    let (hour, minute, second) = (clock.next()??, clock.next()??, clock.next()??);
    // 60 is a leap second.
    let sound = hour < 24 && minute < 60 && second <= 60 && clock.next().is_none();
    if !sound {
        return None;
    }
    let days =
        u64::try_from(days_since_1970(year.cast_signed(), month, day.cast_signed())?).ok()?;
    Some(days * 86_400 + hour * 3600 + minute * 60 + second)
}

/// "Recipients of a timestamp value in rfc850-date format, which uses a two-digit year, MUST interpret a timestamp that
/// appears to be more than 50 years in the future as representing the most recent year in the past that had the same
/// last two digits."
fn full_year(two: u64, now: u64) -> u64 {
    let this_year = 1970 + now / 31_556_952;
    let year = this_year - this_year % 100 + two;
    if year > this_year + 50 { year - 100 } else { year }
}

/// At most four digits.
fn number(digits: &[u8]) -> Option<u64> {
    if digits.is_empty() || digits.len() > 4 {
        return None;
    }
    digits.iter().try_fold(0, |value, byte| {
        byte.is_ascii_digit().then(|| value * 10 + u64::from(byte - b'0'))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 21 November 2026.
    const NOW: u64 = 1_795_219_200;

    fn seconds(text: &str) -> Option<u64> {
        parse(text.as_bytes(), NOW)
    }

    #[test]
    fn the_three_forms_are_one_moment() {
        for text in [
            "Sun, 06 Nov 1994 08:49:37 GMT",
            "Sunday, 06-Nov-94 08:49:37 GMT",
            "Sun Nov  6 08:49:37 1994",
        ] {
            assert_eq!(seconds(text), Some(784_111_777), "{text}");
        }
    }

    #[test]
    fn the_calendar_is_right() {
        assert_eq!(seconds("Thu, 01 Jan 1970 00:00:00 GMT"), Some(0));
        assert_eq!(seconds("Tue, 29 Feb 2000 00:00:00 GMT"), Some(951_782_400));
        assert_eq!(seconds("Sat, 31 Dec 2016 23:59:60 GMT"), Some(1_483_228_800));
        assert_eq!(seconds("Sat, 21 Nov 2026 00:00:00 GMT"), Some(NOW));
        assert_eq!(seconds("Fri, 31 Dec 9999 23:59:59 GMT"), Some(253_402_300_799));
    }

    #[test]
    fn two_digits_are_at_most_fifty_years_ahead() {
        assert_eq!(
            seconds("Monday, 01-Jan-76 00:00:00 GMT"),
            seconds("Mon, 01 Jan 2076 00:00:00 GMT")
        );
        assert_eq!(
            seconds("Monday, 01-Jan-77 00:00:00 GMT"),
            seconds("Mon, 01 Jan 1977 00:00:00 GMT")
        );
    }

    #[test]
    fn what_is_no_date_is_none() {
        for text in [
            "",
            "0",
            "120",
            "Sun, 06 Nov 1994 08:49:37",
            "Sun, 06 Nov 1994 08:49:37 CET",
            "Sun, 06 Nov 1994 24:00:00 GMT",
            "Sun, 06 Nov 1994 08:49 GMT",
            "Sun, 06 Nov 1994 08:49:37:00 GMT",
            "Sun, 29 Feb 1900 08:49:37 GMT",
            "Sun, 30 Feb 2000 08:49:37 GMT",
            "Sun, 00 Nov 1994 08:49:37 GMT",
            "Sun, 06 Nov 1969 08:49:37 GMT",
            "Sun, 06 Nov 99999 08:49:37 GMT",
            "Sun, 06 Now 1994 08:49:37 GMT",
            "Sun, 06 Nov 1994 08:49:37 GMT GMT",
            "\u{0}, \u{ff} Nov",
        ] {
            assert_eq!(seconds(text), None, "{text:?}");
        }
    }
}
