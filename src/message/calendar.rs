//! The Gregorian calendar: how many days lie between 1970 and a date. No clock, no time zone.

/// The months as the dates of HTTP and of cookies write them, in lower case.
pub(crate) const MONTHS: [&[u8]; 12] = [
    b"jan", b"feb", b"mar", b"apr", b"may", b"jun", b"jul", b"aug", b"sep", b"oct", b"nov", b"dec",
];

/// Days from 1 January 1970 to that date, for years from 1 to 9999. `None` if there is no such day.
pub fn days_since_1970(year: i64, month: i64, day: i64) -> Option<i64> {
    let exists = (1..=9999).contains(&year)
        && (1..=12).contains(&month)
        && (1..=days_in(month, year)).contains(&day);
    if !exists {
        return None;
    }
    // A year that begins in March has its leap day at its end, so that the months before need no exception: they have
    // 153 days in five.
    let (year, month) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
    let leap_days = year / 4 - year / 100 + year / 400;
    // 719 468 days lie between the first of March of the year 0 and 1970.
    Some(year * 365 + leap_days + (153 * month + 2) / 5 + day - 1 - 719_468)
}

fn days_in(month: i64, year: i64) -> i64 {
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    match month {
        2 if leap => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every day of 800 years, one after the other: an oracle too simple to be wrong.
    #[test]
    fn every_day_follows_the_day_before() {
        assert_eq!(days_since_1970(1601, 1, 1), Some(-134_774));
        let mut expected = -134_774;
        for year in 1601..2401 {
            for month in 1..=12 {
                for day in 1..=31 {
                    let days = days_since_1970(year, month, day);
                    if day <= days_in(month, year) {
                        assert_eq!(days, Some(expected), "{year}-{month}-{day}");
                        expected += 1;
                    } else {
                        assert_eq!(days, None, "{year}-{month}-{day}");
                    }
                }
            }
        }
        assert_eq!(days_since_1970(1970, 1, 1), Some(0));
    }

    #[test]
    fn what_is_no_day() {
        for (year, month, day) in
            [(0, 1, 1), (10_000, 1, 1), (2000, 0, 1), (2000, 13, 1), (2000, 1, 0), (1900, 2, 29)]
        {
            assert_eq!(days_since_1970(year, month, day), None, "{year}-{month}-{day}");
        }
        assert!(days_since_1970(2000, 2, 29).is_some());
    }
}
