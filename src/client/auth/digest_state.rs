//! [`Digest`]: user name and password for servers that ask with Digest challenges, and what has been learned from them.
//!
//! ```text
//! GET /                             ──▶
//!      401, realm="r", nonce="n1"   ◀──
//! GET / nonce="n1", nc=00000001     ──▶  what the server asked for
//!      200, nextnonce="n2"          ◀──
//! GET /b nonce="n2", nc=00000001    ──▶  unasked: saves the next challenge
//!      401, nonce="n3", stale=true  ◀──
//! GET /b nonce="n3", nc=00000001    ──▶
//! ```
//!
//! A nonce is used only with the origin and realm that gave it out, and a proxy's only with that proxy (S-66). An answer
//! that is refused is not repeated: one wrong password costs one attempt, not a locked account.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::client::error::Error;
use crate::client::unforeseen;
use crate::conn::BoxError;
use crate::message::{Origin, ResponseHead, Uri, resolve};

use super::authenticate::{Authenticate, Draft};
use super::challenge::{Challenge, challenges, parameters};
use super::digest::{Count, Login, Offer, Subject};

/// Sessions remembered; the oldest is forgotten first. A server that makes up realms gains nothing by it.
const MOST_SESSIONS: usize = 64;

/// Challenges answered for one request: one, and a few nonces that went stale on the way.
const MOST_ANSWERS: u32 = 3;

/// User name and password for the Digest scheme (RFC 7616).
///
/// Answers MD5, SHA-256 and SHA-512-256, each also as `-sess`, with qop `auth`, `auth-int` or none (RFC 2069); SHA-2 is
/// preferred over MD5. Other schemes are not answered: the 401 is the response then.
///
/// ```
/// use wireline::client::{Client, Digest};
///
/// let client = Client::builder().auth(Digest::new("Mufasa", "Circle of Life")?).build()?;
/// # Ok::<(), wireline::Error>(())
/// ```
///
/// A request whose body is a stream cannot be sent twice, so a challenge to it is handed out. Ask for something small
/// first: what is learned from the answer serves the requests after it.
pub struct Digest {
    user: String,
    password: String,
    integrity: bool,
    sessions: Mutex<Vec<Session>>,
}

/// What one realm of one server has told.
struct Session {
    place: Place,
    offer: Arc<Offer>,
    /// Beginnings of the paths it is good for; none: all of the origin.
    paths: Vec<String>,
    /// Requests sent with the nonce.
    nc: u32,
    /// Of `-sess`: the client nonce and the key made with it, once made.
    key: Option<(String, String)>,
}

/// Who asked: an origin, or a proxy that is known by one.
#[derive(Clone, PartialEq, Eq)]
struct Place {
    origin: Origin,
    proxy: bool,
}

impl Digest {
    /// Both are hashed as UTF-8.
    ///
    /// # Errors
    /// A control character in the user name, which could not be sent.
    pub fn new(user: impl Into<String>, password: impl Into<String>) -> Result<Digest, Error> {
        let (user, password) = (user.into(), password.into());
        if user.bytes().any(|byte| byte.is_ascii_control()) {
            return Err(Error::build("a user name for Digest may not hold a control character"));
        }
        Ok(Digest { user, password, integrity: false, sessions: Mutex::default() })
    }

    /// Takes `auth-int` where a server leaves the choice, so that it notices a changed body. Only for bodies that are in
    /// memory. Off by default: many servers that offer it get it wrong.
    pub fn integrity(mut self, protect: bool) -> Digest {
        self.integrity = protect;
        self
    }

