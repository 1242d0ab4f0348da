//! The request builder, and the methods of [`Client`] that begin one.
//!
//! A builder collects; the first thing that cannot be sent is remembered and reported by `send`, so that a chain of
//! calls needs no `?` in between.

use std::fmt::Display;
use std::future::{Future, IntoFuture};
use std::pin::Pin;

use crate::h1::ExactTarget;
use crate::message::{Fields, Host, Method, ResponseHead, Uri, Version, resolve};

use super::bodies::body::Body;
use super::error::Error;
use super::handle::Client;
use super::outgoing::{Choices, Request};
use super::response::Response;
use super::send::send;

/// A request being put together.
#[must_use = "a request does nothing until it is sent or awaited"]
pub struct RequestBuilder {
    pub(super) client: Client,
    pub(super) request: Result<Request, Error>,
}

impl Client {
    /// A request with any method. `url` may be relative if the client has a base URL.
    pub fn request(&self, method: Method, url: impl AsRef<str>) -> RequestBuilder {
        let config = self.config();
        let uri = match &config.base_url {
            Some(base) => resolve(base, url.as_ref()),
            None => Uri::parse(url.as_ref()),
        };
        let request = match uri {
            Ok(uri) => {
                let (version, fields, body) = (Version::HTTP_11, Fields::new(), Body::empty());
                Ok(Request { method, uri, version, fields, body, choices: None, login: None })
            }
            Err(error) => Err(Error::build(error)),
        };
        RequestBuilder { client: self.clone(), request }
    }

    /// GET (RFC 9110 §9.3.1).
    pub fn get(&self, url: impl AsRef<str>) -> RequestBuilder {
        self.request(Method::GET, url)
    }

    /// HEAD (§9.3.2): the response has no body.
    pub fn head(&self, url: impl AsRef<str>) -> RequestBuilder {
        self.request(Method::HEAD, url)
    }

    /// POST (§9.3.3).
    pub fn post(&self, url: impl AsRef<str>) -> RequestBuilder {
        self.request(Method::POST, url)
    }

    /// PUT (§9.3.4).
    pub fn put(&self, url: impl AsRef<str>) -> RequestBuilder {
        self.request(Method::PUT, url)
    }

    /// DELETE (§9.3.5).
    pub fn delete(&self, url: impl AsRef<str>) -> RequestBuilder {
        self.request(Method::DELETE, url)
    }

    /// OPTIONS (§9.3.7). The path `*` asks about the server as a whole: see [`RequestBuilder::request_target`].
    pub fn options(&self, url: impl AsRef<str>) -> RequestBuilder {
        self.request(Method::OPTIONS, url)
    }

    /// PATCH (RFC 5789).
    pub fn patch(&self, url: impl AsRef<str>) -> RequestBuilder {
        self.request(Method::PATCH, url)
    }

    /// CONNECT (§9.3.6): asks the server at `proxy` for a tunnel to `authority` (`host:port`). After a 2xx the stream is
    /// had with [`Response::upgrade`].
    pub fn connect(&self, proxy: impl AsRef<str>, authority: &str) -> RequestBuilder {
        let named = authority.rsplit_once(':').is_some_and(|(host, port)| {
            let port = port.parse::<u16>().is_ok_and(|_| port.bytes().all(|b| b.is_ascii_digit()));
            port && !host.is_empty() && Host::parse_with_port(authority).is_ok()
        });
        self.request(Method::CONNECT, proxy)
            .request_target(authority)
            .set("host", authority)
            .change(|_| match named {
                true => Ok(()),
                // "a client MUST send the port number" (RFC 9110 §9.3.6).
                false => Err(Error::build(format!(
                    "CONNECT needs host:port, not \"{}\"",
                    authority.escape_default()
                ))),
            })
    }
}

impl RequestBuilder {
    /// Adds a field; names may repeat. A default of the client with the same name is not sent then.
    pub fn header(self, name: impl AsRef<str>, value: impl AsRef<[u8]>) -> Self {
        self.change(|request| request.fields.append(name, value).map_err(Error::build))
    }

    /// Adds a field line as it is written, `Name:value` and `Name:` included: see [`Fields::append_as_written`].
    pub fn header_line(self, line: impl AsRef<[u8]>) -> Self {
        self.change(|request| request.fields.append_as_written(line).map_err(Error::build))
    }

    /// Adds a field whose value is a secret: it is never shown, and never follows a redirect to another origin.
    pub fn sensitive_header(self, name: impl AsRef<str>, value: impl AsRef<[u8]>) -> Self {
        self.change(|request| request.fields.append_sensitive(name, value).map_err(Error::build))
    }

