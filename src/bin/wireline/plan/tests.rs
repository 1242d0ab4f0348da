//! Tests of [`super`]: files of options, groups, and what follows from what was said.

use std::io;

use super::*;

/// `HOME` is `/home`; files by their names.
struct Shelf<'a>(&'a [(&'a str, &'a str)]);

impl Files for Shelf<'_> {
    fn read(&mut self, path: &Path) -> io::Result<Vec<u8>> {
        let known = self.0.iter().find(|(name, _)| Path::new(name) == path);
        known.map(|(_, text)| text.as_bytes().to_vec()).ok_or(io::ErrorKind::NotFound.into())
    }

    fn variable(&mut self, name: &str) -> Option<OsString> {
        (name == "HOME").then(|| "/home".into())
    }
}

fn read(line: &str, shelf: &[(&str, &str)]) -> Result<Plan, (u8, String)> {
    let args = line.split_whitespace().map(OsString::from).collect();
    plan(args, &mut Shelf(shelf)).map_err(|wrong| (wrong.code, wrong.message))
}

fn urls(plan: &Plan) -> Vec<Vec<&str>> {
    plan.groups.iter().map(|group| group.urls.iter().map(|url| url.0.as_str()).collect()).collect()
}

#[test]
fn files_say_what_could_be_said_here() {
    let shelf = [("a", "url = x\nnext\n-K b\n"), ("b", "data = \"1 2\"\nurl = y")];
    let plan = read("-d 0 -K a z", &shelf).unwrap();
    assert_eq!(urls(&plan), [vec!["x"], vec!["y", "z"]]);
    assert_eq!(plan.groups[1].body.data.as_deref(), Some(&b"1 2"[..]));
    for (line, file, code, says) in [
        ("-K no", "", 26, "cannot read config from 'no': entity not found"),
        ("-K a", "\nnosuch", 2, "a:2: option --nosuch: is unknown"),
        ("-K a", "silent = yes", 2, "a:1: it takes no value"),
        ("-K a", "header", 2, "a:1: option --header: requires parameter"),
    ] {
        assert_eq!(read(line, &[("a", file)]).unwrap_err(), (code, says.to_owned()));
    }
    let (_, says) = read("-K a", &[("a", "-K a")]).unwrap_err();
    assert!(says.ends_with("config files name one another without end"), "{says}");
}

#[test]
fn the_users_own_file_is_read_unless_it_is_refused_first() {
    let shelf = [("/home/.curlrc", "-A own")];
    for (line, agent) in [("x", Some("own")), ("-A me x", Some("me")), ("-s -q x", Some("own"))] {
        let plan = read(line, &shelf).unwrap();
        assert_eq!(plan.groups[0].request.user_agent.as_deref(), agent, "{line}");
    }
    for line in ["-q x", "-qs x", "--disable x"] {
        assert_eq!(read(line, &shelf).unwrap().groups[0].request.user_agent, None, "{line}");
    }
}

#[test]
fn values_are_expanded_in_their_turn() {
    let plan = read("--variable a=1 --expand-url x{{a}} --variable a=2 --expand-url x{{a}}", &[]);
    assert_eq!(urls(&plan.unwrap()), [["x1", "x2"]]);
}

#[test]
fn a_group_without_a_url_goes_on() {
    let plan = read("-s --next x --next y", &[]).unwrap();
    assert_eq!(urls(&plan), [["x"], ["y"]]);
}

#[test]
fn json_brings_its_fields_unless_they_are_said() {
    let plan = read("--json {} -H accept:z x", &[]).unwrap();
    assert_eq!(plan.groups[0].request.fields, ["accept:z", "Content-Type: application/json"]);
}

#[test]
fn one_of_those_that_decide_the_method() {
    for line in ["-I -d a x", "-T f -d a x", "-F a=b -d a x", "-T f --json a x"] {
        assert_eq!(read(line, &[]).unwrap_err().0, 2, "{line}");
    }
    for line in ["-I -G -d a x", "-G -d a x", "-I x"] {
        assert!(read(line, &[]).is_ok(), "{line}");
    }
}

#[test]
fn uploads_are_unfolded_with_their_urls() {
    let plan = read("-T {a,b} x/ -o 1 -T c y -o 2", &[]).unwrap();
    assert_eq!(urls(&plan), [["x/", "x/", "y"]]);
    let group = &plan.groups[0];
    assert_eq!(group.uploads, ["a", "b", "c"]);
    let target = |name: &str| Target::File(name.to_owned());
    assert_eq!(group.targets, [target("1"), target("1"), target("2")]);
    assert_eq!(read("-T {a x", &[]).unwrap_err().0, 3);
}
