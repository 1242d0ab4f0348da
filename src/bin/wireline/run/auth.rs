//! As whom a request comes: `-u`, the login of a URL, netrc, a bearer token.
//!
//! Credentials are made anew for each transfer, as curl does, and kept for its hops: what a challenge has taught serves
//! the requests after it.

use std::collections::HashMap;
use std::io::{BufRead as _, Write as _};
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use wireline::client::{AnyAuth, Authenticate, Basic, Bearer, Digest, Draft, Netrc};
use wireline::message::{ResponseHead, percent};
use wireline::{BoxError, RequestBuilder, Uri};

use crate::exit::Failed;
use crate::plan::{self, Auth, Group, Scheme};

use super::hop::Hop;

/// What a group knows of logins.
pub struct Credentials {
    said: Option<Login>,
    netrc: Option<Netrc>,
    /// Those of each transfer.
    made: Mutex<HashMap<u64, Made>>,
}

/// User name and password.
type Login = (String, String);

#[derive(Default)]
struct Made {
    /// What the URL of the transfer had.
    in_url: Option<Login>,
    by_login: HashMap<Login, Arc<dyn Authenticate>>,
    challenges: Arc<Challenges>,
}

/// What came of asking without content.
#[derive(Default)]
struct Challenges {
    asking: AtomicBool,
    told: AtomicBool,
}

impl Credentials {
    /// Asks for a password where `-u` names a user only, and reads the netrc file.
    ///
    /// # Errors
    /// 26: a netrc that cannot be understood.
    pub fn of(plan: &Auth) -> Result<Credentials, Failed> {
        let said = plan.user.as_deref().map(|user| match user.split_once(':') {
            Some((user, password)) => (user.to_owned(), password.to_owned()),
            None => (user.to_owned(), ask(&format!("Enter host password for user '{user}':"))),
        });
        let netrc = match plan.netrc {
            plan::Netrc::Off if plan.netrc_file.is_none() => None,
            _ => netrc(plan.netrc_file.as_ref())?,
        };
        Ok(Credentials { said, netrc, made: Mutex::default() })
    }

    /// The request with the credentials for where it goes.
    ///
    /// # Errors
    /// Credentials that cannot be sent.
    pub fn apply(
        &self,
        request: RequestBuilder,
        group: &Group,
        hop: &Hop<'_>,
    ) -> Result<RequestBuilder, Failed> {
        if group.request.says("Authorization") && !hop.cross_origin {
            return Ok(request.no_auth());
        }
        if self.said.is_none()
            && self.netrc.is_none()
            && group.auth.bearer.is_none()
            && hop.transfer.url.find('@').is_none()
            && hop.url.userinfo().is_none()
        {
            return Ok(request.no_auth());
        }
        let mut made = self.made.lock().unwrap_or_else(PoisonError::into_inner);
        let own = hop.transfer.number;
        let made = made.entry(own).or_default();
        if let Some(token) = group.auth.bearer.as_deref().filter(|_| !hop.cross_origin) {
            return Ok(request.auth(Bearer::new(token)?));
        }
        let Some(login) = self.login(made, hop) else {
            return Ok(request.no_auth());
        };
        let auth = match made.by_login.get(&login) {
            Some(auth) => Arc::clone(auth),
            None => {
                let (user, password) = (&login.0, &login.1);
                let auth: Arc<dyn Authenticate> = match group.auth.scheme {
                    Scheme::Basic => Arc::new(Basic::new(user, password)?),
                    Scheme::Digest => Arc::new(Digest::new(user, password)?),
                    Scheme::Any => Arc::new(AnyAuth::new(user, password)?),
                };
                made.by_login.insert(login, Arc::clone(&auth));
                auth
            }
        };
        let challenges = Arc::clone(&made.challenges);
        Ok(request.auth(Kept { auth, challenges }))
    }

    /// Whether content has to wait: for Digest, until the server has asked for it.
    pub fn asks_first(&self, plan: &Auth, hop: &Hop<'_>) -> bool {
        let mut made = self.made.lock().unwrap_or_else(PoisonError::into_inner);
        let made = made.entry(hop.transfer.number).or_default();
        let first = plan.scheme == Scheme::Digest
            && plan.bearer.is_none()
            && !hop.transfer.group.request.says("Authorization")
            && !made.challenges.told.load(Ordering::Relaxed)
            && self.login(made, hop).is_some();
        made.challenges.asking.store(first, Ordering::Relaxed);
        first
    }

