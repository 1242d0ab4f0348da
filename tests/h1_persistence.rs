//! Every combination of what request and response say about the connection, against the rules of RFC 9112 §9.3 read once
//! more. In: words. Out: whether the connection may be used again, and if not, for a reason that is there.

use std::collections::BTreeSet;

use wireline::h1::{
    AfterHead, CloseReason, Framing, Limits, Piece, ReceiveHead, Received, RequestView, SendHead,
    Sent, Step, Target, Tolerance, persistence,
};
use wireline::message::{Method, RequestHead, Uri, Version};

/// `Connection` of either message.
const OPTIONS: [&str; 5] = ["", "close", "keep-alive", "Keep-Alive, CLOSE", "upgrade"];

/// How the response is framed.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Ends {
    Length,
    Chunked,
    Both,
    UntilClose,
    Bodiless,
}

#[derive(Debug, Clone, Copy)]
struct Exchange {
    request: (Version, &'static str),
    response: (Version, &'static str),
    ends: Ends,
    keep_alive: &'static str,
    surplus: usize,
}

fn every_exchange() -> Vec<Exchange> {
    let mut all = Vec::new();
    let versions = [Version::HTTP_10, Version::HTTP_11];
    let ends = [Ends::Length, Ends::Chunked, Ends::Both, Ends::UntilClose, Ends::Bodiless];
    let messages: Vec<_> = versions.iter().flat_map(|v| OPTIONS.map(|o| (*v, o))).collect();
    for &request in &messages {
        for &response in &messages {
            for ends in ends {
                // HTTP/1.0 has no transfer coding; that is a violation and no exchange.
                if response.0 == Version::HTTP_10 && matches!(ends, Ends::Chunked | Ends::Both) {
                    continue;
                }
                for keep_alive in ["", "timeout=5", "timeout=5, max=1", "max=0"] {
                    for surplus in [0, 1, 1000] {
                        all.push(Exchange { request, response, ends, keep_alive, surplus });
                    }
                }
            }
        }
    }
    all
}

/// RFC 9112 §9.3, in its order, for both messages, and what a client adds of its own.
fn persists(exchange: &Exchange) -> bool {
    let wants = |(version, options): (Version, &str)| {
        let has = |name: &str| options.split(',').any(|o| o.trim().eq_ignore_ascii_case(name));
        if has("close") {
            false
        } else if version == Version::HTTP_11 {
            true
        } else {
            has("keep-alive")
        }
    };
    let self_delimited = exchange.ends != Ends::UntilClose; // "a self-defined message length"
    let certain = exchange.ends != Ends::Both; // §6.3 rule 3
    let room = exchange.keep_alive != "max=0";
    wants(exchange.request)
        && wants(exchange.response)
        && self_delimited
        && certain
        && room
        && exchange.surplus == 0
}

/// Whether `reason` is one that applies.
fn is_true(reason: CloseReason, exchange: &Exchange) -> bool {
    let says = |options: &str, name| options.to_ascii_lowercase().contains(name);
    let (request, response) = (exchange.request, exchange.response);
    match reason {
        CloseReason::RequestAsked => {
            says(request.1, "close")
                || request.0 == Version::HTTP_10 && !says(request.1, "keep-alive")
        }
        CloseReason::ResponseAsked => says(response.1, "close"),
        CloseReason::Http10 => response.0 == Version::HTTP_10 && !says(response.1, "keep-alive"),
        CloseReason::UntilClose => exchange.ends == Ends::UntilClose,
        CloseReason::BothFramings => exchange.ends == Ends::Both,
        CloseReason::KeepAliveUsedUp => exchange.keep_alive == "max=0",
        CloseReason::Surplus => exchange.surplus > 0,
        other => panic!("{other:?} is not for messages that are complete"),
    }
}

fn send((version, options): (Version, &str)) -> (RequestHead, Sent) {
    let uri = Uri::parse("http://h/").expect("a URI");
    let mut head = RequestHead { version, ..RequestHead::new(Method::GET, uri) };
    head.fields.append("Connection", options).expect("a field");
    let request = RequestView::new(&head, &Target::Origin);
    let lane = SendHead::new(request, Framing::None).expect("can be sent");
    let AfterHead::Sent(sent) = lane.write(&mut Vec::new()) else { panic!("no content") };
    (head, sent)
}

fn receive(request: &RequestHead, exchange: &Exchange) -> Received {
    let minor = if exchange.response.0 == Version::HTTP_10 { 0 } else { 1 };
    let (status, fields, content) = match exchange.ends {
        Ends::Length => (200, "Content-Length: 2\r\n", "hi"),
        Ends::Chunked => (200, "Transfer-Encoding: chunked\r\n", "2\r\nhi\r\n0\r\n\r\n"),
        Ends::Both => {
            (200, "Content-Length: 2\r\nTransfer-Encoding: chunked\r\n", "2\r\nhi\r\n0\r\n\r\n")
        }
        Ends::UntilClose => (200, "", "hi"),
        Ends::Bodiless => (204, "", ""),
    };
    let (options, hint) = (exchange.response.1, exchange.keep_alive);
    let head = format!(
        "HTTP/1.{minor} {status} X\r\nConnection: {options}\r\nKeep-Alive: {hint}\r\n{fields}\r\n"
    );
    let lane = ReceiveHead::new(
        RequestView::new(request, &Target::Origin),
        Limits::default(),
        Tolerance::default(),
    );
    let Ok((_, Step::Final(_, mut lane))) = lane.receive(head.as_bytes()) else {
        panic!("a final response: {head}")
    };
    let mut rest = content.as_bytes();
    loop {
        match lane.decode(rest).expect("well-formed") {
            Piece::End { received, .. } => return received,
            Piece::Data { consumed, .. } => rest = &rest[consumed..],
            Piece::More { .. } => return lane.end_of_stream().expect("lasts until close"),
        }
    }
}

#[test]
fn the_whole_truth_table() {
    let (mut reasons, mut kept) = (BTreeSet::new(), 0);
    for exchange in every_exchange() {
        let (request, sent) = send(exchange.request);
        let received = receive(&request, &exchange);
        match persistence(sent, &received, exchange.surplus) {
            Ok(reusable) => {
                assert!(persists(&exchange), "kept: {exchange:?}");
                assert_eq!(
                    reusable.keep_alive().timeout.is_some(),
                    exchange.keep_alive.contains("timeout"),
                    "the hint comes along"
                );
                kept += 1;
            }
            Err(reason) => {
                assert!(!persists(&exchange), "closed: {exchange:?}");
                assert!(is_true(reason, &exchange), "{reason:?}: {exchange:?}");
                reasons.insert(format!("{reason:?}"));
            }
        }
    }
    // HTTP/1.1 keeps with three of the options, HTTP/1.0 with one.
    assert_eq!(kept, 4 * (3 * 3 + 2) * 3);
    assert_eq!(reasons.len(), 7, "{reasons:?}");
}
