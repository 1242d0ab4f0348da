//! The cookies of a jar: what is kept, what is sent, and what has to go (RFC 6265bis §5.7 and §5.8).
//!
//! In: cookies that were admitted, places that ask, the time. Out: the value of a `Cookie` field. No lock, no clock, no
//! I/O. Both caps hold after every call. A call looks at the cookies of one host and its parents, and at those below them
//! only to protect `Secure` ones; everything else is found by an index.

use std::collections::BTreeMap;
use std::net::Ipv4Addr;
use std::ops::Bound;
use std::sync::Arc;
use std::time::SystemTime;

use super::admit::path_matches;
use super::cookie::{Cookie, CookieRefusal, is_control};
use super::domain::{Place, domain_matches};

/// Cookies kept for one domain; what Chromium and Firefox keep. The draft asks for 50 at least (§6.1).
pub(crate) const MAX_PER_DOMAIN: usize = 180;

/// Cookies kept in all: "At least 3000 cookies total" (§6.1).
pub(crate) const MAX_TOTAL: usize = 3000;

/// The longest value of a `Cookie` field that is sent, in bytes: with the field's name, the line stays below the 8190
/// bytes that Apache reads and below the 8 KiB that nginx does (S-75).
pub(crate) const MAX_FIELD: usize = 8000;

/// Cookies by domain, the labels of names turned round: `com.example` and `com.example.www` stand together.
#[derive(Default)]
pub(crate) struct Shelf {
    domains: BTreeMap<Arc<str>, Vec<Kept>>,
    /// From when a cookie was last used to its domain, so that the one that was not used for the longest time is known.
    used: BTreeMap<u64, Arc<str>>,
    /// Counts events: creation-time and last-access-time, of which only the order is ever asked. Unlike a clock it never
    /// says the same twice and never steps back.
    ticks: u64,
    /// When the cookies that end do, soonest first, by the event that made them.
    ends: BTreeMap<(SystemTime, u64), Arc<str>>,
}

struct Kept {
    cookie: Cookie,
    created: u64,
    used: u64,
}

/// What became of a cookie that was put on the shelf.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Put {
    Kept,
    /// It had expired; one that it replaced is gone.
    Expired,
}

impl Shelf {
    /// §5.7 steps 16, 23 and 24, and the eviction of what is too much. `secure` tells whether the cookie came over a
    /// secure connection.
    pub(crate) fn put(
        &mut self,
        cookie: Cookie,
        secure: bool,
        now: SystemTime,
    ) -> Result<Put, CookieRefusal> {
        self.evict_expired(now);
        if !cookie.secure && !secure && self.would_cover_secure(&cookie) {
            return Err(CookieRefusal::WouldCoverSecure);
        }
        let key = key(&cookie.domain);
        // Step 23: "Update the creation-time of the newly-created cookie to match the creation-time of the old-cookie.
        // Remove the old-cookie from the cookie store."
        let old = self.take(&key, |kept| cookie.replaces(&kept.cookie)).pop();
        if cookie.is_expired(now) {
            return Ok(Put::Expired);
        }
        let used = self.tick();
        let created = old.map_or(used, |old| old.created);
        let key: Arc<str> = Arc::from(key);
        if let Some(end) = cookie.expires {
            self.ends.insert((end, created), Arc::clone(&key));
        }
        self.used.insert(used, Arc::clone(&key));
        self.domains.entry(key).or_default().push(Kept { cookie, created, used });
        self.evict_excess(used);
        Ok(Put::Kept)
    }

