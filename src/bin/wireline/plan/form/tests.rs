//! Tests of [`super`].

use std::io;

use super::*;

struct Shelf;

impl Files for Shelf {
    fn read(&mut self, path: &Path) -> io::Result<Vec<u8>> {
        match path.to_str() {
            Some("-") => Ok(b"input".to_vec()),
            Some("fields") => Ok(b"# no\nA: 1\r\n\nB: 2\n".to_vec()),
            _ => Err(io::ErrorKind::NotFound.into()),
        }
    }
}

fn read(texts: &[&str]) -> Result<Vec<Part>, String> {
    let (mut parts, mut open) = (Vec::new(), 0);
    for text in texts {
        add(&mut parts, &mut open, text, &mut Shelf).map_err(|wrong| wrong.message)?;
    }
    Ok(parts)
}

fn one(text: &str) -> Part {
    let mut parts = read(&[text]).unwrap();
    assert_eq!(parts.len(), 1);
    parts.pop().unwrap()
}

fn bytes(text: &str) -> Content {
    Content::Bytes(text.into())
}

#[test]
fn content_and_what_is_said_of_it() {
    let part = one(
        "n= v a ;type=text/plain; charset=utf-8 ;filename=\"a\\\"b\\x;c\" junk;encoder=base64;x=y",
    );
    assert_eq!((part.name.as_str(), &part.content), ("n", &bytes("v a")));
    assert_eq!(part.media_type.as_deref(), Some("text/plain; charset=utf-8"));
    assert_eq!(part.file_name.as_deref(), Some("a\"b\\x;c"));
    assert_eq!(part.encoder, Some(Encoder::Base64));
    assert_eq!(one("n=\"a;b\"").content, bytes("a;b"));
    assert_eq!(one("n=\"a").content, bytes("\"a"));
    assert_eq!(one("n=a,b").content, bytes("a,b"));
    assert_eq!(one("=a=b").content, bytes("a=b"));
}

#[test]
fn files_are_named_and_the_input_is_read() {
    let part = one("f=@dir/a.txt;type=x/y");
    assert_eq!(part.content, Content::File("dir/a.txt".into()));
    assert_eq!(part.file_name.as_deref(), Some("a.txt"));
    let part = one("f=<a.txt");
    assert_eq!((part.content, part.file_name), (Content::File("a.txt".into()), None));
    let part = one("f=@-");
    assert_eq!((part.content, part.file_name.as_deref()), (bytes("input"), Some("-")));
    let Content::Parts(both) = one("f=@a;filename=x,\"b,c\"").content else { panic!("two parts") };
    let names: Vec<_> = both.iter().map(|part| part.file_name.as_deref().unwrap()).collect();
    assert_eq!(names, ["x", "b,c"]);
}

#[test]
fn parts_hold_parts_until_they_are_closed() {
    let parts =
        read(&["a=(;type=multipart/x", "=in", "b=(", "c=deep", "=)", "=)", "d=out"]).unwrap();
    assert_eq!(parts.len(), 2);
    assert_eq!(parts[0].media_type.as_deref(), Some("multipart/x"));
    let Content::Parts(inner) = &parts[0].content else { panic!("parts") };
    assert_eq!((&inner[0].content, inner[1].name.as_str()), (&bytes("in"), "b"));
    assert!(matches!(&inner[1].content, Content::Parts(deep) if deep.len() == 1));
    assert_eq!(parts[1].content, bytes("out"));
}

#[test]
fn fields_of_a_part() {
    assert_eq!(one("n=v;headers=\"X: 1\";headers=@fields").fields, ["X: 1", "A: 1", "B: 2"]);
}

#[test]
fn what_is_wrong_is_said() {
    for (text, says) in [
        ("n", "option -F: is badly used here: expected name=content"),
        ("=)", "no multipart to terminate"),
        ("n=v;type=text", "illegally formatted content-type field: text"),
        ("n=v;encoder=rot13", "unknown encoder rot13"),
        ("n=v;headers=@no", "Failed to open no: entity not found"),
    ] {
        assert_eq!(read(&[text]).unwrap_err(), says, "{text}");
    }
}
