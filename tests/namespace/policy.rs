//! The address policy where addresses are what they look like: public ones, and a cloud's metadata service.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use hyper::Response;
use tokio::net::TcpListener;
use wireline::net::{AddressPolicy, AttemptOutcome, ConnectOptions};
use wireline::{Client, ClientBuilder};

use crate::network::{addresses, inside};
use crate::server::{Clear, Content, Server, full, serve_at};

const PUBLIC: &str = "93.184.215.14";
const PUBLIC_SIX: &str = "2606:4700::1111";
const METADATA: &str = "169.254.169.254";

async fn server(
    ip: &str,
    answer: impl Fn() -> Response<Content> + Clone + Send + 'static,
) -> Server {
    let listener = TcpListener::bind((ip, 0)).await.unwrap();
    serve_at(listener, Clear, move |_| {
        let answer = answer();
        async move { answer }
    })
}

fn guarded(host: &str, addresses: &[SocketAddr]) -> ClientBuilder {
    let options = ConnectOptions { policy: AddressPolicy::public(), ..ConnectOptions::default() };
    Client::builder().resolve(host, addresses).connect_options(options)
}

#[test]
fn s_106_a_rebound_name_gets_to_its_public_addresses_alone() {
    let name = "policy::s_106_a_rebound_name_gets_to_its_public_addresses_alone";
    inside(name, &[], async || {
        addresses(&[PUBLIC, PUBLIC_SIX, METADATA]);
        for public in [PUBLIC, PUBLIC_SIX] {
            let seen = Arc::new(AtomicUsize::new(0));
            let counted = Arc::clone(&seen);
            let inner = server(METADATA, move || {
                counted.fetch_add(1, Ordering::SeqCst);
                Response::new(full("secret"))
            })
            .await;
            let outer = server(public, || Response::new(full("public"))).await;
            let client = guarded("name.test", &[inner.address, outer.address]).build().unwrap();
            let answer = client.get("http://name.test/").send().await.expect("the public one");
            assert_eq!(answer.text().await.unwrap(), "public");
            assert_eq!((seen.load(Ordering::SeqCst), inner.counts().accepted), (0, 0));
        }
    });
}

#[test]
fn s_106_a_redirect_from_a_public_address_leads_nowhere_inside() {
    let name = "policy::s_106_a_redirect_from_a_public_address_leads_nowhere_inside";
    inside(name, &[], async || {
        addresses(&[PUBLIC, METADATA]);
        let inner = server(METADATA, || Response::new(full("secret"))).await;
        let target = format!("http://{}/latest/meta-data/", inner.address);
        let outer = server(PUBLIC, move || {
            Response::builder().status(302).header("location", &target).body(full("")).unwrap()
        })
        .await;
        let client = guarded("name.test", &[outer.address]).build().unwrap();
        let error = client.get("http://name.test/").send().await.expect_err("it leads inside");
        assert!(error.is_connect(), "{error:?}");
        assert!(error.to_string().contains("refused by the address policy"), "{error}");
        let attempts = &error.connection().unwrap().log.attempts;
        assert_eq!((attempts.len(), attempts[0].address), (1, inner.address));
        assert!(matches!(attempts[0].outcome, AttemptOutcome::Denied { .. }), "{attempts:?}");
        assert_eq!(inner.counts().accepted, 0);
    });
}
