//! What an HTTPS or SVCB record says (RFC 9460), as data: the client does not act on it.

use std::net::{Ipv4Addr, Ipv6Addr};

/// An endpoint of a service, or an alias of its name.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct ServiceBinding {
    /// 0 makes it an alias: only `target` counts (AliasMode, §2.4.2). Else the lowest comes first.
    pub priority: u16,
    /// The name of the endpoint; `.` is the name of the record itself (§2.5).
    pub target: String,
    /// The protocols of `alpn` (§7.1.1), beside the default one.
    pub alpn: Vec<String>,
    /// `no-default-alpn`: the default protocol is not spoken.
    pub no_default_alpn: bool,
    /// `port`, where it is not the default one (§7.2).
    pub port: Option<u16>,
    /// `ipv4hint` (§7.3).
    pub ipv4_hint: Vec<Ipv4Addr>,
    /// `ipv6hint` (§7.3).
    pub ipv6_hint: Vec<Ipv6Addr>,
    /// `ech`: an ECHConfigList, as it came (RFC 9848).
    pub ech: Option<Vec<u8>>,
    /// `mandatory`: the keys without which the record must not be used (§8).
    pub mandatory: Vec<u16>,
    /// All other parameters, key and value.
    pub other: Vec<(u16, Vec<u8>)>,
}
