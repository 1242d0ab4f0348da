//! What DESIGN §4.9 says about the library behind the resolver, shown by what arrives at a name server.

use std::collections::HashSet;
use std::time::{Duration, Instant};

use wireline::dns::{DnsErrorKind, Family, RecordData, RecordType, Resolver};

use crate::names::{A, AAAA, DnsServer, Reply, Script, wire_name};
use crate::support::{Scratch, deadline};
use crate::{asking, at};

fn asked(server: &DnsServer) -> Vec<String> {
    let mut names: Vec<_> = server.questions().into_iter().map(|question| question.name).collect();
    names.dedup();
    names
}

async fn v4(resolver: &Resolver, host: &str) -> Result<Vec<String>, DnsErrorKind> {
    let found = resolver.resolve(host, 80, Some(Family::V4)).await;
    Ok(found.map_err(|error| error.kind())?.iter().map(|a| a.ip().to_string()).collect())
}

#[tokio::test]
async fn tries_are_counted_as_tries() {
    deadline(async {
        let server = Script::new().on("mute.test", A, Reply::silence());
        let server = server.on("fail.test", A, Reply::serv_fail()).serve().await;
        for tries in [1_u32, 3] {
            let wait = Duration::from_millis(250);
            let resolver = at(&server).try_timeout(wait).tries(tries).deadline(wait * 40);
            let resolver = resolver.build().unwrap();
            let begun = Instant::now();
            assert_eq!(v4(&resolver, "mute.test").await, Err(DnsErrorKind::Timeout));
            let took = begun.elapsed();
            assert!(took >= wait * tries, "{tries} tries of {wait:?}: {took:?}");
            let before = server.questions().len();
            assert_eq!(v4(&resolver, "fail.test").await, Err(DnsErrorKind::ServFail));
            assert_eq!(server.questions().len() - before, usize::try_from(tries).unwrap());
        }
    })
    .await;
}

#[tokio::test]
async fn two_silent_servers_are_left_for_the_third() {
    deadline(async {
        let mute = Script::new().on("a.test", A, Reply::silence());
        let (one, two) = (mute.clone().serve().await, mute.serve().await);
        let good = Script::new().on("a.test", A, Reply::addresses(&["127.0.0.2"])).serve().await;
        for rotate in [false, true] {
            let servers = [one.address, two.address, good.address];
            let resolver = at(&one).name_servers(servers).rotate(rotate).tries(3);
            let resolver = resolver.try_timeout(Duration::from_millis(300)).build().unwrap();
            let found = v4(&resolver, "a.test").await;
            assert_eq!(found, Ok(vec!["127.0.0.2".into()]), "rotate: {rotate}");
        }
    })
    .await;
}

#[tokio::test]
async fn a_closed_port_is_a_time_out() {
    deadline(async {
        let resolver = Resolver::builder().name_servers([closed().await]).hosts_file(false);
        let short = Duration::from_millis(200);
        let resolver = resolver.try_timeout(short).tries(1).build().unwrap();
        let kind = v4(&resolver, "a.test").await.unwrap_err();
        assert!(matches!(kind, DnsErrorKind::Timeout | DnsErrorKind::Io), "{kind:?}");
        let nobody = Resolver::builder().name_servers([]).hosts_text("127.0.0.9 known.test");
        let nobody = nobody.build().unwrap();
        assert_eq!(v4(&nobody, "known.test").await, Ok(vec!["127.0.0.9".into()]));
        assert_eq!(v4(&nobody, "a.test").await, Err(DnsErrorKind::Io));
    })
    .await;
}

async fn closed() -> std::net::SocketAddr {
    let socket = tokio::net::UdpSocket::bind("127.0.0.1:0").await.unwrap();
    socket.local_addr().unwrap()
}

#[tokio::test]
async fn odd_names_are_asked_for_as_they_are() {
    deadline(async {
        let here = || Reply::addresses(&["127.0.0.2"]);
        let names = ["a_b.test", "_http._tcp.test", "-x.test", "x-.test", "xn--a.test"];
        let script = names.iter().fold(Script::new(), |script, name| script.on(name, A, here()));
        let server = script.on("0/25.test", A, here()).serve().await;
        let resolver = asking(&server);
        for name in names {
            assert_eq!(v4(&resolver, name).await, Ok(vec!["127.0.0.2".into()]), "{name}");
        }
        let records = resolver.query("0/25.test", RecordType::A).await.expect("no host's name");
        assert_eq!(records.data().count(), 1);
        for bad in ["", "a..b", "a b.test", "b\u{fc}.test", "a\\.test"] {
            let error = resolver.query(bad, RecordType::A).await.expect_err("no name");
            assert_eq!(error.kind(), DnsErrorKind::BadName, "{bad}");
        }
        assert_eq!(asked(&server).len(), names.len() + 1);
    })
    .await;
}

