//! Slots come and go.

use super::slots::Slots;
use super::stay::Stay;
use super::tally::Why;

/// Whichever of three slots with one hash is vacated, the others are still found, and the vacant
/// one is used for the next key.
#[test]
fn slots_with_equal_hashes_come_and_go() {
    for gone in 0..3 {
        let mut slots: Slots<usize, ()> = Slots::new();
        let ids = [0, 1, 2].map(|key| slots.find_or_make(7, |have| *have == key, || key));
        ids.iter().for_each(|id| slots.add(*id));
        slots.check();

        slots.remove(ids[gone]);
        slots.vacate_if_unused(ids[gone]);
        slots.check();
        for key in (0..3).filter(|key| *key != gone) {
            let found = slots.find_or_make(7, |have| *have == key, || unreachable!());
            assert_eq!(found, ids[key]);
        }
        assert_eq!(slots.find_or_make(8, |have| *have == 9, || 9), ids[gone]);
        slots.check();
    }
}

#[test]
fn a_used_slot_is_not_vacated() {
    let mut slots: Slots<u8, u8> = Slots::new();
    let id = slots.find_or_make(1, |_| false, || 1);
    slots.add(id);
    slots.vacate_if_unused(id);
    slots.shelve(id, 10, Stay { until: None, why: Why::Expired });
    slots.vacate_if_unused(id);
    assert_eq!(slots.find_or_make(1, |key| *key == 1, || unreachable!()), id);
    assert_eq!(slots.take_newest(id), Some(10));
    slots.check();
}
