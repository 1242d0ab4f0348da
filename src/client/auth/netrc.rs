//! [`Netrc`]: logins by host, from the file that ftp, curl, git and Requests read. Nothing reads it by itself.
//!
//! Which entry is meant decides [`Netrc`]'s `authorize`, and the ways that went wrong elsewhere are closed there (S-65):
//! the host is the one the request goes to and not what a URL looks like; a user named in the URL is the only one whose
//! password may follow; an entry without a password does not get another's; after a redirect to another origin nothing
//! is looked up at all, like all credentials.

use std::ffi::OsString;
use std::fmt;
use std::net::IpAddr;
use std::path::{Path, PathBuf};

use crate::client::error::Error;
use crate::conn::BoxError;
use crate::message::{Host, Uri, percent};

use super::authenticate::{Authenticate, Draft};
use super::basic::{Basic, decoded};
use super::netrc_read::{Entry, entries};

/// No netrc has a hundredth of it.
const MOST_BYTES: u64 = 1 << 20;

/// The logins of a `.netrc`, sent by Basic to the hosts they are for.
///
/// ```
/// use wireline::client::{Client, Netrc};
///
/// let netrc = Netrc::parse("machine api.example.com login alice password wonderland")?;
/// let client = Client::builder().auth(netrc).build()?;
/// # Ok::<(), wireline::Error>(())
/// ```
///
/// An entry is for all ports and both schemes of its host: the file has no word for them. A request to `http` sends the
/// password where anyone can read it.
#[derive(Clone)]
pub struct Netrc {
    entries: Vec<(Machine, Entry)>,
}

/// Whom an entry is for.
#[derive(Clone, PartialEq, Eq)]
enum Machine {
    Host(Host),
    Default,
    /// No host at all, so never asked.
    Nobody,
}

impl Netrc {
    /// The text of a file.
    ///
    /// # Errors
    /// A text that is no netrc, with the line; no word of it is shown.
    pub fn parse(text: &str) -> Result<Netrc, Error> {
        Netrc::read(text).map_err(|why| Error::build(format!("netrc: {why}")))
    }

    /// The file at `path`. Blocks while reading it.
    ///
    /// # Errors
    /// A file that cannot be read, is larger than 1 MiB, or is no netrc. On Unix also one that others than its owner can
    /// read or write: `chmod 600`, or [`load_shared`](Self::load_shared).
    pub fn load(path: impl AsRef<Path>) -> Result<Netrc, Error> {
        let path = path.as_ref();
        private(path).map_err(|why| refused(path, why))?;
        Netrc::load_shared(path)
    }

    /// As [`load`](Self::load), whoever else can read or write the file.
    ///
    /// # Errors
    /// As [`load`](Self::load), permissions aside.
    pub fn load_shared(path: impl AsRef<Path>) -> Result<Netrc, Error> {
        let path = path.as_ref();
        let text = content(path).map_err(|why| refused(path, why))?;
        Netrc::read(&text).map_err(|why| refused(path, why.into()))
    }

    /// The file that the environment names: `NETRC`, or else `.netrc` in the home directory (`HOME`; on Windows
    /// `USERPROFILE` if that is not set, and `_netrc` if there is no `.netrc`). `None` if there is no such file, unless
    /// `NETRC` names it.
    ///
    /// # Errors
    /// As [`load`](Self::load).
    pub fn load_default() -> Result<Option<Netrc>, Error> {
        Netrc::load_named_by(|name| std::env::var_os(name))
    }

    /// User name and password for `uri`, by the rules by which they are sent: of `user`, if that is said, or else of the first
    /// entry. `None` if there is no entry, or no whole one. User names and passwords in the URL do not matter here.
    ///
    /// ```
    /// use wireline::{Uri, client::Netrc};
    ///
    /// let netrc = Netrc::parse("machine api.example.com login alice password wonderland")?;
    /// let url = Uri::parse("https://api.example.com/").unwrap();
    /// assert_eq!(netrc.login(&url, None), Some(("alice", "wonderland")));
    /// assert_eq!(netrc.login(&url, Some("bob")), None);
    /// # Ok::<(), wireline::Error>(())
    /// ```
    pub fn login(&self, uri: &Uri, user: Option<&str>) -> Option<(&str, &str)> {
        let user = user.map(percent::encode);
        let entry = self.entry(uri, user.as_deref())?;
        Some((entry.login.as_deref()?, entry.password.as_deref()?))
    }

