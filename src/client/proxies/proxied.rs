//! What a proxy changes in the story: the way of a hop, the fields that only the proxy is told, the connection through it.
//!
//! Credentials for the proxy are added to what the proxy reads: its CONNECT, or the request it forwards. They are never
//! among the fields that travel from hop to hop (S-64).

use std::net::SocketAddr;

use bytes::Bytes;
use http::StatusCode;
use tokio::time::Instant;

use crate::client::auth::authenticate::{Draft, MOST_ANSWERS};
use crate::client::config::Config;
use crate::client::error::Error;
use crate::client::outgoing::{Request, head_bytes};
use crate::client::settings::Settings;
use crate::conn::{
    BoxError, Connection, ConnectionInfo, DialCause, DialError, NoTunnel, Opening, Phase,
    ProxyInfo, dial,
};
use crate::h1::{Framing, RequestView, Target};
use crate::message::{Fields, Method, RequestHead, ResponseHead, Uri, Version, header};
use crate::net::{ConnectError, Deadline, Purpose, Watcher};

use super::way::Way;

/// The way of the next hop; `None` is the direct one. `before`: that of the hop before, if there was one. A
/// `Proxy-Authorization` set by hand was meant for the proxy it was sent to, and is dropped from `carried` for good when
/// the way leads elsewhere.
///
/// # Errors
/// A proxy that could not be understood, or cannot go there.
pub(crate) fn choose_way(
    config: &Config,
    request: &Request,
    carried: &mut Option<Fields>,
    before: Option<Option<&Way>>,
) -> Result<Option<Box<Way>>, Error> {
    let settings = request.settings(config);
    let Some(proxies) = &settings.proxy else { return Ok(None) };
    // No proxy can be asked to connect to a socket of this machine.
    if request.means(config).connect.unix_socket.is_some() {
        return Ok(None);
    }
    let way = match proxies.choose(&request.uri) {
        None => None,
        Some(proxy) => {
            let upgrades = carried.as_ref().unwrap_or(&config.fields).contains(header::UPGRADE);
            // Only a tunnel leads to another place than the URL's.
            let elsewhere =
                request.means(config).connect_to.find(request.uri.host(), request.uri.port());
            let aside = upgrades || elsewhere.is_some();
            let way = Way::new(proxy, &request.method, &request.uri, aside, settings)?;
            judge_target(config, request, &way)?;
            Some(Box::new(way))
        }
    };
    let same = match (before, &way) {
        (None, _) | (Some(None), None) => true,
        (Some(Some(before)), Some(way)) => before.is(way),
        _ => false,
    };
    if let (false, Some(carried)) = (same, carried) {
        carried.remove(header::PROXY_AUTHORIZATION);
    }
    Ok(way)
}

/// What the proxy will be asked to connect to is judged here, as far as it is known (S-106): an address in the URL as it
/// would be without a proxy, a name that only the proxy looks up as such. A name that is looked up here is judged then.
fn judge_target(config: &Config, request: &Request, way: &Way) -> Result<(), Error> {
    let (means, uri) = (request.means(config), &request.uri);
    let policy = &means.connect.policy;
    if policy.is_any() {
        return Ok(());
    }
    let (host, ip, port) = match means.connect_to.find(uri.host(), uri.port()) {
        None => (uri.host(), uri.ip(), uri.port()),
        Some((None, port)) => (uri.host(), uri.ip(), port),
        Some((Some(host), port)) => (host, host.parse().ok(), port),
    };
    if ip.is_none() && way.looks_up_here() {
        return Ok(());
    }
    let address = ip.map(|ip| SocketAddr::new(ip, port));
    let policy = policy.asked_for(host, port, Purpose::BehindProxy);
    policy.judge(address).map_err(|denial| {
        let (cause, phase) = (DialCause::Connect(ConnectError::Denied(denial)), Phase::Connect);
        let info =
            ConnectionInfo { proxy: Some(ProxyInfo::new(way.via())), ..ConnectionInfo::default() };
        Error::dial(DialError { cause, phase, proxy: false, info }, None)
    })
}

