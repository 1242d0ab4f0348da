//! The response lane: interim responses, switches, what ends a message and what does not.

use wireline::h1::{
    Incomplete, Limits, Piece, ReceiveHead, RequestView, Step, Target, Tolerance, Violation,
};
use wireline::message::{Method, RequestHead, Uri};

fn lane(method: Method, lines: &[(&str, &str)]) -> ReceiveHead {
    let uri = Uri::parse("http://h/").expect("a URI");
    let mut head = RequestHead::new(method, uri);
    for (name, value) in lines {
        head.fields.append(name, value).expect("a field");
    }
    let request = RequestView::new(&head, &Target::Origin);
    ReceiveHead::new(request, Limits::default(), Tolerance::default())
}

fn get() -> ReceiveHead {
    lane(Method::GET, &[])
}

/// Reads interim responses up to something else; how many there were.
fn past_interim(mut lane: ReceiveHead, mut input: &[u8]) -> Result<(usize, Step), Violation> {
    for count in 0.. {
        let (used, step) = lane.receive(input)?;
        let Step::Interim(_, next) = step else { return Ok((count, step)) };
        input = &input[used..];
        lane = next;
    }
    unreachable!("an endless range")
}

#[test]
fn s_33_interim_responses_are_counted() {
    let interim = "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n";
    let last = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";
    for count in [0, 1, 16] {
        let text = interim.repeat(count) + last;
        let (seen, step) = past_interim(get(), text.as_bytes()).expect("not too many");
        assert!(seen == count && matches!(step, Step::Final(..)), "{count}: {step:?}");
    }
    for count in [17, 20_000] {
        let flood = interim.repeat(count);
        let violation = past_interim(get(), flood.as_bytes()).expect_err("too many");
        assert_eq!(violation, Violation::TooManyInterim(16));
    }
}

#[test]
fn s_33_a_switch_must_have_been_asked_for() {
    let switch = b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: chat\r\n\r\nhello";
    assert_eq!(past_interim(get(), switch).err(), Some(Violation::UnaskedSwitch));
    let asked = lane(Method::GET, &[("Upgrade", "chat")]);
    let (used, step) = asked.receive(switch).expect("asked for");
    assert!(matches!(step, Step::Switched(head) if head.status == 101));
    assert_eq!(&switch[used..], b"hello", "the other protocol's bytes");
    let behind = [b"HTTP/1.1 100 Continue\r\n\r\n", &switch[..]].concat();
    assert_eq!(past_interim(get(), &behind).err(), Some(Violation::UnaskedSwitch));
}

#[test]
fn s_33_an_interim_response_after_the_final_one_is_surplus() {
    let text = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\nHTTP/1.1 100 Continue\r\n\r\n";
    let (used, step) = get().receive(text).expect("final");
    let Step::Final(_, mut content) = step else { panic!("{step:?}") };
    let end = content.decode(&text[used..]).expect("an end");
    assert!(matches!(end, Piece::End { consumed: 0, .. }), "{end:?}");
}

#[test]
fn a_tunnel_begins_with_any_2xx_to_connect() {
    let reply = |code: u16| format!("HTTP/1.1 {code} X\r\nContent-Length: 5\r\n\r\nbytes");
    for code in [200, 204, 299] {
        let (_, step) =
            lane(Method::CONNECT, &[]).receive(reply(code).as_bytes()).expect("a tunnel");
        assert!(matches!(step, Step::Switched(_)), "{code}");
    }
    for code in [300, 407, 502] {
        let (_, step) =
            lane(Method::CONNECT, &[]).receive(reply(code).as_bytes()).expect("no tunnel");
        let Step::Final(_, content) = step else { panic!("{code}") };
        assert_eq!(content.remaining(), Some(5), "{code}");
    }
}

#[test]
fn s_20_the_length_that_lost_is_not_shown() {
    let text = b"HTTP/1.1 200 OK\r\ncontent-length: 5\r\nTransfer-Encoding: chunked\r\n\r\n";
    let (_, step) = get().receive(text).expect("a head");
    let Step::Final(head, content) = step else { panic!("{step:?}") };
    assert_eq!((head.fields.get("content-length"), head.fields.len()), (None, 1));
    assert!(content.closes() && content.remaining().is_none());
}

/// A control byte before a coding would hide it from one parser and not from another; the head does not get that far.
#[test]
fn s_22_a_control_byte_before_a_coding_is_no_white_space() {
    for control in ["\x0b", "\x0c", "\0", "\r"] {
        let text = format!("HTTP/1.1 200 OK\r\nTransfer-Encoding: {control}chunked\r\n\r\n");
        let violation = get().receive(text.as_bytes()).expect_err("a control byte");
        assert!(matches!(violation, Violation::Head(..)), "{control:?}: {violation}");
    }
}

#[test]
fn s_31_an_incomplete_message_is_never_a_success() {
    let begun = |text: &str| match get().receive(text.as_bytes()) {
        Ok((_, Step::Final(_, content))) => content,
        other => panic!("{other:?}"),
    };
    let length = begun("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n");
    let missing = Violation::Incomplete(Incomplete::Length { missing: 5 });
    assert_eq!(length.end_of_stream().err(), Some(missing));
    assert!(!length.lasts_until_close() && !length.closes());
    let chunked = begun("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
    let missing = Violation::Incomplete(Incomplete::Chunked);
    assert_eq!(chunked.end_of_stream().err(), Some(missing));
    let until_close = begun("HTTP/1.1 200 OK\r\n\r\n");
    assert!(until_close.lasts_until_close() && until_close.closes());
    assert!(until_close.end_of_stream().is_ok());
    let nothing = get().end_of_stream(b"");
    assert_eq!(nothing, Violation::Incomplete(Incomplete::Nothing));
}

#[test]
fn content_may_be_read_past_the_decoder() {
    let text = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n";
    let Ok((_, Step::Final(_, mut content))) = get().receive(text) else { panic!("final") };
    assert_eq!(content.pass_through(), 5);
    content.passed(3);
    assert_eq!((content.pass_through(), content.remaining()), (2, Some(2)));
    content.passed(2);
    let Ok(Piece::End { received, .. }) = content.decode(b"") else { panic!("an end") };
    assert!(received.trailers.is_empty() && received.after().close.is_none());
}

#[test]
fn what_has_been_looked_at_is_counted_a_head_at_a_time() {
    let Ok((0, Step::More(lane))) = get().receive(b"HTTP/1.1 1") else { panic!("more") };
    assert_eq!(lane.scanned(), 10);
    let Ok((_, Step::Interim(_, lane))) = lane.receive(b"HTTP/1.1 100 X\r\n\r\n") else {
        panic!("interim")
    };
    assert_eq!(lane.scanned(), 0);
}
