//! The proxies of a group: those that were said, else those of the environment, by curl's rules.

use std::collections::HashMap;

use wireline::client::{AnyAuth, Digest, NoProxy, Proxies, Proxy};
use wireline::message::Scheme as UriScheme;
use wireline::{RequestBuilder, Uri};

use crate::exit::Failed;
use crate::plan::options::Id;
use crate::plan::{self, Group, Scheme, Tls};

use super::auth;
use super::shared::Run;

/// Which proxy for which URL.
#[derive(Default)]
pub struct Ways {
    http: Option<Way>,
    https: Option<Way>,
    except: NoProxy,
}

/// One proxy in its two uses: it is told other fields where it opens a tunnel.
#[derive(Clone)]
struct Way {
    forward: Proxy,
    tunnel: Proxy,
}

impl Ways {
    /// # Errors
    /// 5, 7: a proxy that cannot be understood.
    pub fn of(run: &Run, group: &Group) -> Result<Ways, Failed> {
        let plan = &group.proxy;
        let vars = |name: &str| std::env::var(name).ok().filter(|value| !value.trim().is_empty());
        let mut seen = HashMap::new();
        let mut make = |url: &str, by: Id| match seen.get(url) {
            Some(way) => Ok(Way::clone(way)),
            None => {
                let way = way(run, group, url, by)?;
                seen.insert(url.to_owned(), way.clone());
                Ok::<_, Failed>(way)
            }
        };
        let (http, https) = match &plan.chosen {
            Some(chosen) if chosen.url.is_empty() => (None, None),
            Some(chosen) => {
                let way = make(&chosen.url, chosen.by)?;
                (Some(way.clone()), Some(way))
            }
            None => {
                let all = || vars("all_proxy").or_else(|| vars("ALL_PROXY"));
                let http = vars("http_proxy").or_else(all);
                let https = vars("https_proxy").or_else(|| vars("HTTPS_PROXY")).or_else(all);
                let mut way =
                    |url: Option<String>| url.map(|url| make(&url, Id::Proxy)).transpose();
                (way(http)?, way(https)?)
            }
        };
        let except = match &plan.except {
            Some(list) => list.clone(),
            None => vars("no_proxy").or_else(|| vars("NO_PROXY")).unwrap_or_default(),
        };
        Ok(Ways { http, https, except: NoProxy::parse(&except) })
    }

    /// The request on its way.
    ///
    /// # Errors
    /// None so far.
    pub fn apply(&self, request: RequestBuilder, url: &Uri) -> Result<RequestBuilder, Failed> {
        let https = url.scheme() == UriScheme::Https;
        let way = if https { &self.https } else { &self.http };
        let Some(way) = way.as_ref().filter(|_| !self.except.contains(url)) else {
            return Ok(request.no_proxy());
        };
        let proxy = if https { &way.tunnel } else { &way.forward };
        Ok(request.proxy(Proxies::new().all(proxy.clone())))
    }
}

fn way(run: &Run, group: &Group, url: &str, by: Id) -> Result<Way, Failed> {
    let plan = &group.proxy;
    let (scheme, mut proxy) = single(run, plan, url, by, plan.user.as_deref())?;
    if let Some(before) = &plan.before {
        // Without a scheme it is what `--socks4` takes, as with curl.
        proxy = proxy.through(single(run, plan, before, Id::Socks4, None)?.1);
    }
    if !scheme.starts_with("http") {
        return Ok(Way { forward: proxy.clone(), tunnel: proxy });
    }
    let proxy = proxy.http_1_0(by == Id::Proxy10).tunnel(plan.tunnel);
    let forward = told(proxy.clone(), run, group, plan.tunnel);
    Ok(Way { forward, tunnel: told(proxy, run, group, true) })
}

