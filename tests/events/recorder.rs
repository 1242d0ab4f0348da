//! A listener that keeps what it hears, and checks what is true of every request: times never go back, the first event is
//! `Begun`, and the last one, which is one of three, comes once.

use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use wireline::{Client, Event, Happening};

use crate::talk::quiet;

/// What one event said.
#[derive(Debug, Clone)]
pub struct Note {
    pub request: u64,
    pub at: Duration,
    /// The name of the variant.
    pub kind: String,
    pub debug: String,
    pub text: String,
    pub last: bool,
    /// The length of a response head.
    pub head_bytes: Option<u64>,
}

#[derive(Clone, Default)]
pub struct Recorder(Arc<Mutex<Vec<Note>>>);

impl Recorder {
    pub fn new() -> Recorder {
        Recorder::default()
    }

    /// A client that says nothing of itself and is listened to.
    pub fn client(&self) -> Client {
        quiet().on_event(self.listener()).build().expect("sound settings")
    }

    pub fn listener(&self) -> impl Fn(&Event<'_>) + Send + Sync + 'static + use<> {
        let notes = Arc::clone(&self.0);
        move |event| notes.lock().expect("not poisoned").push(note(event))
    }

    pub fn notes(&self) -> MutexGuard<'_, Vec<Note>> {
        self.0.lock().expect("not poisoned")
    }

    /// The kinds of what was heard since the last call, of one request that is over.
    #[track_caller]
    pub fn kinds(&self) -> String {
        let notes = std::mem::take(&mut *self.notes());
        assert!(notes.is_sorted_by_key(|note| note.at), "back in time: {notes:#?}");
        assert!(notes.iter().all(|note| note.request == notes[0].request), "{notes:#?}");
        assert_eq!(notes.first().map(|note| &*note.kind), Some("Begun"), "{notes:#?}");
        let ends: Vec<_> = notes.iter().map(|note| note.last).collect();
        assert_eq!(ends.iter().position(|&last| last), Some(ends.len() - 1), "{notes:#?}");
        let kinds: Vec<_> = notes.into_iter().map(|note| note.kind).collect();
        kinds.join(" ")
    }

    /// The text of the first event of that kind.
    #[track_caller]
    pub fn text(&self, kind: &str) -> String {
        let notes = self.notes();
        let note = notes.iter().find(|note| note.kind == kind);
        note.unwrap_or_else(|| panic!("no {kind} in {notes:#?}")).text.clone()
    }

    pub fn count(&self, kind: &str) -> usize {
        self.notes().iter().filter(|note| note.kind == kind).count()
    }
}

fn note(event: &Event<'_>) -> Note {
    let what: &Happening<'_> = &event.what;
    let kind = format!("{what:?}");
    let kind = kind.split(|c: char| !c.is_alphanumeric()).next().unwrap_or_default().to_owned();
    Note {
        request: event.request,
        at: event.at,
        kind,
        debug: format!("{event:?}"),
        text: event.to_string(),
        last: event.is_last(),
        head_bytes: match *what {
            Happening::Interim { bytes, .. } | Happening::Head { bytes, .. } => Some(bytes),
            _ => None,
        },
    }
}

/// How a new connection to an IP address comes to be.
pub const DIAL: &str = "Opening Resolved Resolved Attempting Attempted Connected";
