//! Records of every type, from hand-made wire bytes: what comes out is ours, and it is all that was in there.

use std::time::Duration;

use wireline::dns::{DnsErrorKind, RecordData, RecordType, Records, Resolver, ServiceBinding};

use crate::asking;
use crate::names::{Reply, Script, wire_name};
use crate::support::deadline;

fn words(words: &[u16]) -> Vec<u8> {
    words.iter().flat_map(|word| word.to_be_bytes()).collect()
}

fn strings(strings: &[&[u8]]) -> Vec<u8> {
    let string = |s: &&[u8]| [&[u8::try_from(s.len()).unwrap()], *s].concat();
    strings.iter().flat_map(string).collect()
}

async fn one(resolver: &Resolver, name: &str, kind: RecordType) -> RecordData {
    let records = resolver.query(name, kind).await.unwrap_or_else(|error| panic!("{error:?}"));
    let [record] = records.records() else { panic!("{records:?}") };
    assert_eq!((record.name.as_str(), record.ttl), (name, Duration::from_secs(60)));
    assert_eq!(record.data.record_type(), kind);
    record.data.clone()
}

#[tokio::test]
async fn every_type_is_read() {
    deadline(async {
        let soa = [wire_name("ns.test"), wire_name("host.test")].concat();
        let numbers = [0xffff_ffff_u32, 3600, 0x8000_0000, 86_400, 5];
        let soa = [soa, numbers.iter().flat_map(|n| n.to_be_bytes()).collect()].concat();
        let naptr = [words(&[10, 20]), strings(&[b"u", b"E2U+sip", b"!^.*$!sip:a@b!"]), vec![0]];
        let srv = [words(&[1, 2, 8080]), wire_name("a.test")].concat();
        let caa = [vec![128], strings(&[b"issue"]), b"ca.test; x=\xff".to_vec()].concat();
        let server = Script::new()
            .on("a.test", 1, Reply::raw(&[&[192, 0, 2, 1]]))
            .on("a.test", 2, Reply::raw(&[&wire_name("ns.test")]))
            .on("a.test", 5, Reply::raw(&[&wire_name("B_c.test")]))
            .on("a.test", 6, Reply::raw(&[&soa]))
            .on("a.test", 12, Reply::raw(&[&wire_name("host.test")]))
            .on("a.test", 15, Reply::raw(&[&[words(&[10]), wire_name("mx.test")].concat()]))
            .on("a.test", 16, Reply::raw(&[&strings(&[b"v=1 ", b"\x00\xff\"", b""])]))
            .on(
                "a.test",
                28,
                Reply::raw(&[&"2001:db8::1".parse::<std::net::Ipv6Addr>().unwrap().octets()]),
            )
            .on("a.test", 33, Reply::raw(&[&srv]))
            .on("a.test", 35, Reply::raw(&[&naptr.concat()]))
            .on("a.test", 257, Reply::raw(&[&caa]))
            .serve()
            .await;
        let resolver = asking(&server);
        use RecordType as T;
        let expected = [
            (T::A, RecordData::A([192, 0, 2, 1].into())),
            (T::Ns, RecordData::Ns("ns.test".into())),
            (T::Cname, RecordData::Cname("B_c.test".into())),
            (
                T::Soa,
                RecordData::Soa {
                    mname: "ns.test".into(),
                    rname: "host.test".into(),
                    serial: 0xffff_ffff,
                    refresh: 3600,
                    retry: 0x8000_0000,
                    expire: 86_400,
                    minimum: 5,
                },
            ),
            (T::Ptr, RecordData::Ptr("host.test".into())),
            (T::Mx, RecordData::Mx { preference: 10, exchange: "mx.test".into() }),
            (T::Txt, RecordData::Txt(vec![b"v=1 ".to_vec(), b"\x00\xff\"".to_vec(), vec![]])),
            (T::Aaaa, RecordData::Aaaa("2001:db8::1".parse().unwrap())),
            (
                T::Srv,
                RecordData::Srv { priority: 1, weight: 2, port: 8080, target: "a.test".into() },
            ),
            (
                T::Naptr,
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
                T::Caa,
                RecordData::Caa {
                    critical: true,
                    tag: "issue".into(),
                    value: b"ca.test; x=\xff".to_vec(),
                },
            ),
        ];
        for (kind, data) in expected {
            assert_eq!(one(&resolver, "a.test", kind).await, data, "{kind}");
        }
    })
    .await;
}