    fn load_named_by(variable: impl Fn(&str) -> Option<OsString>) -> Result<Option<Netrc>, Error> {
        let set = |name: &str| variable(name).filter(|value| !value.is_empty());
        if let Some(named) = set("NETRC") {
            return Netrc::load(PathBuf::from(named)).map(Some);
        }
        let home = set("HOME").or_else(|| if cfg!(windows) { set("USERPROFILE") } else { None });
        let Some(home) = home.map(PathBuf::from) else { return Ok(None) };
        let names: &[&str] = if cfg!(windows) { &[".netrc", "_netrc"] } else { &[".netrc"] };
        let found = names.iter().map(|name| home.join(name)).find(|path| path.exists());
        found.map(Netrc::load).transpose()
    }

    fn read(text: &str) -> Result<Netrc, String> {
        let entries = entries(text)?.into_iter().map(|entry| (Machine::of(&entry), entry));
        Ok(Netrc { entries: entries.collect() })
    }

    /// The entry meant by `uri`: of its host, or else the default; of `user`, if the URL named one, or else the first.
    fn entry(&self, uri: &Uri, user: Option<&str>) -> Option<&Entry> {
        let host = Machine::Host(uri.origin().host().clone());
        let user = user.map(percent::decode);
        // Where the host is known the default is not for it, whatever its entries lack.
        let known = self.entries.iter().any(|(machine, _)| *machine == host);
        let machine = if known { host } else { Machine::Default };
        let mut entries = self.entries.iter().filter(|(whose, _)| *whose == machine);
        let meant = entries.find(|(_, entry)| match (&user, &entry.login) {
            (Some(user), login) => login.as_ref().is_some_and(|login| login.as_bytes() == user),
            (None, _) => true,
        });
        meant.map(|(_, entry)| entry)
    }
}

impl Authenticate for Netrc {
    fn authorize(&self, draft: &Draft<'_>) -> Result<Option<String>, BoxError> {
        let in_url = draft.userinfo;
        if let Some((user, Some(password))) = in_url {
            return decoded(user, Some(password)).map(Some);
        }
        match self.entry(draft.uri, in_url.map(|(user, _)| user)) {
            Some(Entry { login: Some(login), password: Some(password), .. }) => {
                Ok(Some(Basic::new(login, password)?.into_value()))
            }
            // What is not complete is not completed from elsewhere.
            _ => in_url.map(|(user, _)| decoded(user, None)).transpose(),
        }
    }
}

impl Machine {
    fn of(entry: &Entry) -> Machine {
        match &entry.machine {
            None => Machine::Default,
            Some(name) => match name.parse::<IpAddr>() {
                Ok(address) => Machine::Host(address.into()),
                Err(_) => Host::parse(name).map_or(Machine::Nobody, Machine::Host),
            },
        }
    }
}

fn refused(path: &Path, why: BoxError) -> Error {
    Error::build(format!("{}: {why}", path.display()))
}

fn content(path: &Path) -> Result<String, BoxError> {
    let size = std::fs::metadata(path)?.len();
    if size > MOST_BYTES {
        return Err(format!("{size} bytes are more than a netrc has").into());
    }
    Ok(std::fs::read_to_string(path)?)
}

/// Passwords in a file that others can read are no secret, and in one that others can write they go anywhere.
#[cfg(unix)]
fn private(path: &Path) -> Result<(), BoxError> {
    use std::os::unix::fs::PermissionsExt;
    let mode = std::fs::metadata(path)?.permissions().mode() & 0o777;
    if mode & 0o077 == 0 {
        return Ok(());
    }
    Err(format!("mode {mode:03o} lets others at the passwords: chmod 600, or use `load_shared`")
        .into())
}

#[cfg(not(unix))]
fn private(_: &Path) -> Result<(), BoxError> {
    Ok(())
}

/// Says how many entries there are and shows none.
impl fmt::Debug for Netrc {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Netrc({} entries)", self.entries.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILE: &str = "machine a.test login alice password one\nmachine a.test login bob password two\n\
                        machine b.test login carol\nmachine C.test password three\nmachine 127.0.0.1 login d password 4\n\
                        machine ::1 login e password 5\nmachine [::2] login f password 6\nmachine a/b login g password 7\n";
    const DEFAULT: &str = "default login anonymous password guest\n";

    fn login(file: &str, url: &str) -> Option<(String, String)> {
        let netrc = Netrc::parse(file).unwrap();
        let uri = Uri::parse(url).unwrap();
        let entry = netrc.entry(&uri, uri.userinfo().map(|(user, _)| user))?;
        Some((entry.login.clone()?, entry.password.clone()?))
    }

