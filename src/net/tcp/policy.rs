//! Which addresses may be connected to, decided on the address and not on the name.
//!
//! In: an address that is about to be tried, and what for. Out: nothing, or a [`Denial`]. A check of the URL's host is no
//! protection against requests forged through the client (SSRF): the name may be rebound between the check and the
//! connection, and a redirect or a proxy brings names nobody checked. So the question is asked for every attempt, after
//! resolution, with the very address that goes into `connect`.

use std::error::Error;
use std::fmt;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use super::address_class::{AddressClass, carried};

/// Rules about addresses, all of which have to agree; the default has none and allows everything.
///
/// It is asked for addresses written in a URL as well as for those found for a name, for every redirect, and for
/// proxies. Where a *name* is passed on for a proxy to look up, no address is seen here: a rule is then asked about the
/// name, and the rules that know addresses only, [`public`](Self::public) and [`new`](Self::new), refuse it.
#[derive(Clone, Default)]
pub struct AddressPolicy(Option<Arc<Rules>>);

#[derive(Clone)]
struct Rules {
    all: Vec<Rule>,
    /// What the next addresses are for.
    target: Option<Target>,
}

#[derive(Clone)]
enum Rule {
    Public,
    Own(Arc<Judge>),
}

type Judge = dyn Fn(&Candidate<'_>) -> bool + Send + Sync;

#[derive(Clone)]
struct Target {
    host: Box<str>,
    port: u16,
    purpose: Purpose,
}

/// What is about to be connected to.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Candidate<'a> {
    /// The host it was found for, as the URL or the proxy's URL has it: in lower case, without brackets. Empty in a race
    /// that nobody gave a name.
    pub host: &'a str,
    /// The port that was asked for.
    pub port: u16,
    /// The address; `None` if only a proxy will look the name up.
    pub address: Option<SocketAddr>,
    /// What it is for.
    pub purpose: Purpose,
}

/// What a connection is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Purpose {
    /// The host of the URL.
    Origin,
    /// A proxy.
    Proxy,
    /// The host of the URL, which a proxy is asked to connect to.
    BehindProxy,
}

/// What the policy has refused. Nothing was sent.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Denial {
    /// The host it was found for.
    pub host: Box<str>,
    /// The port that was asked for.
    pub port: u16,
    /// The address; `None` if only the proxy would have seen it.
    pub address: Option<SocketAddr>,
    /// What it was for.
    pub purpose: Purpose,
    /// Why a rule about classes has refused it; `None` if a rule of the program's own has.
    pub class: Option<AddressClass>,
}

impl AddressPolicy {
    /// Every address is allowed.
    pub const fn any() -> Self {
        Self(None)
    }

    /// Only addresses of the internet: those whose [`AddressClass`] is [`Public`](AddressClass::Public). Names that only
    /// a proxy would look up are refused.
    pub fn public() -> Self {
        Self::of(Rule::Public)
    }

    /// The addresses for which `rule` says `true`. It gets them as they were resolved; it must not block. Names that only
    /// a proxy would look up are refused.
    pub fn new(rule: impl Fn(SocketAddr) -> bool + Send + Sync + 'static) -> Self {
        Self::with(move |candidate| candidate.address.is_some_and(&rule))
    }

