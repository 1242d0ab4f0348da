//! How far this machine's clocks are from UTC: read from `/etc/localtime` (RFC 9636), or what `TZ` names. Where that cannot
//! be read, it is UTC.

use std::path::{Path, PathBuf};

/// A time zone, as far as traces need it: its transitions, none after the last one of its file.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Zone {
    /// From when on (seconds since 1970), how many seconds east.
    changes: Vec<(i64, i64)>,
}

impl Zone {
    /// UTC.
    pub fn utc() -> Zone {
        Zone::default()
    }

    /// That of this machine. Reads `TZ` and a file.
    pub fn here() -> Zone {
        let path = match std::env::var("TZ") {
            Ok(name) => match name.trim_start_matches(':') {
                name if name.is_empty() || name.contains("..") => return Zone::utc(),
                name => Path::new("/usr/share/zoneinfo").join(name),
            },
            Err(_) => PathBuf::from("/etc/localtime"),
        };
        std::fs::read(path).ok().and_then(|file| Zone::parse(&file)).unwrap_or_default()
    }

    /// What local clocks show at that second.
    pub fn local(&self, second: i64) -> i64 {
        let after = self.changes.partition_point(|(from, _)| *from <= second);
        let in_force = after.saturating_sub(1);
        second + self.changes.get(in_force).map_or(0, |(_, east)| *east)
    }

    /// Version 1 data is skipped where version 2 data follows.
    fn parse(file: &[u8]) -> Option<Zone> {
        let first = Counts::parse(file)?;
        match file.get(4)? {
            0 => Zone::block(file.get(44..)?, &first, 4),
            _ => {
                let second = file.get(44 + first.length(4)..)?;
                Zone::block(second.get(44..)?, &Counts::parse(second)?, 8)
            }
        }
    }

    fn block(data: &[u8], counts: &Counts, width: usize) -> Option<Zone> {
        let (times, rest) = data.split_at_checked(counts.times * width)?;
        let (kinds, rest) = rest.split_at_checked(counts.times)?;
        let types = rest.get(..counts.types * 6)?;
        let east = |kind: usize| {
            let entry = types.get(kind * 6..kind * 6 + 4)?;
            Some(i64::from(i32::from_be_bytes(entry.try_into().ok()?)))
        };
        let mut changes = vec![(i64::MIN, east(0)?)];
        for (time, kind) in times.chunks_exact(width).zip(kinds) {
            let time = match width {
                4 => i64::from(i32::from_be_bytes(time.try_into().ok()?)),
                _ => i64::from_be_bytes(time.try_into().ok()?),
            };
            changes.push((time, east(usize::from(*kind))?));
        }
        Some(Zone { changes })
    }
}

/// How much of everything a block has.
struct Counts {
    utc: usize,
    standard: usize,
    leaps: usize,
    times: usize,
    types: usize,
    letters: usize,
}

impl Counts {
    fn parse(header: &[u8]) -> Option<Counts> {
        header.starts_with(b"TZif").then_some(())?;
        let count = |at: usize| {
            let bytes = header.get(20 + at * 4..24 + at * 4)?;
            usize::try_from(u32::from_be_bytes(bytes.try_into().ok()?)).ok()
        };
        let (utc, standard, leaps) = (count(0)?, count(1)?, count(2)?);
        let (times, types, letters) = (count(3)?, count(4)?, count(5)?);
        let sane = [utc, standard, leaps, times, types, letters].iter().all(|&n| n < 1 << 20);
        sane.then_some(Counts { utc, standard, leaps, times, types, letters })
    }

    fn length(&self, width: usize) -> usize {
        self.times * (width + 1)
            + self.types * 6
            + self.letters
            + self.leaps * (width + 4)
            + self.standard
            + self.utc
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_zone_is_read_from_its_file() {
        let mut file = b"TZif\0".to_vec();
        file.extend([0; 15]);
        for count in [0u32, 0, 0, 1, 2, 0] {
            file.extend(count.to_be_bytes());
        }
        file.extend(1000i32.to_be_bytes());
        file.push(1);
        for east in [3600i32, 7200] {
            file.extend(east.to_be_bytes());
            file.extend([0, 0]);
        }
        let zone = Zone::parse(&file).unwrap();
        assert_eq!((zone.local(999), zone.local(1000)), (4599, 8200));
        for cut in 0..file.len() {
            assert_eq!(Zone::parse(&file[..cut]), None, "{cut}");
        }
        assert_eq!(Zone::utc().local(5), 5);
    }
}
