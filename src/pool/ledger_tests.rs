//! The rules of the ledger, one by one. [`ledger_model`](super::ledger_model) tests them together.

use std::num::NonZeroUsize;
use std::rc::Rc;
use std::time::Instant;

use super::decision::{Answer, Capacity, Grant};
use super::ledger::Ledger;
use super::ledger_books::{Books, Done, close, nothing, wake};
use super::stay::Stay;
use super::tally::Why;

#[test]
fn the_connection_used_last_is_reused_first() {
    let mut books = Books::new(3, 3);
    let (a, b, c) = (books.open("x", &[]), books.open("x", &[]), books.open("x", &[]));
    books.counts(3, 0, 0);
    assert_eq!(books.back(a, 1), nothing());
    assert_eq!(books.back(c, 3), nothing());
    assert_eq!(books.back(b, 2), nothing());
    books.counts(0, 3, 0);
    let _used = [books.reuse("x", 2), books.reuse("x", 3), books.reuse("x", 1)];
    books.counts(3, 0, 0);
}

#[test]
fn s_45_equal_hashes_do_not_make_keys_equal() {
    let mut books = Books::new(9, 9);
    let secret = books.open("user=alice", &[]);
    assert_eq!(books.back(secret, 1), nothing());
    let _other = books.open("user=bob", &[]);
    let _same = books.reuse("user=alice", 1);
}

#[test]
fn the_key_of_a_hit_is_not_built_and_an_unused_one_is_dropped() {
    let limit = NonZeroUsize::MIN;
    let mut ledger: Ledger<Rc<()>, u32, ()> =
        Ledger::new(Capacity { total: limit, per_key: limit });
    let (key, now) = (Rc::new(()), Instant::now());
    let (Answer::Granted(Grant::Open(permit)), _) =
        ledger.checkout(1, |_| false, || Rc::clone(&key), now)
    else {
        panic!("there was room")
    };
    let _none = ledger.give_back(permit, 1, now, Stay { until: None, why: Why::Expired });
    let (Answer::Granted(Grant::Reuse(permit, 1)), _) =
        ledger.checkout(1, |have| Rc::ptr_eq(have, &key), || unreachable!(), now)
    else {
        panic!("it was idle")
    };
    assert_eq!(Rc::strong_count(&key), 2);
    let _none = ledger.release(permit);
    assert_eq!(Rc::strong_count(&key), 1);
}

#[test]
fn the_connection_idle_longest_makes_room_for_another_key() {
    let mut books = Books::new(3, 3);
    let (x, y, z) = (books.open("x", &[]), books.open("y", &[]), books.open("y", &[]));
    let _ = (books.back(y, 2), books.back(x, 1), books.back(z, 3));
    let _n = books.open("new", &[2]);
    let _n = books.open("new", &[1]);
    books.counts(2, 1, 0);
    let _y = books.reuse("y", 3);
    let _w = books.wait("new", "w");
}

#[test]
fn nothing_is_evicted_while_there_is_room() {
    let mut books = Books::new(2, 2);
    let x = books.open("x", &[]);
    let _ = books.back(x, 1);
    let y = books.open("y", &[]);
    let _ = books.back(y, 2);
    let _x = books.reuse("x", 1);
    let _x = books.open("x", &[2]);
}

#[test]
fn at_the_total_limit_waiters_are_served_in_order_whatever_their_key() {
    let mut books = Books::new(1, 1);
    let permit = books.open("x", &[]);
    let (a, b, c) = (books.wait("y", "a"), books.wait("x", "b"), books.wait("x", "c"));
    books.counts(1, 0, 3);
    // `a` has waited longest: the connection to x is closed for the sake of y.
    assert_eq!(books.back(permit, 1), Done { close: Some(1), ..wake("a") });
    books.counts(1, 0, 2);
    let permit = books.claim_open(a, None);
    assert_eq!(books.release(permit), wake("b"));
    let permit = books.claim_open(b, None);
    assert_eq!(books.back(permit, 2), wake("c"));
    let permit = books.claim_reuse(c, 2);
    assert_eq!(books.back(permit, 2), nothing());
    books.counts(0, 1, 0);
}

