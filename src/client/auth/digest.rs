//! The Digest scheme (RFC 7616) as arithmetic: a challenge and a request in, the value of `Authorization` out.
//!
//! ```text
//! response = H( H(user ":" realm ":" password) ":" nonce ":" nc ":" cnonce ":" qop ":" H(method ":" target) )
//! ```
//!
//! Nothing is remembered here and nothing is random: nonce counts and client nonces come from [`digest_state`]. What a
//! server asks for in another algorithm or another quality of protection than ours is no offer and passed over.
//!
//! [`digest_state`]: super::digest_state

use crate::conn::BoxError;
use crate::message::percent;

use super::challenge::Challenge;
use super::digest_hash::Hash;

/// What a server offers, once understood.
#[derive(Clone)]
pub(crate) struct Offer {
    pub(crate) realm: String,
    pub(crate) nonce: String,
    opaque: Option<String>,
    hash: Hash,
    /// The algorithm's name as the server wrote it; it is sent back so.
    algorithm: Option<String>,
    /// `-sess`: the password's hash is salted once for a whole session.
    pub(crate) session: bool,
    protection: Protection,
    /// The nonce was too old; the password was not wrong.
    pub(crate) stale: bool,
    userhash: bool,
    utf8: bool,
    /// The URIs that the answer is good for, parted by spaces.
    pub(crate) domain: String,
}

/// The qualities of protection (§3.3, `qop`) that are offered and that we have.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Protection {
    /// None is named: RFC 2069, without counting.
    Legacy,
    Auth,
    AuthInt,
    Both,
}

/// Who answers.
pub(crate) struct Login<'a> {
    pub(crate) user: &'a str,
    pub(crate) password: &'a str,
}

/// What is to be authenticated.
#[derive(Clone, Copy)]
pub(crate) struct Subject<'a> {
    pub(crate) method: &'a str,
    /// The request-target, byte for byte.
    pub(crate) target: &'a str,
    /// The content, if it is at hand.
    pub(crate) body: Option<&'a [u8]>,
    /// Protect the content too, where there is a choice.
    pub(crate) integrity: bool,
}

/// What must not be used twice.
pub(crate) struct Count<'a> {
    /// How many requests have been sent with this nonce, this one included.
    pub(crate) nc: u32,
    pub(crate) cnonce: &'a str,
}

impl Offer {
    /// The best offer among `challenges`: the first with SHA-2, else the first with MD5. (§3.7 takes the first of all
    /// "unless a local policy dictates otherwise".)
    pub(crate) fn best(challenges: &[Challenge]) -> Option<Offer> {
        let mut offers: Vec<Offer> = challenges.iter().filter_map(Offer::read).collect();
        let strong = offers.iter().position(|offer| offer.hash != Hash::Md5);
        let best = strong.unwrap_or(0);
        (best < offers.len()).then(|| offers.swap_remove(best))
    }

    fn read(challenge: &Challenge) -> Option<Offer> {
        if !challenge.is("digest") {
            return None;
        }
        let owned = |name: &str| challenge.get_str(name).map(str::to_owned);
        let flag = |name: &str, value: &str| {
            challenge.get_str(name).is_some_and(|given| given.eq_ignore_ascii_case(value))
        };
        let algorithm = match challenge.get("algorithm") {
            None => None,
            Some(_) => Some(owned("algorithm")?),
        };
        let (hash, session) = Hash::named(algorithm.as_deref().unwrap_or("MD5"))?;
        // What is there but no text cannot be sent back, and what is not there cannot be made up.
        let opaque = match challenge.get("opaque") {
            None => None,
            Some(_) => Some(owned("opaque")?),
        };
        Some(Offer {
            realm: owned("realm")?,
            nonce: owned("nonce")?,
            opaque,
            hash,
            algorithm,
            session,
            protection: Protection::read(challenge.get("qop").unwrap_or_default())?,
            stale: flag("stale", "true"),
            userhash: flag("userhash", "true"),
            utf8: flag("charset", "utf-8"),
            domain: owned("domain").unwrap_or_default(),
        })
    }

