//! One transfer: what is to be transferred where. How that is done is in [`carry`](super::carry).

use std::ffi::OsString;

use crate::plan::{Group, Target};

/// What is to be transferred where.
pub struct Transfer<'a> {
    pub group: &'a Group,
    pub url: String,
    /// What the URL's patterns stand for.
    pub matched: Vec<String>,
    pub target: Target,
    /// `-T`: what is sent.
    pub upload: Option<OsString>,
    /// Counts the transfers of the run, the URLs of the command line, and the groups, each from 0.
    pub number: u64,
    pub url_number: u64,
    pub group_number: usize,
}

#[cfg(test)]
impl<'a> Transfer<'a> {
    /// The only one of a group: for tests.
    pub fn of(group: &'a Group, url: &str) -> Transfer<'a> {
        let upload = group.uploads.first().cloned();
        let (url, matched, target) = (url.to_owned(), Vec::new(), Target::Null);
        let (number, url_number, group_number) = (0, 0, 0);
        Transfer { group, url, matched, target, upload, number, url_number, group_number }
    }
}
