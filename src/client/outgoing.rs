//! A request once it has been put together: what the story of `send` begins with.
//!
//! Most requests choose nothing for themselves, so what they may choose is one pointer that is nearly always empty.

use std::sync::Arc;

use http::HeaderName;

use crate::conn::{Identity, Means, RouteView, Upload};
use crate::h1::{Automatic, ExactTarget, Framing, HostLine, RequestView, SendHead, Target};
use crate::message::{Fields, Method, ResponseHead, Uri, Version, header};

use super::bodies::body::Body;
use super::bodies::progress::{OnPiece, OnUpload, overheard, watched};
use super::config::Config;
use super::error::Error;
use super::proxies::way::Way;
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
    /// The URL with its userinfo, if it had any: for those who give credentials to its origin.
    pub(crate) login: Option<Box<Uri>>,
}

/// What a request chooses for itself.
pub(crate) struct Choices {
    pub(crate) settings: Settings,
    pub(crate) target: Option<ExactTarget>,
    pub(crate) on_interim: Option<OnInterim>,
    pub(crate) on_upload: Option<OnUpload>,
    pub(crate) on_upload_piece: Option<OnPiece>,
    /// Lines that are not added by themselves, in lower case.
    pub(crate) without: Vec<HeaderName>,
    /// The request's own fields, in their order, and none of the client's.
    pub(crate) verbatim: bool,
    /// Names of fields that come first.
    pub(crate) order: Option<Arc<[Box<str>]>>,
}

/// Hears of interim responses.
type OnInterim = Box<dyn FnMut(&ResponseHead) + Send + Sync>;

impl Choices {
    /// The client's own.
    pub(crate) fn of(settings: &Settings) -> Choices {
        let settings = settings.clone();
        let (target, on_interim, on_upload, on_upload_piece) = (None, None, None, None);
        let (without, verbatim, order) = (Vec::new(), false, None);
        Choices {
            settings,
            target,
            on_interim,
            on_upload,
            on_upload_piece,
            without,
            verbatim,
            order,
        }
    }

    /// The same once more, but for what hears of interim responses, of which there is one.
    fn again(&self) -> Choices {
        Choices {
            target: self.target.clone(),
            without: self.without.clone(),
            verbatim: self.verbatim,
            order: self.order.clone(),
            ..Choices::of(&self.settings)
        }
    }

    fn automatic(&self) -> Automatic {
        let host = match (self.without.contains(&header::HOST), self.verbatim) {
            (true, _) => HostLine::ByHand,
            (false, true) => HostLine::InPlace,
            (false, false) => HostLine::First,
        };
        Automatic { host, zero_length: !self.without.contains(&header::CONTENT_LENGTH) }
    }
}

/// A head as it is sent, to its empty line.
///
/// # Errors
/// A request that contradicts itself.
pub(crate) fn head_bytes(view: RequestView<'_>, framing: Framing) -> Result<Vec<u8>, Error> {
    let mut head = Vec::with_capacity(512);
    SendHead::new(view, framing).map_err(Error::misuse)?.write(&mut head);
    Ok(head)
}

impl Request {
    /// The same once more, without its body.
    pub(super) fn bare(&self) -> Request {
        Request {
            method: self.method.clone(),
            uri: self.uri.clone(),
            version: self.version,
            fields: self.fields.clone(),
            body: Body::empty(),
            login: self.login.clone(),
            choices: self.choices.as_ref().map(|choices| Box::new(choices.again())),
        }
    }

    /// Its own settings, or the client's.
    pub(crate) fn settings<'a>(&'a self, config: &'a Config) -> &'a Settings {
        self.choices.as_ref().map_or(&config.settings, |choices| &choices.settings)
    }

    /// What is asked for, on that way.
    pub(crate) fn target(&self, way: Option<&Way>) -> Target {
        let forward = way.is_some_and(Way::is_forward);
        match self.choices.as_ref().and_then(|choices| choices.target.as_ref()) {
            Some(exact) if forward => Target::Exact(exact.absolute(&self.uri)),
            Some(exact) => Target::Exact(exact.clone()),
            None if forward => Target::Absolute,
            None => Target::direct(&self.method),
        }
    }

    /// The pool's key, on that way.
    #[inline]
    pub(crate) fn route<'a>(&'a self, way: Option<&'a Way>, config: &Config) -> RouteView<'a> {
        let secure = self.settings(config).secure_identity();
        let identity = Identity { secure, means: self.means(config).identity };
        match way {
            None => RouteView::direct(&self.uri, identity),
            Some(way) => way.route(&self.uri, identity),
        }
    }