#[test]
fn a_key_at_its_limit_holds_up_nobody_else() {
    let mut books = Books::new(3, 2);
    let (x1, _x2) = (books.open("x", &[]), books.open("x", &[]));
    let a = books.wait("x", "a"); // for its key's limit: there is room in all
    let y = books.open("y", &[]);
    let b = books.wait("y", "b"); // for the total
    assert_eq!(books.release(y), wake("b"), "a is older, but x is full");
    let y = books.claim_open(b, None);
    assert_eq!(books.back(y, 3), nothing());
    books.counts(2, 1, 1);
    assert_eq!(books.back(x1, 1), wake("a"));
    let x1 = books.claim_reuse(a, 1);

    let c = books.wait("x", "c");
    let z = books.open("z", &[3]);
    let d = books.wait("z", "d");
    assert_eq!(books.release(x1), wake("c"), "now x has room, and c is older than d");
    assert_eq!(books.release(z), wake("d"));
    let _held = (books.claim_open(c, None), books.claim_open(d, None));
    books.counts(3, 0, 0);
}

#[test]
fn a_newcomer_does_not_overtake() {
    let mut books = Books::new(1, 1);
    let permit = books.open("x", &[]);
    let a = books.wait("x", "a");
    assert_eq!(books.back(permit, 1), wake("a"));
    let b = books.wait("x", "b"); // the connection lies there, but it is a's
    let permit = books.claim_reuse(a, 1);
    assert_eq!(books.back(permit, 1), wake("b"));
    let _b = books.claim_reuse(b, 1);
}

#[test]
fn expired_means_at_the_very_instant_and_whatever_the_key() {
    // Seconds, and the connections (by their expiry) that the next checkout closes.
    for (seconds, closed) in [
        (9, &[][..]),
        (10, &[10]),
        (19, &[10]),
        (20, &[10, 20, 21]),
        (30, &[10, 30, 20, 21]), // slot by slot
        (99, &[10, 30, 20, 21]),
    ] {
        let mut books = Books::new(9, 9);
        let permits = ["x", "x", "x", "y", "y"].map(|key| books.open(key, &[]));
        let stays = [(10, Some(10)), (30, Some(30)), (1, None), (20, Some(20)), (21, Some(20))];
        for (permit, (connection, expires)) in permits.into_iter().zip(stays) {
            assert_eq!(books.back_until(permit, connection, expires), nothing());
        }
        books.seconds = seconds;
        let _new = books.open("new", closed);
        books.counts(1, 5 - closed.len(), 0);
    }
}

#[test]
fn one_sweep_does_not_forget_the_next() {
    let mut books = Books::new(9, 9);
    for (connection, expires) in [(1, 10), (2, 20), (3, 30)] {
        let permit = books.open(["x", "y", "z"][connection as usize - 1], &[]);
        let _ = books.back_until(permit, connection, Some(expires));
    }
    for (seconds, closed) in [(15, 1), (25, 2), (35, 3)] {
        books.seconds = seconds;
        let permit = books.open("new", &[closed]);
        let _ = books.release(permit);
    }
    books.counts(0, 0, 0);
}

#[test]
fn a_connection_that_comes_back_expired_is_closed_and_its_place_given_on() {
    let mut books = Books::new(1, 1);
    books.seconds = 5;
    let permit = books.open("x", &[]);
    assert_eq!(books.back_until(permit, 1, Some(5)), close(1));
    books.counts(0, 0, 0);
    let permit = books.open("x", &[]);
    let a = books.wait("x", "a");
    assert_eq!(books.back_until(permit, 2, Some(4)), Done { close: Some(2), ..wake("a") });
    let _a = books.claim_open(a, None);
}

#[test]
fn a_granted_connection_that_expires_before_the_claim_is_not_handed_out() {
    for (claimed_at, expired) in [(9, false), (10, true)] {
        let mut books = Books::new(1, 1);
        let permit = books.open("x", &[]);
        let ticket = books.wait("x", "a");
        assert_eq!(books.back_until(permit, 1, Some(10)), wake("a"));
        books.seconds = claimed_at;
        let _permit = match expired {
            true => books.claim_open(ticket, Some(1)),
            false => books.claim_reuse(ticket, 1),
        };
        books.counts(1, 0, 0);
    }
}

