//! What is counted, what is made in advance, and the end.

use super::decision::Answer;
use super::ledger_books::{Books, Done, close, nothing, wake};
use super::tally::{Closed, Why};

#[test]
fn every_connection_that_is_closed_is_closed_for_one_reason() {
    let mut books = Books::new(2, 2);
    let (a, b) = (books.open("x", &[]), books.open("x", &[]));
    assert_eq!(books.back_for(a, 1, Some(0), Why::MaxRequests), close(1));
    assert_eq!(books.back_for(b, 2, Some(5), Why::MaxAge), nothing());
    books.seconds = 5;
    let a = books.open("x", &[2]);
    assert_eq!(books.back_until(a, 3, Some(6)), nothing());
    books.seconds = 6;
    assert_eq!(books.ledger.expired(books.now()), 1);
    assert_eq!(books.ledger.sweep(books.now()), [3]);
    let (a, b) = (books.open("x", &[]), books.open("x", &[]));
    let _ = (books.back(a, 4), books.back(b, 5));
    let (y, x) = (books.open("y", &[4]), books.reuse("x", 5));
    let z = books.wait("z", "z");
    assert_eq!(books.back(y, 6), Done { close: Some(6), ..wake("z") });
    let z = books.claim_open(z, None);
    let again = books.wait("x", "x");
    assert_eq!(books.back(x, 5), wake("x"));
    let x = books.claim_reuse(again, 5);
    let _ = (books.back(z, 7), books.release(x));
    assert_eq!(books.ledger.dismiss(), [7]);
    let closed = Closed {
        max_requests: 1,
        max_age: 1,
        expired: 1,
        evicted: 2,
        dismissed: 1,
        ..Closed::default()
    };
    assert_eq!(books.ledger.tally.closed, closed);
    assert_eq!((closed.total(), books.ledger.tally.reused, books.ledger.waits()), (6, 2, 2));
    books.counts(0, 0, 0);
}

#[test]
fn a_reserve_fills_up_and_pushes_nobody_aside() {
    let mut books = Books::new(4, 3);
    let other = books.open("y", &[]);
    assert_eq!(books.back(other, 9), nothing());
    let permits = books.reserve("x", 2).expect("not closed");
    assert_eq!(permits.len(), 2);
    for (permit, connection) in permits.into_iter().zip(1..) {
        assert_eq!(books.back(permit, connection), nothing());
    }
    assert!(books.reserve("x", 2).expect("not closed").is_empty(), "there are two");
    let mut third = books.reserve("x", 9).expect("not closed");
    assert_eq!(third.len(), 1, "a key's own limit");
    assert!(books.reserve("z", 1).expect("not closed").is_empty(), "y's is not evicted");
    books.counts(1, 3, 0);
    // What is made in advance goes to whoever waits by then.
    let (_x1, _x2) = (books.reuse("x", 2), books.reuse("x", 1));
    let waiter = books.wait("x", "w");
    assert_eq!(books.back(third.remove(0), 3), wake("w"));
    let _x3 = books.claim_reuse(waiter, 3);
}

#[test]
fn the_end_turns_away_who_waits_and_who_comes() {
    let mut books = Books::new(2, 1);
    let (x, y) = (books.open("x", &[]), books.open("y", &[]));
    let (a, b, c) = (books.wait("x", "a"), books.wait("y", "b"), books.wait("z", "c"));
    assert_eq!(books.back(y, 2), wake("b"));
    let (idle, wakers) = books.ledger.close();
    books.ledger.check();
    assert_eq!((idle, wakers), (vec![], vec!["a", "c"]));
    assert!(books.ledger.register(&a, "late").is_some(), "it would never be woken");
    assert!(matches!(books.claim(a), (Answer::Closed, None)));
    assert_eq!(books.cancel(c), nothing());
    assert!(books.reserve("x", 1).is_none());
    for key in ["x", "new"] {
        let (Answer::Wait(late), _) = books.ask(key) else { panic!("granted after the end") };
        assert!(matches!(books.claim(late), (Answer::Closed, None)));
    }
    // Who was served before goes on, and what comes back is closed.
    let y = books.claim_reuse(b, 2);
    assert_eq!(books.back(y, 2), close(2));
    assert!(!books.ledger.is_drained());
    assert_eq!(books.release(x), Done { drained: true, ..nothing() });
    assert!(books.ledger.is_drained());
    books.counts(0, 0, 0);
    assert_eq!(books.ledger.close(), (vec![], vec![]), "once more does nothing");
}

#[test]
fn the_end_closes_what_is_idle() {
    let mut books = Books::new(3, 3);
    let (x, y) = (books.open("x", &[]), books.open("y", &[]));
    let _ = (books.back(x, 1), books.back(y, 2));
    assert_eq!(books.ledger.close(), (vec![1, 2], vec![]));
    books.ledger.check();
    assert!(books.ledger.is_drained());
}