    /// H(A1) (§3.4.2). Of a `-sess` algorithm it holds for a session: from one challenge to the next.
    pub(crate) fn key(&self, login: &Login<'_>, cnonce: &str) -> String {
        let secret = self.hash.of(&[login.user, &self.realm, login.password]);
        if self.session { self.hash.of(&[&secret, &self.nonce, cnonce]) } else { secret }
    }

    /// The value of `Authorization` (§3.4).
    ///
    /// # Errors
    /// The server wants the content protected, and the content is a stream.
    pub(crate) fn answer(
        &self,
        user: &str,
        key: &str,
        subject: Subject<'_>,
        count: &Count<'_>,
    ) -> Result<String, BoxError> {
        let Subject { method, target, .. } = subject;
        let qop = self.protection.choose(subject)?;
        let request = match subject.body {
            Some(body) if qop == Some("auth-int") => {
                self.hash.of(&[method, target, &self.hash.hex(body)])
            }
            _ => self.hash.of(&[method, target]),
        };
        let Count { nc, cnonce } = *count;
        let nc = format!("{nc:08x}");
        let response = match qop {
            Some(qop) => self.hash.of(&[key, &self.nonce, &nc, cnonce, qop, &request]),
            None => self.hash.of(&[key, &self.nonce, &request]),
        };
        // "For historical reasons" some are quoted and some must not be (§3.4). The order is that of curl, which every
        // server has seen.
        let mut value = format!(
            "Digest {}, realm={}, nonce={}, uri={}",
            self.username(user),
            quoted(&self.realm),
            quoted(&self.nonce),
            quoted(target)
        );
        if qop.is_some() || self.session {
            value += &format!(", cnonce=\"{cnonce}\"");
        }
        if let Some(qop) = qop {
            value += &format!(", nc={nc}, qop={qop}");
        }
        value += &format!(", response=\"{response}\"");
        if let Some(opaque) = &self.opaque {
            value += &format!(", opaque={}", quoted(opaque));
        }
        if let Some(algorithm) = &self.algorithm {
            value += &format!(", algorithm={algorithm}");
        }
        if self.userhash {
            value += ", userhash=true";
        }
        Ok(value)
    }

    /// The user name: hashed, or in the extended notation where plain text will not do (§3.4, §3.4.4), or as it is.
    fn username(&self, user: &str) -> String {
        match (self.userhash, self.utf8 && !user.is_ascii()) {
            (true, _) => format!("username=\"{}\"", self.hash.of(&[user, &self.realm])),
            (false, true) => format!("username*=UTF-8''{}", percent::encode(user)),
            (false, false) => format!("username={}", quoted(user)),
        }
    }
}

impl Protection {
    /// From a list such as `auth,auth-int`; `None` if it holds neither.
    fn read(list: &[u8]) -> Option<Protection> {
        let names = || list.split(|&byte| byte == b',').map(<[u8]>::trim_ascii);
        let has = |wanted: &[u8]| names().any(|name| name.eq_ignore_ascii_case(wanted));
        match (has(b"auth"), has(b"auth-int")) {
            (true, true) => Some(Protection::Both),
            (true, false) => Some(Protection::Auth),
            (false, true) => Some(Protection::AuthInt),
            (false, false) => list.trim_ascii().is_empty().then_some(Protection::Legacy),
        }
    }