/// Adds what a proxy that forwards is told.
///
/// # Errors
/// Those of the credentials, and values that cannot be sent.
pub(crate) fn add_for_proxy(
    way: &Way,
    settings: &Settings,
    request: &Request,
    fields: &mut Fields,
) -> Result<(), Error> {
    add_fields(way, fields).map_err(Error::build)?;
    let secret = header::PROXY_AUTHORIZATION;
    if fields.contains(&secret) || !request.adds(&secret) {
        return Ok(());
    }
    let value = match way.credentials() {
        None => settings.login(&way.via().uri),
        Some(auth) => {
            let target = request.target(Some(way));
            let view = request.view(fields, &target);
            let body = request.body.in_memory();
            with_draft(way, view, request.body.framing(), body, |draft| auth.authorize(draft))?
        }
    };
    add_secret(fields, value.map_err(Error::build)?).map_err(Error::build)
}

/// Whether the proxy speaks and not the origin.
pub(crate) fn is_challenge(way: Option<&Way>, head: &ResponseHead) -> bool {
    way.is_some_and(Way::is_forward) && head.status == StatusCode::PROXY_AUTHENTICATION_REQUIRED
}

/// Whether a 407 has been understood and the request can be sent once more. `fields` are those it was sent with.
///
/// # Errors
/// None that sending had not brought already.
pub(crate) fn may_answer(
    way: &Way,
    request: &Request,
    fields: &Fields,
    head: &ResponseHead,
    answered: u32,
) -> Result<bool, Error> {
    let Some(auth) = way.credentials().filter(|_| way.is_forward()) else { return Ok(false) };
    let (target, body) = (request.target(Some(way)), request.body.in_memory());
    let view = request.view(fields, &target);
    with_draft(way, view, request.body.framing(), body, |draft| {
        if !is_challenge(Some(way), head) {
            auth.accepted(draft, head);
            return false;
        }
        let again = answered < MOST_ANSWERS && request.body.is_replayable();
        again && auth.challenged(draft, head, answered)
    })
}

/// A new connection to or through the proxy, all of it inside the connect timeout. A CONNECT that is challenged is
/// repeated on another connection.
///
/// # Errors
/// [`DialError`].
pub(crate) async fn dial_through(
    way: &Way,
    config: &Config,
    request: &Request,
    total: Deadline,
    watch: Watcher<'_>,
) -> Result<Connection, DialError> {
    let settings = request.settings(config);
    let begun = Instant::now();
    let route = request.route(Some(way), config);
    let secure = match way.is_forward() {
        true => way.secure(settings),
        false => settings.secure.as_ref().map(|secured| &*secured.secure),
    };
    let mut answered = 0;
    loop {
        let asked = connect_request(way, config, request);
        let asked = asked.map_err(|error| without_credentials(error, way))?;
        let opening = Opening {
            secure: way.secure(settings),
            request: &asked,
            guards: (settings.limits, settings.tolerance),
        };
        let limit = settings.timeouts.connect;
        let left = limit.map(|limit| limit.saturating_sub(begun.elapsed()));
        let dialled = dial(route, request.means(config), secure, Some(opening), left, total, watch);
        let dialled = dialled.await;
        match dialled {
            Err(error)
                if answered < MOST_ANSWERS && may_ask_again(way, &asked, &error, answered) =>
            {
                // No time for another connection: the challenge is what there is to tell.
                if limit.is_some_and(|limit| begun.elapsed() >= limit)
                    || total.passed(Instant::now())
                {
                    return Err(error);
                }
                answered += 1;
            }
            dialled => return dialled,
        }
    }
}

