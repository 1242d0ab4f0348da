//! The transfers of a plan, in order, made one by one: patterns may stand for more URLs than memory holds.
//!
//! In: groups. Out: [`Transfer`]s, or why there can be no more of them.

use std::ffi::OsString;

use crate::exit::Failed;
use crate::plan::glob::Glob;
use crate::plan::{Asked, Group, Target};

use super::transfer::Transfer;

/// Where in the plan we are.
pub struct Jobs<'a> {
    groups: &'a [Group],
    group: usize,
    url: usize,
    patterns: Option<Patterns>,
    number: u64,
    url_number: u64,
}

/// The patterns of `-T` and of a URL, and which of what they stand for comes next: the URL's turn faster.
struct Patterns {
    upload: Option<Glob>,
    url: Glob,
    at: u64,
}

impl Patterns {
    fn of(group: &Group, url: usize, text: &str) -> Result<Patterns, Failed> {
        let read = |text: &str| match group.globoff {
            true => Ok(Glob::literal(text)),
            false => Glob::parse(text).map_err(|error| Failed::new(3, format!("{error}:\n{text}"))),
        };
        let upload = group.uploads.get(url).and_then(|upload| upload.to_str());
        Ok(Patterns { upload: upload.map(read).transpose()?, url: read(text)?, at: 0 })
    }

    /// The next file and URL, and what the URL's patterns stand for in it.
    fn next(&mut self) -> Option<(Option<OsString>, String, Vec<String>)> {
        let urls = self.url.count();
        let (upload, url) = (self.at / urls, self.at % urls);
        if upload == self.upload.as_ref().map_or(1, Glob::count) {
            return None;
        }
        self.at += 1;
        let upload = self.upload.as_ref().map(|glob| glob.nth(upload).0.into());
        let (url, matched) = self.url.nth(url);
        Some((upload, url, matched))
    }
}

impl<'a> Jobs<'a> {
    pub fn new(groups: &'a [Group]) -> Jobs<'a> {
        Jobs { groups, group: 0, url: 0, patterns: None, number: 0, url_number: 0 }
    }

    /// Nothing comes behind a mistake.
    fn end(&mut self, failed: Failed) -> Option<Result<Transfer<'a>, Failed>> {
        self.group = self.groups.len();
        Some(Err(failed))
    }

    fn transfer(
        &mut self,
        group: &'a Group,
        (upload, url, matched): (Option<OsString>, String, Vec<String>),
    ) -> Transfer<'a> {
        let target = match group.targets.get(self.url) {
            Some(target) => target.clone(),
            None if group.remote_name_all => Target::RemoteName,
            None => Target::File("-".to_owned()),
        };
        // One whose name is no text has no patterns.
        let upload = upload.or_else(|| group.uploads.get(self.url).cloned());
        let (number, url_number, group_number) = (self.number, self.url_number, self.group);
        self.number += 1;
        Transfer { group, url, matched, target, upload, number, url_number, group_number }
    }
}

impl<'a> Iterator for Jobs<'a> {
    type Item = Result<Transfer<'a>, Failed>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            let group = self.groups.get(self.group)?;
            if group.urls.is_empty() {
                return self.end(Failed::new(2, "no URL specified"));
            }
            let Some(Asked(text)) = group.urls.get(self.url) else {
                (self.group, self.url) = (self.group + 1, 0);
                continue;
            };
            if self.patterns.is_none() {
                match Patterns::of(group, self.url, text) {
                    Ok(patterns) => self.patterns = Some(patterns),
                    Err(failed) => return self.end(failed),
                }
            }
            match self.patterns.as_mut().and_then(Patterns::next) {
                Some(next) => return Some(Ok(self.transfer(group, next))),
                None => {
                    self.patterns = None;
                    (self.url, self.url_number) = (self.url + 1, self.url_number + 1);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn group(urls: &[&str]) -> Group {
        let urls = urls.iter().map(|url| Asked((*url).to_owned())).collect();
        Group { urls, ..Group::default() }
    }

    #[test]
    fn patterns_are_unfolded_in_order() {
        let mut second = group(&["c"]);
        second.targets = vec![Target::Null];
        let groups = [group(&["a[1-2]", "b"]), second];
        let jobs: Vec<_> = Jobs::new(&groups)
            .map(|job| job.map(|job| (job.url, job.number, job.url_number, job.group_number)))
            .collect::<Result<_, _>>()
            .unwrap();
        let job =
            |url: &str, number, url_number, group| (url.to_owned(), number, url_number, group);
        assert_eq!(
            jobs,
            [job("a1", 0, 0, 0), job("a2", 1, 0, 0), job("b", 2, 1, 0), job("c", 3, 2, 1)]
        );
    }

    #[test]
    fn files_are_sent_to_each_url() {
        let mut both = group(&["u[1-2]"]);
        both.uploads = vec!["{a,b}".into()];
        let jobs: Vec<_> = Jobs::new(std::slice::from_ref(&both))
            .map(|job| job.map(|job| (job.upload.unwrap().into_string().unwrap(), job.url)))
            .collect::<Result<_, _>>()
            .unwrap();
        let job = |file: &str, url: &str| (file.to_owned(), url.to_owned());
        assert_eq!(jobs, [job("a", "u1"), job("a", "u2"), job("b", "u1"), job("b", "u2")]);
    }

    #[test]
    fn many_urls_take_no_memory() {
        let groups = [group(&["[0-9999999999]"])];
        assert!(Jobs::new(&groups).nth(3).is_some_and(|job| job.is_ok_and(|job| job.url == "3")));
    }

    #[test]
    fn nothing_comes_behind_a_mistake() {
        let groups = [group(&["a", "{", "b"]), group(&["c"])];
        let codes: Vec<u8> =
            Jobs::new(&groups).map(|job| job.map_or_else(|failed| failed.code, |_| 0)).collect();
        assert_eq!(codes, [0, 3]);
        let nothing = [Group::default()];
        let codes: Vec<u8> =
            Jobs::new(&nothing).filter_map(|job| job.err().map(|failed| failed.code)).collect();
        assert_eq!(codes, [2]);
    }
}