    /// Whether the server has asked.
    pub fn has_been_told(&self, hop: &Hop<'_>) -> bool {
        let made = self.made.lock().unwrap_or_else(PoisonError::into_inner);
        let made = made.get(&hop.transfer.number);
        made.is_some_and(|made| {
            made.challenges.asking.store(false, Ordering::Relaxed);
            made.challenges.told.load(Ordering::Relaxed)
        })
    }

    /// The login for where a request goes.
    fn login(&self, made: &mut Made, hop: &Hop<'_>) -> Option<Login> {
        let here = login_of(&hop.url).filter(|_| self.said.is_none() || !is_typed(hop));
        if here.is_some() {
            made.in_url.clone_from(&here);
        }
        let kept = || made.in_url.clone().or_else(|| self.said.clone());
        let given = here.or_else(|| if hop.cross_origin { None } else { kept() });
        self.choose(given, &hop.url)
    }

    /// Of what was said and what the netrc file knows of this host.
    fn choose(&self, given: Option<Login>, url: &Uri) -> Option<Login> {
        let Some(netrc) = &self.netrc else { return given };
        let user = match &given {
            Some((_, password)) if !password.is_empty() => return given,
            Some((user, _)) => Some(user.as_str()),
            None => None,
        };
        let found = netrc.login(url, user);
        found.map(|(user, password)| (user.to_owned(), password.to_owned())).or(given)
    }
}

/// Whether the login of the URL was typed: `-u` comes before it, and after one that a redirect names.
fn is_typed(hop: &Hop<'_>) -> bool {
    hop.url.userinfo().is_some_and(|(user, password)| {
        let password = password.map(|password| format!(":{password}")).unwrap_or_default();
        hop.transfer.url.contains(&format!("{user}{password}@"))
    })
}

/// What a URL says, decoded.
fn login_of(url: &Uri) -> Option<Login> {
    let (user, password) = url.userinfo()?;
    Some((decoded(user), decoded(password.unwrap_or_default())))
}

/// Percent-decoded. What is no UTF-8 then becomes U+FFFD.
pub fn decoded(text: &str) -> String {
    String::from_utf8_lossy(&percent::decode(text)).into_owned()
}

/// The netrc file, if it is there: like curl, whoever else can read it.
fn netrc(named: Option<&PathBuf>) -> Result<Option<Netrc>, Failed> {
    let path = match named {
        Some(path) => Some(path.clone()),
        None => {
            let set = |name| std::env::var_os(name).filter(|value| !value.is_empty());
            let home = || set("HOME").map(|home| PathBuf::from(home).join(".netrc"));
            set("NETRC").map(PathBuf::from).or_else(home)
        }
    };
    let Some(path) = path.filter(|path| path.exists()) else { return Ok(None) };
    let read = Netrc::load_shared(path);
    read.map(Some).map_err(|error| Failed::new(26, error.to_string()))
}

/// A line that somebody types; what is typed is not shown on a terminal.
pub fn ask(prompt: &str) -> String {
    eprint!("{prompt}");
    let _ = std::io::stderr().flush();
    let mut line = String::new();
    let stty =
        |how: &str| std::process::Command::new("stty").args(["-F", "/dev/tty", how]).status();
    match std::fs::File::open("/dev/tty") {
        Ok(terminal) => {
            let _ = stty("-echo");
            let _ = std::io::BufReader::new(terminal).read_line(&mut line);
            let _ = stty("echo");
            eprintln!();
        }
        Err(_) => {
            let _ = std::io::stdin().lock().read_line(&mut line);
        }
    }
    line.trim_end_matches(['\r', '\n']).to_owned()
}

/// Credentials that the requests of a transfer share.
struct Kept {
    auth: Arc<dyn Authenticate>,
    challenges: Arc<Challenges>,
}

impl Authenticate for Kept {
    fn authorize(&self, draft: &Draft<'_>) -> Result<Option<String>, BoxError> {
        self.auth.authorize(draft)
    }

    fn challenged(&self, draft: &Draft<'_>, head: &ResponseHead, answered: u32) -> bool {
        let told = self.auth.challenged(draft, head, answered);
        // The request is sent again by the program then, with its content.
        let asking = self.challenges.asking.swap(false, Ordering::Relaxed);
        self.challenges.told.store(told, Ordering::Relaxed);
        told && !asking
    }

    fn accepted(&self, draft: &Draft<'_>, head: &ResponseHead) {
        self.auth.accepted(draft, head);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_escape_stays() {
        assert_eq!(decoded("a%20b%2fc"), "a b/c");
        assert_eq!(decoded("100%"), "100%");
        assert_eq!(decoded("%zz%4"), "%zz%4");
        assert_eq!(decoded("%c3%a9"), "\u{e9}");
    }
}
