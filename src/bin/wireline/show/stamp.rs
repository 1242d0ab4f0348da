//! What `--trace-time` and `--trace-ids` put in front of a line.

use std::time::{SystemTime, UNIX_EPOCH};

use super::zone::Zone;

/// Which of them are wanted.
#[derive(Debug, Clone)]
pub struct Stamps {
    /// The time of day, in this zone.
    pub time: Option<Zone>,
    pub ids: bool,
}

/// Whose line it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Ids {
    pub transfer: u64,
    pub connection: Option<u64>,
}

impl Stamps {
    /// `12:34:56.123456 [0-0] `, or nothing.
    pub fn stamp(&self, now: SystemTime, ids: Ids) -> String {
        let mut stamp = String::new();
        if let Some(zone) = &self.time {
            let since = now.duration_since(UNIX_EPOCH).unwrap_or_default();
            let second = zone.local(since.as_secs() as i64).rem_euclid(86_400);
            let (hour, minute, second) = (second / 3600, second / 60 % 60, second % 60);
            let micros = since.subsec_micros();
            stamp.push_str(&format!("{hour:02}:{minute:02}:{second:02}.{micros:06} "));
        }
        if self.ids {
            let connection = ids.connection.map_or("x".to_owned(), |id| id.to_string());
            stamp.push_str(&format!("[{}-{connection}] ", ids.transfer));
        }
        stamp
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn time_and_numbers_stand_in_front_of_a_line() {
        let now = UNIX_EPOCH + Duration::from_micros(1_700_000_000_000_042);
        let stamp = |time: Option<Zone>, ids, connection| {
            Stamps { time, ids }.stamp(now, Ids { transfer: 3, connection })
        };
        assert_eq!(stamp(None, false, Some(1)), "");
        assert_eq!(stamp(Some(Zone::utc()), false, None), "22:13:20.000042 ");
        assert_eq!(stamp(Some(Zone::utc()), true, Some(1)), "22:13:20.000042 [3-1] ");
        assert_eq!(stamp(None, true, None), "[3-x] ");
    }
}
