//! Public suffixes from Mozilla's list (feature `psl`).
//!
//! In: a domain in lower case, without a final dot. Out: whether strangers register names right below it. The list is
//! compiled in, with its private section (`github.io`), as old as the crate `psl`; unknown top-level domains count as
//! public, which is the list's own rule (`*`).

use psl::Psl;

use super::jar::Jar;

impl Jar {
    /// An empty jar that shares cookies as browsers do: below every domain that is no public suffix. Needs feature `psl`.
    ///
    /// ```
    /// use wireline::{Jar, CookieRefusal, Uri};
    ///
    /// let jar = Jar::with_public_suffixes();
    /// let url = Uri::parse("https://www.example.co.uk/").unwrap();
    /// jar.set(&url, "sid=1; Domain=example.co.uk")?;
    /// assert_eq!(jar.set(&url, "sid=1; Domain=co.uk"), Err(CookieRefusal::PublicSuffix));
    /// # Ok::<(), CookieRefusal>(())
    /// ```
    pub fn with_public_suffixes() -> Jar {
        Jar::new().suffix_list(is_public_suffix)
    }
}

fn is_public_suffix(domain: &str) -> bool {
    // `*.kawasaki.jp` says that all names right below it are suffixes, and the list's algorithm leaves `kawasaki.jp` out:
    // a cookie for it would reach them all.
    is_listed(domain) || is_listed(&["any.", domain].concat())
}

fn is_listed(domain: &str) -> bool {
    let suffix = psl::List.suffix(domain.as_bytes());
    suffix.is_some_and(|suffix| suffix.as_bytes() == domain.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::is_public_suffix;

    #[test]
    fn s_72_suffixes_of_every_kind() {
        for public in [
            "com",
            "co.uk",
            "github.io",
            "anything.kawasaki.jp", // *.kawasaki.jp
            "kawasaki.jp",
            "anything.ck", // *.ck
            "xn--p1ai",
            "xn--55qx5d.cn",
            "local",
        ] {
            assert!(is_public_suffix(public), "{public}");
        }
        for private in ["example.com", "bbc.co.uk", "me.github.io", "www.ck", "city.kawasaki.jp"] {
            assert!(!is_public_suffix(private), "{private}");
        }
    }
}
