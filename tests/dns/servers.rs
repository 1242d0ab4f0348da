//! The resolver and two name servers that others wrote: dnsmasq and unbound, each a private process.
//!
//! dnsmasq sends no SOA record with its no, so there is nothing to keep; unbound does.

use std::time::Duration;

use wireline::dns::{DnsErrorKind, Family, RecordData, RecordType, Resolver, ServiceBinding};

use crate::support::deadline;
use crate::support::name_servers::NameServer;

fn at(server: &NameServer) -> Resolver {
    let resolver = Resolver::builder().name_servers([server.address]).hosts_file(false);
    resolver.build().expect("a resolver")
}

/// One record of each type both servers can be told, and its TTL.
async fn knows(resolver: &Resolver, expected: &[(&str, RecordData)], ttl: u64) {
    for (name, data) in expected {
        let kind = data.record_type();
        let records = resolver.query(name, kind).await.unwrap_or_else(|e| panic!("{name}: {e:?}"));
        let found: Vec<_> = records.data().collect();
        assert_eq!(found, [data], "{name} {kind}");
        for record in records.records() {
            let sent = Duration::from_secs(ttl);
            let near = record.ttl <= sent && record.ttl + Duration::from_secs(10) > sent;
            assert!(near, "{name} {kind}: {:?}", record.ttl);
        }
    }
}

async fn fails(resolver: &Resolver, expected: &[(&str, RecordType, DnsErrorKind)]) {
    for &(name, record_type, kind) in expected {
        let error = resolver.query(name, record_type).await.expect_err(name);
        assert_eq!(error.kind(), kind, "{error:?}");
        assert_eq!((error.host(), error.record_type()), (name, Some(record_type.name())));
    }
}

/// Records that are the same in both.
fn common() -> Vec<(&'static str, RecordData)> {
    vec![
        ("a.test", RecordData::A([192, 0, 2, 1].into())),
        ("a.test", RecordData::Aaaa("2001:db8::1".parse().expect("an address"))),
        ("alias.test", RecordData::Cname("a.test".into())),
        ("alias.test", RecordData::A([192, 0, 2, 1].into())),
        ("a.test", RecordData::Mx { preference: 10, exchange: "mx.test".into() }),
        ("text.test", RecordData::Txt(vec![b"one".to_vec(), b"two three".to_vec()])),
        (
            "_http._tcp.test",
            RecordData::Srv { priority: 1, weight: 2, port: 8080, target: "a.test".into() },
        ),
        (
            "naptr.test",
            RecordData::Naptr {
                order: 10,
                preference: 20,
                flags: b"u".to_vec(),
                services: b"E2U+sip".to_vec(),
                regexp: b"!^.*$!sip:a@b!".to_vec(),
                replacement: ".".into(),
            },
        ),
        (
            "a.test",
            RecordData::Caa { critical: false, tag: "issue".into(), value: b"ca.test".to_vec() },
        ),
    ]
}

async fn https(resolver: &Resolver) -> ServiceBinding {
    let records = resolver.query("a.test", RecordType::Https).await.expect("HTTPS");
    match records.data().next() {
        Some(RecordData::Https(service)) => service.clone(),
        other => panic!("{other:?}"),
    }
}

/// Too much for UDP: 200 addresses are 3 200 bytes.
async fn comes_over_tcp(resolver: &Resolver) {
    let records = resolver.query("big.test", RecordType::A).await.expect("200 addresses");
    assert_eq!(records.data().count(), 200);
    let found = resolver.resolve("big.test", 443, Some(Family::V4)).await.expect("64 of them");
    assert_eq!(found.len(), 64);
}

fn big(line: impl Fn(usize) -> String) -> String {
    (0..200).map(line).collect()
}

#[tokio::test]
async fn dnsmasq_answers_everything_it_can() {
    let options = [
        "local=/test/",
        "local-ttl=40",
        "max-ttl=40",
        "host-record=a.test,192.0.2.1,2001:db8::1,40",
        "cname=alias.test,a.test,40",
        "mx-host=a.test,mx.test,10",
        "txt-record=text.test,one,two three",
        "srv-host=_http._tcp.test,a.test,8080,1,2",
        "naptr-record=naptr.test,10,20,u,E2U+sip,!^.*$!sip:a@b!,.",
        "caa-record=a.test,0,issue,ca.test",
        // 1 . alpn=h2 port=8443
        "dns-rr=a.test,65,000100000100030268320003000220fb",
    ];
    let hosts = big(|n| format!("127.1.0.{n} big.test\n")) + "192.0.2.9 nine.test\n::9 nine.test\n";
    let Some(server) = NameServer::dnsmasq(&options, &hosts) else { return };
    deadline(async {
        let resolver = at(&server);
        knows(&resolver, &common(), 40).await;
        let service = https(&resolver).await;
        assert_eq!((service.priority, service.target.as_str()), (1, "."));
        assert_eq!((service.alpn, service.port), (vec!["h2".to_owned()], Some(8443)));
        comes_over_tcp(&resolver).await;
        let found = resolver.resolve("nine.test", 80, None).await.expect("both families");
        assert_eq!(found, ["[::9]:80".parse().unwrap(), "192.0.2.9:80".parse().unwrap()]);
        for (ip, name) in [("192.0.2.9", "nine.test"), ("2001:db8::1", "a.test")] {
            let names = resolver.reverse(ip.parse().unwrap()).await.expect(ip);
            assert_eq!(names, [name]);
        }
        fails(
            &resolver,
            &[
                ("nobody.test", RecordType::A, DnsErrorKind::NxDomain),
                ("text.test", RecordType::A, DnsErrorKind::NoData),
                ("a.test", RecordType::Ns, DnsErrorKind::NoData),
                // Nobody to ask.
                ("example.org", RecordType::A, DnsErrorKind::Refused),
            ],
        )
        .await;
    })
    .await;
}

