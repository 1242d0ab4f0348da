//! What is added to a request on its way out: cookies, credentials, a signature.
//!
//! Everything that goes on the wire by itself is added here, each time a request is sent, so that what
//! [`wire_preview`](super::RequestBuilder::wire_preview) shows is what leaves. A request that uses none of it is not
//! copied.

use bytes::Bytes;
use http::HeaderName;

use crate::message::{Fields, header};

use super::auth::authenticate::Draft;
use super::error::Error;
use super::outgoing::Request;
use super::proxies::proxied::add_for_proxy;
use super::proxies::way::Way;
use super::settings::Settings;

/// What a request carries from hop to hop: the fields of the client in front of its own, without those it sets itself,
/// what its body says of itself, and the credentials of its URL. `None`: the client's will do as they are.
///
/// # Errors
/// Credentials in the URL, in a build that cannot encode them; those of [`Request::describe`].
pub(crate) fn carry(
    request: &Request,
    settings: &Settings,
    defaults: &Fields,
) -> Result<Option<Fields>, Error> {
    let own = &request.fields;
    let userinfo = match request.uri.userinfo() {
        Some(_)
            if settings.auth.is_none()
                && !own.contains(header::AUTHORIZATION)
                && !defaults.contains(header::AUTHORIZATION)
                && request.adds(&header::AUTHORIZATION) =>
        {
            (settings.userinfo)(&request.uri).map_err(Error::build)?
        }
        _ => None,
    };
    let all = request.choices.is_none();
    let silent = request.body.content_type().is_none() && request.body.content_encoding().is_none();
    if all && own.is_empty() && userinfo.is_none() && silent {
        return Ok(None);
    }
    let mut merged = Fields::with_capacity(defaults.len() + own.len(), 256);
    let wanted = |name: &str| {
        let name = HeaderName::from_bytes(name.as_bytes());
        all || !request.is_verbatim() && name.is_ok_and(|name| request.adds(&name))
    };
    let kept = defaults.iter().filter(|field| !own.contains(field.name) && wanted(field.name));
    for field in kept {
        merged.append_line(field).map_err(Error::build)?;
    }
    for line in own.index() {
        merged.append_copy(own, line).map_err(Error::build)?;
    }
    request.describe(&mut merged)?;
    if let Some(value) = userinfo {
        merged.append_sensitive("Authorization", value).map_err(Error::build)?;
    }
    Ok(Some(merged))
}

/// `carried` with what the settings add; `None` if that is nothing. `credentials`: whether they still apply.
///
/// # Errors
/// Those of signers and of credentials, and values that cannot be sent.
pub(crate) fn prepare(
    request: &Request,
    way: Option<&Way>,
    settings: &Settings,
    carried: &Fields,
    credentials: bool,
) -> Result<Option<Fields>, Error> {
    let forward = way.filter(|way| way.is_forward());
    let order = request.order();
    if forward.is_none() && settings.adds_nothing() && order.is_none() {
        return Ok(None);
    }
    let mut fields = carried.clone();
    if let Some(codings) = &settings.codings
        && request.adds(&header::ACCEPT_ENCODING)
        && !request.is_verbatim()
    {
        codings.ask(&mut fields).map_err(Error::build)?;
    }
    add_cookies(request, settings, &mut fields)?;
    if let Some(auth) = &settings.auth
        && credentials
        && !fields.contains(header::AUTHORIZATION)
        && request.adds(&header::AUTHORIZATION)
    {
        let value = with_draft(request, way, &fields, |draft| auth.authorize(draft))?;
        if let Some(value) = value.map_err(Error::build)? {
            fields.append_sensitive("Authorization", value).map_err(Error::build)?;
        }
    }
    if let Some(way) = forward {
        add_for_proxy(way, settings, request, &mut fields)?;
    }
    if let Some(signer) = &settings.sign {
        let lines = with_draft(request, way, &fields, |draft| signer.sign(draft))?;
        fields.extend(&lines.map_err(Error::build)?).map_err(Error::build)?;
    }
    if let Some(order) = order {
        fields = in_order(&fields, order)?;
    }
    Ok(Some(fields))
}

/// The same with those in front that `order` names.
fn in_order(fields: &Fields, order: &[Box<str>]) -> Result<Fields, Error> {
    let rank = |name: &str| order.iter().position(|known| known.eq_ignore_ascii_case(name));
    let mut lines: Vec<_> = fields.iter().zip(fields.index()).collect();
    lines.sort_by_key(|(field, _)| rank(field.name).unwrap_or(order.len()));
    let mut sorted = Fields::with_capacity(lines.len(), 256);
    for (_, line) in lines {
        sorted.append_copy(fields, line).map_err(Error::build)?;
    }
    Ok(sorted)
}

/// One line for all of them: "the user agent MUST NOT attach more than one Cookie header field" (RFC 6265 §5.4). The
/// store's come first, then those of the request, which stand in for the store's of the same name.
fn add_cookies(request: &Request, settings: &Settings, fields: &mut Fields) -> Result<(), Error> {
    let store = settings.cookies.as_ref().filter(|_| request.adds(&header::COOKIE));
    let Some(kept) = store.and_then(|store| store.cookies(&request.uri)) else {
        return Ok(());
    };
    let own: Vec<&[u8]> = fields.get_all(header::COOKIE).collect();
    let chosen = |pair: &str| {
        let mut chosen = own.iter().flat_map(|line| line.split(|&byte| byte == b';'));
        chosen.any(|own| cookie_name(own.trim_ascii()) == cookie_name(pair.as_bytes()))
    };
    let kept = kept.split("; ").filter(|pair| !chosen(pair)).map(str::as_bytes);
    let value = kept.chain(own.iter().copied()).collect::<Vec<&[u8]>>().join(&b"; "[..]);
    // In the caller's letters, if the field was there.
    let mut names = fields.iter().map(|field| field.name);
    let named = names.find(|name| name.eq_ignore_ascii_case("cookie")).map(str::to_owned);
    let name = named.as_deref().unwrap_or("Cookie");
    fields.set_sensitive(name, value).map_err(Error::build)
}

/// What is before the `=`, if there is one.
fn cookie_name(pair: &[u8]) -> Option<&[u8]> {
    let end = pair.iter().position(|&byte| byte == b'=')?;
    pair.get(..end)
}

/// Shows `look` the request as it would be sent with `fields`.
///
/// # Errors
/// Whatever keeps the request from being sent at all.
pub(crate) fn with_draft<T>(
    request: &Request,
    way: Option<&Way>,
    fields: &Fields,
    look: impl FnOnce(&Draft<'_>) -> T,
) -> Result<T, Error> {
    let head = request.head_bytes(way, fields)?;
    let head = head.strip_suffix(b"\r\n").unwrap_or(&head);
    // As the one sees it who checks the credentials: a proxy turns it back into the form for an origin.
    let mut target = Vec::new();
    request.target(None).write(&request.uri, &mut target);
    let target = &target;
    let body: Option<&Bytes> = request.body.in_memory();
    let (method, uri, userinfo) = (&request.method, &request.uri, request.userinfo());
    Ok(look(&Draft { method, uri, userinfo, proxy: false, target, head, fields, body }))
}
