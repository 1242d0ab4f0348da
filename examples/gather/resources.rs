//! What the server holds: 150 JSON documents of about 10 KB, each made from nothing but its number, so that whoever
//! knows the number knows every byte.

use bytes::Bytes;
use serde_json::{Value, json};

pub const COUNT: usize = 150;

/// Readings in one document; they make it about 10 KB.
const READINGS: u64 = 222;

/// All documents, by number.
pub struct Library(Vec<Bytes>);

impl Library {
    pub fn new() -> Library {
        Library((0..COUNT).map(document).collect())
    }

    /// The document at a path made by [`path`].
    pub fn at(&self, path: &str) -> Option<&Bytes> {
        let number: usize = path.strip_prefix("/resources/")?.parse().ok()?;
        self.0.get(number)
    }

    /// Whether `body` is document `number`, byte for byte.
    pub fn holds(&self, number: usize, body: &[u8]) -> bool {
        self.0.get(number).is_some_and(|document| document == body)
    }
}

pub fn path(number: usize) -> String {
    format!("/resources/{number}")
}

fn document(number: usize) -> Bytes {
    // Knuth's MMIX generator: cheap, and the same everywhere.
    let mut state = number as u64;
    let mut draw = |below: u64| {
        state =
            state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) % below
    };
    let readings: Vec<Value> = (0..READINGS)
        .map(|hour| json!({ "hour": hour, "celsius": draw(600) as f64 / 10.0 - 20.0, "percent": draw(101) }))
        .collect();
    let document =
        json!({ "id": number, "station": format!("ws-{number:03}"), "readings": readings });
    document.to_string().into()
}