#[tokio::test]
async fn a_search_list_is_used_where_it_is_wished() {
    deadline(async {
        let here = || Reply::addresses(&["127.0.0.2"]);
        let script = Script::new().on("intranet.two.test", A, here()).on("a.b.two.test", A, here());
        let server = script.on("plain", A, here()).serve().await;
        let plain = asking(&server);
        assert_eq!(v4(&plain, "intranet").await, Err(DnsErrorKind::NxDomain));
        assert_eq!(asked(&server), ["intranet"]);

        let resolver = at(&server).search_domains(["one.test", "two.test."]).build().unwrap();
        assert_eq!(v4(&resolver, "intranet").await, Ok(vec!["127.0.0.2".into()]));
        assert_eq!(asked(&server)[1..], ["intranet.one.test", "intranet.two.test"]);
        // One dot and it is tried as it is first; a final one, and only so.
        assert_eq!(v4(&resolver, "a.b").await, Ok(vec!["127.0.0.2".into()]));
        assert_eq!(asked(&server)[3..], ["a.b", "a.b.one.test", "a.b.two.test"]);
        assert_eq!(v4(&resolver, "intranet.").await, Err(DnsErrorKind::NxDomain));
        assert_eq!(asked(&server)[6..], ["intranet"]);
        assert_eq!(v4(&resolver, "plain").await, Ok(vec!["127.0.0.2".into()]));

        let dots = at(&server).search_domains(["two.test"]).ndots(2).build().unwrap();
        let before = asked(&server).len();
        assert_eq!(v4(&dots, "a.b").await, Ok(vec!["127.0.0.2".into()]));
        assert_eq!(asked(&server)[before..], ["a.b.two.test"]);
    })
    .await;
}

#[tokio::test]
async fn an_ip_address_is_no_question() {
    deadline(async {
        let server = Script::new().serve().await;
        let resolver = asking(&server);
        for (host, family, address) in [
            ("192.0.2.7", None, "192.0.2.7:80"),
            ("192.0.2.7", Some(Family::V4), "192.0.2.7:80"),
            ("[2001:db8::1]", Some(Family::V6), "[2001:db8::1]:80"),
            ("localhost", Some(Family::V6), "[::1]:80"),
        ] {
            let found = resolver.resolve(host, 80, family).await.expect("itself");
            assert_eq!(found, [address.parse().unwrap()], "{host}");
        }
        let error = resolver.resolve("192.0.2.7", 80, Some(Family::V6)).await.unwrap_err();
        assert_eq!(error.kind(), DnsErrorKind::NoData);
        let error = resolver.query("192.0.2.7", RecordType::A).await.unwrap_err();
        assert!(error.to_string().contains("an IP address; `reverse` asks"), "{error}");
        assert_eq!(server.questions(), []);
    })
    .await;
}

#[tokio::test]
async fn a_name_of_the_hosts_file_is_no_question_in_either_family() {
    deadline(async {
        let server = Script::new().both("new.test", Reply::addresses(&["127.0.0.2"])).serve().await;
        let scratch = Scratch::new();
        let path = scratch.path().join("hosts");
        std::fs::write(&path, "127.0.0.9 old.test a_b.test\n::9 both.test\n127.0.0.9 both.test\n")
            .unwrap();
        let resolver = at(&server).hosts_path(&path).build().unwrap();
        for host in ["old.test", "OLD.test.", "a_b.test"] {
            let found = resolver.resolve(host, 1, None).await.expect(host);
            assert_eq!(found, ["127.0.0.9:1".parse().unwrap()], "{host}");
            let error = resolver.resolve(host, 1, Some(Family::V6)).await.unwrap_err();
            assert_eq!((error.kind(), error.family()), (DnsErrorKind::NoData, Some(Family::V6)));
        }
        let found = resolver.resolve("both.test", 1, None).await.expect("two");
        assert_eq!(found, ["[::9]:1".parse().unwrap(), "127.0.0.9:1".parse().unwrap()]);
        let names = resolver.reverse([127, 0, 0, 9].into()).await.expect("three");
        assert_eq!(names, ["old.test", "a_b.test", "both.test"]);
        assert_eq!(server.questions(), []);

        // Read once, and again when told.
        std::fs::write(&path, "127.0.0.8 old.test\n").unwrap();
        assert_eq!(v4(&resolver, "old.test").await, Ok(vec!["127.0.0.9".into()]));
        resolver.reload();
        assert_eq!(v4(&resolver, "old.test").await, Ok(vec!["127.0.0.8".into()]));
        assert_eq!(v4(&resolver, "new.test").await, Ok(vec!["127.0.0.2".into()]));

        std::fs::remove_file(&path).unwrap();
        resolver.reload();
        let error = resolver.resolve("old.test", 1, None).await.expect_err("no file");
        let source = std::error::Error::source(&error).expect("a reason").to_string();
        assert!(source.contains(&path.display().to_string()), "{source}");
    })
    .await;
}

#[tokio::test]
async fn names_that_are_never_asked_for() {
    deadline(async {
        let server = Script::new().serve().await;
        let resolver = asking(&server);
        for host in ["x.onion", "x.invalid"] {
            assert_eq!(v4(&resolver, host).await, Err(DnsErrorKind::NxDomain), "{host}");
        }
        assert_eq!(v4(&resolver, "a.localhost").await, Ok(vec!["127.0.0.1".into()]));
        assert_eq!(server.questions(), []);
    })
    .await;
}