    fn sessions(&self) -> MutexGuard<'_, Vec<Session>> {
        // A list of sessions is whole between any two of its changes.
        self.sessions.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn login(&self) -> Login<'_> {
        Login { user: &self.user, password: &self.password }
    }

    /// What to send with the nonce of the session that covers `uri`, counted.
    fn count(&self, place: &Place, uri: &Uri) -> Option<(Arc<Offer>, String, String, u32)> {
        let mut sessions = self.sessions();
        let covered = sessions.iter_mut().filter(|session| session.place == *place);
        let reach = |session: &Session| session.reach(place, uri.path());
        let session =
            covered.filter(|session| reach(session).is_some()).max_by_key(|s| reach(s))?;
        session.nc = session.nc.checked_add(1)?;
        let offer = Arc::clone(&session.offer);
        let (cnonce, key) = match &session.key {
            Some(known) => known.clone(),
            None => {
                let cnonce = unforeseen::digits();
                let key = offer.key(&self.login(), &cnonce);
                if offer.session {
                    session.key = Some((cnonce.clone(), key.clone()));
                }
                (cnonce, key)
            }
        };
        Some((offer, cnonce, key, session.nc))
    }

    /// Remembers what `offer` says, in place of what its realm said before.
    fn learn(&self, place: Place, uri: &Uri, offer: Offer) {
        let paths = paths(&offer.domain, uri);
        let mut sessions = self.sessions();
        sessions.retain(|session| session.place != place || session.offer.realm != offer.realm);
        if sessions.len() >= MOST_SESSIONS {
            sessions.remove(0);
        }
        sessions.push(Session { place, offer: Arc::new(offer), paths, nc: 0, key: None });
    }

    /// Forgets a nonce that was refused, so that the next request waits to be asked.
    fn forget(&self, place: &Place, refused: &Sent) {
        self.sessions().retain(|session| session.place != *place || !refused.was(&session.offer));
    }

    /// Whether the challenge in `head` can be answered; learns from it.
    pub(crate) fn can_answer(&self, draft: &Draft<'_>, head: &ResponseHead, answered: u32) -> bool {
        let (place, field) = (Place::of(draft), Field::of(draft));
        let sent = Sent::read(draft, field.credentials);
        let Some(offer) = Offer::best(&challenges(&head.fields, field.challenge)) else {
            return false;
        };
        let again = match &sent {
            // Some other credentials were refused, which are not ours to replace.
            Some(Sent::Foreign) => false,
            // Not asked before, or by another realm.
            None => true,
            Some(sent) if !sent.is_realm(&offer) => true,
            // The same nonce again: refused, whatever else is said.
            Some(sent) if sent.was(&offer) => false,
            // A nonce that was too old, or one kept from an earlier request that the server has forgotten.
            Some(_) => offer.stale || answered == 0,
        };
        match again && answered < MOST_ANSWERS {
            true => self.learn(place, draft.uri, offer),
            false => {
                if let Some(sent) = &sent {
                    self.forget(&place, sent);
                }
            }
        }
        again && answered < MOST_ANSWERS
    }
}

impl Authenticate for Digest {
    fn authorize(&self, draft: &Draft<'_>) -> Result<Option<String>, BoxError> {
        let Some((offer, cnonce, key, nc)) = self.count(&Place::of(draft), draft.uri) else {
            return Ok(None);
        };
        let subject = Subject {
            method: draft.method.as_str(),
            target: std::str::from_utf8(draft.target)?,
            body: draft.body.map(|body| &body[..]),
            integrity: self.integrity,
        };
        offer.answer(&self.user, &key, subject, &Count { nc, cnonce: &cnonce }).map(Some)
    }

    fn challenged(&self, draft: &Draft<'_>, head: &ResponseHead, answered: u32) -> bool {
        self.can_answer(draft, head, answered)
    }

    /// Takes the next nonce, if the server names one (§3.5).
    fn accepted(&self, draft: &Draft<'_>, head: &ResponseHead) {
        let (place, field) = (Place::of(draft), Field::of(draft));
        let info = parameters(&head.fields, field.info);
        let next = info.iter().find(|(name, _)| name.eq_ignore_ascii_case("nextnonce"));
        let next = next.and_then(|(_, value)| String::from_utf8(value.clone()).ok());
        let (Some(next), Some(sent)) = (next, Sent::read(draft, field.credentials)) else { return };
        let mut sessions = self.sessions();
        // Another answer may have brought a newer one meanwhile.
        let mut same = sessions.iter_mut().filter(|s| s.place == place && sent.was(&s.offer));
        if let Some(session) = same.next() {
            Arc::make_mut(&mut session.offer).nonce = next;
            session.nc = 0;
        }
    }
}

impl Session {
    /// How much of the path it was told to be good for; `None` if it is not.
    fn reach(&self, place: &Place, path: &str) -> Option<usize> {
        if place.proxy || self.paths.is_empty() {
            return Some(0);
        }
        let covering = self.paths.iter().filter(|beginning| path.starts_with(beginning.as_str()));
        covering.map(String::len).max()
    }
}

impl Place {
    fn of(draft: &Draft<'_>) -> Place {
        Place { origin: draft.uri.origin(), proxy: draft.proxy }
    }
}

/// The names of the three fields, for origins and for proxies.
struct Field {
    challenge: &'static str,
    credentials: &'static str,
    info: &'static str,
}

impl Field {
    fn of(draft: &Draft<'_>) -> Field {
        let (challenge, credentials, info) = match draft.proxy {
            false => ("www-authenticate", "authorization", "authentication-info"),
            true => ("proxy-authenticate", "proxy-authorization", "proxy-authentication-info"),
        };
        Field { challenge, credentials, info }
    }
}

/// The credentials a request went with.
enum Sent {
    Digest { realm: Vec<u8>, nonce: Vec<u8> },
    Foreign,
}

impl Sent {
    fn read(draft: &Draft<'_>, field: &str) -> Option<Sent> {
        let sent = challenges(draft.fields, field);
        let digest = sent.iter().find(|sent| sent.is("digest"));
        let both =
            |sent: &Challenge| Some((sent.get("realm")?.to_vec(), sent.get("nonce")?.to_vec()));
        match digest.and_then(both) {
            Some((realm, nonce)) => Some(Sent::Digest { realm, nonce }),
            None => draft.fields.contains(field).then_some(Sent::Foreign),
        }
    }

