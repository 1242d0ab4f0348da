//! DNS records as data: types of this crate, whatever library has read the wire.
//!
//! In: nothing, these are the words. Names are without their final dot (the root is `.`), in ASCII as they came; a byte
//! that would break a name's text is written `\DDD`, as in a zone file (RFC 1035 §5.1). What is no name and no number is
//! bytes: nobody promised that a TXT record is UTF-8.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::str::FromStr;
use std::time::{Duration, Instant};

use super::service::ServiceBinding;

/// The records that can be asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum RecordType {
    /// IPv4 addresses (RFC 1035).
    A,
    /// IPv6 addresses (RFC 3596).
    Aaaa,
    /// Who may issue certificates (RFC 8659).
    Caa,
    /// What the name is another name for (RFC 1035).
    Cname,
    /// How to reach the HTTPS service of the name (RFC 9460).
    Https,
    /// Who takes its mail (RFC 1035).
    Mx,
    /// A rule for rewriting names (RFC 3403).
    Naptr,
    /// The name servers of a zone (RFC 1035).
    Ns,
    /// The name of an address (RFC 1035).
    Ptr,
    /// The start of a zone (RFC 1035).
    Soa,
    /// Where a service is (RFC 2782).
    Srv,
    /// How to reach a service (RFC 9460).
    Svcb,
    /// Text (RFC 1035).
    Txt,
}

impl RecordType {
    /// All of them.
    pub const ALL: &'static [RecordType] = &[
        RecordType::A,
        RecordType::Aaaa,
        RecordType::Caa,
        RecordType::Cname,
        RecordType::Https,
        RecordType::Mx,
        RecordType::Naptr,
        RecordType::Ns,
        RecordType::Ptr,
        RecordType::Soa,
        RecordType::Srv,
        RecordType::Svcb,
        RecordType::Txt,
    ];

    /// Its name in a zone file: `"AAAA"`.
    pub fn name(self) -> &'static str {
        match self {
            RecordType::A => "A",
            RecordType::Aaaa => "AAAA",
            RecordType::Caa => "CAA",
            RecordType::Cname => "CNAME",
            RecordType::Https => "HTTPS",
            RecordType::Mx => "MX",
            RecordType::Naptr => "NAPTR",
            RecordType::Ns => "NS",
            RecordType::Ptr => "PTR",
            RecordType::Soa => "SOA",
            RecordType::Srv => "SRV",
            RecordType::Svcb => "SVCB",
            RecordType::Txt => "TXT",
        }
    }
}

impl fmt::Display for RecordType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for RecordType {
    type Err = UnknownRecordType;

    /// From its name, in upper or lower case.
    fn from_str(text: &str) -> Result<Self, UnknownRecordType> {
        let named = |kind: &&RecordType| kind.name().eq_ignore_ascii_case(text);
        Self::ALL.iter().find(named).copied().ok_or(UnknownRecordType)
    }
}

/// The text names no [`RecordType`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UnknownRecordType;

impl fmt::Display for UnknownRecordType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("no type of DNS record that can be asked for; those are A, AAAA, CAA, CNAME, HTTPS, MX, NAPTR, NS, ")?;
        f.write_str("PTR, SOA, SRV, SVCB and TXT")
    }
}

impl std::error::Error for UnknownRecordType {}

/// One record.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Record {
    /// Whose record it is: the name that was asked for, or one that it is an alias of.
    pub name: String,
    /// For how long it is valid from now on, in whole seconds: what is left of it if it comes from the cache, and never
    /// more than [`max_ttl`](crate::dns::ResolverBuilder::max_ttl).
    pub ttl: Duration,
    /// What it says.
    pub data: RecordData,
}