#[tokio::test]
async fn every_question_takes_1232_bytes() {
    deadline(async {
        let here = Reply::addresses(&["127.0.0.2", "::2"]);
        let server = Script::new().both("a.test", here).on("a.test", 16, Reply::raw(&[b"\x01x"]));
        let server = server.serve().await;
        let resolver = asking(&server);
        resolver.resolve("a.test", 80, None).await.expect("addresses");
        resolver.query("a.test", RecordType::Txt).await.expect("a text");
        let sizes: HashSet<_> = server.questions().into_iter().map(|q| (q.kind, q.size)).collect();
        assert_eq!(sizes, [(A, Some(1232)), (AAAA, Some(1232)), (16, Some(1232))].into());
    })
    .await;
}

#[tokio::test]
async fn no_is_kept_only_as_the_zone_says() {
    deadline(async {
        let server = Script::new()
            .on("kept.test", A, Reply::no_data().ttl(60))
            .on("not-kept.test", A, Reply::no_data().ttl(0))
            .on("fail.test", A, Reply::serv_fail())
            .serve()
            .await;
        let resolver = asking(&server);
        for host in ["kept.test", "not-kept.test", "fail.test"] {
            assert!(v4(&resolver, host).await.is_err());
        }
        let before = server.count("fail.test", A);
        // A TTL of 0 ends with the instant it was given in.
        tokio::time::sleep(Duration::from_millis(2)).await;
        for host in ["kept.test", "not-kept.test", "fail.test"] {
            assert!(v4(&resolver, host).await.is_err());
        }
        assert_eq!((server.count("kept.test", A), server.count("not-kept.test", A)), (1, 2));
        assert!(server.count("fail.test", A) > before, "trouble is no answer to keep");
    })
    .await;
}

#[tokio::test]
async fn ttls_are_kept_within_bounds() {
    deadline(async {
        let one = |ttl| Reply::addresses(&["127.0.0.2"]).ttl(ttl);
        let server = Script::new()
            .on("zero.test", A, one(0))
            .on("minute.test", A, one(60))
            .on("day.test", A, one(86_400))
            .on("alias.test", A, Reply::alias("minute.test", &["127.0.0.2"]).alias_ttl(20))
            .on("far.test", A, Reply::alias("real.test", &[]).alias_ttl(20))
            .on("real.test", A, one(60))
            .serve()
            .await;
        let resolver = asking(&server);
        for (name, record, answer) in [
            ("zero.test", 1, 1),
            ("minute.test", 60, 60),
            ("day.test", 300, 300),
            ("alias.test", 60, 20),
            // The server has not said where the alias leads; the resolver asks.
            ("far.test", 60, 20),
        ] {
            for cached in [false, true] {
                let begun = Instant::now();
                let records = resolver.query(name, RecordType::A).await.expect(name);
                let is_address = |data: &RecordData| matches!(data, RecordData::A(_));
                let found = records.records().iter().find(|r| is_address(&r.data)).expect("an A");
                // A second may have passed since it was asked for.
                let near = |ttl: Duration, whole| {
                    ttl <= Duration::from_secs(whole)
                        && ttl + Duration::from_secs(5) > Duration::from_secs(whole)
                };
                assert!(near(found.ttl, record), "{name}, cached: {cached}: {found:?}");
                let valid = records.valid_until().duration_since(begun);
                let slack = begun.elapsed();
                assert!(near(valid.saturating_sub(slack), answer), "{name}: {valid:?}");
            }
        }
        let short = at(&server).max_ttl(Duration::from_secs(5)).build().unwrap();
        let records = short.query("day.test", RecordType::A).await.expect("an A");
        assert_eq!(records.records()[0].ttl, Duration::from_secs(5));
    })
    .await;
}

#[tokio::test]
async fn the_cache_can_be_cleared() {
    deadline(async {
        let here = || Reply::addresses(&["127.0.0.2"]);
        let server = Script::new().on("a.test", A, here()).on("b.test", A, here());
        let server = server.on("a.test", 2, Reply::raw(&[&wire_name("ns.test")])).serve().await;
        let resolver = asking(&server);
        let ask = async || {
            for name in ["a.test", "b.test"] {
                v4(&resolver, name).await.expect("an address");
            }
            resolver.query("A.test.", RecordType::Ns).await.expect("a name server");
            (server.count("a.test", A), server.count("b.test", A), server.count("a.test", 2))
        };
        assert_eq!(ask().await, (1, 1, 1));
        assert_eq!(ask().await, (1, 1, 1));
        resolver.clear_cache_of("A.TEST");
        assert_eq!(ask().await, (2, 1, 2));
        resolver.clone().clear_cache();
        assert_eq!(ask().await, (3, 2, 3));
        let without = at(&server).cache_size(0).build().unwrap();
        for _ in 0..2 {
            v4(&without, "b.test").await.expect("an address");
        }
        assert_eq!(server.count("b.test", A), 4);
    })
    .await;
}
