//! Times as `strftime` writes them, in UTC and in English.
//!
//! In: a format and the time since 1970. Out: text. What is no conversion stays as it is written.

use std::fmt::Write as _;
use std::time::Duration;

const DAYS: [&str; 7] =
    ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"];
const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];

/// Writes `time` as `format` says. Besides the usual conversions, `%f` are microseconds.
pub fn strftime(format: &str, time: Duration) -> String {
    let moment = Moment::of(time);
    let mut text = String::with_capacity(format.len() + 16);
    let mut rest = format.chars();
    while let Some(character) = rest.next() {
        match (character, character == '%') {
            (_, false) => text.push(character),
            _ => match rest.next() {
                Some(letter) => moment.write(letter, &mut text),
                None => text.push('%'),
            },
        }
    }
    text
}

/// A moment, in the parts that calendars and clocks have.
struct Moment {
    seconds: u64,
    micros: u32,
    year: u64,
    /// From 0.
    month: usize,
    day: u64,
    /// From 0.
    day_of_year: u64,
    weekday: usize,
    hour: u64,
    minute: u64,
    second: u64,
}

impl Moment {
    fn of(time: Duration) -> Moment {
        let seconds = time.as_secs();
        let (days, clock) = (seconds / 86_400, seconds % 86_400);
        let (mut year, mut left) = (1970 + days / 146_097 * 400, days % 146_097);
        while left >= year_length(year) {
            left -= year_length(year);
            year += 1;
        }
        let (day_of_year, mut month) = (left, 0);
        while left >= month_length(year, month) {
            left -= month_length(year, month);
            month += 1;
        }
        Moment {
            seconds,
            micros: time.subsec_micros(),
            year,
            month,
            day: left + 1,
            day_of_year,
            weekday: ((days + 4) % 7) as usize,
            hour: clock / 3600,
            minute: clock / 60 % 60,
            second: clock % 60,
        }
    }

    /// Days since the last Monday.
    fn since_monday(&self) -> u64 {
        (self.weekday as u64 + 6) % 7
    }

    /// The year and week of ISO 8601: a week belongs to the year that its Thursday is in.
    fn iso_week(&self) -> (u64, u64) {
        let thursday = self.day_of_year as i64 + 3 - self.since_monday() as i64;
        let (year, thursday) = match thursday {
            ..0 => (self.year - 1, thursday + year_length(self.year - 1) as i64),
            after if after >= year_length(self.year) as i64 => {
                (self.year + 1, after - year_length(self.year) as i64)
            }
            within => (self.year, within),
        };
        (year, thursday as u64 / 7 + 1)
    }

    fn write(&self, letter: char, text: &mut String) {
        let Moment { year, day, hour, minute, second, .. } = self;
        let (month, twelve) = (self.month + 1, (hour + 11) % 12 + 1);
        let weekday = DAYS.get(self.weekday).copied().unwrap_or_default();
        let name = MONTHS.get(self.month).copied().unwrap_or_default();
        let half = if *hour < 12 { "AM" } else { "PM" };
        let mut again = |format: &str| {
            format.chars().for_each(|letter| match letter {
                'a'..='z' | 'A'..='Z' => self.write(letter, text),
                other => text.push(other),
            })
        };
        match letter {
            'D' | 'x' => return again("m/d/y"),
            'F' => return again("Y-m-d"),
            'R' => return again("H:M"),
            'T' | 'X' => return again("H:M:S"),
            'r' => return again("I:M:S p"),
            'c' => return again("a b e H:M:S Y"),
            _ => {}
        }
        // Writing to a String cannot fail.
        let _ = match letter {
            'a' => write!(text, "{}", &weekday[..3]),
            'A' => write!(text, "{weekday}"),
            'b' | 'h' => write!(text, "{}", &name[..3]),
            'B' => write!(text, "{name}"),
            'C' => write!(text, "{:02}", year / 100),
            'd' => write!(text, "{day:02}"),
            'e' => write!(text, "{day:2}"),
            'f' => write!(text, "{:06}", self.micros),
            'H' => write!(text, "{hour:02}"),
            'I' => write!(text, "{twelve:02}"),
            'j' => write!(text, "{:03}", self.day_of_year + 1),
            'k' => write!(text, "{hour:2}"),
            'l' => write!(text, "{twelve:2}"),
            'm' => write!(text, "{month:02}"),
            'M' => write!(text, "{minute:02}"),
            'n' => text.write_char('\n'),
            'p' => write!(text, "{half}"),
            'P' => write!(text, "{}", half.to_ascii_lowercase()),
            's' => write!(text, "{}", self.seconds),
            'S' => write!(text, "{second:02}"),
            't' => text.write_char('\t'),
            'u' => write!(text, "{}", self.since_monday() + 1),
            'w' => write!(text, "{}", self.weekday),
            'g' => write!(text, "{:02}", self.iso_week().0 % 100),
            'G' => write!(text, "{}", self.iso_week().0),
            'U' => write!(text, "{:02}", (self.day_of_year + 7 - self.weekday as u64) / 7),
            'V' => write!(text, "{:02}", self.iso_week().1),
            'W' => write!(text, "{:02}", (self.day_of_year + 7 - self.since_monday()) / 7),
            'y' => write!(text, "{:02}", year % 100),
            'Y' => write!(text, "{year}"),
            'z' => write!(text, "+0000"),
            'Z' => write!(text, "UTC"),
            '%' => write!(text, "%"),
            other => write!(text, "%{other}"),
        };
    }
}

fn is_leap(year: u64) -> bool {
    year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400))
}

fn year_length(year: u64) -> u64 {
    if is_leap(year) { 366 } else { 365 }
}

fn month_length(year: u64, month: usize) -> u64 {
    match month {
        1 if is_leap(year) => 29,
        1 => 28,
        3 | 5 | 8 | 10 => 30,
        _ => 31,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_written_as_formats_say() {
        let time = Duration::from_micros(951_782_400_000_042); // 29 February 2000
        for (format, says) in [
            ("%d/%b/%Y %T.%f %z", "29/Feb/2000 00:00:00.000042 +0000"),
            ("%a %A %B %e %j %u %w", "Tue Tuesday February 29 060 2 2"),
            ("%D %F %R %r %c", "02/29/00 2000-02-29 00:00 12:00:00 AM Tue Feb 29 00:00:00 2000"),
            ("%s %C%y %Z %% %Q %", "951782400 2000 UTC % %Q %"),
        ] {
            assert_eq!(strftime(format, time), says, "{format}");
        }
        for (day, says) in [
            (0, "1970 70 01 00 00 4 am"),      // Thursday, 1 January 1970
            (10_957, "1999 99 52 00 00 6 am"), // Saturday, 1 January 2000
            (10_958, "1999 99 52 01 00 7 am"), // Sunday, 2 January 2000
            (10_959, "2000 00 01 01 01 1 am"), // Monday, 3 January 2000
            (20_453, "2026 26 01 52 52 3 am"), // Wednesday, 31 December 2025
            (20_818, "2026 26 53 52 52 4 am"), // Thursday, 31 December 2026
        ] {
            let time = Duration::from_secs(day * 86_400);
            assert_eq!(strftime("%G %g %V %U %W %u %P", time), says, "{day}");
        }
        assert_eq!(strftime("%F %T", Duration::ZERO), "1970-01-01 00:00:00");
        assert_eq!(strftime("%F %I %p", Duration::from_secs(4_107_592_799)), "2100-03-01 01 PM");
        assert_eq!(strftime("%F", Duration::from_secs(253_402_300_799)), "9999-12-31");
    }
}
