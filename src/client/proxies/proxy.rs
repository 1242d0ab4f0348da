//! A proxy: where it is, what it speaks, and what only it is told.
//!
//! Credentials live here and not among a request's fields, so that they go to this proxy and nowhere else: with CONNECT,
//! or with a request the proxy forwards, each time anew (S-64).

use std::fmt;
use std::sync::Arc;

use crate::client::auth::authenticate::Authenticate;
use crate::conn::{Handshake, Via, ViaKind};
use crate::message::{Fields, InvalidUri, Uri, percent};
use crate::net::{Secure, next_identity};

/// A proxy.
///
/// ```
/// use wireline::client::{Client, Proxy};
///
/// let proxy = Proxy::new("http://proxy.example:3128").header("X-Team", "blue");
/// let client = Client::builder().proxy(proxy).build()?;
/// # Ok::<(), wireline::Error>(())
/// ```
///
/// | URL | spoken to the proxy | `http` requests | `https` requests |
/// |---|---|---|---|
/// | `http://host:port` (80) | HTTP in clear | forwarded; [tunnelled](Proxy::tunnel) if asked | CONNECT |
/// | `https://host:port` (443) | HTTP under TLS | the same | CONNECT, TLS inside TLS |
/// | `socks5h://host:port` (1080) | SOCKS5, names are looked up by the proxy | tunnelled | tunnelled |
/// | `socks5://host:port` (1080) | SOCKS5, names are looked up here | tunnelled | tunnelled |
/// | `socks4a://host:port` (1080) | SOCKS4a, names are looked up by the proxy | tunnelled | tunnelled |
/// | `socks4://host:port` (1080) | SOCKS4, names are looked up here, IPv4 only | tunnelled | tunnelled |
///
/// SOCKS needs the feature `socks`. Without a scheme it is `http`. User name and password may stand in the URL,
/// percent-encoded. What cannot be understood is remembered and reported when the client is built or the request sent.
///
/// Connections are shared by requests whose proxies are the same in all of this: URL with credentials, fields, TLS. All
/// origins share those to a proxy that forwards; where connections per origin are limited, it counts as the origin.
#[derive(Clone)]
#[must_use = "a proxy does nothing until a client or a request is given it"]
pub struct Proxy {
    made: Result<Arc<Via>, Arc<str>>,
    auth: Option<Arc<dyn Authenticate>>,
    tunnel: bool,
}

impl Proxy {
    /// The proxy with that URL.
    pub fn new(url: impl AsRef<str>) -> Proxy {
        let made = read(url.as_ref()).map(Arc::new).map_err(Into::into);
        Proxy { made, auth: None, tunnel: false }
    }

    /// User name and password: HTTP's Basic scheme (feature `auth`), or SOCKS's own. They replace those in the URL.
    pub fn basic_auth(self, user: impl AsRef<str>, password: impl AsRef<str>) -> Proxy {
        let [user, password] = [user.as_ref(), password.as_ref()].map(percent::encode);
        self.change(|via| {
            let bare = via.uri.clone().without_userinfo();
            let (scheme, rest) = bare.as_str().split_once("://").unwrap_or_default();
            let uri = Uri::parse(&format!("{scheme}://{user}:{password}@{rest}"));
            via.uri = uri.map_err(|error| error.to_string())?;
            Ok(())
        })
    }

    /// Credentials of another scheme than Basic, such as Digest (feature `digest`). They are asked before every request to
    /// the proxy and hear of its 407. Give clones of one proxy to all requests: one with new credentials shares no
    /// connection with it.
    pub fn auth(mut self, credentials: impl Authenticate + 'static) -> Proxy {
        self.auth = Some(Arc::new(credentials));
        self.change(|via| {
            via.credentials = next_identity();
            Ok(())
        })
    }

    /// A field for the proxy: in every CONNECT, and in every request it forwards, where the origin may see it too.
    /// Replaces an earlier one.
    pub fn header(self, name: impl AsRef<str>, value: impl AsRef<[u8]>) -> Proxy {
        self.change(|via| via.fields.set(name, value).map_err(|error| error.to_string()))
    }