    #[test]
    fn s_65_the_host_is_the_one_the_request_goes_to() {
        let who = |url| login(FILE, url).map(|(user, _)| user);
        assert_eq!(who("http://A.test:8080/x"), Some("alice".into()));
        assert_eq!(who("https://127.0.0.1/"), Some("d".into()));
        assert_eq!(who("http://[::1]/"), Some("e".into()));
        assert_eq!(who("http://[0::2]:80/"), Some("f".into()));
        // CVE-2024-47081: what stands before the `@` is no host.
        for evil in [
            "http://a.test:@evil.test/",
            "http://a.test@evil.test/",
            "http://evil.test/?a.test",
            "http://a.test.evil/",
        ] {
            assert_eq!(who(evil), None, "{evil}");
        }
        assert_eq!(who("http://sub.a.test/"), None);
        assert_eq!(who("http://a.test./"), None);
    }

    #[test]
    fn s_65_a_user_in_the_url_must_be_the_one_of_the_entry() {
        let password = |url| login(FILE, url).map(|(_, password)| password);
        assert_eq!(password("http://bob@a.test/"), Some("two".into()));
        assert_eq!(password("http://%62ob@a.test/"), Some("two".into()));
        assert_eq!(password("http://eve@a.test/"), None);
        let both = [FILE, DEFAULT].concat();
        assert_eq!(login(&both, "http://eve@a.test/"), None);
        assert_eq!(login(&both, "http://eve@z.test/"), None);
        assert_eq!(
            login(&both, "http://anonymous@z.test/"),
            Some(("anonymous".into(), "guest".into()))
        );
    }

    /// CVE-2024-11053, CVE-2025-0167: an entry that lacks something has nothing, also if there is a default.
    #[test]
    fn s_65_an_entry_without_password_borrows_none() {
        for file in [FILE.to_owned(), [FILE, DEFAULT].concat(), [DEFAULT, FILE].concat()] {
            assert_eq!(login(&file, "http://b.test/"), None);
            assert_eq!(login(&file, "http://c.test/"), None);
            let stranger = login(&file, "http://z.test/").map(|(user, _)| user);
            assert_eq!(stranger, (file != FILE).then(|| "anonymous".to_owned()));
        }
        assert_eq!(login("default", "http://z.test/"), None);
        assert_eq!(login("machine a.test default login x password y", "http://a.test/"), None);
    }

    #[test]
    fn the_environment_names_the_file() {
        let folder = std::env::temp_dir().join(format!("wireline-netrc-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let in_home = |name: &str| (name == "HOME").then(|| folder.clone().into_os_string());
        assert!(Netrc::load_named_by(|_| None).unwrap().is_none());
        assert!(Netrc::load_named_by(in_home).unwrap().is_none());
        let elsewhere = folder.join("elsewhere");
        let named = |name: &str| (name == "NETRC").then(|| elsewhere.clone().into_os_string());
        let error = Netrc::load_named_by(named).unwrap_err().to_string();
        assert!(error.contains("elsewhere"), "{error}");
        std::fs::write(folder.join(".netrc"), "machine h login a password p").unwrap();
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            let mode = |mode| {
                std::fs::set_permissions(folder.join(".netrc"), PermissionsExt::from_mode(mode))
            };
            for bits in [0o644, 0o640, 0o620, 0o601] {
                mode(bits).unwrap();
                let error = Netrc::load_named_by(in_home).unwrap_err().to_string();
                assert!(
                    error.contains(&format!("{bits:o}")) && error.contains("chmod 600"),
                    "{error}"
                );
                assert!(Netrc::load_shared(folder.join(".netrc")).is_ok());
            }
            mode(0o600).unwrap();
        }
        let netrc = Netrc::load_named_by(in_home).unwrap().unwrap();
        assert_eq!(format!("{netrc:?}"), "Netrc(1 entries)");
        std::fs::write(folder.join(".netrc"), vec![b' '; MOST_BYTES as usize + 1]).unwrap();
        assert!(Netrc::load_named_by(in_home).unwrap_err().to_string().contains("1048577 bytes"));
        std::fs::write(folder.join(".netrc"), "machine h password my s3cret").unwrap();
        let error = Netrc::load_named_by(in_home).unwrap_err();
        assert!(error.is_builder() && !format!("{error:?}").contains("s3cret"), "{error:?}");
        assert!(error.to_string().contains(".netrc: line 1: "), "{error}");
        std::fs::remove_dir_all(&folder).unwrap();
    }
}