    /// The candidates for which `rule` says `true`: it knows what an address is for, and decides about names that only
    /// a proxy will look up. It must not block.
    pub fn with(rule: impl Fn(&Candidate<'_>) -> bool + Send + Sync + 'static) -> Self {
        Self::of(Rule::Own(Arc::new(rule)))
    }

    /// What both allow.
    pub fn and(self, other: AddressPolicy) -> Self {
        match (self.0, other.0) {
            (Some(these), Some(those)) => {
                let mut rules = Arc::unwrap_or_clone(these);
                rules.all.extend(those.all.iter().cloned());
                Self(Some(Arc::new(rules)))
            }
            (these, those) => Self(these.or(those)),
        }
    }

    /// The same policy for what is found for `host`. Costs nothing where there are no rules.
    pub fn asked_for(&self, host: &str, port: u16, purpose: Purpose) -> Self {
        let bound = |rules: &Arc<Rules>| {
            let target = Some(Target { host: host.into(), port, purpose });
            Arc::new(Rules { target, ..Rules::clone(rules) })
        };
        Self(self.0.as_ref().map(bound))
    }

    /// Whether every address is allowed without a question.
    pub fn is_any(&self) -> bool {
        self.0.is_none()
    }

    /// Whether `address` may be connected to.
    pub fn allows(&self, address: SocketAddr) -> bool {
        self.judge(Some(address)).is_ok()
    }

    /// Asks all rules about an address, or about a name whose address only a proxy will know.
    ///
    /// # Errors
    /// The refusal of the first rule that refuses it.
    pub fn judge(&self, address: Option<SocketAddr>) -> Result<(), Denial> {
        let Some(rules) = &self.0 else { return Ok(()) };
        let (host, port, purpose) = match &rules.target {
            Some(target) => (&*target.host, target.port, target.purpose),
            None => ("", address.map_or(0, |address| address.port()), Purpose::Origin),
        };
        let candidate = Candidate { host, port, address, purpose };
        let refused = rules.all.iter().find(|rule| !rule.allows(&candidate));
        refused.map_or(Ok(()), |rule| Err(rule.denial(&candidate)))
    }

    fn of(rule: Rule) -> Self {
        Self(Some(Arc::new(Rules { all: vec![rule], target: None })))
    }
}

impl Rule {
    fn allows(&self, candidate: &Candidate<'_>) -> bool {
        match self {
            Rule::Public => candidate.is_public(),
            Rule::Own(rule) => rule(candidate),
        }
    }

    fn denial(&self, candidate: &Candidate<'_>) -> Denial {
        let class = match self {
            Rule::Public => candidate.class(),
            Rule::Own(_) => None,
        };
        let Candidate { host, port, address, purpose } = *candidate;
        Denial { host: host.into(), port, address, purpose, class }
    }
}

impl Candidate<'_> {
    /// The class of the address, if it is known.
    pub fn class(&self) -> Option<AddressClass> {
        self.address.map(|address| AddressClass::of(address.ip()))
    }

    /// Whether the address is known and one of the internet.
    pub fn is_public(&self) -> bool {
        self.class() == Some(AddressClass::Public)
    }
}

impl Denial {
    /// The reason alone, for a list that names the address itself.
    pub(crate) fn reason(&self) -> String {
        let rule = "refused by the address policy";
        match (self.class, self.address.map(|address| address.ip())) {
            (None, _) => rule.to_owned(),
            (Some(class), Some(IpAddr::V6(ip))) => match carried(ip) {
                Some(inner) => format!("{rule}: it carries {inner}, which is {class}"),
                None => format!("{rule}: it is {class}"),
            },
            (Some(class), _) => format!("{rule}: it is {class}"),
        }
    }
}

/// What to do about it.
pub(crate) const WAY_OUT: &str =
    "nothing was sent; an `address_policy` of the program's own can allow more";

impl fmt::Display for Denial {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some(address) = self.address else {
            return write!(
                f,
                "{:.100}: refused by the address policy: only the proxy would look the name up, and no address can be judged \
                 here; {WAY_OUT}, and a proxy of the scheme `socks5` is given addresses that are found here",
                self.host
            );
        };
        let ip = address.ip();
        match self.host.parse::<IpAddr>() {
            Ok(host) if host == ip => write!(f, "{ip}: ")?,
            _ if self.host.is_empty() => write!(f, "{ip}: ")?,
            _ => write!(f, "{ip}, an address of {:.100}: ", self.host)?,
        }
        write!(f, "{}; {WAY_OUT}", self.reason())
    }
}

impl Error for Denial {}

impl From<Denial> for io::Error {
    fn from(denial: Denial) -> io::Error {
        io::Error::new(io::ErrorKind::PermissionDenied, denial)
    }
}

