//! What `-d` and its sisters, `--json` and `--url-query` say, as bytes.
//!
//! A value and a reader of files in, the piece of data out. Joining the pieces is the body's business.

use std::path::Path;

use wireline::message::percent;

use super::options::Id;
use super::said::{Files, Said, Wrong};

/// The data that an option stands for.
///
/// # Errors
/// 26: a file that cannot be read.
pub fn data(said: &Said, files: &mut dyn Files) -> Result<Vec<u8>, Wrong> {
    let value = said.raw().as_encoded_bytes();
    match said.id {
        Id::DataRaw => Ok(value.to_vec()),
        Id::DataUrlencode => encoded(value, files),
        // What is not to be encoded again is said behind a plus.
        Id::UrlQuery => match value.strip_prefix(b"+") {
            Some(ready) => Ok(ready.to_vec()),
            None => encoded(value, files),
        },
        id => match value.strip_prefix(b"@") {
            None => Ok(value.to_vec()),
            Some(file) => {
                let mut read = file_of(file, files)?;
                if matches!(id, Id::Data | Id::DataAscii) {
                    read.retain(|byte| !matches!(byte, b'\r' | b'\n' | 0));
                }
                Ok(read)
            }
        },
    }
}

/// All of a file that is named in an argument; `-` is the standard input.
///
/// # Errors
/// 26: it cannot be read.
pub fn file_of(name: &[u8], files: &mut dyn Files) -> Result<Vec<u8>, Wrong> {
    let name = String::from_utf8_lossy(name);
    let read = files.read(Path::new(&*name));
    read.map_err(|error| Wrong::with(26, format!("Failed to open {name}: {error}")))
}

/// `content`, `=content`, `name=content`, `@file`, `name@file`.
fn encoded(value: &[u8], files: &mut dyn Files) -> Result<Vec<u8>, Wrong> {
    let equals = value.iter().position(|&byte| byte == b'=');
    let mark = equals.or_else(|| value.iter().position(|&byte| byte == b'@'));
    let Some((mark, (name, rest))) = mark.and_then(|at| Some((at, value.split_at_checked(at)?)))
    else {
        return Ok(escape(value, true).into_bytes());
    };
    let rest = rest.get(1..).unwrap_or_default();
    let content = match value.get(mark) {
        Some(b'=') => rest.to_vec(),
        _ => file_of(rest, files)?,
    };
    let mut all = name.to_vec();
    if !name.is_empty() {
        all.push(b'=');
    }
    all.extend_from_slice(escape(&content, true).as_bytes());
    Ok(all)
}

/// Percent-encodes all but unreserved characters; a space may become a plus.
pub fn escape(bytes: &[u8], plus: bool) -> String {
    let encoded = percent::encode(bytes);
    // Percent signs of the content are encoded themselves.
    if plus { encoded.replace("%20", "+") } else { encoded }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io;

    struct Shelf;

    impl Files for Shelf {
        fn read(&mut self, path: &Path) -> io::Result<Vec<u8>> {
            match path.to_str() {
                Some("f") => Ok(b"a\r\nb \0c\n".to_vec()),
                _ => Err(io::ErrorKind::NotFound.into()),
            }
        }
    }

    fn read(id: Id, value: &str) -> Result<String, u8> {
        let said = Said { id, on: true, value: value.into() };
        let data = data(&said, &mut Shelf).map_err(|wrong| wrong.code)?;
        Ok(data.escape_ascii().to_string())
    }

    #[test]
    fn each_option_reads_its_value_in_its_way() {
        for (id, value, expected) in [
            (Id::Data, "x=1 2", "x=1 2"),
            (Id::Data, "@f", "ab c"),
            (Id::DataBinary, "@f", r"a\r\nb \x00c\n"),
            (Id::Json, "@f", r"a\r\nb \x00c\n"),
            (Id::DataRaw, "@f", "@f"),
            (Id::DataUrlencode, "a b/é", "a+b%2F%C3%A9"),
            (Id::DataUrlencode, "=a=b@c", "a%3Db%40c"),
            (Id::DataUrlencode, "n &=a b", "n &=a+b"),
            (Id::DataUrlencode, "@f", "a%0D%0Ab+%00c%0A"),
            (Id::DataUrlencode, "n@f", "n=a%0D%0Ab+%00c%0A"),
            (Id::UrlQuery, "+a b", "a b"),
            (Id::UrlQuery, "n=a b", "n=a+b"),
        ] {
            assert_eq!(read(id, value).as_deref(), Ok(expected), "{id:?} {value}");
        }
        for (id, value) in [(Id::Data, "@no"), (Id::DataUrlencode, "n@no")] {
            assert_eq!(read(id, value), Err(26), "{id:?} {value}");
        }
    }
}