/// One proxy, with how it is spoken to.
fn single(
    run: &Run,
    plan: &plan::Proxy,
    url: &str,
    by: Id,
    user: Option<&str>,
) -> Result<(String, Proxy), Failed> {
    let (scheme, rest) = match url.split_once("://") {
        Some((scheme, rest)) => (scheme.to_ascii_lowercase(), rest),
        None => (scheme_of(by).to_owned(), url),
    };
    let scheme = match scheme.as_str() {
        "socks" => "socks4".to_owned(),
        "http" | "https" | "socks4" | "socks4a" | "socks5" | "socks5h" => scheme,
        _ => {
            let message = format!("Unsupported proxy scheme for '{}'", shown(url));
            return Err(Failed::new(7, message));
        }
    };
    let rest = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let rest = with_port(rest, if scheme == "https" { 443 } else { 1080 });
    let mut proxy = Proxy::new(format!("{scheme}://{rest}"));
    if scheme == "https" {
        let (insecure, cacert) = (plan.insecure, plan.cacert.clone());
        proxy = proxy.secure(run.made.tls(&Tls { insecure, cacert, ..Tls::default() })?);
    }
    let in_url = rest.rsplit_once('@').map(|(login, _)| login);
    let prompt = |user: &str| format!("Enter proxy password for user '{user}':");
    let login = match (in_url, user) {
        (Some(login), _) => Some(split(login, |_| String::new())),
        (None, Some(user)) => Some(split(user, |user| auth::ask(&prompt(user)))),
        (None, None) => None,
    };
    if let Some((user, password)) = login {
        let (user, password) = (auth::decoded(&user), auth::decoded(&password));
        proxy = match plan.scheme {
            Scheme::Digest if scheme.starts_with("http") => {
                proxy.auth(Digest::new(user, password)?)
            }
            Scheme::Any if scheme.starts_with("http") => proxy.auth(AnyAuth::new(user, password)?),
            _ => proxy.basic_auth(user, password),
        };
    }
    Ok((scheme, proxy))
}

/// User name and password; `ask` finds the password that is not said.
fn split(login: &str, ask: impl FnOnce(&str) -> String) -> (String, String) {
    match login.split_once(':') {
        Some((user, password)) => (user.to_owned(), password.to_owned()),
        None => (login.to_owned(), ask(login)),
    }
}

/// What an HTTP proxy is told beside what the origin is told.
fn told(mut proxy: Proxy, run: &Run, group: &Group, tunnel: bool) -> Proxy {
    let plan = &group.proxy;
    let says = |name: &str| plan.fields.iter().any(|line| plan::names(line, name));
    if tunnel && !says("User-Agent") {
        let own = run.persona.user_agent();
        let agent = group.request.user_agent.as_deref().unwrap_or(&own);
        if !agent.is_empty() {
            proxy = proxy.header("User-Agent", agent);
        }
    }
    if !says("Proxy-Connection") && (tunnel || !group.request.says("Proxy-Connection")) {
        proxy = proxy.header("Proxy-Connection", "Keep-Alive");
    }
    for line in &plan.fields {
        match line.split_once(':') {
            Some((name, value)) if !value.trim().is_empty() => {
                proxy = proxy.header(name.trim(), value.trim());
            }
            Some(_) => {}
            None => {
                if let Some((name, "")) = line.split_once(';') {
                    proxy = proxy.header(name.trim(), "");
                }
            }
        }
    }
    proxy
}

/// How a proxy is spoken to whose URL does not say.
fn scheme_of(by: Id) -> &'static str {
    match by {
        Id::Socks4 => "socks4",
        Id::Socks4a => "socks4a",
        Id::Socks5 => "socks5",
        Id::Socks5Hostname => "socks5h",
        _ => "http",
    }
}

/// Without the password.
fn shown(url: &str) -> &str {
    url.rsplit_once('@').map_or(url, |(_, host)| host)
}

/// curl's port for proxies where none is said.
fn with_port(rest: &str, port: u16) -> String {
    let host = rest.rsplit_once('@').map_or(rest, |(_, host)| host);
    let behind = host.rsplit_once(']').map_or(host, |(_, behind)| behind);
    match behind.contains(':') {
        true => rest.to_owned(),
        false => format!("{rest}:{port}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_port_of_a_proxy_is_1080() {
        assert_eq!(with_port("h", 1080), "h:1080");
        assert_eq!(with_port("u:p@h", 1080), "u:p@h:1080");
        assert_eq!(with_port("u:p@h:1", 1080), "u:p@h:1");
        assert_eq!(with_port("[::1]", 443), "[::1]:443");
        assert_eq!(with_port("[::1]:8", 443), "[::1]:8");
    }
}