impl fmt::Debug for AddressPolicy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some(rules) = &self.0 else { return f.write_str("AddressPolicy(any)") };
        let names = rules.all.iter().map(|rule| match rule {
            Rule::Public => "public",
            Rule::Own(_) => "rule",
        });
        write!(f, "AddressPolicy({})", names.collect::<Vec<_>>().join(" and "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn denied(policy: &AddressPolicy, ip: &str) -> Denial {
        let address = SocketAddr::new(ip.parse().expect("an address"), 80);
        policy.judge(Some(address)).expect_err(ip)
    }

    #[test]
    fn s_106_public_means_public_however_it_is_written() {
        let policy = AddressPolicy::public();
        let allows = |ip: &str| policy.allows(SocketAddr::new(ip.parse().expect("an address"), 80));
        for ip in ["1.1.1.1", "2606:4700::1111", "::ffff:1.1.1.1", "64:ff9b::101:101"] {
            assert!(allows(ip), "{ip}");
        }
        for ip in ["127.0.0.1", "169.254.169.254", "::1", "fd00::1", "::ffff:169.254.169.254"] {
            assert!(!allows(ip), "{ip}");
        }
        assert!(AddressPolicy::any().allows("127.0.0.1:80".parse().expect("an address")));
    }

    #[test]
    fn s_106_a_denial_says_whose_address_it_was_and_why() {
        let policy = AddressPolicy::public().asked_for("evil.test", 80, Purpose::Origin);
        let denial = denied(&policy, "169.254.7.7");
        assert_eq!(denial.class, Some(AddressClass::LinkLocal));
        assert_eq!(
            denial.to_string(),
            format!(
                "169.254.7.7, an address of evil.test: refused by the address policy: it is link-local; {WAY_OUT}"
            )
        );
        let mapped = denied(&policy, "::ffff:10.0.0.1").to_string();
        assert!(mapped.contains("it carries 10.0.0.1, which is private"), "{mapped}");
        let literal = AddressPolicy::public().asked_for("127.0.0.1", 80, Purpose::Origin);
        let literal = denied(&literal, "127.0.0.1").to_string();
        assert!(literal.starts_with("127.0.0.1: refused by the address policy: it is loopback"));
        let own = denied(&AddressPolicy::new(|_| false), "1.1.1.1");
        assert_eq!((own.class, own.reason().as_str()), (None, "refused by the address policy"));
    }

    #[test]
    fn s_106_a_name_that_only_a_proxy_would_look_up_is_refused_unless_a_rule_allows_it() {
        assert!(AddressPolicy::any().judge(None).is_ok());
        for policy in [AddressPolicy::public(), AddressPolicy::new(|_| true)] {
            let policy = policy.asked_for("inside.test", 80, Purpose::BehindProxy);
            let denial = policy.judge(None).expect_err("not seen");
            assert!(denial.to_string().starts_with("inside.test: refused"), "{denial}");
            assert!(denial.to_string().contains("only the proxy"), "{denial}");
        }
        let trusting = AddressPolicy::with(|candidate| candidate.address.is_none());
        assert!(trusting.judge(None).is_ok());
    }

    #[test]
    fn s_106_all_rules_have_to_agree() {
        let web =
            AddressPolicy::with(|candidate| candidate.port == 443 && candidate.host == "a.test");
        let both =
            AddressPolicy::any().and(AddressPolicy::public()).and(web).and(AddressPolicy::any());
        let judge = |port, ip: &str| {
            let address = SocketAddr::new(ip.parse().expect("an address"), port);
            both.asked_for("a.test", port, Purpose::Origin).judge(Some(address))
        };
        assert!(judge(443, "1.1.1.1").is_ok());
        assert_eq!(judge(80, "1.1.1.1").expect_err("the port").class, None);
        let inside = judge(443, "10.0.0.1").expect_err("the address");
        assert_eq!(inside.class, Some(AddressClass::Private));
        assert_eq!(format!("{both:?}"), "AddressPolicy(public and rule)");
    }
}