fn parameter(key: u16, value: &[u8]) -> Vec<u8> {
    [&words(&[key, u16::try_from(value.len()).unwrap()]), value].concat()
}

#[tokio::test]
async fn services_with_all_their_parameters() {
    deadline(async {
        let full = [
            words(&[1]),
            wire_name("svc.test"),
            parameter(0, &words(&[1])),
            parameter(1, &strings(&[b"h2", b"http/1.1"])),
            parameter(2, b""),
            parameter(3, &words(&[8443])),
            parameter(4, &[192, 0, 2, 1, 192, 0, 2, 2]),
            parameter(5, &[0, 4, 1, 2, 3, 4]),
            parameter(6, &[0xff; 16]),
            parameter(65_400, b"own\xff"),
        ];
        let alias = [words(&[0]), wire_name("other.test")].concat();
        let server = Script::new()
            .on("a.test", 65, Reply::raw(&[&full.concat()]))
            .on("_x.a.test", 64, Reply::raw(&[&alias]))
            .serve()
            .await;
        let resolver = asking(&server);
        let RecordData::Https(service) = one(&resolver, "a.test", RecordType::Https).await else {
            panic!("no HTTPS");
        };
        assert_eq!((service.priority, service.target.as_str()), (1, "svc.test"));
        assert_eq!((service.mandatory, service.port), (vec![1], Some(8443)));
        assert_eq!(
            (service.alpn, service.no_default_alpn),
            (vec!["h2".into(), "http/1.1".into()], true)
        );
        assert_eq!(
            service.ipv4_hint,
            [[192, 0, 2, 1].into(), std::net::Ipv4Addr::new(192, 0, 2, 2)]
        );
        assert_eq!(service.ipv6_hint, [std::net::Ipv6Addr::from([0xff; 16])]);
        assert_eq!(service.ech.as_deref(), Some(&[0, 4, 1, 2, 3, 4][..]));
        assert_eq!(service.other, [(65_400, b"own\xff".to_vec())]);
        let RecordData::Svcb(alias) = one(&resolver, "_x.a.test", RecordType::Svcb).await else {
            panic!("no SVCB");
        };
        assert_eq!((alias.priority, alias.target.as_str()), (0, "other.test"));
        assert_eq!(alias.alpn, ServiceBinding::default().alpn);
    })
    .await;
}

/// Every kind of failure, and what it says.
#[tokio::test]
async fn failures_say_what_was_asked_for() {
    deadline(async {
        let server = Script::new()
            .on("empty.test", 15, Reply::no_data())
            .on("fail.test", 15, Reply::serv_fail())
            .on("refused.test", 15, Reply::refused())
            .on("mute.test", 15, Reply::silence())
            .on("broken.test", 15, Reply::raw(&[b"\x00"]))
            .serve()
            .await;
        let resolver = crate::at(&server).deadline(Duration::from_millis(400)).build().unwrap();
        for (name, kind, told) in [
            ("nx.test", DnsErrorKind::NxDomain, "no such host (NXDOMAIN)"),
            ("empty.test", DnsErrorKind::NoData, "the name has no MX record"),
            ("fail.test", DnsErrorKind::ServFail, "the name server failed (SERVFAIL)"),
            ("refused.test", DnsErrorKind::Refused, "the name server refused (REFUSED)"),
            ("mute.test", DnsErrorKind::Timeout, "no name server answered in time"),
            (
                "a..test",
                DnsErrorKind::BadName,
                "this can be no host name: two dots in a row, or one in front",
            ),
        ] {
            let error = resolver.query(name, RecordType::Mx).await.expect_err(name);
            assert_eq!(error.kind(), kind, "{error}");
            assert_eq!(error.to_string(), format!("looking up MX of \"{name}\": {told}"));
            assert_eq!((error.host(), error.record_type()), (name, Some("MX")));
        }
        // What is no DNS is not listened to.
        let error = resolver.query("broken.test", RecordType::Mx).await.expect_err("one byte");
        let kinds = [DnsErrorKind::Timeout, DnsErrorKind::Other, DnsErrorKind::Io];
        assert!(kinds.contains(&error.kind()), "{error:?}");
    })
    .await;
}

