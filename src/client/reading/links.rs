//! `Link` fields (RFC 8288): where a response says related things are, such as the next page.
//!
//! Bytes of field values go in, [`Link`]s come out, read as appendix B of the RFC reads them: quoted strings may hold
//! commas and semicolons, a link may have several relation types, `title*` is preferred to `title`. Nothing fails and
//! nothing is fetched; what is no link is passed by. Targets are resolved when asked for, so that a section full of links
//! costs no more than its own length.

use std::sync::Arc;

use crate::client::response::Response;
use crate::message::{InvalidUri, Uri, header, resolve};

use super::parameters::{self, Parameters};

/// One link of a response.
#[derive(Debug, Clone)]
pub struct Link {
    base: Arc<Uri>,
    target: String,
    parameters: Parameters,
}

impl Response {
    /// The links of all `Link` lines, in order.
    ///
    /// ```
    /// # use std::io::{Read, Write};
    /// # let server = std::net::TcpListener::bind("127.0.0.1:0")?;
    /// # let url = format!("http://{}/", server.local_addr()?);
    /// # std::thread::spawn(move || {
    /// #     for reply in [
    /// #         "HTTP/1.1 200 OK\r\nLink: <?page=2>; rel=next\r\nContent-Length: 0\r\n\r\n",
    /// #         "HTTP/1.1 200 OK\r\nLink: <?page=1>; rel=prev\r\nConnection: close\r\n\r\n",
    /// #     ] {
    /// #         let (mut peer, _) = server.accept().unwrap();
    /// #         peer.read(&mut [0; 4096]).unwrap();
    /// #         peer.write_all(reply.as_bytes()).unwrap();
    /// #     }
    /// # });
    /// # tokio::runtime::Runtime::new()?.block_on(async {
    /// # let client = wireline::Client::new();
    /// let mut page = client.get(&url).send().await?;
    /// while let Some(next) = page.link("next") {
    ///     page = client.get(next.as_str()).send().await?;
    /// }
    /// assert_eq!(page.url().query(), Some("page=2"));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// # })?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn links(&self) -> Vec<Link> {
        let base = Arc::new(self.url().clone());
        let values = self.fields().get_all(header::LINK);
        values.flat_map(|value| read(&base, value)).collect()
    }

    /// The URL of the first link with that relation type (`next`, `prev`, `last`, …) that is about this response and leads to
    /// an http or https URL. Check where it leads before following it with credentials: it is the server's word.
    pub fn link(&self, rel: &str) -> Option<Uri> {
        let links = self.links();
        let mut fitting = links.iter().filter(|link| link.has_rel(rel) && link.is_about_base());
        fitting.find_map(|link| link.url().ok())
    }
}

impl Link {
    /// Reads the value of one `Link` line, received from `base`.
    ///
    /// ```
    /// use wireline::client::reading::links::Link;
    /// use wireline::Uri;
    ///
    /// let base = Uri::parse("https://example.com/items")?;
    /// let links = Link::parse(&base, br#"<?page=2>; rel=next, </>; rel="up start"; title="Top, all""#);
    /// assert_eq!(links[0].url()?.as_str(), "https://example.com/items?page=2");
    /// assert!(links[0].has_rel("next") && links[1].has_rel("start"));
    /// assert_eq!(links[1].title(), Some("Top, all"));
    /// # Ok::<(), wireline::message::InvalidUri>(())
    /// ```
    pub fn parse(base: &Uri, value: &[u8]) -> Vec<Link> {
        read(&Arc::new(base.clone()), value)
    }

    /// The target as the server wrote it: often relative, and not always a URL of http.
    pub fn target(&self) -> &str {
        &self.target
    }

    /// The target, resolved against the URL of the response.
    ///
    /// # Errors
    /// If it is no http or https URL.
    pub fn url(&self) -> Result<Uri, InvalidUri> {
        resolve(&self.base, &self.target)
    }

    /// The relation types, as written.
    pub fn rel(&self) -> impl Iterator<Item = &str> {
        self.parameter("rel").unwrap_or_default().split_ascii_whitespace()
    }

    /// Whether `rel` is among the relation types, which ignore case (§2.1.1).
    pub fn has_rel(&self, rel: &str) -> bool {
        self.rel().any(|given| given.eq_ignore_ascii_case(rel))
    }

    /// What the link starts from, where that is not the response itself (§3.2), as written.
    pub fn anchor(&self) -> Option<&str> {
        self.parameter("anchor")
    }

    /// A label for humans.
    pub fn title(&self) -> Option<&str> {
        self.parameter("title")
    }

    /// Any parameter, by its name in lower case. An extended one (`title*`) is decoded, goes by the name without the star
    /// and before the plain one; of several, the first counts.
    pub fn parameter(&self, name: &str) -> Option<&str> {
        parameters::find(&self.parameters, name)
    }

    /// Links that start elsewhere say nothing of this response.
    fn is_about_base(&self) -> bool {
        let Some(anchor) = self.anchor() else { return true };
        match (resolve(&self.base, anchor), resolve(&self.base, "")) {
            (Ok(context), Ok(base)) => context == base,
            _ => false,
        }
    }
}

/// Appendix B.2, but for junk between links, which is passed by up to the next comma.
fn read(base: &Arc<Uri>, value: &[u8]) -> Vec<Link> {
    let mut links = Vec::new();
    let mut input = value;
    while !input.is_empty() {
        parameters::take_until(&mut input, |byte| !matches!(byte, b' ' | b'\t' | b','));
        if let Some(mut rest) = input.strip_prefix(b"<") {
            let target = parameters::take_until(&mut rest, |byte| byte == b'>');
            let Some(behind) = rest.strip_prefix(b">") else { return links };
            input = behind;
            let given = parameters::parse(&mut input, Some(b','));
            let (base, target) = (Arc::clone(base), parameters::text(target));
            links.push(Link { base, target, parameters: starred_first(given) });
        }
        parameters::take_until(&mut input, |byte| byte == b',');
    }
    links
}

/// Extended parameters go before plain ones and lose their star. `rel` and `anchor` are no text for humans: the plain ones
/// decide.
fn starred_first(given: Parameters) -> Parameters {
    let (mut starred, mut plain, mut last) = (Vec::new(), Vec::new(), Vec::new());
    for (name, value) in given {
        match name.strip_suffix('*') {
            None => plain.push((name, value)),
            Some(base @ ("rel" | "anchor")) => last.push((base.to_owned(), value)),
            Some(base) => starred.push((base.to_owned(), value)),
        }
    }
    starred.append(&mut plain);
    starred.append(&mut last);
    starred
}