/// The CONNECT for the origin of `request`, with nothing of that request but its authority.
fn connect_request(way: &Way, config: &Config, request: &Request) -> Result<RequestHead, BoxError> {
    let settings = request.settings(config);
    let mut asked = RequestHead::new(Method::CONNECT, place(config, request)?);
    if way.is_forward() || !way.via().is_http() {
        return Ok(asked);
    }
    if way.via().old {
        asked.version = Version::HTTP_10;
    }
    add_fields(way, &mut asked.fields)?;
    let secret = header::PROXY_AUTHORIZATION;
    if !asked.fields.contains(&secret) && request.adds(&secret) {
        let value = match way.credentials() {
            None => settings.login(&way.via().uri)?,
            Some(auth) => with_connect(way, &asked, |draft| auth.authorize(draft))??,
        };
        // In front, where curl and browsers have it.
        let others = std::mem::take(&mut asked.fields);
        add_secret(&mut asked.fields, value)?;
        asked.fields.extend(&others)?;
    }
    Ok(asked)
}

/// Where the proxy is told to connect.
///
/// # Errors
/// What was put in place of the URL's host can be no host.
fn place(config: &Config, request: &Request) -> Result<Uri, BoxError> {
    let uri = &request.uri;
    match request.means(config).connect_to.find(uri.host(), uri.port()) {
        None => Ok(uri.clone()),
        Some((host, port)) => {
            let host = host.unwrap_or(uri.host());
            let (open, close) = if host.contains(':') { ("[", "]") } else { ("", "") };
            Ok(Uri::parse(&format!("{}://{open}{host}{close}:{port}/", uri.scheme().as_str()))?)
        }
    }
}

/// Whether the proxy's challenge has been understood.
fn may_ask_again(way: &Way, asked: &RequestHead, error: &DialError, answered: u32) -> bool {
    let DialCause::Tunnel(NoTunnel::Refused(refusal)) = &error.cause else { return false };
    let challenged = refusal.head.status == StatusCode::PROXY_AUTHENTICATION_REQUIRED;
    let Some(auth) = way.credentials().filter(|_| challenged) else { return false };
    let understood =
        with_connect(way, asked, |draft| auth.challenged(draft, &refusal.head, answered));
    understood.unwrap_or(false)
}

fn without_credentials(error: BoxError, way: &Way) -> DialError {
    let proxy = Some(ProxyInfo::new(way.via()));
    let info = ConnectionInfo { proxy, ..ConnectionInfo::default() };
    DialError { cause: DialCause::Credentials(error), phase: Phase::Tunnel, proxy: true, info }
}

/// The proxy's fields, unless the request sets them itself.
fn add_fields(way: &Way, fields: &mut Fields) -> Result<(), BoxError> {
    for field in way.via().fields.iter() {
        if !fields.contains(field.name) {
            fields.append_sensitive(field.name, field.value)?;
        }
    }
    Ok(())
}

fn add_secret(fields: &mut Fields, value: Option<String>) -> Result<(), BoxError> {
    if let Some(value) = value {
        fields.append_sensitive("Proxy-Authorization", value)?;
    }
    Ok(())
}

fn with_connect<T>(
    way: &Way,
    asked: &RequestHead,
    look: impl FnOnce(&Draft<'_>) -> T,
) -> Result<T, Error> {
    let view = RequestView::new(asked, &Target::Authority);
    with_draft(way, view, Framing::None, Some(&Bytes::new()), look)
}

/// Shows `look` a request as the proxy will see it.
fn with_draft<T>(
    way: &Way,
    view: RequestView<'_>,
    framing: Framing,
    body: Option<&Bytes>,
    look: impl FnOnce(&Draft<'_>) -> T,
) -> Result<T, Error> {
    let head = head_bytes(view, framing)?;
    let head = head.strip_suffix(b"\r\n").unwrap_or(&head);
    let target = head.split(|&byte| byte == b' ').nth(1).unwrap_or_default();
    let own = &way.via().uri;
    let (uri, userinfo) = (&own.clone().without_userinfo(), own.userinfo());
    let (method, fields) = (view.method, view.fields);
    Ok(look(&Draft { method, uri, userinfo, proxy: true, target, head, fields, body }))
}