#[tokio::test]
async fn an_alias_is_part_of_the_answer() {
    deadline(async {
        let server = Script::new()
            .on("alias.test", 1, Reply::alias("real.test", &["192.0.2.1"]))
            .on("other.test", 15, Reply::alias("real.test", &[]))
            .on("real.test", 15, Reply::raw(&[&[words(&[10]), wire_name("mx.test")].concat()]))
            .serve()
            .await;
        let resolver = asking(&server);
        let names = |records: &Records| {
            let names = records.records().iter().map(|record| record.name.clone());
            names.collect::<Vec<_>>()
        };
        for (name, kind) in [("alias.test", RecordType::A), ("other.test", RecordType::Mx)] {
            let records = resolver.query(name, kind).await.expect(name);
            assert_eq!(names(&records), [name, "real.test"]);
            assert_eq!(records.records()[0].data, RecordData::Cname("real.test".into()));
            assert_eq!(records.data().count(), 1);
        }
    })
    .await;
}

#[tokio::test]
async fn addresses_have_names() {
    deadline(async {
        let ptr = |name| Reply::raw(&[&wire_name(name)]);
        let v6 = "1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa";
        let two = Reply::raw(&[&wire_name("a.test"), &wire_name("b.test")]);
        let server =
            Script::new().on("1.2.0.192.in-addr.arpa", 12, two).on(v6, 12, ptr("six.test"));
        let server = server.serve().await;
        let resolver = asking(&server);
        let names = resolver.reverse([192, 0, 2, 1].into()).await.expect("two names");
        assert_eq!(names, ["a.test", "b.test"]);
        let names = resolver.reverse("2001:db8::1".parse().unwrap()).await.expect("a name");
        assert_eq!(names, ["six.test"]);
        let error = resolver.reverse([192, 0, 2, 2].into()).await.expect_err("none");
        assert_eq!(error.kind(), DnsErrorKind::NxDomain);
        assert!(
            error.to_string().starts_with("looking up PTR of \"2.2.0.192.in-addr.arpa\""),
            "{error}"
        );
    })
    .await;
}

/// Nothing happens until it is polled, and a dropped look-up harms no other.
#[tokio::test]
async fn a_dropped_question_is_given_up() {
    deadline(async {
        let server = Script::new().on("mute.test", 16, Reply::silence());
        let server = server.on("a.test", 16, Reply::raw(&[b"\x01x"])).serve().await;
        let resolver = asking(&server);
        drop(resolver.query("a.test", RecordType::Txt));
        assert_eq!(server.questions(), []);
        let waiting = tokio::spawn({
            let resolver = resolver.clone();
            async move { resolver.query("mute.test", RecordType::Txt).await.is_ok() }
        });
        while server.count("mute.test", 16) == 0 {
            tokio::task::yield_now().await;
        }
        waiting.abort();
        assert!(waiting.await.expect_err("aborted").is_cancelled());
        resolver.query("a.test", RecordType::Txt).await.expect("a text");
    })
    .await;
}
