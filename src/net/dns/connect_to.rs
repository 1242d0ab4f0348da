//! Other places for hosts and ports: what curl calls `--connect-to`.
//!
//! In: a host and a port as a URL has them. Out: the host and port to connect to in their place, if there is one. It is a
//! change of the way and not of the goal: whoever asks keeps the URL's host for TLS and for what is sent.

/// Rules; the first that fits is followed, and only that one.
#[derive(Clone, Debug, Default)]
pub struct ConnectTo(Vec<Rule>);

#[derive(Clone, Debug)]
struct Rule {
    /// Empty for any.
    host: Box<str>,
    port: Option<u16>,
    /// Empty for the host as it is.
    to_host: Box<str>,
    to_port: Option<u16>,
}

impl ConnectTo {
    /// Adds a rule behind the others: what is meant for `host` and `port` goes to `to_host` and `to_port`. An empty host
    /// in front fits any, an empty one behind keeps it; the same for ports and `None`. Upper and lower case, a final dot
    /// and brackets around an IPv6 address make no difference.
    pub fn push(&mut self, host: &str, port: Option<u16>, to_host: &str, to_port: Option<u16>) {
        let (host, to_host) = (canonical(host).into(), bare(to_host).to_ascii_lowercase().into());
        self.0.push(Rule { host, port, to_host, to_port });
    }

    /// Where to connect in place of `host` and `port`; `None` as the host says that it is kept, and only the port
    /// is another one.
    pub fn find(&self, host: &str, port: u16) -> Option<(Option<&str>, u16)> {
        if self.0.is_empty() {
            return None;
        }
        let host = canonical(host);
        let fits = |rule: &&Rule| {
            (rule.host.is_empty() || *rule.host == *host)
                && rule.port.is_none_or(|wanted| wanted == port)
        };
        let rule = self.0.iter().find(fits)?;
        let to_host = (!rule.to_host.is_empty()).then_some(&*rule.to_host);
        Some((to_host, rule.to_port.unwrap_or(port)))
    }
}

fn bare(host: &str) -> &str {
    host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host)
}

fn canonical(host: &str) -> String {
    let host = bare(host);
    host.strip_suffix('.').unwrap_or(host).to_ascii_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn empty_parts_fit_anything_and_keep_what_is_there() {
        let mut rules = ConnectTo::default();
        assert_eq!(rules.find("a.test", 80), None);
        rules.push("A.test.", Some(443), "b.test", Some(8443));
        rules.push("a.test", None, "", Some(8080));
        rules.push("", Some(81), "[::1]", None);
        rules.push("[2001:db8::1]", None, "c.test", None);
        rules.push("", Some(81), "never", None);
        assert_eq!(rules.find("a.TEST", 443), Some((Some("b.test"), 8443)));
        assert_eq!(rules.find("a.test.", 80), Some((None, 8080)));
        assert_eq!(rules.find("z.test", 81), Some((Some("::1"), 81)));
        assert_eq!(rules.find("2001:db8::1", 80), Some((Some("c.test"), 80)));
        assert_eq!(rules.find("b.test", 8443), None, "not twice");
        rules.push("", None, "", None);
        assert_eq!(rules.find("b.test", 8443), Some((None, 8443)));
    }
}