/// What a record says.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum RecordData {
    /// An IPv4 address.
    A(Ipv4Addr),
    /// An IPv6 address.
    Aaaa(Ipv6Addr),
    /// Who may issue certificates.
    Caa {
        /// Whether a certificate authority that does not understand `tag` must refuse.
        critical: bool,
        /// `issue`, `issuewild`, `iodef`…
        tag: String,
        /// The value, as it came.
        value: Vec<u8>,
    },
    /// What the name is another name for.
    Cname(String),
    /// How to reach the HTTPS service of the name.
    Https(ServiceBinding),
    /// Who takes mail; the lowest preference first.
    #[allow(missing_docs, reason = "the names of the RFC")]
    Mx { preference: u16, exchange: String },
    /// A rule for rewriting names, fields as in RFC 3403 §4.1.
    #[allow(missing_docs, reason = "the names of the RFC")]
    Naptr {
        order: u16,
        preference: u16,
        flags: Vec<u8>,
        services: Vec<u8>,
        regexp: Vec<u8>,
        replacement: String,
    },
    /// A name server.
    Ns(String),
    /// The name of an address.
    Ptr(String),
    /// The start of a zone, fields as in RFC 1035 §3.3.13, times in seconds.
    #[allow(missing_docs, reason = "the names of the RFC")]
    Soa {
        mname: String,
        rname: String,
        serial: u32,
        refresh: u32,
        retry: u32,
        expire: u32,
        minimum: u32,
    },
    /// Where a service is, fields as in RFC 2782: the lowest priority first, weight divides what has the same.
    #[allow(missing_docs, reason = "the names of the RFC")]
    Srv { priority: u16, weight: u16, port: u16, target: String },
    /// How to reach a service.
    Svcb(ServiceBinding),
    /// The strings of a text, each at most 255 bytes.
    Txt(Vec<Vec<u8>>),
}

impl RecordData {
    /// Its type.
    pub fn record_type(&self) -> RecordType {
        match self {
            RecordData::A(_) => RecordType::A,
            RecordData::Aaaa(_) => RecordType::Aaaa,
            RecordData::Caa { .. } => RecordType::Caa,
            RecordData::Cname(_) => RecordType::Cname,
            RecordData::Https(_) => RecordType::Https,
            RecordData::Mx { .. } => RecordType::Mx,
            RecordData::Naptr { .. } => RecordType::Naptr,
            RecordData::Ns(_) => RecordType::Ns,
            RecordData::Ptr(_) => RecordType::Ptr,
            RecordData::Soa { .. } => RecordType::Soa,
            RecordData::Srv { .. } => RecordType::Srv,
            RecordData::Svcb(_) => RecordType::Svcb,
            RecordData::Txt(_) => RecordType::Txt,
        }
    }

    /// The address of an A or AAAA record.
    pub fn ip(&self) -> Option<IpAddr> {
        match self {
            RecordData::A(ip) => Some((*ip).into()),
            RecordData::Aaaa(ip) => Some((*ip).into()),
            _ => None,
        }
    }

    /// The strings of a TXT record, put together; bytes that are no UTF-8 become U+FFFD.
    pub fn text(&self) -> Option<String> {
        match self {
            RecordData::Txt(strings) => Some(String::from_utf8_lossy(&strings.concat()).into()),
            _ => None,
        }
    }
}

/// The answer to one question, never empty.
#[derive(Clone, Debug)]
pub struct Records {
    pub(super) records: Vec<Record>,
    pub(super) record_type: RecordType,
    pub(super) valid_until: Instant,
}

impl Records {
    /// What was asked for: the data of the records of that type, in the order of the answer.
    pub fn data(&self) -> impl Iterator<Item = &RecordData> {
        let wanted = |record: &&Record| record.data.record_type() == self.record_type;
        self.records.iter().filter(wanted).map(|record| &record.data)
    }

    /// All records of the answer: those of [`data`](Self::data), and the CNAME records that led there where they came with
    /// them (they do not where the answer for the other name was in the cache).
    pub fn records(&self) -> &[Record] {
        &self.records
    }

    /// All records of the answer, owned.
    pub fn into_records(self) -> Vec<Record> {
        self.records
    }

    /// Until when the answer is kept: as long as its shortest record, an alias among them, is valid.
    pub fn valid_until(&self) -> Instant {
        self.valid_until
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_by_name() {
        for kind in RecordType::ALL {
            assert_eq!(kind.to_string().to_lowercase().parse(), Ok(*kind));
        }
        assert_eq!("ANY".parse::<RecordType>(), Err(UnknownRecordType));
        let told = UnknownRecordType.to_string();
        assert!(RecordType::ALL.iter().all(|kind| told.contains(kind.name())), "{told}");
    }

    #[test]
    fn text_is_the_strings_put_together() {
        let txt = RecordData::Txt(vec![b"v=spf1 ".to_vec(), b"-all\xff".to_vec()]);
        assert_eq!(txt.text().as_deref(), Some("v=spf1 -all\u{fffd}"));
        assert_eq!(txt.ip(), None);
        assert_eq!(RecordData::A([192, 0, 2, 1].into()).ip(), Some([192, 0, 2, 1].into()));
    }
}