#[tokio::test]
async fn unbound_answers_everything() {
    let records = r#"
        local-zone: "test." static
        local-data: "test. 40 IN SOA ns.test. host.test. 7 3600 600 86400 5"
        local-data: "test. 40 IN NS ns.test."
        local-data: "a.test. 40 IN A 192.0.2.1"
        local-data: "a.test. 40 IN AAAA 2001:db8::1"
        local-data: "alias.test. 40 IN CNAME a.test."
        local-data: "a.test. 40 IN MX 10 mx.test."
        local-data: 'text.test. 40 IN TXT "one" "two three"'
        local-data: "_http._tcp.test. 40 IN SRV 1 2 8080 a.test."
        local-data: 'naptr.test. 40 IN NAPTR 10 20 "u" "E2U+sip" "!^.*$!sip:a@b!" .'
        local-data: 'a.test. 40 IN CAA 0 issue "ca.test"'
        local-data: 'a.test. 40 IN HTTPS 1 svc.test. alpn="h2,http/1.1" port=8443 ipv4hint=192.0.2.7 ech=AAQBAgME'
        local-data: "short.test. 0 IN A 192.0.2.2"
        local-data: "long.test. 86400 IN A 192.0.2.3"
        local-data-ptr: "192.0.2.9 40 nine.test."
        local-zone: "refused.test." always_refuse
        local-zone: "mute.test." always_deny
    "#;
    let lines =
        records.to_owned() + &big(|n| format!(" local-data: \"big.test. 40 IN A 127.1.0.{n}\"\n"));
    // With no server to ask, what is below it fails.
    let Some(server) = NameServer::unbound(&lines, "forward-zone:\n name: \"fail.example.\"\n")
    else {
        return;
    };
    deadline(async {
        let resolver = at(&server);
        let mut expected = common();
        expected.push(("test", RecordData::Ns("ns.test".into())));
        expected.push((
            "test",
            RecordData::Soa {
                mname: "ns.test".into(),
                rname: "host.test".into(),
                serial: 7,
                refresh: 3600,
                retry: 600,
                expire: 86_400,
                minimum: 5,
            },
        ));
        expected.push(("9.2.0.192.in-addr.arpa", RecordData::Ptr("nine.test".into())));
        knows(&resolver, &expected, 40).await;
        let service = https(&resolver).await;
        assert_eq!((service.priority, service.target.as_str()), (1, "svc.test"));
        assert_eq!(service.alpn, ["h2", "http/1.1"]);
        assert_eq!((service.port, service.ech), (Some(8443), Some(vec![0, 4, 1, 2, 3, 4])));
        assert_eq!(service.ipv4_hint, [std::net::Ipv4Addr::new(192, 0, 2, 7)]);
        knows(&resolver, &[("short.test", RecordData::A([192, 0, 2, 2].into()))], 1).await;
        knows(&resolver, &[("long.test", RecordData::A([192, 0, 2, 3].into()))], 300).await;
        comes_over_tcp(&resolver).await;
        assert_eq!(resolver.reverse([192, 0, 2, 9].into()).await.expect("a name"), ["nine.test"]);
        fails(
            &resolver,
            &[
                ("nobody.test", RecordType::Mx, DnsErrorKind::NxDomain),
                ("text.test", RecordType::A, DnsErrorKind::NoData),
                ("x.refused.test", RecordType::A, DnsErrorKind::Refused),
                ("x.fail.example", RecordType::A, DnsErrorKind::ServFail),
            ],
        )
        .await;
        let hasty = Resolver::builder().name_servers([server.address]).hosts_file(false);
        let hasty = hasty.deadline(Duration::from_millis(300)).build().expect("a resolver");
        fails(&hasty, &[("x.mute.test", RecordType::A, DnsErrorKind::Timeout)]).await;
    })
    .await;
}
