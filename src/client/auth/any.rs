//! [`AnyAuth`]: waits to be asked, then answers with the best scheme that is offered, as `curl --anyauth`.
//!
//! Digest is better than Basic, since it does not hand the password over. Whether a server may have the password at all
//! is for the caller to say: whoever can answer in its place (anybody, over http) can ask for Basic.

use std::fmt;
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::client::error::Error;
use crate::conn::BoxError;
use crate::message::{Origin, ResponseHead};

use super::authenticate::{Authenticate, Draft};
use super::basic::Basic;
use super::challenge::challenges;
use super::digest_state::Digest;

/// Servers remembered to want Basic; the oldest is forgotten first and asks again.
const MOST_SERVERS: usize = 64;

/// User name and password for Digest or Basic, whichever a server asks for; Digest if it leaves the choice.
///
/// ```
/// use wireline::client::{AnyAuth, Client};
///
/// let client = Client::builder().auth(AnyAuth::new("user", "password")?).build()?;
/// # Ok::<(), wireline::Error>(())
/// ```
pub struct AnyAuth {
    basic: Basic,
    digest: Digest,
    /// Those that asked for Basic: an origin, and whether it is a proxy.
    basics: Mutex<Vec<(Origin, bool)>>,
}

impl AnyAuth {
    /// # Errors
    /// Those of [`Basic::new`].
    pub fn new(user: impl AsRef<str>, password: impl AsRef<str>) -> Result<AnyAuth, Error> {
        let (user, password) = (user.as_ref(), password.as_ref());
        let (basic, digest) = (Basic::new(user, password)?, Digest::new(user, password)?);
        Ok(AnyAuth { basic, digest, basics: Mutex::default() })
    }

    fn basics(&self) -> MutexGuard<'_, Vec<(Origin, bool)>> {
        self.basics.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Authenticate for AnyAuth {
    fn authorize(&self, draft: &Draft<'_>) -> Result<Option<String>, BoxError> {
        let place = (draft.uri.origin(), draft.proxy);
        match self.basics().contains(&place) {
            true => self.basic.authorize(draft),
            false => self.digest.authorize(draft),
        }
    }

    fn challenged(&self, draft: &Draft<'_>, head: &ResponseHead, answered: u32) -> bool {
        let (ask, answer) = match draft.proxy {
            false => ("www-authenticate", "authorization"),
            true => ("proxy-authenticate", "proxy-authorization"),
        };
        let place = (draft.uri.origin(), draft.proxy);
        let mut basics = self.basics();
        basics.retain(|known| *known != place);
        // A password that was told and refused is told in no other way: neither answers for credentials of the other.
        if self.digest.can_answer(draft, head, answered) {
            return true;
        }
        let wanted = challenges(&head.fields, ask).iter().any(|challenge| challenge.is("basic"));
        let answers = wanted && !draft.fields.contains(answer);
        if answers {
            if basics.len() >= MOST_SERVERS {
                basics.remove(0);
            }
            basics.push(place);
        }
        answers
    }

    fn accepted(&self, draft: &Draft<'_>, head: &ResponseHead) {
        self.digest.accepted(draft, head);
    }
}

impl fmt::Debug for AnyAuth {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("AnyAuth([hidden])")
    }
}
