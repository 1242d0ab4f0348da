//! Dates as people write them, and as HTTP does.
//!
//! In: words such as `Tue, 03 Jan 2006 15:04:05 GMT`, `3 Jan 2006`, `20060103 15:04` or `2006-01-03`, in any order that
//! leaves no doubt. Out: seconds since 1970. Without a zone they are GMT, without a time midnight.

use std::time::{Duration, SystemTime};

use wireline::message::calendar::days_since_1970;
use wireline::message::date;

use crate::show::strftime::strftime;

/// Days of the week and months begin with these three letters.
const DAYS: [&str; 7] = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"];
const MONTHS: [&str; 12] =
    ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/// Zones that are known by name, in hours ahead of GMT.
const ZONES: [(&str, i64); 17] = [
    ("GMT", 0),
    ("UTC", 0),
    ("UT", 0),
    ("Z", 0),
    ("WET", 0),
    ("BST", 1),
    ("CET", 1),
    ("MET", 1),
    ("CEST", 2),
    ("EET", 2),
    ("EST", -5),
    ("EDT", -4),
    ("CST", -6),
    ("CDT", -5),
    ("MST", -7),
    ("PST", -8),
    ("PDT", -7),
];

#[derive(Default)]
struct Found {
    day: Option<i64>,
    month: Option<i64>,
    year: Option<i64>,
    time: Option<i64>,
    zone: Option<i64>,
}

/// Reads a date.
pub fn seconds(text: &str) -> Option<u64> {
    let mut found = Found::default();
    for word in text.split([' ', ',', '\t']).filter(|word| !word.is_empty()) {
        found.take(word)?;
    }
    let days = days_since_1970(found.year?, found.month?, found.day?)?;
    let seconds = days * 86_400 + found.time.unwrap_or(0);
    u64::try_from(seconds - found.zone.unwrap_or(0)).ok()
}

/// Writes a date as HTTP does (RFC 9110 §5.6.7).
pub fn imf(seconds: u64) -> String {
    strftime("%a, %d %b %Y %T GMT", Duration::from_secs(seconds))
}

/// Reads a date as HTTP has it. The year of now only matters to those with two digits of theirs.
pub fn http(value: &[u8]) -> Option<u64> {
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    date::parse(value, now.as_secs())
}

impl Found {
    fn take(&mut self, word: &str) -> Option<()> {
        let first = *word.as_bytes().first()?;
        if first.is_ascii_alphabetic() {
            return self.take_name(word);
        }
        if word.contains(':') {
            return put(&mut self.time, clock(word)?);
        }
        if let Some(zone) = offset(word).filter(|_| self.time.is_some()) {
            return put(&mut self.zone, zone);
        }
        let parts: Vec<&str> = word.split('-').collect();
        match parts[..] {
            [year, month, day] if month.as_bytes().first().is_some_and(u8::is_ascii_digit) => {
                put(&mut self.year, digits(year)?)?;
                put(&mut self.month, digits(month)?)?;
                put(&mut self.day, digits(day)?)
            }
            [all] => self.take_number(all),
            _ => parts.into_iter().try_for_each(|part| self.take(part)),
        }
    }

    fn take_number(&mut self, word: &str) -> Option<()> {
        let number = digits(word)?;
        match word.len() {
            8 => {
                put(&mut self.year, number / 10_000)?;
                put(&mut self.month, number / 100 % 100)?;
                put(&mut self.day, number % 100)
            }
            1 | 2 if self.day.is_none() => put(&mut self.day, number),
            2 => put(&mut self.year, if number > 70 { 1900 + number } else { 2000 + number }),
            4 => put(&mut self.year, number),
            _ => None,
        }
    }

    fn take_name(&mut self, word: &str) -> Option<()> {
        if let Some((_, hours)) = ZONES.iter().find(|(name, _)| name.eq_ignore_ascii_case(word)) {
            return put(&mut self.zone, hours * 3600);
        }
        let begins = |name: &&str| {
            word.get(..3).is_some_and(|start| start.eq_ignore_ascii_case(name))
                && word.bytes().all(|byte| byte.is_ascii_alphabetic())
        };
        if let Some(month) = MONTHS.iter().position(begins) {
            return put(&mut self.month, month as i64 + 1);
        }
        DAYS.iter().any(begins).then_some(())
    }
}

fn put(place: &mut Option<i64>, value: i64) -> Option<()> {
    place.replace(value).is_none().then_some(())
}

fn digits(word: &str) -> Option<i64> {
    word.bytes().all(|byte| byte.is_ascii_digit()).then(|| word.parse().ok())?
}

/// `15:04` or `15:04:05`.
fn clock(word: &str) -> Option<i64> {
    let mut parts = word.split(':').map(digits);
    let (hour, minute) = (parts.next()??, parts.next()??);
    let second = parts.next().unwrap_or(Some(0))?;
    let sound = hour < 24 && minute < 60 && second < 61 && parts.next().is_none();
    sound.then_some(hour * 3600 + minute * 60 + second)
}

/// `+0200`.
fn offset(word: &str) -> Option<i64> {
    let sign = match word.as_bytes() {
        [b'+', _, _, _, _] => 1,
        [b'-', _, _, _, _] => -1,
        _ => return None,
    };
    let number = digits(word.get(1..)?)?;
    Some(sign * (number / 100 * 3600 + number % 100 * 60))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_read_and_written() {
        for (text, written) in [
            ("Sun, 06 Nov 1994 08:49:37 GMT", "Sun, 06 Nov 1994 08:49:37 GMT"),
            ("Sunday, 06-Nov-94 08:49:37 GMT", "Sun, 06 Nov 1994 08:49:37 GMT"),
            ("Sun Nov  6 08:49:37 1994", "Sun, 06 Nov 1994 08:49:37 GMT"),
            ("06 Nov 1994 08:49:37 +0200", "Sun, 06 Nov 1994 06:49:37 GMT"),
            ("06 Nov 1994 08:49 CET", "Sun, 06 Nov 1994 07:49:00 GMT"),
            ("Nov 6 1994", "Sun, 06 Nov 1994 00:00:00 GMT"),
            ("1994 Nov 6", "Sun, 06 Nov 1994 00:00:00 GMT"),
            ("19941106 08:49:37", "Sun, 06 Nov 1994 08:49:37 GMT"),
            ("1994-11-06", "Sun, 06 Nov 1994 00:00:00 GMT"),
            ("29 Feb 2024", "Thu, 29 Feb 2024 00:00:00 GMT"),
            ("31 Dec 2099", "Thu, 31 Dec 2099 00:00:00 GMT"),
        ] {
            assert_eq!(seconds(text).map(imf).as_deref(), Some(written), "{text}");
        }
        assert_eq!(imf(0), "Thu, 01 Jan 1970 00:00:00 GMT");
    }

    #[test]
    fn what_is_no_date_is_none() {
        for text in ["", "file.txt", "30 Feb 2024", "2024", "Nov 1994", "1 Nov 1994 25:00", "x"] {
            assert_eq!(seconds(text), None, "{text}");
        }
    }
}
