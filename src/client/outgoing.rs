//! A request once it has been put together: what the story of `send` begins with.
//!
//! Most requests choose nothing for themselves, so what they may choose is one pointer that is nearly always empty.

use crate::h1::{ExactTarget, RequestView, Target};
use crate::message::{Fields, Method, ResponseHead, Uri, Version};

use super::body::Body;
use super::config::Config;
use super::settings::Settings;

/// A request as the story of `send` begins.
pub(crate) struct Request {
    pub(crate) method: Method,
    pub(crate) uri: Uri,
    pub(crate) version: Version,
    /// The caller's own; empty while the client's defaults will do.
    pub(crate) fields: Fields,
    pub(crate) body: Body,
    /// What most requests leave to the client.
    pub(crate) choices: Option<Box<Choices>>,
}

/// What a request chooses for itself.
pub(crate) struct Choices {
    pub(crate) settings: Settings,
    pub(crate) target: Option<ExactTarget>,
    pub(crate) on_interim: Option<OnInterim>,
}

/// Hears of interim responses.
type OnInterim = Box<dyn FnMut(&ResponseHead) + Send + Sync>;

impl Choices {
    /// The client's own.
    pub(crate) fn of(settings: &Settings) -> Choices {
        Choices { settings: settings.clone(), target: None, on_interim: None }
    }
}

impl Request {
    /// Its own settings, or the client's.
    pub(crate) fn settings<'a>(&'a self, config: &'a Config) -> &'a Settings {
        self.choices.as_ref().map_or(&config.settings, |choices| &choices.settings)
    }

    pub(crate) fn target(&self) -> Target {
        match self.choices.as_ref().and_then(|choices| choices.target.as_ref()) {
            Some(exact) => Target::Exact(exact.clone()),
            None => Target::direct(&self.method),
        }
    }

    /// As the lanes see it, sent with `fields` and asking for `target`.
    pub(crate) fn view<'a>(&'a self, fields: &'a Fields, target: &'a Target) -> RequestView<'a> {
        let Request { method, uri, version, .. } = self;
        RequestView { method, uri, version: *version, fields, target }
    }

    /// After a redirect the URL decides again.
    pub(crate) fn forget_target(&mut self) {
        if let Some(choices) = &mut self.choices {
            choices.target = None;
        }
    }

    /// Credentials travel as a field from here on, if at all.
    pub(crate) fn forget_userinfo(&mut self) {
        if self.uri.userinfo().is_some() {
            self.uri = self.uri.clone().without_userinfo();
        }
    }

    pub(crate) fn interim(&mut self, head: &ResponseHead) {
        if let Some(listener) = self.choices.as_mut().and_then(|c| c.on_interim.as_mut()) {
            listener(head);
        }
    }
}