#[test]
fn s_49_an_expiry_belongs_to_one_stay() {
    let mut books = Books::new(1, 1);
    let permit = books.open("x", &[]);
    let _ = books.back_until(permit, 1, Some(10));
    let permit = books.reuse("x", 1);
    books.seconds = 10; // the old expiry passes while the connection is in use
    let _ = books.back_until(permit, 1, Some(20));
    books.seconds = 19;
    let permit = books.reuse("x", 1);
    let _ = books.back(permit, 1);
    books.seconds = 1_000_000;
    let _permit = books.reuse("x", 1);
}

#[test]
fn s_44_who_gives_up_leaves_nothing_behind() {
    let mut books = Books::new(1, 1);
    let permit = books.open("x", &[]);
    let (a, b, c) = (books.wait("x", "a"), books.wait("y", "b"), books.wait("x", "c"));
    assert_eq!(books.cancel(b), Done { discard: Some("b"), ..nothing() });
    books.counts(1, 0, 2);
    assert_eq!(books.back(permit, 1), wake("a"));
    assert_eq!(books.cancel(a), wake("c"), "a's connection goes to c");
    assert_eq!(books.cancel(c), nothing(), "and then nobody wants it");
    books.counts(0, 1, 0);
    let permit = books.reuse("x", 1);

    let (d, e) = (books.wait("x", "d"), books.wait("y", "e"));
    assert_eq!(books.release(permit), wake("d"));
    assert_eq!(books.cancel(d), wake("e"), "leave to open goes to e");
    assert_eq!(books.cancel(e), nothing());
    books.counts(0, 0, 0);
    let _all = books.open("z", &[]);
}

#[test]
fn s_44_a_grant_that_expires_unclaimed_is_passed_on_as_a_place() {
    let mut books = Books::new(1, 1);
    let permit = books.open("x", &[]);
    let (a, b) = (books.wait("x", "a"), books.wait("x", "b"));
    assert_eq!(books.back_until(permit, 1, Some(10)), wake("a"));
    books.seconds = 10;
    assert_eq!(books.cancel(a), Done { close: Some(1), ..wake("b") });
    let _b = books.claim_open(b, None);
}

#[test]
fn the_head_of_a_line_may_leave() {
    let mut books = Books::new(2, 1);
    let (x, y) = (books.open("x", &[]), books.open("y", &[]));
    let (a, b, c) = (books.wait("x", "a"), books.wait("z", "b"), books.wait("z", "c"));
    let _ = books.cancel(b);
    assert_eq!(books.release(y), wake("c"), "x is full, so a still waits");
    let _ = books.cancel(a);
    assert_eq!(books.release(x), nothing());
    let _c = books.claim_open(c, None);
    books.counts(1, 0, 0);
}

#[test]
fn wakers_are_replaced_and_none_is_dropped_inside() {
    let mut books = Books::new(1, 1);
    let permit = books.open("x", &[]);
    let a = books.wait("x", "old");
    assert_eq!(books.ledger.register(&a, "new"), Some("old"));
    let (Answer::Wait(a), None) = books.claim(a) else { panic!("nothing was granted") };
    assert_eq!(books.release(permit), wake("new"));
    assert_eq!(books.ledger.register(&a, "late"), Some("late"), "it would never be woken");
    let permit = books.claim_open(a, None);

    let (Answer::Wait(silent), _) = books.ask("x") else { panic!("there was room") };
    assert_eq!(books.release(permit), nothing(), "no waker was registered");
    let _permit = books.claim_open(silent, None);
}

#[test]
fn a_dead_connection_is_replaced_without_losing_the_turn() {
    let mut books = Books::new(3, 3);
    let (a, b, c) = (books.open("x", &[]), books.open("x", &[]), books.open("y", &[]));
    let _ = (books.back(a, 1), books.back(b, 2), books.back_until(c, 3, Some(7)));
    let dead = books.reuse("x", 2);
    books.seconds = 7;
    let now = books.now();
    let (Grant::Reuse(dead, 1), expired) = books.ledger.replace(dead, now) else {
        panic!("1 was idle")
    };
    books.ledger.check();
    assert_eq!(expired, [3]);
    books.counts(1, 0, 0);
    let (_y, _z) = (books.open("y", &[]), books.open("z", &[]));
    let ticket = books.wait("x", "w");
    let (Grant::Open(permit), _) = books.ledger.replace(dead, now) else {
        panic!("nothing is idle")
    };
    books.ledger.check();
    books.counts(3, 0, 1);
    assert_eq!(books.release(permit), wake("w"));
    let _permit = books.claim_open(ticket, None);
}
