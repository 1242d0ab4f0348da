//! `Content-Disposition` (RFC 6266): whether content is to be shown or saved, and under which name.
//!
//! The bytes of a field value go in; a type and a name come out. Lenient, because what servers write is: a missing type, a
//! token with spaces, a name in bare UTF-8 are all read. Nothing fails. The name is the server's word: the plain way to it
//! gives one that is safe to write to ([`safe_file_name`]), and only
//! [`ContentDisposition::raw_file_name`] gives it as it came.

use crate::client::response::Response;
use crate::message::{field::trim_ows, header};

use super::file_name::safe_file_name;
use super::parameters::{self, Parameters};

/// What a response says of its own presentation.
#[derive(Debug, Clone)]
pub struct ContentDisposition {
    kind: String,
    parameters: Parameters,
}

impl Response {
    /// The `Content-Disposition`, if there is one.
    ///
    /// ```
    /// # use std::io::{Read, Write};
    /// # let server = std::net::TcpListener::bind("127.0.0.1:0")?;
    /// # let url = format!("http://{}/", server.local_addr()?);
    /// # std::thread::spawn(move || {
    /// #     for reply in [
    /// #         "HTTP/1.1 200 OK\r\nContent-Disposition: attachment; filename=/etc/passwd\r\nContent-Length: 0\r\n\r\n",
    /// #     ] {
    /// #         let (mut peer, _) = server.accept().unwrap();
    /// #         peer.read(&mut [0; 4096]).unwrap();
    /// #         peer.write_all(reply.as_bytes()).unwrap();
    /// #     }
    /// # });
    /// # tokio::runtime::Runtime::new()?.block_on(async {
    /// # let client = wireline::Client::new();
    /// let response = client.get(&url).send().await?;
    /// let name = response.content_disposition().and_then(|given| given.file_name());
    /// let path = std::path::Path::new("downloads").join(name.as_deref().unwrap_or("unnamed"));
    /// assert_eq!(path, std::path::Path::new("downloads/passwd"));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// # })?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn content_disposition(&self) -> Option<ContentDisposition> {
        self.fields().get(header::CONTENT_DISPOSITION).map(ContentDisposition::parse)
    }
}

impl ContentDisposition {
    /// Reads a field value.
    ///
    /// ```
    /// use wireline::client::reading::disposition::ContentDisposition;
    ///
    /// let value = br#"attachment; filename="EURO rates"; filename*=UTF-8''%e2%82%ac%20rates"#;
    /// let disposition = ContentDisposition::parse(value);
    /// assert!(disposition.is_attachment());
    /// assert_eq!(disposition.file_name().as_deref(), Some("€ rates"));
    /// ```
    pub fn parse(value: &[u8]) -> ContentDisposition {
        let mut input = value;
        let kind = trim_ows(parameters::take_until(&mut input, |byte| byte == b';'));
        if kind.contains(&b'=') {
            // Somebody forgot the type. "Unknown or unhandled disposition types SHOULD be handled by recipients the same way as
            // "attachment"" (§4.2).
            let parameters = parameters::parse(&mut &*[b";", value].concat(), None);
            return ContentDisposition { kind: "attachment".to_owned(), parameters };
        }
        let kind = parameters::text(kind).to_ascii_lowercase();
        ContentDisposition { kind, parameters: parameters::parse(&mut input, None) }
    }

    /// The type, in lower case: `inline`, `attachment`, or something else.
    pub fn kind(&self) -> &str {
        &self.kind
    }

    /// Whether the content is to be saved: any type but `inline` (§4.2).
    pub fn is_attachment(&self) -> bool {
        self.kind != "inline"
    }

    /// The name to save under, made safe by [`safe_file_name`]; `None` without one, and if nothing safe is left of it.
    pub fn file_name(&self) -> Option<String> {
        self.raw_file_name().and_then(safe_file_name)
    }

    /// The name exactly as the server gave it, decoded: `filename*` if that can be read, else `filename` (§4.3). It may be
    /// a path, it may be `..`, it may be a device: never open it.
    pub fn raw_file_name(&self) -> Option<&str> {
        self.parameter("filename*").or_else(|| self.parameter("filename"))
    }

    /// Any parameter, by its name in lower case; an extended one has a star at its end and is decoded.
    pub fn parameter(&self, name: &str) -> Option<&str> {
        parameters::find(&self.parameters, name)
    }
}
