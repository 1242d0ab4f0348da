//! All options there are: names, what each takes, and a line of help. A table and nothing else.
//!
//! Names and meanings are those hands know from curl; the last group is this program's own.

use Takes::{Nothing, Switch, Value};

/// What follows an option.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Takes {
    /// Nothing, and it cannot be taken back.
    Nothing,
    /// Nothing; with `no-` in front of its name it is taken back.
    Switch,
    /// A value, called so in the help.
    Value(&'static str),
}

/// One option.
#[derive(Debug)]
pub struct Spec {
    pub id: Id,
    /// The name behind two dashes.
    pub long: &'static str,
    /// The letter behind one dash.
    pub short: Option<char>,
    pub takes: Takes,
    pub help: &'static str,
}

macro_rules! options {
    ($($id:ident $long:literal $short:expr, $takes:expr, $help:literal;)*) => {
        /// Names an option.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum Id { $($id),* }

        /// The table.
        pub const OPTIONS: &[Spec] = &[
            $(Spec { id: Id::$id, long: $long, short: letter($short), takes: $takes, help: $help }),*
        ];
    };
}

const fn letter(short: char) -> Option<char> {
    if short == ' ' { None } else { Some(short) }
}

options! {
    AbstractUnixSocket "abstract-unix-socket" ' ', Value("path"), "Connect to this abstract Unix socket";
    AnyAuth "anyauth" ' ', Switch, "Answer the server's challenge: Digest or Basic";
    Basic "basic" ' ', Switch, "Send Basic credentials";
    Buffer "buffer" 'N', Switch, "Hold output back until there is more of it";
    CaCert "cacert" ' ', Value("file"), "Trust the certificates in this PEM file and nobody else";
    CaPath "capath" ' ', Value("dir"), "Trust the certificates in the files of this folder";
    Cert "cert" 'E', Value("file[:password]"), "Client certificate, PEM";
    Clobber "clobber" ' ', Switch, "Overwrite files";
    Compressed "compressed" ' ', Switch, "Ask for compressed content and undo it";
    ConfigFile "config" 'K', Value("file"), "Read more options from a file";
    ConnectTimeout "connect-timeout" ' ', Value("seconds"), "Time for DNS, TCP and TLS";
    ConnectTo "connect-to" ' ', Value("host1:port1:host2:port2"), "Connect to host2 where host1 is asked for";
    ContinueAt "continue-at" 'C', Value("offset"), "Go on at this offset; - finds it in the file";
    Cookie "cookie" 'b', Value("data|file"), "Send these cookies, or those in a file";
    CookieJar "cookie-jar" 'c', Value("file"), "Write cookies to this file at the end";
    CreateDirs "create-dirs" ' ', Switch, "Make the folders that output files need";
    Data "data" 'd', Value("data|@file"), "POST this; line breaks of a file are left out";
    DataAscii "data-ascii" ' ', Value("data|@file"), "The same as --data";
    DataBinary "data-binary" ' ', Value("data|@file"), "POST this byte for byte";
    DataRaw "data-raw" ' ', Value("data"), "POST this; @ has no meaning";
    DataUrlencode "data-urlencode" ' ', Value("data"), "POST this percent-encoded";
    Digest "digest" ' ', Switch, "Send Digest credentials";
    DnsServers "dns-servers" ' ', Value("addresses"), "Ask these name servers";
    DumpHeader "dump-header" 'D', Value("file"), "Write the heads that come to a file";
    EtagCompare "etag-compare" ' ', Value("file"), "Ask only for what differs from the ETag in a file";
    EtagSave "etag-save" ' ', Value("file"), "Write the ETag that comes to a file";
    ExpectTimeout "expect100-timeout" ' ', Value("seconds"), "How long to wait for 100 Continue";
    Fail "fail" 'f', Switch, "A status of 400 and above is an error, without output";
    FailEarly "fail-early" ' ', Switch, "Stop at the first transfer that fails";
    FailWithBody "fail-with-body" ' ', Switch, "A status of 400 and above is an error, with output";
    Follow "follow" ' ', Switch, "Follow redirects with the method that each asks for";
    Form "form" 'F', Value("name=content"), "POST a part of a multipart form";
    FormEscape "form-escape" ' ', Switch, "Escape quotes in names of forms by backslashes";
    FormString "form-string" ' ', Value("name=string"), "POST a part of a form; @ and < have no meaning";
    Get "get" 'G', Switch, "Put what --data says into the URL and use GET";
    Globoff "globoff" 'g', Switch, "Brackets and braces in URLs have no meaning";
    HaproxyClientIp "haproxy-clientip" ' ', Value("ip"), "Address to tell by the PROXY protocol";
    HaproxyProtocol "haproxy-protocol" ' ', Switch, "Begin connections with a PROXY protocol line";
    Head "head" 'I', Switch, "Ask for the head only";
    Header "header" 'H', Value("line|@file"), "Send this field; \"Name:\" leaves one out";
    Help "help" 'h', Switch, "Show this text";
    Http10 "http1.0" '0', Nothing, "Speak HTTP/1.0";
    Http11 "http1.1" ' ', Nothing, "Speak HTTP/1.1";
    IgnoreContentLength "ignore-content-length" ' ', Switch, "Read content to the end of the connection";
    ShowHeaders "show-headers" 'i', Switch, "Write the response's head in front of its content";
    Include "include" ' ', Switch, "The same as --show-headers";
    Insecure "insecure" 'k', Switch, "Accept any certificate";
    Interface "interface" ' ', Value("name"), "Connect from this interface, host or address";
    Ipv4 "ipv4" '4', Nothing, "Use IPv4 addresses only";
    Ipv6 "ipv6" '6', Nothing, "Use IPv6 addresses only";
    Json "json" ' ', Value("data|@file"), "POST JSON";
    JunkSessionCookies "junk-session-cookies" 'j', Switch, "Leave session cookies of files out";
    Keepalive "keepalive" ' ', Switch, "Ask silent peers for a sign of life";
    KeepaliveTime "keepalive-time" ' ', Value("seconds"), "Silence before that";
    Key "key" ' ', Value("file"), "Private key of the client certificate, PEM";
    LimitRate "limit-rate" ' ', Value("speed"), "Bytes per second at most, in each direction";
    LocalPort "local-port" ' ', Value("range"), "Connect from one of these ports";
    Location "location" 'L', Switch, "Follow redirects";
    LocationTrusted "location-trusted" ' ', Switch, "The same, and send credentials wherever they lead";
    MaxFilesize "max-filesize" ' ', Value("bytes"), "Give up on content that is larger";
    MaxRedirs "max-redirs" ' ', Value("number"), "Redirects followed; -1 is no limit";
    MaxTime "max-time" 'm', Value("seconds"), "Time for a whole transfer";
    Netrc "netrc" 'n', Switch, "Take credentials from ~/.netrc";
    NetrcFile "netrc-file" ' ', Value("file"), "Take credentials from this file";
    NetrcOptional "netrc-optional" ' ', Switch, "Use .netrc if it is there";
    Next "next" ':', Nothing, "A new group of options and URLs begins";
    NoProxy "noproxy" ' ', Value("list"), "Hosts that are reached without a proxy";
    OauthBearer "oauth2-bearer" ' ', Value("token"), "Send this bearer token";
    OutNull "out-null" ' ', Nothing, "Throw the content away";
    Output "output" 'o', Value("file"), "Write the content to a file";
    OutputDir "output-dir" ' ', Value("dir"), "Folder for output files";
    Parallel "parallel" 'Z', Switch, "Transfer side by side";
    ParallelMax "parallel-max" ' ', Value("number"), "Transfers side by side at most";
    PathAsIs "path-as-is" ' ', Switch, "Leave /../ in the path";
    PinnedPubkey "pinnedpubkey" ' ', Value("hashes|file"), "Public key the server must have";
    Post301 "post301" ' ', Switch, "Keep POST after a 301";
    Post302 "post302" ' ', Switch, "Keep POST after a 302";
    Post303 "post303" ' ', Switch, "Keep POST after a 303";
    Preproxy "preproxy" ' ', Value("url"), "SOCKS proxy in front of the HTTP proxy";
    ProgressBar "progress-bar" '#', Switch, "Show progress as a bar";
    ProgressMeter "progress-meter" ' ', Switch, "Show progress";
    Proto "proto" ' ', Value("list"), "Schemes that may be used";
    ProtoDefault "proto-default" ' ', Value("scheme"), "Scheme of URLs that have none";
    ProtoRedir "proto-redir" ' ', Value("list"), "Schemes that redirects may lead to";
    Proxy "proxy" 'x', Value("url"), "Go through this proxy";
    ProxyAnyAuth "proxy-anyauth" ' ', Switch, "Answer the proxy's challenge: Digest or Basic";
    ProxyBasic "proxy-basic" ' ', Switch, "Send Basic credentials to the proxy";
    ProxyCaCert "proxy-cacert" ' ', Value("file"), "The same as --cacert for the proxy";
    ProxyDigest "proxy-digest" ' ', Switch, "Send Digest credentials to the proxy";
    ProxyHeader "proxy-header" ' ', Value("line|@file"), "Send this field to the proxy";
    ProxyInsecure "proxy-insecure" ' ', Switch, "Accept any certificate of the proxy";
    ProxyUser "proxy-user" 'U', Value("user:password"), "Credentials for the proxy";
    ProxyTunnel "proxytunnel" 'p', Switch, "Tunnel through an HTTP proxy";
    Proxy10 "proxy1.0" ' ', Value("url"), "Go through this HTTP/1.0 proxy";
    Quiet "disable" 'q', Switch, "As the first option: do not read ~/.curlrc";
    Range "range" 'r', Value("range"), "Ask for these bytes only";
    Raw "raw" ' ', Switch, "Undo no content coding";
    Referer "referer" 'e', Value("url"), "Send this Referer; \";auto\" sets it after redirects";
    RemoteHeaderName "remote-header-name" 'J', Switch, "Name the file as the server says";
    RemoteName "remote-name" 'O', Switch, "Name the file as the URL does";
    RemoteNameAll "remote-name-all" ' ', Switch, "The same for all URLs";
    RemoteTime "remote-time" 'R', Switch, "Give the file the server's time";
    RemoveOnError "remove-on-error" ' ', Switch, "Remove the file of a transfer that failed";
    Request "request" 'X', Value("method"), "Method";
    RequestTarget "request-target" ' ', Value("target"), "Ask for this target in place of the URL's";
    Resolve "resolve" ' ', Value("[+]host:port:address"), "Address of a host";
    Retry "retry" ' ', Value("number"), "Try again so often what may pass";
    RetryAllErrors "retry-all-errors" ' ', Switch, "Try again whatever failed";
    RetryConnrefused "retry-connrefused" ' ', Switch, "Try again if the connection is refused";
    RetryDelay "retry-delay" ' ', Value("seconds"), "Wait so long in between";
    RetryMaxTime "retry-max-time" ' ', Value("seconds"), "Try again within this time only";
    ShowError "show-error" 'S', Switch, "Show errors although --silent";
    Silent "silent" 's', Switch, "Show neither progress nor errors";
    SkipExisting "skip-existing" ' ', Switch, "Leave out what is there already";
    Socks4 "socks4" ' ', Value("host[:port]"), "SOCKS4 proxy";
    Socks4a "socks4a" ' ', Value("host[:port]"), "SOCKS4a proxy";
    Socks5 "socks5" ' ', Value("host[:port]"), "SOCKS5 proxy; names are looked up here";
    Socks5Hostname "socks5-hostname" ' ', Value("host[:port]"), "SOCKS5 proxy; names are looked up there";
    SpeedLimit "speed-limit" 'Y', Value("speed"), "Give up below so many bytes per second";
    SpeedTime "speed-time" 'y', Value("seconds"), "For so long";
    Stderr "stderr" ' ', Value("file"), "Write messages to this file";
    SuppressConnectHeaders "suppress-connect-headers" ' ', Switch, "Show no heads of CONNECT";
    TcpNodelay "tcp-nodelay" ' ', Switch, "Send small pieces at once";
    TimeCond "time-cond" 'z', Value("time"), "Ask only for what has changed since";
    TlsMax "tls-max" ' ', Value("version"), "Newest TLS version";
    Tlsv1 "tlsv1" '1', Nothing, "TLS 1.2 or newer";
    Tlsv12 "tlsv1.2" ' ', Nothing, "TLS 1.2 or newer";
    Tlsv13 "tlsv1.3" ' ', Nothing, "TLS 1.3 or newer";
    Trace "trace" ' ', Value("file"), "Write all bytes to a file";
    TraceAscii "trace-ascii" ' ', Value("file"), "The same without hexadecimal";
    TraceIds "trace-ids" ' ', Switch, "Number transfers and connections in it";
    TraceTime "trace-time" ' ', Switch, "Put times into it";
    UnixSocket "unix-socket" ' ', Value("path"), "Connect to this Unix socket";
    UploadFile "upload-file" 'T', Value("file"), "PUT a file; - is the input";
    Url "url" ' ', Value("url"), "A URL";
    UrlQuery "url-query" ' ', Value("data"), "Add this to the query";
    User "user" 'u', Value("user:password"), "Credentials";
    UserAgent "user-agent" 'A', Value("name"), "Send this User-Agent";
    Variable "variable" ' ', Value("name=content"), "Set a variable for --expand-";
    Verbose "verbose" 'v', Switch, "Tell what happens";
    Version "version" 'V', Switch, "Show the version";
    WriteOut "write-out" 'w', Value("format"), "Write this after the transfer";
    Timing "timing" ' ', Switch, "Draw what took how long";
    Explain "explain" ' ', Switch, "Tell what happens and why";
    Har "har" ' ', Value("file"), "Write a HAR 1.2 file";
}
