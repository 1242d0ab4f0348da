//! Client certificates: shown where they are asked for, and what is said when they are refused. TLS 1.3 refuses after the
//! client has finished its handshake (RFC 8446 §4.4.2.4), so there the first read fails, or the first write.

use std::io::Write;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use bytes::Bytes;
use rustls::version::{TLS12, TLS13};
use tokio::io::AsyncWriteExt;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;
use wireline::tls::{RustlsBuilder, TlsErrorKind};
use wireline::{Client, Delivery, Phase, Retry};

use crate::certs::{Authority, Identity, pem};
use crate::server::{Https, get, head, refused, trusting, wanting};
use crate::support::deadline;

fn showing(authority: &Authority, identity: &Identity) -> RustlsBuilder {
    trusting(authority).client_certificate_pem(&identity.chain_pem(), &identity.key_pem())
}

#[tokio::test]
async fn the_right_one_is_welcome_in_both_versions() {
    let (servers, clients) = (Authority::new(), Authority::new());
    let identity = clients.issue(&["client"]);
    for version in [&TLS12, &TLS13] {
        let server = Https::start(wanting(servers.issue(&["a.test"]), &clients, &[version])).await;
        assert!(server.get(showing(&servers, &identity)).await.is_ok());
        assert!(server.seen()[0].as_ref().unwrap().certificate);
        let client = server.client().roots_pem(&servers.pem());
        let client = client.client_certificate_pem(&identity.chain_pem(), &identity.key_pem());
        assert!(get(&client.build().unwrap(), &server.url("a.test")).await.is_ok());
    }
    // Who does not ask is shown none.
    let server = Https::start(servers.issue(&["a.test"]).server(&[])).await;
    assert!(server.get(showing(&servers, &identity)).await.is_ok());
    assert!(!server.seen()[0].as_ref().unwrap().certificate);
}

#[tokio::test]
async fn one_file_may_hold_both_and_keys_come_in_more_than_one_form() {
    let (servers, clients) = (Authority::new(), Authority::new());
    let identity = clients.issue(&["client"]);
    // The SEC 1 key inside of the PKCS #8 one: it begins with its version and the 32 bytes of the key (RFC 5915 §3).
    let pkcs8 = identity.key.secret_der();
    let begin = pkcs8.windows(5).position(|five| five == [2, 1, 1, 4, 32]).unwrap() - 2;
    let end = begin + 2 + usize::from(pkcs8[begin + 1]);
    let sec1 = pem("EC PRIVATE KEY", &pkcs8[begin..end]).into_bytes();
    let both = [identity.key_pem(), identity.chain_pem()].concat();
    for (chain, key) in [(both.clone(), both), (identity.chain_pem(), sec1)] {
        let server = Https::start(wanting(servers.issue(&["a.test"]), &clients, &[&TLS13])).await;
        let tls = trusting(&servers).client_certificate_pem(&chain, &key);
        assert!(server.get(tls).await.is_ok());
    }
}

/// None, one of another authority, and one that is too old; a small request and one that is still being written when the
/// server has gone.
#[tokio::test]
async fn a_refusal_is_an_error_of_tls_and_never_a_stale_connection() {
    let (servers, clients, stranger) = (Authority::new(), Authority::new(), Authority::new());
    let settings: [(&str, &dyn Fn() -> RustlsBuilder); 3] = [
        ("wants a client certificate", &|| trusting(&servers)),
        ("refused the client certificate", &|| showing(&servers, &stranger.issue(&["client"]))),
        ("refused the client certificate", &|| {
            showing(&servers, &clients.issue_expired(&["client"]))
        }),
    ];
    for (words, settings) in settings {
        for size in [0, 4 << 20] {
            let server =
                Https::start(wanting(servers.issue(&["a.test"]), &clients, &[&TLS13])).await;
            // Not even one who asks for retries gets any.
            let client = server.client().tls(settings()).retry(Retry::attempts(3));
            let client = client.build().unwrap();
            let request = client.put(server.url("a.test")).body(Bytes::from(vec![0; size]));
            let error = deadline(request.send()).await.unwrap_err();
            let tls = refused(&error, TlsErrorKind::ClientCertificate);
            assert!(tls.message().contains(words), "{error}");
            assert!(tls.hint().unwrap().contains("certificate"), "{error}");
            assert!(error.to_string().contains(words), "{error}");
            assert_ne!(error.phase(), Phase::Tls, "the handshake was over: {error}");
            assert!(error.delivery() <= Delivery::SentNoReply, "{error}");
            assert!(
                !error.is_connect() && !error.is_transient() && !error.is_incomplete(),
                "{error:?}"
            );
            assert_eq!(server.seen(), [None], "one connection, not two: {error}");
        }
    }
}

