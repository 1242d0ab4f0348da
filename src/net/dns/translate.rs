//! Hickory's words in ours. In: what hickory has read from the wire. Out: records, addresses, kinds of errors.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use hickory_resolver::lookup::Lookup;
use hickory_resolver::net::{DnsError as HickoryDnsError, NetError};
use hickory_resolver::proto::op::ResponseCode;
use hickory_resolver::proto::rr::rdata::svcb::{SVCB, SvcParamKey, SvcParamValue};
use hickory_resolver::proto::rr::{self, Name, RData};

use super::record::{Record, RecordData, RecordType, Records};
use super::resolve::DnsErrorKind;
use super::service::ServiceBinding;

/// How many addresses of one answer are looked at; no honest answer has more, a hostile one of 64
/// KiB has thousands.
const MAX_ADDRESSES: usize = 64;

/// A name for a question, byte for byte: hickory's readers of text apply IDNA, or refuse a `-` in front, and real hosts
/// have underscores and worse. `absolute`: no search list.
///
/// # Errors
/// Labels that are empty or longer than 63 bytes, more than 255 bytes in all.
pub(super) fn name(text: &str, absolute: bool) -> Result<Name, &'static str> {
    let bare = text.strip_suffix('.').unwrap_or(text);
    let labels = bare.split('.').filter(|_| !bare.is_empty()).map(str::as_bytes);
    let mut name =
        Name::from_labels(labels).map_err(|_| "an empty label or one that is too long")?;
    name.set_fqdn(absolute || text.ends_with('.'));
    Ok(name)
}

pub(super) fn record_type(kind: RecordType) -> rr::RecordType {
    match kind {
        RecordType::A => rr::RecordType::A,
        RecordType::Aaaa => rr::RecordType::AAAA,
        RecordType::Caa => rr::RecordType::CAA,
        RecordType::Cname => rr::RecordType::CNAME,
        RecordType::Https => rr::RecordType::HTTPS,
        RecordType::Mx => rr::RecordType::MX,
        RecordType::Naptr => rr::RecordType::NAPTR,
        RecordType::Ns => rr::RecordType::NS,
        RecordType::Ptr => rr::RecordType::PTR,
        RecordType::Soa => rr::RecordType::SOA,
        RecordType::Srv => rr::RecordType::SRV,
        RecordType::Svcb => rr::RecordType::SVCB,
        RecordType::Txt => rr::RecordType::TXT,
    }
}

/// The addresses of an answer.
pub(super) fn addresses(lookup: &Lookup, port: u16) -> Vec<SocketAddr> {
    let ips = lookup.answers().iter().filter_map(|record| match record.data {
        RData::A(a) => Some(a.0.into()),
        RData::AAAA(aaaa) => Some(aaaa.0.into()),
        _ => None,
    });
    ips.take(MAX_ADDRESSES).map(|ip| SocketAddr::new(ip, port)).collect()
}

/// The records of an answer; `None` if it has none of the type that was asked for. Records of types without a form here
/// (signatures, most of all) are passed over.
pub(super) fn records(lookup: &Lookup, kind: RecordType) -> Option<Records> {
    let records: Vec<_> = lookup.answers().iter().filter_map(record).collect();
    records.iter().find(|record| record.data.record_type() == kind)?;
    // What an alias led to by a second question is kept no longer than the alias.
    let shortest = records.iter().map(|record| record.ttl).min().unwrap_or_default();
    let valid_until = lookup.valid_until().min(Instant::now() + shortest);
    Some(Records { records, record_type: kind, valid_until })
}

fn record(record: &rr::Record) -> Option<Record> {
    let data = data(&record.data)?;
    Some(Record { name: text(&record.name), ttl: Duration::from_secs(record.ttl.into()), data })
}

fn data(data: &RData) -> Option<RecordData> {
    Some(match data {
        RData::A(a) => RecordData::A(a.0),
        RData::AAAA(aaaa) => RecordData::Aaaa(aaaa.0),
        RData::CAA(caa) => RecordData::Caa {
            critical: caa.issuer_critical,
            tag: caa.tag.clone(),
            value: caa.value.clone(),
        },
        RData::CNAME(name) => RecordData::Cname(text(&name.0)),
        RData::HTTPS(https) => RecordData::Https(service(&https.0)),
        RData::MX(mx) => RecordData::Mx { preference: mx.preference, exchange: text(&mx.exchange) },
        RData::NAPTR(naptr) => RecordData::Naptr {
            order: naptr.order,
            preference: naptr.preference,
            flags: naptr.flags.to_vec(),
            services: naptr.services.to_vec(),
            regexp: naptr.regexp.to_vec(),
            replacement: text(&naptr.replacement),
        },
        RData::NS(name) => RecordData::Ns(text(&name.0)),
        RData::PTR(name) => RecordData::Ptr(text(&name.0)),
        RData::SOA(soa) => RecordData::Soa {
            mname: text(&soa.mname),
            rname: text(&soa.rname),
            serial: soa.serial,
            // Unsigned on the wire (RFC 1035 §3.3.13), whatever hickory makes of them.
            refresh: soa.refresh.cast_unsigned(),
            retry: soa.retry.cast_unsigned(),
            expire: soa.expire.cast_unsigned(),
            minimum: soa.minimum,
        },
        RData::SRV(srv) => RecordData::Srv {
            priority: srv.priority,
            weight: srv.weight,
            port: srv.port,
            target: text(&srv.target),
        },
        RData::SVCB(svcb) => RecordData::Svcb(service(svcb)),
        RData::TXT(txt) => RecordData::Txt(txt.txt_data.iter().map(|s| s.to_vec()).collect()),
        _ => return None,
    })
}