    fn choose(self, subject: Subject<'_>) -> Result<Option<&'static str>, BoxError> {
        let in_memory = subject.body.is_some();
        match self {
            Protection::Legacy => Ok(None),
            Protection::Both if subject.integrity && in_memory => Ok(Some("auth-int")),
            Protection::Auth | Protection::Both => Ok(Some("auth")),
            Protection::AuthInt if in_memory => Ok(Some("auth-int")),
            Protection::AuthInt => Err("the server wants Digest with qop=auth-int, which needs the hash of the body before \
                 it is sent, and this body is a stream: send it from memory"
                .into()),
        }
    }
}

/// `text` as a quoted-string.
fn quoted(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    for character in text.chars() {
        if matches!(character, '"' | '\\') {
            out.push('\\');
        }
        out.push(character);
    }
    out.push('"');
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::client::auth::challenge::challenges;
    use crate::message::Fields;

    const GET: Subject<'_> =
        Subject { method: "GET", target: "/dir/index.html", body: Some(b""), integrity: false };

    fn best(line: &str) -> Option<Offer> {
        let mut fields = Fields::new();
        fields.append("www-authenticate", line).unwrap();
        Offer::best(&challenges(&fields, "www-authenticate"))
    }

    fn answer(line: &str, login: &Login<'_>, subject: Subject<'_>, cnonce: &str) -> String {
        let offer = best(line).expect("an offer");
        let key = offer.key(login, cnonce);
        offer.answer(login.user, &key, subject, &Count { nc: 1, cnonce }).unwrap()
    }

    fn response(value: &str) -> &str {
        value.split("response=\"").nth(1).unwrap().split('"').next().unwrap()
    }

    const MUFASA: Login<'_> = Login { user: "Mufasa", password: "Circle of Life" };

    #[test]
    fn the_example_of_rfc_7616() {
        let cnonce = "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ";
        for (algorithm, expected) in [
            ("SHA-256", "753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1"),
            ("MD5", "8ca523f5e9506fed4657c9700eebdbec"),
        ] {
            let line = format!(
                "Digest realm=\"http-auth@example.org\", qop=\"auth, auth-int\", algorithm={algorithm}, \
                 nonce=\"7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v\", \
                 opaque=\"FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS\""
            );
            let value = answer(&line, &MUFASA, GET, cnonce);
            assert_eq!(
                value,
                format!(
                    "Digest username=\"Mufasa\", realm=\"http-auth@example.org\", \
                     nonce=\"7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v\", uri=\"/dir/index.html\", \
                     cnonce=\"{cnonce}\", nc=00000001, qop=auth, response=\"{expected}\", \
                     opaque=\"FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS\", algorithm={algorithm}"
                )
            );
        }
    }

    /// §3.9.2 with the values of erratum 4897: those in the text came from a draft of SHA-512/256.
    #[test]
    fn the_example_with_a_hashed_name() {
        let line = "Digest realm=\"api@example.org\", qop=\"auth\", algorithm=SHA-512-256, charset=UTF-8, \
                    nonce=\"5TsQWLVdgBdmrQ0XsxbDODV+57QdFR34I9HAbC/RVvkK\", userhash=true";
        let login = Login { user: "J\u{e4}s\u{f8}n Doe", password: "Secret, or not?" };
        let subject = Subject { target: "/doe.json", ..GET };
        let value = answer(line, &login, subject, "NTg6RKcb9boFIAS3KrFK9BGeh+iDa/sm6jUMp2wds69v");
        let name = "793263caabb707a56211940d90411ea4a575adeccb7e360aeb624ed06ece9b0b";
        assert!(value.starts_with(&format!("Digest username=\"{name}\", ")), "{value}");
        assert!(value.ends_with(", userhash=true"), "{value}");
        let expected = "3798d4131c277846293534c3edc11bd8a5e4cdcbff78b05db9d95eeb1cec68a5";
        assert_eq!(response(&value), expected);
        let value = answer(&line.replace(", userhash=true", ""), &login, subject, "c");
        assert!(value.starts_with("Digest username*=UTF-8''J%C3%A4s%C3%B8n%20Doe, "), "{value}");
    }

    #[test]
    fn the_example_of_rfc_2617() {
        let login = Login { user: "Mufasa", password: "Circle Of Life" };
        let line =
            "Digest realm=\"testrealm@host.com\", nonce=\"dcd98b7102dd2f0e8b11d0f600bfb0c093\"";
        let value = answer(&format!("{line}, qop=\"auth,auth-int\""), &login, GET, "0a4f113b");
        assert_eq!(response(&value), "6629fae49393a05397450978507c4ef1");
        // RFC 2069, as erratum 749 has it; the response that is in its text belongs to another password.
        let login = Login { user: "Mufasa", password: "CircleOfLife" };
        let value = answer(line, &login, GET, "unused");
        assert_eq!(response(&value), "1949323746fe6a43ef61f9606e7febea");
        assert!(!value.contains("nc=") && !value.contains("qop"), "{value}");
    }

    /// Against values of an independent implementation.
    #[test]
    fn sessions_and_contents() {
        let login = Login { user: "u", password: "p" };
        let post = Subject { method: "POST", target: "/a?b", body: Some(b"body"), integrity: true };
        for (algorithm, qop, expected) in [
            ("MD5-sess", "auth", "cc1660342f7bc8e4aabe895a2a95317c"),
            ("md5-SESS", "auth-int", "762d778b4fad78a67898d6678c211b56"),
            (
                "SHA-256",
                "auth,auth-int",
                "4c3cf66a642c132c2661bd8258c77d3f52b70c338deb88ab498b09d04ad9d0ae",
            ),
            (
                "sha-256-sess",
                "auth",
                "27fa1bee50fed48890610584c114b62f1fb89a67dd9fbd4f155b45246540b30c",
            ),
        ] {
            let line = format!("Digest realm=r, nonce=n, qop=\"{qop}\", algorithm={algorithm}");
            let value = answer(&line, &login, post, "c");
            assert_eq!(response(&value), expected, "{algorithm} {qop}");
            assert!(value.ends_with(&format!(", algorithm={algorithm}")), "{value}");
        }
        let offer = best("Digest realm=r, nonce=n, qop=auth-int").unwrap();
        let stream = Subject { body: None, ..post };
        let count = Count { nc: 1, cnonce: "c" };
        let error = offer.answer("u", "key", stream, &count).unwrap_err();
        assert!(error.to_string().contains("auth-int"), "{error}");
    }

    #[test]
    fn the_best_offer_is_taken_and_what_is_unknown_passed_over() {
        let realm = |line: &str| best(line).map(|offer| offer.realm);
        let md5 = "Digest realm=md5, nonce=n, qop=auth";
        let sha = "Digest realm=sha, nonce=n, qop=auth, algorithm=\"sha-256\"";
        assert_eq!(realm(&format!("Basic realm=b, {md5}, {sha}, {sha}")), Some("sha".into()));
        assert_eq!(
            realm(&format!("{md5}, Digest realm=odd, nonce=n, algorithm=SHA3")),
            Some("md5".into())
        );
        for none in [
            "Basic realm=b",
            "Digest realm=r",
            "Digest nonce=n",
            "Digest realm=r, nonce=n, qop=odd",
            "Digest realm=r, nonce=n, algorithm=token",
            "Digest",
        ] {
            assert_eq!(realm(none), None, "{none}");
        }
        assert!(
            best("Digest realm=r, nonce=n, qop=\"\", stale=TRUE").is_some_and(|offer| offer.stale)
        );
    }

    #[test]
    fn s_09_quotes_and_backslashes_go_there_and_back() {
        let login = Login { user: "DOMAIN\\a\"b", password: "p" };
        let line = r#"Digest realm="a\"b\\", nonce="n\"", opaque="\"o\"""#;
        let value = answer(line, &login, Subject { target: "/\"", ..GET }, "c");
        let expected =
            r#"Digest username="DOMAIN\\a\"b", realm="a\"b\\", nonce="n\"", uri="/\"", response=""#;
        assert!(value.starts_with(expected), "{value}");
        assert!(value.ends_with(r#", opaque="\"o\"""#), "{value}");
        // What is hashed is what the quotes stand for.
        assert_eq!(response(&value), "00a57c5f1b6f7bce5dbbfe3b49f260b5");
    }
}
