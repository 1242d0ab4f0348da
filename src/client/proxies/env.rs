//! Proxies from environment variables: only where a caller asks for them, and by curl's rules (S-83).

use std::collections::HashMap;

use super::choice::Proxies;
use super::proxy::Proxy;

impl Proxies {
    /// What the environment of this process says, now. See [`Proxies::from_vars`].
    ///
    /// ```
    /// use wireline::client::{Client, Proxies};
    ///
    /// let client = Client::builder().proxy(Proxies::from_env()).build()?;
    /// # Ok::<(), wireline::Error>(())
    /// ```
    pub fn from_env() -> Proxies {
        // Values that are no Unicode can be no URLs.
        let text = |(name, value): (std::ffi::OsString, std::ffi::OsString)| {
            Some((name.into_string().ok()?, value.into_string().ok()?))
        };
        Proxies::from_vars(std::env::vars_os().filter_map(text))
    }

    /// What these variables say:
    ///
    /// | variable | |
    /// |---|---|
    /// | `http_proxy` | the proxy for `http` |
    /// | `https_proxy`, `HTTPS_PROXY` | the proxy for `https` |
    /// | `all_proxy`, `ALL_PROXY` | the proxy for what the others say nothing about |
    /// | `no_proxy`, `NO_PROXY` | hosts that are reached directly, as in [`NoProxy`](crate::client::NoProxy) |
    ///
    /// Lower case wins; an empty variable is none. `HTTP_PROXY` is never read: a CGI program has the `Proxy` field of
    /// any stranger's request under that name (httpoxy, CVE-2016-5386). A URL without a scheme means `http://`, and one
    /// that cannot be understood is reported when the client is built or the request sent.
    pub fn from_vars<N, V>(vars: impl IntoIterator<Item = (N, V)>) -> Proxies
    where
        N: AsRef<str>,
        V: AsRef<str>,
    {
        const NAMES: [&str; 7] = [
            "http_proxy",
            "https_proxy",
            "HTTPS_PROXY",
            "all_proxy",
            "ALL_PROXY",
            "no_proxy",
            "NO_PROXY",
        ];
        let mut found = HashMap::new();
        for (name, value) in vars {
            if let Some(&known) = NAMES.iter().find(|known| **known == name.as_ref())
                && !value.as_ref().trim().is_empty()
            {
                found.insert(known, value.as_ref().to_owned());
            }
        }
        let first = |names: [&str; 2]| names.into_iter().find_map(|name| found.get(name));
        let mut proxies = Proxies::new();
        if let Some(list) = first(["no_proxy", "NO_PROXY"]) {
            proxies = proxies.direct(list);
        }
        if let Some(url) = found.get("http_proxy") {
            proxies = proxies.http(Proxy::new(url));
        }
        if let Some(url) = first(["https_proxy", "HTTPS_PROXY"]) {
            proxies = proxies.https(Proxy::new(url));
        }
        if let Some(url) = first(["all_proxy", "ALL_PROXY"]) {
            proxies = proxies.all(Proxy::new(url));
        }
        proxies
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::message::Uri;

    #[track_caller]
    fn check(vars: &[(&str, &str)], url: &str, expected: &str) {
        let proxy =
            Proxies::from_vars(vars.iter().copied()).choose(&Uri::parse(url).expect("a URL"));
        let proxy = proxy.map_or("direct".into(), |proxy| format!("{proxy:?}"));
        assert_eq!(proxy, expected, "{url} with {vars:?}");
    }

    #[test]
    fn s_83_http_proxy_in_upper_case_is_a_strangers() {
        check(&[("HTTP_PROXY", "http://evil:1")], "http://a", "direct");
        let cgi = [("REQUEST_METHOD", "GET"), ("HTTP_PROXY", "http://evil:1")];
        check(&cgi, "http://a", "direct");
        check(&[("http_proxy", "http://p:1"), cgi[1]], "http://a", "Proxy(http://p:1)");
        check(&[("Http_Proxy", "http://p:1")], "http://a", "direct");
    }

    #[test]
    fn s_83_each_variable_and_its_case() {
        check(&[("http_proxy", "p:1")], "http://a", "Proxy(http://p:1)");
        check(&[("http_proxy", "p:1")], "https://a", "direct");
        check(&[("https_proxy", "p:1")], "https://a", "Proxy(http://p:1)");
        check(&[("HTTPS_PROXY", "https://p")], "https://a", "Proxy(https://p:443)");
        check(&[("HTTPS_PROXY", "u:1"), ("https_proxy", "l:1")], "https://a", "Proxy(http://l:1)");
        check(&[("https_proxy", "l:1"), ("HTTPS_PROXY", "u:1")], "https://a", "Proxy(http://l:1)");
        check(&[("https_proxy", " "), ("HTTPS_PROXY", "u:1")], "https://a", "Proxy(http://u:1)");
        check(&[("all_proxy", "p:1")], "http://a", "Proxy(http://p:1)");
        check(&[("ALL_PROXY", "p:1"), ("https_proxy", "s:1")], "https://a", "Proxy(http://s:1)");
        check(&[("ALL_PROXY", "p:1"), ("https_proxy", "s:1")], "http://a", "Proxy(http://p:1)");
        check(&[], "http://a", "direct");
    }

    #[test]
    fn s_83_no_proxy_comes_first() {
        let vars = [("ALL_PROXY", "p:1"), ("NO_PROXY", "a.test, 10.0.0.0/8")];
        check(&vars, "http://x.a.test", "direct");
        check(&vars, "https://10.1.1.1", "direct");
        check(&vars, "http://ba.test", "Proxy(http://p:1)");
        let both = [("NO_PROXY", "a.test"), ("no_proxy", "b.test"), ("all_proxy", "p:1")];
        check(&both, "http://a.test", "Proxy(http://p:1)");
        check(&both, "http://b.test", "direct");
    }

    #[test]
    fn a_url_that_cannot_be_understood_is_no_direct_way() {
        let proxies = Proxies::from_vars([("http_proxy", "ftp://p")]);
        let proxy = proxies.choose(&Uri::parse("http://a").expect("a URL"));
        assert!(proxy.expect("not direct").via().is_err());
    }
}