fn service(svcb: &SVCB) -> ServiceBinding {
    let mut found = ServiceBinding {
        priority: svcb.svc_priority,
        target: text(&svcb.target_name),
        ..ServiceBinding::default()
    };
    for (key, value) in &svcb.svc_params {
        match value {
            SvcParamValue::Mandatory(keys) => {
                found.mandatory = keys.0.iter().map(|key: &SvcParamKey| (*key).into()).collect();
            }
            SvcParamValue::Alpn(alpn) => found.alpn = alpn.0.clone(),
            SvcParamValue::NoDefaultAlpn => found.no_default_alpn = true,
            SvcParamValue::Port(port) => found.port = Some(*port),
            SvcParamValue::Ipv4Hint(ips) => found.ipv4_hint = ips.0.iter().map(|ip| ip.0).collect(),
            SvcParamValue::Ipv6Hint(ips) => found.ipv6_hint = ips.0.iter().map(|ip| ip.0).collect(),
            SvcParamValue::EchConfigList(list) => found.ech = Some(list.0.clone()),
            SvcParamValue::Unknown(value) => found.other.push(((*key).into(), value.0.clone())),
        }
    }
    found
}

/// A name as text, without the final dot. RFC 1035 §5.1: a backslash in front of a dot that separates nothing, and of
/// itself; `\DDD` for what cannot be shown. (Hickory's own text has one in front of a leading `-`.)
fn text(name: &Name) -> String {
    let mut text = String::with_capacity(name.len());
    for label in name.iter() {
        if !text.is_empty() {
            text.push('.');
        }
        for &byte in label {
            match byte {
                b'.' | b'\\' => text.extend(['\\', char::from(byte)]),
                _ if byte.is_ascii_graphic() => text.push(char::from(byte)),
                _ => text.push_str(&format!("\\{byte:03}")),
            }
        }
    }
    if text.is_empty() { ".".to_owned() } else { text }
}

pub(super) fn kind_of(error: &NetError) -> DnsErrorKind {
    let by_code = |code: ResponseCode| match code {
        ResponseCode::NXDomain => DnsErrorKind::NxDomain,
        ResponseCode::NoError => DnsErrorKind::NoData,
        ResponseCode::ServFail => DnsErrorKind::ServFail,
        ResponseCode::Refused => DnsErrorKind::Refused,
        _ => DnsErrorKind::Other,
    };
    match error {
        NetError::Timeout => DnsErrorKind::Timeout,
        NetError::Io(_) | NetError::NoConnections => DnsErrorKind::Io,
        NetError::Dns(HickoryDnsError::NoRecordsFound(none)) => by_code(none.response_code),
        NetError::Dns(HickoryDnsError::ResponseCode(code)) => by_code(*code),
        _ => DnsErrorKind::Other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_taken_byte_for_byte() {
        for (from, to) in [
            ("a_b.Test.", "a_b.Test"),
            ("-x.test", "-x.test"),
            ("0/25.2.0.192.in-addr.arpa", "0/25.2.0.192.in-addr.arpa"),
            (".", "."),
        ] {
            let name = name(from, true).unwrap();
            assert!(name.is_fqdn(), "{from}");
            assert_eq!(text(&name), to);
        }
        assert!(!name("intranet", false).unwrap().is_fqdn());
        assert!(name("intranet.", false).unwrap().is_fqdn());
        let long = "a".repeat(64);
        for bad in ["a..b", ".a", &long, &["a"; 128].join(".")] {
            assert!(name(bad, true).is_err(), "{bad}");
        }
    }

    #[test]
    fn what_would_break_the_text_is_escaped() {
        let odd = Name::from_labels([b"a.b".as_slice(), b"c\\ \xff\n", b"d."]).unwrap();
        assert_eq!(text(&odd), r"a\.b.c\\\032\255\010.d\.");
    }
}