    fn is_realm(&self, offer: &Offer) -> bool {
        matches!(self, Sent::Digest { realm, .. } if *realm == offer.realm.as_bytes())
    }

    fn was(&self, offer: &Offer) -> bool {
        let same = |nonce: &[u8]| nonce == offer.nonce.as_bytes();
        self.is_realm(offer) && matches!(self, Sent::Digest { nonce, .. } if same(nonce))
    }
}

/// The protection space (§3.3, `domain`): beginnings of paths within the origin, the path asked for among them. What lies
/// elsewhere is not taken: "the client can use this list to determine the set of URIs for which the same authentication
/// information may be sent", but a nonce stays with its origin here (S-66).
fn paths(domain: &str, uri: &Uri) -> Vec<String> {
    if domain.trim_ascii().is_empty() {
        return Vec::new();
    }
    let listed = domain.split_ascii_whitespace().filter_map(|text| resolve(uri, text).ok());
    let within = listed.filter(|listed| listed.origin() == uri.origin());
    let mut paths: Vec<String> = within.map(|listed| listed.path().to_owned()).collect();
    paths.push(uri.path().to_owned());
    paths
}

impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Digest([hidden])")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::message::{Fields, Method};
    use http::StatusCode;

    /// What `digest` gives to a CONNECT for `proxy`, or to a GET for the origin of the same name.
    fn ask<T>(proxy: bool, sent: Option<&str>, look: impl FnOnce(&Draft<'_>) -> T) -> T {
        let uri = Uri::parse("http://proxy.test:3128/").unwrap();
        let (method, target) = match proxy {
            true => (Method::CONNECT, &b"a.test:443"[..]),
            false => (Method::GET, &b"/"[..]),
        };
        let mut fields = Fields::new();
        let name = if proxy { "proxy-authorization" } else { "authorization" };
        sent.into_iter().for_each(|sent| fields.append(name, sent).unwrap());
        let (method, uri, fields, body) = (&method, &uri, &fields, None);
        look(&Draft { method, uri, userinfo: None, proxy, target, head: b"", fields, body })
    }

    fn head(status: u16, name: &str, value: &str) -> ResponseHead {
        let mut head = ResponseHead::new(StatusCode::from_u16(status).unwrap());
        head.fields.append(name, value).unwrap();
        head
    }

    #[test]
    fn s_66_a_proxy_and_an_origin_of_one_name_are_kept_apart() {
        let digest = Digest::new("u", "p").unwrap();
        let give = |proxy| ask(proxy, None, |draft| digest.authorize(draft).unwrap());
        assert_eq!((give(true), give(false)), (None, None));
        let asks =
            head(407, "proxy-authenticate", "Digest realm=r, nonce=n, qop=auth, domain=\"/x\"");
        // The wrong field for who asks is no challenge.
        assert!(!ask(false, None, |draft| digest.challenged(draft, &asks, 0)));
        assert!(ask(true, None, |draft| digest.challenged(draft, &asks, 0)));
        let first = give(true).unwrap();
        assert!(first.contains("uri=\"a.test:443\"") && first.contains("nc=00000001"), "{first}");
        assert_eq!(give(false), None);
        let info = head(200, "Proxy-Authentication-Info", "qop=auth, nextnonce=\"next\"");
        ask(true, Some(&first), |draft| digest.accepted(draft, &info));
        let second = give(true).unwrap();
        assert!(second.contains("nonce=\"next\"") && second.contains("nc=00000001"), "{second}");
        // What answers the first nonce is late by now.
        let late = head(200, "Proxy-Authentication-Info", "nextnonce=\"late\"");
        ask(true, Some(&first), |draft| digest.accepted(draft, &late));
        assert!(give(true).unwrap().contains("nonce=\"next\", "));
        let refused = head(407, "proxy-authenticate", "Digest realm=r, nonce=m, qop=auth");
        assert!(!ask(true, Some(&second), |draft| digest.challenged(draft, &refused, 1)));
        assert_eq!(give(true), None, "what was refused is forgotten");
    }

    #[test]
    fn a_server_that_makes_up_realms_fills_no_memory() {
        let digest = Digest::new("u", "p").unwrap();
        for number in 0..3 * MOST_SESSIONS {
            let asks = head(401, "www-authenticate", &format!("Digest realm={number}, nonce=n"));
            assert!(ask(false, None, |draft| digest.challenged(draft, &asks, 0)));
        }
        assert_eq!(digest.sessions().len(), MOST_SESSIONS);
        let last = ask(false, None, |draft| digest.authorize(draft).unwrap()).unwrap();
        assert!(last.contains(&format!("realm=\"{}\"", 3 * MOST_SESSIONS - 1)), "{last}");
    }
}
