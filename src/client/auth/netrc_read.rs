//! The text of a `.netrc`: words in, entries out.
//!
//! ```text
//! machine example.com login alice password "with a space"   # as curl reads it: quotes, and \" \\ \n \r \t in them
//! macdef init
//! ...                                                        # skipped, to the next empty line
//! default login anonymous password guest
//! ```
//!
//! A word that is no keyword is an error, because it is mostly the second half of a password without quotes. Errors tell
//! the line and never show a word of it.

/// Who logs in where.
#[derive(Clone, Default, PartialEq, Eq)]
pub(crate) struct Entry {
    /// `None`: the entry `default`.
    pub(crate) machine: Option<String>,
    pub(crate) login: Option<String>,
    pub(crate) password: Option<String>,
}

/// Reads all entries, in order.
///
/// # Errors
/// The line, and what is wrong with it.
pub(crate) fn entries(text: &str) -> Result<Vec<Entry>, String> {
    let mut words = Words { rest: text.strip_prefix('\u{feff}').unwrap_or(text), line: 1 };
    let mut entries: Vec<Entry> = Vec::new();
    while let Some(keyword) = words.keyword()? {
        let line = words.line;
        match keyword.as_str() {
            "machine" => {
                let machine = Some(words.value("machine")?);
                entries.push(Entry { machine, ..Entry::default() });
            }
            "default" => entries.push(Entry::default()),
            "macdef" => words.skip_macro(),
            "login" | "user" | "password" | "account" => {
                let value = words.value(&keyword)?;
                let Some(entry) = entries.last_mut() else {
                    return Err(format!("line {line}: \"{keyword}\" before any \"machine\""));
                };
                match keyword.as_str() {
                    "password" => entry.password = Some(value),
                    "account" => {}
                    _ => entry.login = Some(value),
                }
            }
            _ => {
                return Err(format!(
                    "line {line}: a word that is no keyword; a value with a space in it needs quotes"
                ));
            }
        }
    }
    Ok(entries)
}

/// What has not been read yet.
struct Words<'a> {
    rest: &'a str,
    line: usize,
}

impl Words<'_> {
    /// The next keyword; comments are skipped, which begin where a keyword could.
    fn keyword(&mut self) -> Result<Option<String>, String> {
        loop {
            self.skip_space();
            if !self.rest.starts_with('#') {
                return self.word();
            }
            self.skip(self.rest.find('\n').unwrap_or(self.rest.len()));
        }
    }

    fn value(&mut self, of: &str) -> Result<String, String> {
        self.skip_space();
        self.word()?.ok_or_else(|| format!("line {}: \"{of}\" without a value", self.line))
    }

    /// The word that begins here; none at the end.
    fn word(&mut self) -> Result<Option<String>, String> {
        if self.rest.starts_with('"') {
            return self.quoted().map(Some);
        }
        let end = self.rest.find(|c: char| c.is_ascii_whitespace()).unwrap_or(self.rest.len());
        let word = self.rest.get(..end).unwrap_or_default().to_owned();
        self.skip(end);
        Ok((!word.is_empty()).then_some(word))
    }

    fn quoted(&mut self) -> Result<String, String> {
        let mut word = String::new();
        let mut characters = self.rest.char_indices().skip(1);
        while let Some((at, character)) = characters.next() {
            match character {
                '"' => {
                    self.skip(at + 1);
                    return Ok(word);
                }
                '\n' => break,
                '\\' => word.push(match characters.next() {
                    Some((_, 'n')) => '\n',
                    Some((_, 'r')) => '\r',
                    Some((_, 't')) => '\t',
                    Some((_, other)) => other,
                    None => break,
                }),
                other => word.push(other),
            }
        }
        Err(format!("line {}: a quote that is not closed", self.line))
    }

    /// To the empty line that ends a macro.
    fn skip_macro(&mut self) {
        while !self.rest.is_empty() {
            let end = self.rest.find('\n').map_or(self.rest.len(), |at| at + 1);
            let line = self.rest.get(..end).unwrap_or_default();
            let last = line.trim_ascii().is_empty();
            self.skip(end);
            if last {
                return;
            }
        }
    }

    fn skip_space(&mut self) {
        let space = |c: char| c.is_ascii_whitespace();
        self.skip(self.rest.find(|c| !space(c)).unwrap_or(self.rest.len()));
    }

    fn skip(&mut self, bytes: usize) {
        let (skipped, rest) = self.rest.split_at_checked(bytes).unwrap_or((self.rest, ""));
        self.line += skipped.bytes().filter(|&byte| byte == b'\n').count();
        self.rest = rest;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<String, String> {
        let shown = |word: &Option<String>| word.clone().unwrap_or_else(|| "-".into());
        let line = |e: &Entry| [shown(&e.machine), shown(&e.login), shown(&e.password)].join(" ");
        entries(text).map(|entries| entries.iter().map(line).collect::<Vec<_>>().join("; "))
    }

    #[test]
    fn words_wherever_they_stand() {
        let expected = Ok("h a p; - b -".to_owned());
        assert_eq!(read("machine h login a password p default login b"), expected);
        assert_eq!(read("machine\th\r\n\tlogin a\r\n\tpassword p\r\ndefault\nuser b"), expected);
        assert_eq!(
            read("\u{feff}machine h login a account x password p\n\n#\ndefault login b\n"),
            expected
        );
        assert_eq!(read(""), Ok(String::new()));
    }

    #[test]
    fn comments_begin_where_a_keyword_could() {
        let text =
            "# all mine\nmachine h # the first\nlogin #a password p#q # not #that\n#machine i\n";
        assert_eq!(read(text), Ok("h #a p#q".into()));
    }

    #[test]
    fn quotes_hold_spaces_and_escapes() {
        let text = r#"machine "h" login "a \"b\" \\c" password "t\tn\nr\r x""#;
        assert_eq!(read(text), Ok("h a \"b\" \\c t\tn\nr\r x".into()));
        // Without quotes a backslash is a backslash.
        assert_eq!(read(r"machine h password a\nb"), Ok(r"h - a\nb".into()));
    }

    #[test]
    fn macros_are_skipped_to_an_empty_line() {
        let text = "machine h login a\nmacdef init\ncd /tmp\npassword no\n \nmachine i password p\nmacdef x\nput y";
        assert_eq!(read(text), Ok("h a -; i - p".into()));
    }

    #[test]
    fn s_112_an_error_tells_the_line_and_shows_no_word() {
        for (text, line) in [
            ("machine h\nlogin a password my s3cret", "line 2: a word"),
            ("machine h\n\npassword \"s3cret", "line 3: a quote"),
            ("machine h password \"s3cret\\", "line 1: a quote"),
            ("login s3cret", "line 1: \"login\" before"),
            ("machine h login a\npassword", "line 2: \"password\" without"),
            ("machine", "line 1: \"machine\" without"),
        ] {
            let error = read(text).unwrap_err();
            assert!(error.starts_with(line) && !error.contains("s3cret"), "{error}");
        }
    }
}
