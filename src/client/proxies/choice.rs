//! Which proxy a request goes through.
//!
//! In: rules, and a URL. Out: a [`Proxy`], or none. The rules are asked anew at every redirect, and nothing else is: no
//! environment, no file, unless a list was [made](Proxies::from_env) of them.

use std::fmt;
use std::sync::Arc;

use crate::message::{Scheme, Uri};

use super::no_proxy::NoProxy;
use super::proxy::Proxy;

/// Rules that choose a proxy for each URL: the first that fits decides, and where none fits, the way is direct.
///
/// ```
/// use wireline::client::{Client, Proxies, Proxy};
///
/// let proxies = Proxies::new()
///     .direct("localhost, 10.0.0.0/8")
///     .hosts(".internal.example", Proxy::new("http://inner.example:3128"))
///     .https(Proxy::new("http://proxy.example:3128").tunnel(true));
/// let client = Client::builder().proxy(proxies).build()?;
/// # Ok::<(), wireline::Error>(())
/// ```
///
/// A closure decides as it likes. It is asked for every request and redirect, so it should give clones of proxies made
/// before:
///
/// ```
/// use wireline::client::{Proxies, Proxy};
///
/// let near = Proxy::new("http://proxy.example:3128");
/// let proxies = Proxies::with(move |uri| (uri.port() != 8080).then(|| near.clone()));
/// ```
#[derive(Clone, Default)]
#[must_use = "rules do nothing until a client or a request is given them"]
pub struct Proxies {
    rules: Arc<Vec<Rule>>,
}

#[derive(Clone)]
enum Rule {
    All(Proxy),
    Scheme(Scheme, Proxy),
    /// A list of hosts; without a proxy they are reached directly.
    Hosts(NoProxy, Option<Proxy>),
    /// Decides what no rule before it has.
    Ask(Arc<Choose>),
}

type Choose = dyn Fn(&Uri) -> Option<Proxy> + Send + Sync;

impl Proxies {
    /// No rules yet: all goes directly.
    pub fn new() -> Proxies {
        Proxies::default()
    }

    /// What `choose` says, for each URL.
    pub fn with(choose: impl Fn(&Uri) -> Option<Proxy> + Send + Sync + 'static) -> Proxies {
        Proxies::new().rule(Rule::Ask(Arc::new(choose)))
    }

    /// All that no rule so far has fitted goes through `proxy`.
    pub fn all(self, proxy: Proxy) -> Proxies {
        self.rule(Rule::All(proxy))
    }

    /// `http` goes through `proxy`.
    pub fn http(self, proxy: Proxy) -> Proxies {
        self.rule(Rule::Scheme(Scheme::Http, proxy))
    }

    /// `https` goes through `proxy`.
    pub fn https(self, proxy: Proxy) -> Proxies {
        self.rule(Rule::Scheme(Scheme::Https, proxy))
    }

    /// These hosts, written as in [`NoProxy`], are reached through `proxy`.
    pub fn hosts(self, list: &str, proxy: Proxy) -> Proxies {
        self.rule(Rule::Hosts(NoProxy::parse(list), Some(proxy)))
    }

    /// These hosts, written as in [`NoProxy`], are reached directly.
    pub fn direct(self, list: &str) -> Proxies {
        self.rule(Rule::Hosts(NoProxy::parse(list), None))
    }

    /// The proxy for `uri`; `None` is the direct way.
    pub fn choose(&self, uri: &Uri) -> Option<Proxy> {
        for rule in self.rules.iter() {
            match rule {
                Rule::All(proxy) => return Some(proxy.clone()),
                Rule::Scheme(scheme, proxy) if *scheme == uri.scheme() => {
                    return Some(proxy.clone());
                }
                Rule::Hosts(hosts, proxy) if hosts.contains(uri) => return proxy.clone(),
                Rule::Ask(choose) => return choose(uri),
                Rule::Scheme(..) | Rule::Hosts(..) => {}
            }
        }
        None
    }

    /// The proxies that are known before there is a URL.
    pub(crate) fn known(&self) -> impl Iterator<Item = &Proxy> {
        self.rules.iter().filter_map(|rule| match rule {
            Rule::All(proxy) | Rule::Scheme(_, proxy) | Rule::Hosts(_, Some(proxy)) => Some(proxy),
            Rule::Hosts(_, None) | Rule::Ask(_) => None,
        })
    }

    fn rule(mut self, rule: Rule) -> Proxies {
        Arc::make_mut(&mut self.rules).push(rule);
        self
    }
}

/// One proxy for everything.
impl From<Proxy> for Proxies {
    fn from(proxy: Proxy) -> Proxies {
        Proxies::new().all(proxy)
    }
}

impl fmt::Debug for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Rule::All(proxy) => write!(f, "all: {proxy:?}"),
            Rule::Scheme(scheme, proxy) => write!(f, "{scheme}: {proxy:?}"),
            Rule::Hosts(hosts, Some(proxy)) => write!(f, "{hosts:?}: {proxy:?}"),
            Rule::Hosts(hosts, None) => write!(f, "{hosts:?}: direct"),
            Rule::Ask(_) => f.write_str("a closure"),
        }
    }
}

impl fmt::Debug for Proxies {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.rules.iter()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chosen(proxies: &Proxies, url: &str) -> String {
        let proxy = proxies.choose(&Uri::parse(url).expect("a URL"));
        proxy.map_or("direct".into(), |proxy| format!("{proxy:?}"))
    }

    #[test]
    fn the_first_rule_that_fits_decides() {
        let proxies = Proxies::new()
            .direct("b.test")
            .hosts("a.test", Proxy::new("http://hosts"))
            .https(Proxy::new("http://https"))
            .http(Proxy::new("http://http"));
        assert_eq!(chosen(&proxies, "https://a.test"), "Proxy(http://hosts:80)");
        assert_eq!(chosen(&proxies, "https://x.b.test"), "direct");
        assert_eq!(chosen(&proxies, "https://c.test"), "Proxy(http://https:80)");
        assert_eq!(chosen(&proxies, "http://c.test"), "Proxy(http://http:80)");
        let only = Proxies::new().https(Proxy::new("http://https"));
        assert_eq!(chosen(&only, "http://c.test"), "direct");
        assert_eq!(
            chosen(&only.clone().all(Proxy::new("rest")), "http://c.test"),
            "Proxy(http://rest:80)"
        );
        assert_eq!(chosen(&only, "http://c.test"), "direct", "a clone is another list");
        assert_eq!(chosen(&Proxies::new(), "http://c.test"), "direct");
    }

    #[test]
    fn a_closure_decides_what_is_left() {
        let proxies = Proxies::with(|uri| (uri.host() == "a").then(|| Proxy::new("http://p")));
        assert_eq!(chosen(&proxies, "http://a"), "Proxy(http://p:80)");
        assert_eq!(chosen(&proxies, "http://b"), "direct");
        assert_eq!(proxies.known().count(), 0);
    }
}
