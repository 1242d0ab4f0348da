//! Options that cannot be had: an error that names the option and the value, and no connection without it.

use std::time::Duration;

use wireline::net::{ConnectOptions, Keepalive};
use wireline::{Client, Connector, Delivery, Phase};

use crate::endpoints::live;
use crate::options::connected;
use crate::support::deadline;

#[tokio::test]
async fn what_the_system_refuses_is_named_with_its_value() {
    let (_listener, address) = live("127.0.0.2").expect("a loopback address");
    let day = Duration::from_secs(86_400);
    let with = |change: fn(&mut ConnectOptions)| {
        let mut options = ConnectOptions::default();
        change(&mut options);
        options
    };
    let never = Keepalive::after(day).retries(1_000);
    let mut wrong = vec![
        (
            ConnectOptions { keepalive: Some(never), ..ConnectOptions::default() },
            "cannot set `keepalive` to Keepalive { time: 86400s, interval: None, retries: Some(1000) }",
        ),
        (
            with(|options| options.send_buffer = Some(1 << 31)),
            "cannot set `send_buffer` to 2147483648: more than",
        ),
        (
            with(|options| options.receive_buffer = Some(usize::MAX)),
            "cannot set `receive_buffer` to 18446744073709551615: more than",
        ),
    ];
    if cfg!(target_os = "linux") {
        wrong.extend([
            (
                with(|options| options.interface = Some("wireline-none".into())),
                "cannot set `interface` to wireline-none: No such device",
            ),
            // The kernel would cut it to `lo`'s like: fifteen bytes and no more.
            (
                with(|options| options.interface = Some("lo\0".into())),
                "cannot set `interface` to lo\\0: no name",
            ),
            (
                with(|options| options.interface = Some("sixteen-letters!".into())),
                "cannot set `interface` to sixteen-letters!: no name",
            ),
            (
                with(|options| options.interface = Some("".into())),
                "cannot set `interface` to : no name",
            ),
            (
                with(|options| options.user_timeout = Some(Duration::ZERO)),
                "cannot set `user_timeout` to 0 ms: not 1 to",
            ),
            (
                with(|options| options.user_timeout = Some(Duration::from_secs(1 << 40))),
                "cannot set `user_timeout` to 1099511627776000 ms: not 1 to",
            ),
        ]);
    }
    for (options, expected) in wrong {
        let error = connected(address, options).await.expect_err(expected);
        assert!(error.contains(expected), "{expected}: {error}");
    }
}

#[tokio::test]
async fn the_error_of_a_request_says_which_option_it_was() {
    let connector = Connector::new().send_buffer_size(1 << 40);
    let request = Client::new().get("http://127.0.0.1:9/").connector(&connector);
    let error = deadline(request.send()).await.expect_err("no such buffer");
    assert_eq!((error.phase(), error.delivery()), (Phase::Connect, Delivery::NotSent));
    assert!(error.is_connect() && !error.is_denied(), "{error:?}");
    assert!(error.to_string().contains("cannot set `send_buffer` to 1099511627776"), "{error}");
}