    /// What a connection for it is made with.
    #[inline]
    pub(crate) fn means<'a>(&'a self, config: &'a Config) -> &'a Means {
        let own = self.choices.as_ref().and_then(|choices| choices.settings.connector.as_ref());
        own.unwrap_or(&config.connector).means()
    }

    /// As the lanes see it, sent with `fields` and asking for `target`.
    pub(crate) fn view<'a>(&'a self, fields: &'a Fields, target: &'a Target) -> RequestView<'a> {
        let Request { method, uri, version, .. } = self;
        let automatic = self.choices.as_ref().map_or_else(Automatic::default, |c| c.automatic());
        RequestView { method, uri, version: *version, fields, target, automatic }
    }

    /// The head as it is sent on that way with `fields`, to its empty line.
    ///
    /// # Errors
    /// A request that contradicts itself.
    pub(crate) fn head_bytes(&self, way: Option<&Way>, fields: &Fields) -> Result<Vec<u8>, Error> {
        let target = self.target(way);
        head_bytes(self.view(fields, &target), self.body.framing())
    }

    /// Whether the line `name` may be added if it is not there.
    pub(crate) fn adds(&self, name: &HeaderName) -> bool {
        self.choices.as_ref().is_none_or(|choices| !choices.without.contains(name))
    }

    /// Whether only the request's own fields are sent.
    /// The names of the fields that come first.
    pub(crate) fn order(&self) -> Option<&[Box<str>]> {
        self.choices.as_ref()?.order.as_deref()
    }

    pub(crate) fn is_verbatim(&self) -> bool {
        self.choices.as_ref().is_some_and(|choices| choices.verbatim)
    }

    /// After a redirect the URL decides again.
    pub(crate) fn forget_target(&mut self) {
        if let Some(choices) = &mut self.choices {
            choices.target = None;
        }
    }

    /// Credentials travel as a field from here on, if at all.
    pub(crate) fn hide_userinfo(&mut self) {
        if self.uri.userinfo().is_some() {
            let hidden = self.uri.clone().without_userinfo();
            self.login = Some(Box::new(std::mem::replace(&mut self.uri, hidden)));
        }
    }

    /// User name and password of the URL, hidden or not.
    pub(crate) fn userinfo(&self) -> Option<(&str, Option<&str>)> {
        self.login.as_deref().unwrap_or(&self.uri).userinfo()
    }

    /// Adds to `fields`, with which the request will be sent, what its body says of itself and nobody has said otherwise.
    ///
    /// # Errors
    /// The caller has named a content coding of its own, or a media type without the boundary that the body has.
    pub(crate) fn describe(&self, fields: &mut Fields) -> Result<(), Error> {
        if let Some(coding) = self.body.content_encoding() {
            if fields.contains(header::CONTENT_ENCODING) {
                return Err(Error::build(format!(
                    "the body is compressed by {coding}, but the request has a Content-Encoding of its own: drop one"
                )));
            }
            fields.append("Content-Encoding", coding).map_err(Error::build)?;
        }
        let Some(said) = self.body.content_type() else { return Ok(()) };
        let Some(own) = fields.get(header::CONTENT_TYPE) else {
            return match self.adds(&header::CONTENT_TYPE) {
                true => fields.append("Content-Type", said).map_err(Error::build),
                false => Ok(()),
            };
        };
        // Without the boundary nobody could take the parts apart.
        let lost = said.split_once("boundary=").is_some_and(|(_, boundary)| {
            !own.windows(boundary.len()).any(|window| window == boundary.as_bytes())
        });
        match lost {
            true => Err(Error::build(
                "the request's own Content-Type does not name the boundary of its multipart body: leave it to `multipart`",
            )),
            false => Ok(()),
        }
    }

    /// The body for one attempt.
    pub(crate) fn upload(&mut self) -> Upload {
        let upload = self.body.upload();
        let Some(choices) = &self.choices else { return upload };
        let upload = match &choices.on_upload_piece {
            None => upload,
            Some(listener) => overheard(upload, listener),
        };
        match &choices.on_upload {
            None => upload,
            Some(listener) => watched(upload, listener),
        }
    }

    pub(crate) fn interim(&mut self, head: &ResponseHead) {
        if let Some(listener) = self.choices.as_mut().and_then(|c| c.on_interim.as_mut()) {
            listener(head);
        }
    }
}
