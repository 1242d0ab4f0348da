//! How much of a body has been handed out, for those who show it.

/// Counts bytes and tells them on.
pub(crate) struct Tally {
    received: u64,
    total: Option<u64>,
    listener: Listener,
}

/// Hears of the bytes so far, and of how many there will be, if that is known.
pub(crate) type Listener = Box<dyn FnMut(u64, Option<u64>) + Send + Sync>;

impl Tally {
    /// Begins at `received` bytes.
    pub(crate) fn new(received: u64, total: Option<u64>, listener: Listener) -> Tally {
        Tally { received, total, listener }
    }

    pub(crate) fn add(&mut self, count: usize) {
        if count > 0 {
            self.received += count as u64;
            (self.listener)(self.received, self.total);
        }
    }
}
