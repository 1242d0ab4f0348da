//! `--help`: what is used most, a group of options, or all of them. A line each, from the table of options.

use crate::persona::Persona;
use crate::plan::options::{Id, OPTIONS, Spec, Takes};

/// Options that belong together, under the name that `--help NAME` takes.
struct Topic {
    name: &'static str,
    about: &'static str,
    options: &'static [Id],
}

use Id::*;

/// What hands need every day.
const IMPORTANT: &[Id] = &[
    Data,
    Explain,
    Fail,
    Help,
    Head,
    Header,
    Insecure,
    Json,
    Location,
    Output,
    RemoteName,
    Request,
    ShowHeaders,
    Silent,
    Timing,
    UploadFile,
    User,
    Verbose,
    Version,
    WriteOut,
];

/// Each option is in one of them, or in the last, `other`.
#[rustfmt::skip]
const TOPICS: &[Topic] = &[
    Topic { name: "request", about: "What is asked", options: &[
        Url, Request, Header, UserAgent, Referer, Get, Head, UrlQuery, RequestTarget, PathAsIs, Range, Compressed, Globoff,
        Http10, Http11, TimeCond, EtagCompare,
    ] },
    Topic { name: "post", about: "Content that is sent", options: &[
        Data, DataAscii, DataBinary, DataRaw, DataUrlencode, Json, Form, FormString, FormEscape, UploadFile, ExpectTimeout,
    ] },
    Topic { name: "output", about: "Where content goes, and what is written about it", options: &[
        Output, RemoteName, RemoteNameAll, RemoteHeaderName, OutputDir, CreateDirs, Clobber, SkipExisting, RemoveOnError,
        RemoteTime, OutNull, ContinueAt, ShowHeaders, Include, DumpHeader, EtagSave, WriteOut, Buffer, Fail, FailWithBody,
        FailEarly, Raw, IgnoreContentLength,
    ] },
    Topic { name: "auth", about: "As whom", options: &[
        User, Basic, Digest, AnyAuth, OauthBearer, Netrc, NetrcFile, NetrcOptional,
    ] },
    Topic { name: "cookies", about: "Cookies", options: &[Cookie, CookieJar, JunkSessionCookies] },
    Topic { name: "redirects", about: "Redirects and retries", options: &[
        Location, LocationTrusted, Follow, MaxRedirs, Post301, Post302, Post303, Proto, ProtoRedir, ProtoDefault, Retry,
        RetryDelay, RetryMaxTime, RetryAllErrors, RetryConnrefused,
    ] },
    Topic { name: "proxy", about: "Proxies", options: &[
        Proxy, Proxy10, Preproxy, NoProxy, ProxyTunnel, ProxyHeader, ProxyUser, ProxyBasic, ProxyDigest, ProxyAnyAuth,
        ProxyInsecure, ProxyCaCert, SuppressConnectHeaders, Socks4, Socks4a, Socks5, Socks5Hostname, HaproxyProtocol,
        HaproxyClientIp,
    ] },
    Topic { name: "tls", about: "TLS", options: &[
        Insecure, CaCert, CaPath, Cert, Key, PinnedPubkey, Tlsv1, Tlsv12, Tlsv13, TlsMax,
    ] },
    Topic { name: "connection", about: "The way there", options: &[
        Ipv4, Ipv6, Resolve, ConnectTo, DnsServers, Interface, LocalPort, UnixSocket, AbstractUnixSocket, TcpNodelay,
        Keepalive, KeepaliveTime,
    ] },
    Topic { name: "limits", about: "Time, speed and size", options: &[
        MaxTime, ConnectTimeout, LimitRate, SpeedLimit, SpeedTime, MaxFilesize, Parallel, ParallelMax,
    ] },
    Topic { name: "look", about: "What happens", options: &[
        Verbose, Explain, Timing, Har, Trace, TraceAscii, TraceTime, TraceIds, Silent, ShowError, Stderr, ProgressBar,
        ProgressMeter,
    ] },
    Topic { name: "config", about: "The command line itself", options: &[
        ConfigFile, Quiet, Next, Variable, Help, Version,
    ] },
];

/// The text; `topic` is what stands behind `--help`: a group, `all`, `category`, or nothing.
pub fn text(persona: &Persona, topic: Option<&str>) -> String {
    let mut text = format!("Usage: {} [options...] <url>\n", persona.name);
    match topic {
        None => {
            list(&mut text, IMPORTANT);
            text.push_str("\nThis is not all: \"--help CATEGORY\" tells of a category, \"--help all\" of all of them.\n");
            categories(&mut text);
        }
        Some("all") => all(&mut text),
        Some("category") => categories(&mut text),
        Some(name) => match TOPICS.iter().find(|topic| topic.name == name) {
            Some(topic) => part(&mut text, topic.name, topic.about, topic.options),
            None => {
                text = format!("Unknown category: {}\n", name.escape_debug());
                categories(&mut text);
            }
        },
    }
    text
}

fn all(text: &mut String) {
    for topic in TOPICS {
        part(text, topic.name, topic.about, topic.options);
    }
    let named = |id: Id| TOPICS.iter().any(|topic| topic.options.contains(&id));
    let other: Vec<Id> = OPTIONS.iter().map(|spec| spec.id).filter(|id| !named(*id)).collect();
    if !other.is_empty() {
        part(text, "other", "And these", &other);
    }
}

fn categories(text: &mut String) {
    text.push_str("Categories:\n");
    for Topic { name, about, .. } in TOPICS {
        text.push_str(&format!(" {name:<14}{about}\n"));
    }
}

fn part(text: &mut String, name: &str, about: &str, options: &[Id]) {
    text.push_str(&format!("\n{about} ({name}):\n"));
    list(text, options);
}

fn list(text: &mut String, options: &[Id]) {
    let specs = options.iter().filter_map(|id| OPTIONS.iter().find(|spec| spec.id == *id));
    specs.for_each(|spec| line(text, spec));
}

fn line(text: &mut String, spec: &Spec) {
    let short = spec.short.map_or("    ".to_owned(), |letter| format!("-{letter}, "));
    let value = match spec.takes {
        Takes::Value(name) => format!(" <{name}>"),
        Takes::Switch | Takes::Nothing => String::new(),
    };
    let name = format!("{short}--{}{value}", spec.long);
    text.push_str(&format!(" {name:<38} {}\n", spec.help));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_option_is_told_once() {
        let mut text = String::new();
        all(&mut text);
        for spec in OPTIONS {
            let name = format!("--{} ", spec.long);
            let tells = |line: &&str| line.get(5..).is_some_and(|line| line.starts_with(&name));
            let told = text.lines().filter(tells).count();
            assert_eq!(told, 1, "{name}\n{text}");
        }
    }

    #[test]
    fn a_category_tells_of_its_own() {
        let persona = Persona::of(None);
        let tls = text(&persona, Some("tls"));
        assert!(tls.contains("--cacert") && !tls.contains("--cookie"), "{tls}");
        assert!(text(&persona, None).contains("--verbose"));
        assert!(text(&persona, Some("no\x1b")).starts_with("Unknown category: no\\u{1b}"));
    }
}
