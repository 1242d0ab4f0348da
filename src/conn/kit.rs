//! What an exchange needs while it runs and an idle connection does not: two buffers and a timer.
//!
//! Kits come from a bounded free list and go back to it when the exchange ends, however it ends. So ten thousand idle
//! connections hold no buffers, and a busy client allocates none per request.

use std::mem;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::runtime;

use crate::net::Timer;

use super::buffer::Buffer;
use super::outbox::Outbox;

/// How many kits wait for their next use. Each holds about 12 KiB; more exchanges at once than this allocate anew.
const KEPT: usize = 32;

/// The free list, one a client.
#[derive(Debug, Default)]
pub struct Kits(Mutex<Vec<Parts>>);

/// Buffers and a timer, on loan.
#[derive(Debug)]
pub struct Kit {
    parts: Parts,
    home: Arc<Kits>,
}

#[derive(Debug, Default)]
struct Parts {
    inbox: Buffer,
    outbox: Outbox,
    timer: Timer,
    /// Whose clock the timer hangs on: a timer of a finished runtime never rings.
    runtime: Option<runtime::Id>,
}

impl Kits {
    /// A kit for an exchange on `runtime`.
    pub fn lend(self: &Arc<Kits>, runtime: runtime::Id) -> Kit {
        let mut parts = self.lock().pop().unwrap_or_default();
        if parts.runtime != Some(runtime) {
            parts.timer = Timer::new();
            parts.runtime = Some(runtime);
        }
        Kit { parts, home: Arc::clone(self) }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Vec<Parts>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Kit {
    /// Bytes received and not understood yet.
    pub fn inbox(&mut self) -> &mut Buffer {
        &mut self.parts.inbox
    }

    /// Bytes on their way out.
    pub fn outbox(&mut self) -> &mut Outbox {
        &mut self.parts.outbox
    }

    /// The one timer.
    pub fn timer(&mut self) -> &mut Timer {
        &mut self.parts.timer
    }

    /// What is in the inbox, to look at.
    pub fn unread(&self) -> &[u8] {
        self.parts.inbox.unread()
    }

    /// Whether the outbox is empty.
    pub fn all_sent(&self) -> bool {
        self.parts.outbox.is_empty()
    }
}

impl Drop for Kit {
    fn drop(&mut self) {
        let mut parts = mem::take(&mut self.parts);
        parts.inbox.reset();
        parts.outbox.reset();
        let mut kept = self.home.lock();
        if kept.len() < KEPT {
            kept.push(parts);
        }
    }
}
