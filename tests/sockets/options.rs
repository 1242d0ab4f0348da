//! Every socket option is read back from the kernel.

use std::net::SocketAddr;
use std::time::Duration;

use socket2::SockRef;
use tokio::net::TcpStream;
use wireline::net::{ConnectLog, ConnectOptions, Family, Keepalive, race};

use crate::answers::{at_once, found};
use crate::endpoints::live;
use crate::support::deadline;

/// Connected to `address`, by sockets that are set up so.
pub async fn connected(address: SocketAddr, options: ConnectOptions) -> Result<TcpStream, String> {
    let family = if address.is_ipv6() { Family::V6 } else { Family::V4 };
    let mut log = ConnectLog::default();
    let answers = at_once(vec![found(family, vec![address])]);
    let raced = deadline(race(answers, &options, &mut log)).await;
    raced.map_err(|error| error.to_string())
}

async fn made(options: ConnectOptions) -> TcpStream {
    let (_listener, address) = live("127.0.0.2").expect("a loopback address");
    connected(address, options).await.expect("a connection")
}

#[tokio::test]
async fn nodelay_is_on_unless_it_is_switched_off() {
    let on = made(ConnectOptions::default()).await;
    assert!(on.nodelay().expect("an option"));
    let off = made(ConnectOptions { nodelay: false, ..ConnectOptions::default() }).await;
    assert!(!off.nodelay().expect("an option"));
}

#[tokio::test]
async fn keepalive_is_off_or_as_it_was_chosen() {
    let stream = made(ConnectOptions::default()).await;
    assert!(!SockRef::from(&stream).keepalive().expect("an option"));

    let keepalive = Keepalive::after(Duration::from_millis(76_500));
    let keepalive = keepalive.interval(Duration::from_secs(5)).retries(4);
    let options = ConnectOptions { keepalive: Some(keepalive), ..ConnectOptions::default() };
    let stream = made(options).await;
    let socket = SockRef::from(&stream);
    assert!(socket.keepalive().expect("an option"));
    assert_eq!(socket.tcp_keepalive_time().expect("an option"), Duration::from_secs(77));
    assert_eq!(socket.tcp_keepalive_interval().expect("an option"), Duration::from_secs(5));
    assert_eq!(socket.tcp_keepalive_retries().expect("an option"), 4);

    let after = Some(Duration::ZERO.into());
    let stream = made(ConnectOptions { keepalive: after, ..ConnectOptions::default() }).await;
    let least = SockRef::from(&stream).tcp_keepalive_time().expect("an option");
    assert_eq!(least, Duration::from_secs(1), "zero is no time a kernel takes");
}

#[tokio::test]
async fn the_sizes_of_buffers_are_those_asked_for() {
    let before = made(ConnectOptions::default()).await;
    let options = ConnectOptions {
        send_buffer: Some(20_000),
        receive_buffer: Some(30_000),
        ..ConnectOptions::default()
    };
    let stream = made(options).await;
    let sizes = |stream: &TcpStream| {
        let socket = SockRef::from(stream);
        let send = socket.send_buffer_size().expect("an option");
        (send, socket.recv_buffer_size().expect("an option"))
    };
    // "The kernel doubles this value" (socket(7)).
    let factor = if cfg!(target_os = "linux") { 2 } else { 1 };
    assert_eq!(sizes(&stream), (20_000 * factor, 30_000 * factor));
    assert_ne!(sizes(&stream), sizes(&before));
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn what_linux_has_is_set_and_read_back() {
    let options = ConnectOptions {
        user_timeout: Some(Duration::from_millis(12_345)),
        traffic_class: Some(0x28),
        interface: Some("lo".into()),
        ..ConnectOptions::default()
    };
    let stream = made(options.clone()).await;
    let socket = SockRef::from(&stream);
    let timeout = socket.tcp_user_timeout().expect("an option");
    assert_eq!(timeout, Some(Duration::from_millis(12_345)));
    assert_eq!(socket.tos_v4().expect("an option"), 0x28);
    assert_eq!(socket.device().expect("an option").as_deref(), Some(&b"lo"[..]));

    if let Some((_listener, address)) = live("::1") {
        let stream = connected(address, options).await.expect("a connection");
        assert_eq!(SockRef::from(&stream).tclass_v6().expect("an option"), 0x28);
    }
}

/// Only those may mark who may administer the network: others get an error, and no socket without the mark.
#[cfg(target_os = "linux")]
#[tokio::test]
async fn a_mark_is_set_or_refused() {
    let (_listener, address) = live("127.0.0.2").expect("a loopback address");
    let options = ConnectOptions { mark: Some(77), ..ConnectOptions::default() };
    match connected(address, options).await {
        Ok(stream) => assert_eq!(SockRef::from(&stream).mark().expect("an option"), 77),
        Err(error) => {
            println!("not allowed to mark here: {error}");
            assert!(error.contains("cannot set `mark` to 77: "), "{error}");
        }
    }
}

/// From the builder to the kernel's timers: `02` is the one that keeps connections alive.
#[cfg(target_os = "linux")]
#[tokio::test]
async fn keepalive_of_a_client_runs_in_the_kernel() {
    use crate::support::player::Player;
    use crate::talk::{OK, quiet};

    for (wanted, timer) in [(None, "00:"), (Some(Duration::from_secs(600)), "02:")] {
        let player = Player::script().expect_head().play(OK).open().start();
        let client = match wanted {
            None => quiet().build(),
            Some(time) => quiet().tcp_keepalive(time).build(),
        };
        let client = client.expect("settings");
        let response = deadline(client.get(player.url("/")).send()).await.expect("an answer");
        let local = response.connection().local.expect("an address");
        // The timer for resending may still run for the acknowledgement of the request.
        let mut seen = kernel_timer(local);
        while seen.starts_with("01:") || seen.starts_with("04:") {
            tokio::task::yield_now().await;
            seen = kernel_timer(local);
        }
        assert!(seen.starts_with(timer), "{wanted:?}: {seen}");
        player.finish();
    }
}

/// The column `tr tm->when` of the socket with that end.
#[cfg(target_os = "linux")]
fn kernel_timer(local: SocketAddr) -> String {
    let end = format!("0100007F:{:04X}", local.port());
    loop {
        let table = std::fs::read_to_string("/proc/self/net/tcp").expect("Linux");
        let mut lines = table.lines().map(|line| line.split_whitespace().collect::<Vec<_>>());
        // A line may be missed while others come and go.
        if let Some(line) = lines.find(|line| line.get(1) == Some(&&*end)) {
            return line[5].to_owned();
        }
    }
}
