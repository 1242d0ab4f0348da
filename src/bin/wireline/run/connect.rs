//! The connector of a group: names, addresses, sockets.

use std::net::{IpAddr, SocketAddr, ToSocketAddrs};
use std::path::Path;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use futures_core::Stream;
use wireline::Connector;
use wireline::dns::{Answer, Family, Resolution, Resolve, Resolver};
use wireline::net::Keepalive;

use crate::exit::Failed;
use crate::plan::{self, Connect, Proxy};

/// curl's for silent connections.
const KEEPALIVE: Duration = Duration::from_secs(60);

/// A connector as the options want it.
///
/// # Errors
/// 43, 45, 49: what cannot be understood, or is not there.
pub fn connector(plan: &Connect, proxy: &Proxy) -> Result<Connector, Failed> {
    let mut connector = resolving(plan)?.tcp_nodelay(!plan.no_nodelay);
    for entry in &plan.resolve {
        connector = resolve(connector, entry)?;
    }
    for entry in &plan.connect_to {
        let bad =
            || Failed::new(49, format!("--connect-to {entry:?} is not HOST1:PORT1:HOST2:PORT2"));
        let (host, rest) = host(entry).ok_or_else(bad)?;
        let (port, rest) = rest.split_once(':').ok_or_else(bad)?;
        let (to_host, to_port) = match self::host(rest) {
            Some(found) => found,
            None => (rest, ""),
        };
        let (port, to_port) = (number(port).ok_or_else(bad)?, number(to_port).ok_or_else(bad)?);
        connector = connector.connect_to(host, port, to_host, to_port);
    }
    if !plan.no_keepalive {
        let time = plan.keepalive_time.unwrap_or(KEEPALIVE);
        connector = connector.tcp_keepalive(Keepalive::after(time).interval(time));
    }
    if let Some(ports) = &plan.local_ports {
        connector = connector.local_ports(ports.clone());
    }
    if let Some(name) = &plan.interface {
        connector = interface(connector, name)?;
    }
    if let Some(socket) = &plan.unix_socket {
        let path = &socket.path;
        connector = match (socket.is_abstract, path.to_str()) {
            (true, Some(name)) => connector.unix_socket(format!("@{name}")),
            (false, Some(name)) if name.starts_with('@') => {
                connector.unix_socket(format!("./{name}"))
            }
            _ => connector.unix_socket(path),
        };
    }
    if proxy.haproxy {
        let client = proxy.haproxy_client.as_deref().map(str::parse::<IpAddr>).transpose();
        let client = client.map_err(|_| Failed::new(43, "--haproxy-clientip: no IP address"))?;
        connector = connector.proxy_protocol(client);
    }
    Ok(connector)
}

/// With the resolver that was chosen, and only the family that will do.
fn resolving(plan: &Connect) -> Result<Connector, Failed> {
    let connector = Connector::new();
    let family = plan.family;
    let connector = match family {
        None => connector,
        Some(plan::Family::V4) => only(connector, |address| address.is_ipv4()),
        Some(plan::Family::V6) => only(connector, |address| address.is_ipv6()),
    };
    let resolver = match &plan.dns_servers {
        None if family.is_none() => return Ok(connector),
        None => Resolver::from_system(),
        Some(list) => {
            let bad =
                |server: &str| Failed::new(43, format!("{server:?} is no address of a DNS server"));
            let servers =
                list.split(',').map(|server| server_address(server).ok_or_else(|| bad(server)));
            let servers = servers.collect::<Result<Vec<_>, _>>()?;
            let built = Resolver::builder().name_servers(servers).build();
            built.map_err(|error| Failed::new(43, error.to_string()))?
        }
    };
    Ok(match family {
        None => connector.resolver(resolver),
        Some(plan::Family::V4) => connector.resolver(OneFamily(resolver, Family::V4)),
        Some(plan::Family::V6) => connector.resolver(OneFamily(resolver, Family::V6)),
    })
}

fn only(connector: Connector, fits: fn(&SocketAddr) -> bool) -> Connector {
    connector.address_policy(move |candidate| candidate.address.as_ref().is_none_or(fits))
}

