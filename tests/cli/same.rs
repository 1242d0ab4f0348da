//! Debian's curl and this program send the same bytes for the command lines of `cases/same.txt`, one a line. Ports,
//! boundaries, nonces and the programs' names are left out of it; what is written is compared by the other cases.

use super::case::{Answer, Case};
use super::groups::difference;
use super::play::play;
use super::program::{CURL, OURS};
use super::support;

const LINES: &str = include_str!("cases/same.txt");

/// Answers for lines that go further than one request.
const ANSWERS: &[(&str, &str)] = &[
    ("/redirect", "HTTP/1.1 302 Found\r\nLocation: /there\r\nContent-Length: 0\r\n\r\n"),
    ("/permanent", "HTTP/1.1 308 Moved\r\nLocation: /there\r\nContent-Length: 0\r\n\r\n"),
    ("/other", "HTTP/1.1 302 Found\r\nLocation: http://<I>/there\r\nContent-Length: 0\r\n\r\n"),
    ("/cookie", "HTTP/1.1 200 OK\r\nSet-Cookie: one=1; path=/\r\nContent-Length: 3\r\n\r\nok\n"),
    (
        "/digest",
        "HTTP/1.1 401 Who\r\nWWW-Authenticate: Digest realm=\"r\", nonce=\"n1\", \
        qop=\"auth\", algorithm=MD5\r\nContent-Length: 0\r\n\r\n",
    ),
    ("/digest", "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nok\n"),
    (
        "/basic",
        "HTTP/1.1 401 Who\r\nWWW-Authenticate: Basic realm=\"r\"\r\nContent-Length: 0\r\n\r\n",
    ),
    ("/basic", "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nok\n"),
    ("/busy", "HTTP/1.1 503 Busy\r\nRetry-After: 1\r\nContent-Length: 0\r\n\r\n"),
    ("/busy", "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nok\n"),
];

/// What the program is given besides: files of these names.
const FILES: &[(&str, &str)] = &[
    ("text", "some text\nin two lines\n"),
    ("picture.png", "\u{1}\u{2}\u{3}"),
    ("fields", "X-One: 1\nX-Two: 2\n"),
    ("secrets", "machine 127.0.0.1 login me password word\n"),
    ("conf", "user-agent = \"tester/4\"\nheader = \"X-Conf: 1\"\n"),
    ("jar", "# Netscape HTTP Cookie File\n127.0.0.1\tFALSE\t/\tFALSE\t0\tone\t1\n"),
];

#[test]
fn curl_sends_the_same() {
    let lines: Vec<&str> =
        LINES.lines().filter(|line| !line.is_empty() && !line.starts_with('#')).collect();
    assert!(lines.len() >= 60, "only {} lines", lines.len());
    let Some(curl) = CURL.as_ref() else {
        support::missing("curl", "it is not installed");
        return;
    };
    let mut differences = Vec::new();
    for line in &lines {
        let theirs = sent(&play(&case(line), curl).lines);
        let ours = play(&case(line), &OURS);
        assert!(theirs.contains("HTTP/1."), "curl sent nothing for {line}: {theirs}");
        let (sent, stderr) = (sent(&ours.lines), ours.stderr);
        if sent != theirs {
            differences.push(format!("{line}\n{}{stderr}", difference(&theirs, &sent)));
        }
    }
    let count = differences.len();
    assert!(count == 0, "{count} of {} lines differ:\n\n{}", lines.len(), differences.join("\n"));
}

fn case(line: &str) -> Case {
    let answer = |&(target, bytes): &(&str, &str)| Answer {
        target: target.to_owned(),
        flags: Vec::new(),
        bytes: bytes.as_bytes().to_vec(),
    };
    let file = |&(name, content): &(&str, &str)| (name.to_owned(), content.as_bytes().to_vec());
    Case {
        name: line.to_owned(),
        args: vec![format!("-s {line}")],
        files: FILES.iter().map(file).collect(),
        stdin: b"from the input\n".to_vec(),
        answers: ANSWERS.iter().map(answer).collect(),
        ..Case::default()
    }
}

/// The section `sent:` of a played case.
fn sent(lines: &str) -> String {
    let is_title = |line: &&str| !line.starts_with(['#', '|', '.', '+', '*', '(']);
    let lines = lines.lines().skip_while(|line| *line != "sent:").skip(1);
    lines.take_while(|line| !is_title(line)).flat_map(|line| [line, "\n"]).collect()
}
