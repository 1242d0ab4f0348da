//! Ten thousand who wait, of whom many give up: whose turn it is, what is left behind, and how much work each step is,
//! counted in comparisons and not in time.

use std::collections::{BTreeMap, VecDeque};
use std::num::NonZeroUsize;
use std::time::Instant;

use super::decision::{Answer, Capacity, Counts, Errands, Grant, Permit};
use super::ledger::Ledger;
use super::number::compared;
use super::queue::Ticket;
use super::stay::Stay;
use super::tally::Why;

const CROWD: u32 = 10_000;

/// Comparisons that any one step may take in a map of ten thousand: a B-tree of that size has at most five levels of at
/// most eleven keys, and a step goes into three maps, twice into each at most.
const MOST: u64 = 6 * 55;

/// Numbers that look random and are the same every time (xorshift).
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % sides as u64) as usize
    }
}

struct Crowd {
    ledger: Ledger<usize, (), u32>,
    now: Instant,
    /// Who waits, by name; the ticket goes when it is claimed or given up.
    tickets: BTreeMap<u32, (usize, Ticket)>,
    /// Who has not given up, by key, in the order they came.
    lines: Vec<VecDeque<u32>>,
    held: Vec<(usize, Permit)>,
    served: usize,
    most: u64,
}

impl Crowd {
    fn new(total: usize, per_key: usize, keys: usize) -> Crowd {
        let limit = |limit| NonZeroUsize::new(limit).expect("not zero");
        let capacity = Capacity { total: limit(total), per_key: limit(per_key) };
        Crowd {
            ledger: Ledger::new(capacity),
            now: Instant::now(),
            tickets: BTreeMap::new(),
            lines: (0..keys).map(|_| VecDeque::new()).collect(),
            held: Vec::new(),
            served: 0,
            most: 0,
        }
    }

    fn ask(&mut self, name: u32, key: usize) {
        let ledger = &mut self.ledger;
        let (work, (answer, _)) =
            compared::during(|| ledger.checkout(key as u64, |have| *have == key, || key, self.now));
        self.most = self.most.max(work);
        match answer {
            Answer::Granted(Grant::Open(permit)) => self.held.push((key, permit)),
            Answer::Granted(Grant::Reuse(..)) => panic!("{name} has overtaken somebody"),
            Answer::Wait(ticket) => {
                assert_eq!(self.ledger.register(&ticket, name), None);
                self.tickets.insert(name, (key, ticket));
                self.lines[key].push_back(name);
            }
            Answer::Closed => panic!("nobody closed it"),
        }
    }

    /// Somebody has been woken: it is the first of its line, and gets what it was promised.
    fn woken(&mut self, errands: Errands<(), u32>) {
        let Some(name) = errands.wake else { return };
        let (key, ticket) = self.tickets.remove(&name).expect("it waited");
        assert_eq!(self.lines[key].pop_front(), Some(name), "out of turn");
        let ledger = &mut self.ledger;
        let (work, (answer, _)) = compared::during(|| ledger.claim(ticket, self.now));
        self.most = self.most.max(work);
        match answer {
            Answer::Granted(Grant::Open(permit) | Grant::Reuse(permit, ())) => {
                self.held.push((key, permit));
            }
            other => panic!("{name} was woken for {other:?}"),
        }
        self.served += 1;
    }

    fn come_home(&mut self, at: usize, reusable: bool) {
        let (_, permit) = self.held.swap_remove(at);
        let stay = Stay { until: None, why: Why::Expired };
        let ledger = &mut self.ledger;
        let (work, errands) = compared::during(|| match reusable {
            true => ledger.give_back(permit, (), self.now, stay),
            false => ledger.release(permit),
        });
        self.most = self.most.max(work);
        self.woken(errands);
    }

    fn give_up(&mut self, name: u32) {
        let Some((key, ticket)) = self.tickets.remove(&name) else { return };
        self.lines[key].retain(|have| *have != name);
        let ledger = &mut self.ledger;
        let (work, errands) = compared::during(|| ledger.cancel(ticket, self.now));
        self.most = self.most.max(work);
        assert!(errands.wake.is_none(), "it had been given nothing to pass on");
    }
}

#[test]
fn ten_thousand_wait_in_line_and_a_third_gives_up() {
    for (seed, total, per_key, keys) in
        [(1, 4, 4, 1), (2, 4, 1, 9), (3, 8, 3, 500), (4, 5, 5, 5000)]
    {
        let mut dice = Dice(0x9e37_79b9_7f4a_7c15 ^ seed);
        let mut crowd = Crowd::new(total, per_key, keys);
        for name in 0..CROWD {
            crowd.ask(name, dice.roll(keys));
        }
        crowd.ledger.check();
        let waited = crowd.tickets.len();
        assert_eq!(crowd.ledger.counts().waiting, waited);
        assert!(waited + total >= CROWD as usize);
        let mut left = 0;
        while !crowd.held.is_empty() {
            if dice.roll(2) == 0 {
                let before = crowd.tickets.len();
                crowd.give_up(dice.roll(CROWD as usize) as u32);
                left += before - crowd.tickets.len();
            }
            let at = dice.roll(crowd.held.len());
            crowd.come_home(at, dice.roll(4) > 0);
        }
        assert_eq!((crowd.tickets.len(), crowd.served + left), (0, waited), "somebody starved");
        assert!(left > 1_000, "{left} gave up");
        crowd.ledger.check();
        let Counts { leased, waiting, idle } = crowd.ledger.counts();
        assert_eq!((leased, waiting), (0, 0));
        assert!(idle <= total);
        assert!(crowd.most <= MOST, "{} comparisons in one step", crowd.most);
        assert_eq!(crowd.ledger.waits(), waited as u64);
    }
}

/// A hundred times as many make a step two or three times as dear, not a hundred times.
#[test]
fn the_work_of_a_step_grows_with_the_logarithm() {
    let work = |crowd: u32| {
        let mut one = Crowd::new(1, 1, 1);
        (0..crowd).for_each(|name| one.ask(name, 0));
        while !one.held.is_empty() {
            one.come_home(0, true);
        }
        one.most
    };
    let (few, many) = (work(100), work(10_000));
    assert!(few > 0 && many <= 4 * few, "{few} comparisons among 100, {many} among 10 000");
}