fn server_address(text: &str) -> Option<SocketAddr> {
    let text = text.trim();
    let bare = text.trim_start_matches('[').trim_end_matches(']');
    let ip = bare.parse::<IpAddr>().ok().map(|ip| SocketAddr::new(ip, 53));
    ip.or_else(|| text.parse().ok())
}

/// A resolver's answers for one family.
struct OneFamily(Resolver, Family);

impl Resolve for OneFamily {
    fn resolve(&self, host: &str, port: u16) -> Resolution {
        Box::pin(Filtered(Resolve::resolve(&self.0, host, port), self.1))
    }
}

struct Filtered(Resolution, Family);

impl Stream for Filtered {
    type Item = Answer;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Answer>> {
        loop {
            let next = std::task::ready!(self.0.as_mut().poll_next(cx));
            if next.as_ref().is_none_or(|answer| answer.family == self.1) {
                return Poll::Ready(next);
            }
        }
    }
}

/// `[+]HOST:PORT:ADDRESS[,ADDRESS]...`, or `-HOST:PORT`.
fn resolve(connector: Connector, entry: &str) -> Result<Connector, Failed> {
    let bad = || Failed::new(49, format!("Couldn't parse CURLOPT_RESOLVE entry '{entry}'"));
    if let Some(entry) = entry.strip_prefix('-') {
        let (host, port) = host(entry).ok_or_else(bad)?;
        return Ok(connector.unresolve(host, number(port).ok_or_else(bad)?));
    }
    let (host, rest) = host(entry.strip_prefix('+').unwrap_or(entry)).ok_or_else(bad)?;
    let (port, addresses) = rest.split_once(':').ok_or_else(bad)?;
    let port = number(port).flatten().ok_or_else(bad)?;
    let address = |text: &str| {
        let text = text.strip_prefix('[').and_then(|text| text.strip_suffix(']')).unwrap_or(text);
        text.parse::<IpAddr>().ok().map(|ip| SocketAddr::new(ip, 0))
    };
    let addresses = addresses.split(',').map(|text| address(text).ok_or_else(bad));
    let addresses = addresses.collect::<Result<Vec<_>, _>>()?;
    Ok(connector.resolve_port(host, port, addresses))
}

/// A host, in brackets if it has colons, and what is behind the colon after it.
fn host(text: &str) -> Option<(&str, &str)> {
    match text.strip_prefix('[') {
        Some(text) => {
            let (host, rest) = text.split_once(']')?;
            Some((host, rest.strip_prefix(':').unwrap_or(rest)))
        }
        None => text.split_once(':'),
    }
}

/// A port; none if it is empty.
fn number(text: &str) -> Option<Option<u16>> {
    if text.is_empty() { Some(None) } else { text.parse().ok().map(Some) }
}

/// `if!NAME`, `host!NAME`, `ifhost!NAME!HOST`, an address, or the name of an interface or a host.
fn interface(connector: Connector, said: &str) -> Result<Connector, Failed> {
    if let Some(name) = said.strip_prefix("if!") {
        return Ok(connector.interface(name));
    }
    if let Some(both) = said.strip_prefix("ifhost!") {
        let (name, host) = both.split_once('!').unwrap_or((both, ""));
        return local(connector.interface(name), host);
    }
    if let Some(host) = said.strip_prefix("host!") {
        return local(connector, host);
    }
    match said.parse::<IpAddr>() {
        Ok(address) => Ok(connector.local_address(address)),
        Err(_) if Path::new("/sys/class/net").join(said).exists() => Ok(connector.interface(said)),
        Err(_) => local(connector, said),
    }
}

#[allow(clippy::disallowed_methods)] // asked once, before anything is under way: nobody else waits
fn local(connector: Connector, host: &str) -> Result<Connector, Failed> {
    let address = match host.parse::<IpAddr>() {
        Ok(address) => Some(address),
        Err(_) => (host, 0)
            .to_socket_addrs()
            .ok()
            .and_then(|mut found| found.next())
            .map(|found| found.ip()),
    };
    let address = address.ok_or_else(|| Failed::new(45, format!("Couldn't bind to '{host}'")))?;
    Ok(connector.local_address(address))
}