    /// Adds all of these fields.
    pub fn headers(self, fields: &Fields) -> Self {
        self.change(|request| request.fields.extend(fields).map_err(Error::build))
    }

    fn set(self, name: &str, value: &str) -> Self {
        self.change(|request| request.fields.set(name, value).map_err(Error::build))
    }

    /// Adds pairs to the query, percent-encoded.
    pub fn query<K: AsRef<str>, V: Display>(self, pairs: &[(K, V)]) -> Self {
        self.change(|request| {
            for (key, value) in pairs {
                let value = value.to_string();
                request.uri.push_query_pair(key.as_ref(), &value).map_err(Error::build)?;
            }
            Ok(())
        })
    }

    /// What the request carries. Text brings its own `Content-Type`, bytes bring none: see [`Body`].
    pub fn body(self, body: impl Into<Body>) -> Self {
        self.change(|request| {
            request.body = body.into();
            Ok(())
        })
    }

    /// A body of JSON, and `Content-Type: application/json` unless one is set.
    #[cfg(feature = "json")]
    pub fn json<T: serde::Serialize + ?Sized>(self, value: &T) -> Self {
        self.change(|request| {
            request.body = super::json::body(value)?;
            Ok(())
        })
    }

    /// `Expect: 100-continue`: the body is held back until the server agrees, or for the client's `expect_timeout`. A
    /// final answer instead saves sending it.
    pub fn expect_continue(self) -> Self {
        self.set("Expect", "100-continue")
    }

    /// HTTP/1.1, or HTTP/1.0.
    pub fn version(self, version: Version) -> Self {
        self.change(|request| match version {
            Version::HTTP_10 | Version::HTTP_11 => {
                request.version = version;
                Ok(())
            }
            other => Err(Error::build(format!("{other:?} is not spoken here, only 1.0 and 1.1"))),
        })
    }

    /// The request-target, byte for byte: `*`, an absolute URI, a path that must not be touched. The connection still
    /// goes to the URL's host. Visible ASCII only.
    pub fn request_target(self, target: &str) -> Self {
        match ExactTarget::new(target) {
            Ok(exact) => self.choose(|choices| choices.target = Some(exact)),
            Err(misuse) => self.change(|_| Err(Error::build(misuse))),
        }
    }

    /// Hears of interim responses (100, 103) as they come.
    pub fn on_interim(self, listener: impl FnMut(&ResponseHead) + Send + Sync + 'static) -> Self {
        self.choose(|choices| choices.on_interim = Some(Box::new(listener)))
    }

    /// Sends the request and waits for the head of the response, following redirects.
    ///
    /// Boxes nothing on a reused connection. Cancel safe in the sense that nothing leaks: a dropped call closes its
    /// connection, frees its place, and leaves the server with whatever was sent.
    ///
    /// # Errors
    /// [`Error`] says what failed, during which step, and whether the server can have seen the request. A status such
    /// as 404 is not an error: see [`Response::error_for_status`].
    ///
    /// # Panics
    /// Inside a tokio runtime that was built without I/O, or without time while a timeout is set (all but the total one
    /// are by default): tokio has no other way to say so.
    pub fn send(self) -> impl Future<Output = Result<Response, Error>> + Send {
        // An async block, not an async fn: that would hold the request twice, once as its argument.
        let RequestBuilder { client, mut request } = self;
        async move { send(&client, &mut request).await }
    }

    /// Shows what has been put together. The first mistake stays where it is, for `send`; here it is told in words.
    pub(super) fn look<T>(
        &self,
        look: impl FnOnce(&Client, &Request) -> Result<T, Error>,
    ) -> Result<T, Error> {
        match &self.request {
            Ok(request) => look(&self.client, request),
            Err(error) => Err(Error::build(error.to_string())),
        }
    }

    pub(super) fn choose(mut self, choose: impl FnOnce(&mut Choices)) -> Self {
        let settings = &self.client.config().settings;
        if let Ok(request) = &mut self.request {
            choose(request.choices.get_or_insert_with(|| Box::new(Choices::of(settings))));
        }
        self
    }

    pub(super) fn change(mut self, change: impl FnOnce(&mut Request) -> Result<(), Error>) -> Self {
        if let Ok(request) = &mut self.request
            && let Err(error) = change(request)
        {
            self.request = Err(error);
        }
        self
    }
}

/// `client.get(url).await`. Costs one box more than [`RequestBuilder::send`], because the future needs a name.
impl IntoFuture for RequestBuilder {
    type Output = Result<Response, Error>;
    type IntoFuture = Pin<Box<dyn Future<Output = Self::Output> + Send>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.send())
    }
}