#[tokio::test]
async fn tls_1_2_refuses_in_the_handshake() {
    let (servers, clients, stranger) = (Authority::new(), Authority::new(), Authority::new());
    let server = Https::start(wanting(servers.issue(&["a.test"]), &clients, &[&TLS12])).await;
    let error = server.get(showing(&servers, &stranger.issue(&["client"]))).await.unwrap_err();
    let tls = refused(&error, TlsErrorKind::ClientCertificate);
    assert!(tls.hint().unwrap().contains("issued by an authority this server trusts"), "{tls}");
    assert_eq!((error.phase(), error.delivery()), (Phase::Tls, Delivery::NotSent));
    assert_eq!(server.get(trusting(&servers)).await.unwrap_err().delivery(), Delivery::NotSent);
}

/// Answers once, and breaks the second request off with a fatal alert; `before` it comes or after it was read.
async fn alerting(
    authority: &Authority,
    before: bool,
) -> (SocketAddr, Arc<AtomicUsize>, oneshot::Receiver<()>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let acceptor = TlsAcceptor::from(Arc::new(authority.issue(&["a.test"]).server(&[])));
    let count = Arc::new(AtomicUsize::new(0));
    let accepted = count.clone();
    let (done, alerted) = oneshot::channel();
    let mut done = Some(done);
    tokio::spawn(async move {
        loop {
            let (socket, _) = listener.accept().await.unwrap();
            let number = accepted.fetch_add(1, Ordering::SeqCst);
            let mut stream = acceptor.accept(socket).await.unwrap();
            assert!(head(&mut stream).await.unwrap());
            let answer = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
            if number == 0 && before {
                // In one piece with the answer, which is not to be lost by it.
                stream.get_mut().1.writer().write_all(answer).unwrap();
                alert(stream).await;
                done.take().map(|done| done.send(()));
                continue;
            }
            stream.write_all(answer).await.unwrap();
            stream.flush().await.unwrap();
            if number == 0 && head(&mut stream).await.unwrap() {
                alert(stream).await;
            }
        }
    });
    (address, count, alerted)
}

/// What rustls sends when it cannot read a record: bad_record_mac.
async fn alert(stream: TlsStream<TcpStream>) {
    let (mut socket, mut tls) = stream.into_inner();
    let mut nonsense = vec![0x17, 3, 3, 0, 32];
    nonsense.extend([0; 32]);
    tls.read_tls(&mut &nonsense[..]).unwrap();
    tls.process_new_packets().unwrap_err();
    let mut bytes = Vec::new();
    while tls.wants_write() {
        tls.write_tls(&mut bytes).unwrap();
    }
    socket.write_all(&bytes).await.unwrap();
    socket.shutdown().await.unwrap();
}

fn client(authority: &Authority, address: SocketAddr) -> Client {
    let builder = Client::builder().resolve("a.test", [address]).tls(trusting(authority));
    builder.build().unwrap()
}

#[tokio::test]
async fn an_alert_after_the_request_on_a_reused_connection_is_not_stale_either() {
    let authority = Authority::new();
    let (address, accepted, _alerted) = alerting(&authority, false).await;
    let client = client(&authority, address);
    let url = format!("https://a.test:{}/", address.port());
    let first = get(&client, &url).await.unwrap();
    assert_eq!(deadline(first.bytes()).await.unwrap(), "ok");
    let error = get(&client, &url).await.unwrap_err();
    let tls = refused(&error, TlsErrorKind::Alert);
    assert!(tls.message().contains("BadRecordMac"), "{error}");
    assert_eq!((error.phase(), error.delivery()), (Phase::Head, Delivery::SentNoReply), "{error}");
    assert_eq!(accepted.load(Ordering::SeqCst), 1, "not repeated");
}

/// One that came while the connection was idle is seen before anything is sent on it.
#[tokio::test]
async fn an_alert_on_an_idle_connection_costs_the_connection_only() {
    let authority = Authority::new();
    let (address, accepted, alerted) = alerting(&authority, true).await;
    let client = client(&authority, address);
    let url = format!("https://a.test:{}/", address.port());
    let response = get(&client, &url).await.unwrap();
    assert_eq!(deadline(response.bytes()).await.unwrap(), "ok");
    deadline(alerted).await.expect("the alert is on its way");
    let response = get(&client, &url).await.unwrap();
    assert!(!response.is_reused() && response.attempts().is_empty());
    assert_eq!(accepted.load(Ordering::SeqCst), 2);
}