    /// The value of the `Cookie` field for a request, if there is one (§5.8.3).
    pub(crate) fn field(&mut self, place: &Place<'_>, now: SystemTime) -> Option<String> {
        self.evict_expired(now);
        let mut field = String::new();
        let mut sent = Vec::new();
        for Kept { cookie, used, .. } in self.matching(place) {
            // Checked once more, whatever way it came in (S-08).
            let bad = |text: &str| text.bytes().any(|byte| is_control(byte) || byte == b';');
            let room = MAX_FIELD.saturating_sub(field.len() + 2);
            let long = cookie.name.len() + 1 + cookie.value.len() > room;
            if long || bad(&cookie.name) || bad(&cookie.value) {
                continue;
            }
            sent.push(*used);
            if !field.is_empty() {
                field.push_str("; ");
            }
            // Step 6: "If the cookies' name is not empty, output the cookie's name followed by the '=' character."
            if !cookie.name.is_empty() {
                field.push_str(&cookie.name);
                field.push('=');
            }
            field.push_str(&cookie.value);
        }
        sent.into_iter().for_each(|used| self.touch(used));
        (!field.is_empty()).then_some(field)
    }

    /// The cookies for a request in the order they are sent, whether or not all of them fit into a field.
    pub(crate) fn find(&mut self, place: &Place<'_>, now: SystemTime) -> Vec<Cookie> {
        self.evict_expired(now);
        self.matching(place).into_iter().map(|kept| kept.cookie.clone()).collect()
    }

    /// All cookies, oldest first.
    pub(crate) fn all(&mut self, now: SystemTime) -> Vec<Cookie> {
        self.evict_expired(now);
        let mut all: Vec<&Kept> = self.domains.values().flatten().collect();
        all.sort_by_key(|kept| kept.created);
        all.into_iter().map(|kept| kept.cookie.clone()).collect()
    }

    /// Takes out the cookies that a request would carry under this name.
    pub(crate) fn remove(&mut self, place: &Place<'_>, name: &str, now: SystemTime) -> usize {
        let found = self.find(place, now);
        let named = found.iter().filter(|cookie| cookie.name == name);
        named.map(|old| self.take(&key(&old.domain), |kept| old.replaces(&kept.cookie)).len()).sum()
    }

    /// Takes out all that `goes` says; returns how many.
    pub(crate) fn remove_all(&mut self, goes: impl Fn(&Cookie) -> bool) -> usize {
        let keys: Vec<Arc<str>> = self.domains.keys().cloned().collect();
        keys.iter().map(|key| self.take(key, |kept| goes(&kept.cookie)).len()).sum()
    }

    /// "The user agent MUST evict all expired cookies from the cookie store if, at any time, an expired cookie exists in
    /// the cookie store." (§5.7)
    pub(crate) fn evict_expired(&mut self, now: SystemTime) -> usize {
        let mut evicted = 0;
        while let Some((&(end, created), key)) = self.ends.first_key_value()
            && end <= now
        {
            let key = Arc::clone(key);
            self.ends.remove(&(end, created));
            evicted += self.take(&key, |kept| kept.created == created).len();
        }
        evicted
    }

    pub(crate) fn len(&self) -> usize {
        self.used.len()
    }

    /// Step 16: "the cookie store contains one or more cookies that meet all of the following criteria: Their name
    /// matches the name of the newly-created cookie. Their secure-only-flag is true. Their domain domain-matches the
    /// domain of the newly-created cookie, or vice-versa. The path of the newly-created cookie path-matches the path of
    /// the existing cookie."
    fn would_cover_secure(&self, cookie: &Cookie) -> bool {
        let covered = |kept: &Kept| {
            let old = &kept.cookie;
            old.secure && old.name == cookie.name && path_matches(&cookie.path, &old.path)
        };
        let here = key(&cookie.domain);
        let below = [&here, "."].concat();
        let same_or_parent = lines_up_to(&here).filter_map(|key| self.domains.get(key)).flatten();
        let from = Bound::Included(below.as_str());
        let children = self.domains.range::<str, _>((from, Bound::Unbounded));
        let children = children.take_while(|(key, _)| key.starts_with(&below));
        same_or_parent.chain(children.flat_map(|(_, kept)| kept)).any(covered)
    }

