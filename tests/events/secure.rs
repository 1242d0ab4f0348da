//! Over TLS.

use std::net::SocketAddr;

use hyper::body::Incoming;
use hyper::{Request, Response};

use crate::certs::Authority;
use crate::recorder::{DIAL, Recorder};
use crate::server::{Content, Tls, full, serve_with};
use crate::support::deadline;
use crate::talk::quiet;

async fn hello(_: Request<Incoming>) -> Response<Content> {
    Response::new(full("hello"))
}

#[tokio::test]
async fn a_new_connection() {
    let authority = Authority::new();
    let config = authority.issue(&["a.test"]).server(&["http/1.1"]);
    let server = deadline(serve_with(Tls::new(config), hello)).await;
    let here: SocketAddr = "127.0.0.1:0".parse().expect("an address");
    let recorder = Recorder::new();
    let client = quiet()
        .roots_pem(&authority.pem())
        .resolve("a.test", vec![here])
        .on_event(recorder.listener())
        .build()
        .expect("a client");
    let url = format!("https://a.test:{}/", server.address.port());
    deadline(client.get(&url).send()).await.expect("an answer");
    let secured = recorder.text("Secured");
    assert!(secured.starts_with("agreed on TLSv1.3 with TLS13_AES_"), "{secured}");
    assert!(secured.contains(" for http/1.1 in "), "{secured}");
    let dial = DIAL.replace("Connected", "Secured Connected");
    assert_eq!(recorder.kinds(), format!("Begun {dial} Sending Sent FirstByte Head Ended Done"));
    deadline(client.get(&url).send()).await.expect("an answer");
    assert_eq!(recorder.kinds(), "Begun Reused Sending Sent FirstByte Head Ended Done");
}

#[tokio::test]
async fn a_certificate_nobody_vouches_for() {
    let config = Authority::new().issue(&["a.test"]).server(&["http/1.1"]);
    let server = deadline(serve_with(Tls::new(config), hello)).await;
    let here: SocketAddr = "127.0.0.1:0".parse().expect("an address");
    let recorder = Recorder::new();
    let client = quiet()
        .roots_pem(&Authority::new().pem())
        .resolve("a.test", vec![here])
        .on_event(recorder.listener())
        .build()
        .expect("a client");
    let url = format!("https://a.test:{}/", server.address.port());
    deadline(client.get(&url).send()).await.expect_err("unknown");
    assert_eq!(recorder.kinds(), "Begun Opening Resolved Resolved Attempting Attempted Failed");
}