    /// TLS settings for the connection to an `https` proxy itself. Without them it is secured like the request that goes
    /// through it; either way the proxy proves its own name, and the origin another time its own.
    pub fn secure(self, secure: impl Secure + 'static) -> Proxy {
        self.change(|via| {
            via.secure = Some(Arc::new(secure));
            Ok(())
        })
    }

    /// Uses CONNECT for `http` requests too: the proxy then sees where they go and not what they say. `https` requests,
    /// and those that ask for another protocol with `Upgrade`, always do.
    pub fn tunnel(mut self, always: bool) -> Proxy {
        self.tunnel = always;
        self
    }

    /// Asks for tunnels in HTTP/1.0, for old proxies that know no other; requests they forward stay as they are.
    pub fn http_1_0(self, old: bool) -> Proxy {
        self.change(|via| {
            via.old = old;
            Ok(())
        })
    }

    /// Connects to this proxy through `first`, which has to speak SOCKS: curl's `--preproxy`.
    ///
    /// ```
    /// # #[cfg(feature = "socks")] {
    /// use wireline::client::Proxy;
    ///
    /// let proxy = Proxy::new("http://inner.example:3128").through(Proxy::new("socks5h://outer.example"));
    /// # }
    /// ```
    pub fn through(self, first: Proxy) -> Proxy {
        self.change(|via| {
            let first = first.made.map_err(|why| why.to_string())?;
            if first.is_http() || first.before.is_some() {
                return Err(format!("{first} cannot lead to another proxy: one SOCKS proxy can"));
            }
            via.before = Some(first);
            Ok(())
        })
    }

    /// What connections know of it.
    pub(crate) fn via(&self) -> Result<&Arc<Via>, &str> {
        self.made.as_ref().map_err(|why| &**why)
    }

    pub(crate) fn credentials(&self) -> Option<&dyn Authenticate> {
        self.auth.as_deref()
    }

    pub(crate) fn always_tunnels(&self) -> bool {
        self.tunnel
    }

    fn change(mut self, change: impl FnOnce(&mut Via) -> Result<(), String>) -> Proxy {
        if let Ok(via) = &mut self.made
            && let Err(why) = change(Arc::make_mut(via))
        {
            self.made = Err(why.into());
        }
        self
    }
}

/// Without credentials.
impl fmt::Debug for Proxy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.made {
            Ok(via) => write!(f, "Proxy({via})"),
            Err(why) => write!(f, "Proxy({why})"),
        }
    }
}

/// Reads a proxy's URL: the reader of all URLs reads it, under a scheme it knows.
fn read(url: &str) -> Result<Via, String> {
    let url = url.trim_matches(' ');
    let (scheme, rest) = url.split_once("://").unwrap_or(("http", url));
    let (kind, known, default_port) = match scheme.to_ascii_lowercase().as_str() {
        "http" => (ViaKind::Http, "http", 80),
        "https" => (ViaKind::Https, "https", 443),
        "socks5" | "socks5h" => {
            let handshake = SOCKS5.ok_or(NO_SOCKS)?;
            let local_dns = scheme.len() == "socks5".len();
            (ViaKind::Socks5 { handshake, local_dns }, "http", 1080)
        }
        "socks4" | "socks4a" => {
            let (by_address, by_name) = SOCKS4.ok_or(NO_SOCKS)?;
            let local_dns = scheme.len() == "socks4".len();
            let handshake = if local_dns { by_address } else { by_name };
            (ViaKind::Socks4 { handshake, local_dns }, "http", 1080)
        }
        _ => {
            let shown = scheme.as_bytes().get(..scheme.len().min(100)).unwrap_or_default();
            return Err(format!(
                "a proxy speaks http, https, socks5, socks5h, socks4 or socks4a, not \"{}\"",
                shown.escape_ascii()
            ));
        }
    };
    let uri = Uri::parse(&format!("{known}://{rest}"));
    let uri = uri.map_err(|error: InvalidUri| format!("the proxy's URL: {error}"))?;
    if uri.path_and_query() != "/" || uri.fragment().is_some() {
        return Err(format!("the proxy's URL: {uri} has a path; a proxy has a host and a port"));
    }
    let port = uri.explicit_port().unwrap_or(default_port);
    let (fields, secure, credentials, old, before) = (Fields::new(), None, 0, false, None);
    Ok(Via { kind, uri, port, fields, secure, credentials, old, before })
}

