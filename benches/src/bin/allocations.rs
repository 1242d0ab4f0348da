//! The same requests under an allocator that counts. Prints allocations per request, and the heap
//! that an idle connection holds.

use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering::Relaxed};

use wireline_benches::{run, runtime, target};

struct Counting;

static CALLS: AtomicU64 = AtomicU64::new(0);
static BYTES: AtomicI64 = AtomicI64::new(0);

// SAFETY: every call goes to the system's allocator unchanged; only numbers are kept.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        CALLS.fetch_add(1, Relaxed);
        BYTES.fetch_add(layout.size() as i64, Relaxed);
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        BYTES.fetch_sub(layout.size() as i64, Relaxed);
        unsafe { System.dealloc(pointer, layout) }
    }

    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        CALLS.fetch_add(1, Relaxed);
        BYTES.fetch_add(size as i64 - layout.size() as i64, Relaxed);
        unsafe { System.realloc(pointer, layout, size) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

fn main() {
    let mut marks = Vec::with_capacity(4);
    run(|| marks.push(CALLS.load(Relaxed)));
    let (_, count, _) = target();
    // The first half of the requests warms up, the second is counted.
    println!("allocations {:.2}", (marks[1] - marks[0]) as f64 / (count / 2) as f64);
    println!("idle_heap {}", (held(160) - held(60)) / 100);
}

/// Bytes on the heap while so many connections are idle: more than a client keeps exchanges at rest for,
/// so that only connections make the difference. They are opened side by side by responses
/// too large to arrive with their heads, and come to rest when those are read.
fn held(connections: usize) -> i64 {
    let (port, ..) = target();
    let url = format!("http://127.0.0.1:{port}/chunks/4000");
    let before = BYTES.load(Relaxed);
    runtime().block_on(async {
        let client = wireline::Client::builder().max_connections(200).build().expect("settings");
        let mut open = Vec::new();
        for _ in 0..connections {
            open.push(client.get(&url).send().await.expect("a response"));
        }
        for mut response in open {
            while response.chunk().await.expect("content").is_some() {}
        }
        // One more request, so that the last of the buffers are back where they belong.
        client.get(&url).send().await.expect("a response").bytes().await.expect("content");
        BYTES.load(Relaxed) - before
    })
}