    /// §5.8.3 steps 3 and 4. That no domain is a public suffix was seen to when the cookie was taken.
    fn matching(&self, place: &Place<'_>) -> Vec<&Kept> {
        let key = key(&place.host);
        let keys = lines_up_to(&key).filter(|line| !place.is_address || line.len() == key.len());
        let kept = keys.filter_map(|key| self.domains.get(key)).flatten();
        let mut found: Vec<&Kept> = kept
            .filter(|Kept { cookie, .. }| {
                let is_host = cookie.domain == place.host;
                let shared = !cookie.host_only && domain_matches(&place.host, &cookie.domain);
                (is_host || shared)
                    && path_matches(place.path, &cookie.path)
                    && (!cookie.secure || place.secure)
            })
            .collect();
        // "Cookies with longer paths are listed before cookies with shorter paths. Among cookies that have equal-length
        // path fields, cookies with earlier creation-times are listed before cookies with later creation-times."
        found.sort_by_key(|kept| (std::cmp::Reverse(kept.cookie.path.len()), kept.created));
        found
    }

    /// "When the user agent removes excess cookies from the cookie store, the user agent MUST evict cookies in the
    /// following priority order: 1. Expired cookies [gone by now]. 2. Cookies whose secure-only-flag is false, and which
    /// share a domain field with more than a predetermined number of other cookies. 3. Cookies that share a domain field
    /// with more than a predetermined number of other cookies. 4. All cookies. If two cookies have the same removal
    /// priority, the user agent MUST evict the cookie with the earliest last-access-time first."
    ///
    /// One cookie has come, the one used at `newest`, so one has to go at most.
    fn evict_excess(&mut self, newest: u64) {
        let Some(key) = self.used.get(&newest).cloned() else { return };
        let domain = self.domains.get(&key).map(Vec::as_slice).unwrap_or_default();
        let goes = if domain.len() > MAX_PER_DOMAIN {
            domain.iter().min_by_key(|kept| (kept.cookie.secure, kept.used)).map(|kept| kept.used)
        } else if self.used.len() > MAX_TOTAL {
            self.used.first_key_value().map(|(used, _)| *used)
        } else {
            None
        };
        if let Some(goes) = goes
            && let Some(key) = self.used.get(&goes).cloned()
        {
            self.take(&key, |kept| kept.used == goes);
        }
    }

    /// Takes the cookies out of one domain that `goes` says.
    fn take(&mut self, key: &str, goes: impl Fn(&Kept) -> bool) -> Vec<Kept> {
        let Some(domain) = self.domains.get_mut(key) else { return Vec::new() };
        let taken: Vec<Kept> = domain.extract_if(.., |kept| goes(kept)).collect();
        if domain.is_empty() {
            self.domains.remove(key);
        }
        for kept in &taken {
            self.used.remove(&kept.used);
            if let Some(end) = kept.cookie.expires {
                self.ends.remove(&(end, kept.created));
            }
        }
        taken
    }

    /// "Update the last-access-time of each cookie in the cookie-list to the current date and time." (§5.8.3)
    fn touch(&mut self, used: u64) {
        let now = self.tick();
        let Some(key) = self.used.remove(&used) else { return };
        let mut kept = self.domains.get_mut(&key).into_iter().flatten();
        if let Some(kept) = kept.find(|kept| kept.used == used) {
            kept.used = now;
            self.used.insert(now, key);
        }
    }

    fn tick(&mut self) -> u64 {
        self.ticks += 1;
        self.ticks
    }
}

/// The labels of a name turned round; an address as it is. The two cannot meet: turned round again, an IPv4 address is
/// one still, and no name.
fn key(domain: &str) -> String {
    if domain.contains(':') || domain.parse::<Ipv4Addr>().is_ok() {
        return domain.to_owned();
    }
    domain.rsplit('.').collect::<Vec<&str>>().join(".")
}

/// The key and those of all its parents: `com.example.www`, `com.example`, `com`.
fn lines_up_to(key: &str) -> impl Iterator<Item = &str> {
    std::iter::successors(Some(key), |key| key.rsplit_once('.').map(|(parent, _)| parent))
}