#[cfg(feature = "socks")]
const SOCKS5: Option<Handshake> = Some(crate::net::socks::connect);
#[cfg(not(feature = "socks"))]
const SOCKS5: Option<Handshake> = None;
#[cfg(feature = "socks")]
const SOCKS4: Option<(Handshake, Handshake)> =
    Some((crate::net::socks4::connect, crate::net::socks4::connect_by_name));
#[cfg(not(feature = "socks"))]
const SOCKS4: Option<(Handshake, Handshake)> = None;

const NO_SOCKS: &str = "a SOCKS proxy needs the feature `socks`";

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(url: &str) -> String {
        shown_of(&Proxy::new(url))
    }

    fn shown_of(proxy: &Proxy) -> String {
        format!("{proxy:?}")
    }

    #[test]
    fn urls_of_proxies() {
        for (url, expected) in [
            ("http://h", "Proxy(http://h:80)"),
            (" HTTP://H:3128/ ", "Proxy(http://h:3128)"),
            ("https://h", "Proxy(https://h:443)"),
            ("h:3128", "Proxy(http://h:3128)"),
            ("u:p@h", "Proxy(http://h:80)"),
            ("http://[2001:DB8::1]:8080", "Proxy(http://[2001:db8::1]:8080)"),
        ] {
            assert_eq!(shown(url), expected, "{url}");
        }
        for bad in
            ["", "ftp://h", "socks3://h", "socks5x://h", "http://", "http://h:0", "http://h/x"]
        {
            assert!(Proxy::new(bad).via().is_err(), "{bad}: {}", shown(bad));
        }
        assert!(Proxy::new("http://h?q").via().is_err() && Proxy::new("http://h#f").via().is_err());
    }

    #[cfg(feature = "socks")]
    #[test]
    fn urls_of_socks_proxies() {
        assert_eq!(shown("socks5://h"), "Proxy(socks5://h:1080)");
        assert_eq!(shown("SOCKS5H://h:9050"), "Proxy(socks5h://h:9050)");
        assert_eq!(shown("socks4://h"), "Proxy(socks4://h:1080)");
        assert_eq!(shown("socks4a://h"), "Proxy(socks4a://h:1080)");
        let through = |first| shown_of(&Proxy::new("h").through(Proxy::new(first)));
        assert_eq!(through("socks5://s"), "Proxy(http://h:80)");
        assert!(through("http://s").contains("cannot lead"), "{}", through("http://s"));
    }

    #[cfg(not(feature = "socks"))]
    #[test]
    fn socks_without_its_feature_says_so() {
        assert!(shown("socks5h://h").contains("feature `socks`"));
    }

    #[test]
    fn credentials_by_hand_are_those_of_the_url() {
        let of = |proxy: &Proxy| proxy.via().expect("a proxy").uri.as_str().to_owned();
        for host in ["h", "h:8080", "[::1]:1", "[fe80::1%25eth0]:1"] {
            let proxy = Proxy::new(format!("http://old@{host}")).basic_auth("us:er", "p@ss/\u{e9}");
            let expected = format!("http://us%3Aer:p%40ss%2F%C3%A9@{host}/");
            assert_eq!(of(&proxy), expected);
            assert_eq!(proxy.via(), Proxy::new(&expected).via());
        }
    }

    #[test]
    fn s_112_credentials_are_not_shown() {
        let all = [
            shown("http://user:hunter2@h:1"),
            shown("http://user:hunter2@h:0"),
            shown("user:hunter2@h/x"),
            format!("{:?}", Proxy::new("h").basic_auth("u", "hunter2")),
            format!("{:?}", Proxy::new("h").header("proxy-authorization", "hunter2\n")),
        ];
        for text in all {
            assert!(!text.contains("hunter2"), "{text}");
        }
    }

    #[test]
    fn a_clone_keeps_what_it_was() {
        let one = Proxy::new("http://h");
        let two = one.clone().header("x", "1");
        assert_ne!(one.via().expect("sound"), two.via().expect("sound"));
        assert_eq!(one.via().expect("sound"), Proxy::new("http://h").via().expect("sound"));
    }
}
