//! The sockets for credentials and signatures: both see a request as it is about to be sent.
//!
//! Credentials belong to the origin that a request was made for. After a redirect to another origin they are not asked
//! for again in that request, not even when it comes back (S-60, S-61).

use std::fmt;

use bytes::Bytes;

use crate::conn::BoxError;
use crate::message::{Fields, Method, ResponseHead, Uri};

/// Challenges answered for one request to one reader, whatever the credentials say: no scheme needs as many.
pub(crate) const MOST_ANSWERS: u32 = 8;

/// A request as it is about to be sent.
#[derive(Clone, Copy)]
#[non_exhaustive]
pub struct Draft<'a> {
    /// The method.
    pub method: &'a Method,
    /// What is asked for; if [`proxy`](Self::proxy) is true, the proxy.
    pub uri: &'a Uri,
    /// User name and password that the caller's URL had, still percent-encoded; `None` again after a redirect to another
    /// origin.
    pub userinfo: Option<(&'a str, Option<&'a str>)>,
    /// Whether credentials are for a proxy and go into `Proxy-Authorization`, a 407 being what is answered.
    pub proxy: bool,
    /// The request-target, byte for byte as the one sees it who is given the credentials: an origin behind a proxy that
    /// forwards does not get the absolute-form that leaves.
    pub target: &'a [u8],
    /// The request line and all lines so far, each with its CRLF; the empty line is still to come.
    pub head: &'a [u8],
    /// The fields so far, without `Host` and framing unless they were set by hand.
    pub fields: &'a Fields,
    /// The content; `None` if it is a stream, which nobody has seen yet.
    pub body: Option<&'a Bytes>,
}

/// Gives credentials, at once or after a challenge (RFC 9110 §11).
pub trait Authenticate: Send + Sync {
    /// The value of `Authorization` for this request; `None` sends none.
    ///
    /// # Errors
    /// Fail the request before anything is sent.
    fn authorize(&self, draft: &Draft<'_>) -> Result<Option<String>, BoxError>;

    /// A 401 came; the fields of `draft` are those it answers, credentials included. If the answer is true, `authorize` is
    /// asked again and the request sent once more. `answered` counts the challenges that were answered for this request
    /// before; after a few this is not asked any more. Nor is it for a body that cannot be sent twice.
    fn challenged(&self, draft: &Draft<'_>, head: &ResponseHead, answered: u32) -> bool {
        let _ = (draft, head, answered);
        false
    }

    /// Any other response to a request with these credentials came.
    fn accepted(&self, draft: &Draft<'_>, head: &ResponseHead) {
        let _ = (draft, head);
    }
}

/// Signs requests.
///
/// The lines it returns are the last ones of the head but for framing; it is asked anew for every redirect and attempt,
/// also for those that lead to another origin: `draft.uri` tells. A closure of this shape is one.
///
/// ```
/// use sha2::{Digest, Sha256};
/// use wireline::client::Draft;
/// use wireline::{BoxError, Client, Fields};
///
/// /// Key and message in one hash: enough for an example; take an HMAC where it counts.
/// fn sign(draft: &Draft<'_>) -> Result<Fields, BoxError> {
///     let body = draft.body.ok_or("a stream cannot be signed")?;
///     let hash = Sha256::new().chain_update(b"key").chain_update(draft.head).chain_update(body).finalize();
///     let mut lines = Fields::new();
///     lines.append("X-Signature", hash.iter().map(|byte| format!("{byte:02x}")).collect::<String>())?;
///     Ok(lines)
/// }
///
/// let client = Client::builder().sign(sign).build()?;
/// # Ok::<(), wireline::Error>(())
/// ```
pub trait Sign: Send + Sync {
    /// The lines to add.
    ///
    /// # Errors
    /// Fail the request before anything is sent.
    fn sign(&self, draft: &Draft<'_>) -> Result<Fields, BoxError>;
}

impl<F> Sign for F
where
    F: Fn(&Draft<'_>) -> Result<Fields, BoxError> + Send + Sync,
{
    fn sign(&self, draft: &Draft<'_>) -> Result<Fields, BoxError> {
        self(draft)
    }
}

/// Without field values and content: they may be secrets (S-112).
impl fmt::Debug for Draft<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let uri = self.uri.clone().without_userinfo();
        f.debug_struct("Draft")
            .field("method", self.method)
            .field("uri", &uri)
            .finish_non_exhaustive()
    }
}
