//! Cases: command lines, what the servers answer, and what has to come of it.
//!
//! ```text
//! = a name                     a case begins
//! curl: no, since 8.3          curl 7.88 cannot be asked about it
//! args: -s http://<H>/         a command line; several are run one after another in the same folder
//! env: name=value              for the program
//! file NAME:                   lines of content (`text.rs`): a file in the folder
//! stdin:                       lines of content: the standard input
//! answer TARGET FLAGS:         lines: what comes for this target; the n-th of a target for its n-th request, the last
//!                              for all that follow; `*` for targets without one,
//!                              `CONNECT` for tunnels, `TLS` in place of a handshake. Flags: `close` the
//!                              connection after it, `hang` after it, `early`: before the body, `mute`: no 100 Continue
//! has WHERE: text              stdout, stderr or the file WHERE contains it, and is not compared as a whole
//! lacks WHERE: text            the opposite
//! lines WHERE: > <             only lines that begin with one of these words are compared; with none, all
//! unordered:                   requests come in any order
//! exit: 0                      expected from here on: the code of each command line
//! errors: 7                    the numbers in messages of the form `program: (7) text`
//! sent:                        lines: what the servers received; `# H1` is the first connection to <H>
//! stdout: / stderr: / wrote NAME:
//! ```
//!
//! `<H>`, `<I>`: host and port of two servers, `<H.port>` the port; `<R>` refuses connections; `<U>` is a Unix socket;
//! `<DIR>` the folder; `<CA>`, `<CERT>`, `<KEY>`, `<PIN>` the authority, a client's certificate and key, the hash of the
//! servers' key. `stdout` is always compared; `stderr` only where a line asks for it.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::text;

/// A file of cases.
pub struct Cases {
    pub path: PathBuf,
    pub preface: String,
    pub cases: Vec<Case>,
}

/// One case.
#[derive(Default)]
pub struct Case {
    pub name: String,
    /// curl 7.88 is not asked.
    pub ours: bool,
    pub unordered: bool,
    pub args: Vec<String>,
    pub env: Vec<(String, String)>,
    pub files: Vec<(String, Vec<u8>)>,
    pub stdin: Vec<u8>,
    pub answers: Vec<Answer>,
    pub has: Vec<(String, String)>,
    pub lacks: Vec<(String, String)>,
    pub lines: BTreeMap<String, String>,
    /// What is given, word by word.
    pub given: String,
    /// What is expected, word by word.
    pub expected: String,
}

/// What a server answers.
#[derive(Clone, Default)]
pub struct Answer {
    pub target: String,
    pub flags: Vec<String>,
    pub bytes: Vec<u8>,
}

impl Answer {
    pub fn is(&self, flag: &str) -> bool {
        self.flags.iter().any(|said| said == flag)
    }
}

/// Where lines of content go.
enum Into {
    Nothing,
    File,
    Stdin,
    Answer,
}

impl Cases {
    pub fn load(name: &str) -> Cases {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cli/cases");
        let path = folder.join(format!("{name}.txt"));
        let text =
            std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{path:?}: {error}"));
        let mut parts = text.split("\n= ");
        let preface = parts.next().unwrap_or_default().to_owned();
        let cases = parts.map(Case::parse).collect();
        Cases { path, preface, cases }
    }

    /// Writes the cases back.
    pub fn save(&self) {
        let mut text = format!("{}\n", self.preface);
        for case in &self.cases {
            text += &format!("\n= {}\n{}{}", case.name, case.given, case.expected);
        }
        // The preface ends with an empty line, as every case does.
        let text = text.replacen("\n\n\n", "\n\n", 1);
        std::fs::write(&self.path, text).expect("cases are written");
    }
}

impl Case {
    fn parse(part: &str) -> Case {
        let (name, body) = part.split_once('\n').unwrap_or((part, ""));
        let mut case = Case { name: name.to_owned(), ..Case::default() };
        let start = match body.starts_with("exit:") {
            true => 0,
            false => body.find("\nexit:").map_or(body.len(), |at| at + 1),
        };
        let (given, expected) = body.split_at(start);
        case.given = ended(given);
        case.expected = ended(expected);
        let mut into = Into::Nothing;
        for line in given.lines() {
            into = case.line(line, into);
        }
        case
    }

    fn line(&mut self, line: &str, into: Into) -> Into {
        if let Some(bytes) = text::decode(line) {
            match into {
                Into::File => self.files.last_mut().expect("a file").1.extend(bytes),
                Into::Stdin => self.stdin.extend(bytes),
                Into::Answer => self.answers.last_mut().expect("an answer").bytes.extend(bytes),
                Into::Nothing => panic!("{}: {line:?} belongs to nothing", self.name),
            }
            return into;
        }
        let (key, value) = line.split_once(':').unwrap_or((line, ""));
        let (key, rest) = key.split_once(' ').unwrap_or((key, ""));
        let value = value.strip_prefix(' ').unwrap_or(value).to_owned();
        match key {
            "" => {}
            "curl" => self.ours = value.starts_with("no"),
            "args" => self.args.push(value),
            "env" => {
                let (name, value) = value.split_once('=').expect("env: name=value");
                self.env.push((name.to_owned(), value.to_owned()));
            }
            "file" => {
                self.files.push((rest.to_owned(), Vec::new()));
                return Into::File;
            }
            "stdin" => return Into::Stdin,
            "answer" => {
                let mut words = rest.split(' ').map(str::to_owned);
                let target = words.next().expect("a target");
                self.answers.push(Answer { target, flags: words.collect(), bytes: Vec::new() });
                return Into::Answer;
            }
            "has" => self.has.push((rest.to_owned(), value)),
            "lacks" => self.lacks.push((rest.to_owned(), value)),
            "lines" => drop(self.lines.insert(rest.to_owned(), value)),
            "unordered" => self.unordered = true,
            _ => panic!("{}: {line:?} is nothing a case knows", self.name),
        }
        Into::Nothing
    }
}

/// `text` without empty lines around it, and with the end of its last line.
fn ended(text: &str) -> String {
    let text = text.trim_matches('\n');
    if text.is_empty() { String::new() } else { format!("{text}\n") }
}
