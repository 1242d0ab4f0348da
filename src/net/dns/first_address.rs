//! One address of a host, for a proxy that wants one: nobody races through a proxy.
//!
//! In: a [`Resolution`]. Out: its first IPv4 address, as soon as it is known, because that is what every proxy can reach;
//! without one the first IPv6 address. Addresses that the policy refuses are passed by.

use std::future::poll_fn;
use std::net::SocketAddr;

use crate::net::tcp::attempts::ConnectError;
use crate::net::tcp::policy::{AddressPolicy, Denial};

use super::resolve::{DnsError, DnsErrorKind, Family, Resolution};

/// Waits for an address. Cancel safe; no deadline: the caller's.
///
/// Errors: [`ConnectError::Dns`] if there is none, [`ConnectError::Denied`] if the policy refuses all of them.
pub async fn first_address(
    mut resolution: Resolution,
    policy: &AddressPolicy,
) -> Result<SocketAddr, ConnectError> {
    let (mut second, mut refused, mut failure) = (None, None::<Denial>, None::<DnsError>);
    while let Some(answer) = poll_fn(|cx| resolution.as_mut().poll_next(cx)).await {
        match answer.result {
            Ok(found) => match first_allowed(&found, policy) {
                Ok(Some(address)) if answer.family == Family::V4 => return Ok(address),
                Ok(address) => second = second.or(address),
                Err(denial) => refused = Some(denial),
            },
            // "No IPv6 address" is no news beside a time-out.
            Err(error) if error.kind() != DnsErrorKind::NoData => failure = Some(error),
            Err(error) => failure = failure.or(Some(error)),
        }
    }
    match (second, refused, failure) {
        (Some(address), ..) => Ok(address),
        (None, Some(denial), _) => Err(ConnectError::Denied(denial)),
        (None, None, failure) => Err(ConnectError::Dns(failure.unwrap_or_else(|| {
            let error = DnsError::new(DnsErrorKind::Other, "", Family::V4);
            error.with_source("the resolver ended without an answer")
        }))),
    }
}

/// The first address that may be connected to; if there are only others, what was said of the first one.
fn first_allowed(
    found: &[SocketAddr],
    policy: &AddressPolicy,
) -> Result<Option<SocketAddr>, Denial> {
    let mut refused = None;
    for &address in found {
        match policy.judge(Some(address)) {
            Ok(()) => return Ok(Some(address)),
            Err(denial) => refused = refused.or(Some(denial)),
        }
    }
    refused.map_or(Ok(None), Err)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::net::{addresses, failed};

    async fn first(found: &[&str], policy: &AddressPolicy) -> Result<String, ConnectError> {
        let found = found.iter().map(|text| text.parse().expect("an address")).collect();
        first_address(addresses("h", found), policy).await.map(|address| address.to_string())
    }

    #[tokio::test]
    async fn ipv4_first_and_only_what_is_allowed() {
        let any = AddressPolicy::any();
        let both = ["[2001:db8::1]:80", "192.0.2.1:80", "192.0.2.2:80"];
        assert_eq!(first(&both, &any).await.expect("an address"), "192.0.2.1:80");
        assert_eq!(first(&both[..1], &any).await.expect("an address"), "[2001:db8::1]:80");
        let not_one = AddressPolicy::new(|address| !address.ip().to_string().ends_with(".1"));
        assert_eq!(first(&both, &not_one).await.expect("an address"), "192.0.2.2:80");
        let no_v4 = AddressPolicy::new(|address| address.is_ipv6());
        assert_eq!(first(&both, &no_v4).await.expect("an address"), "[2001:db8::1]:80");
    }

    #[tokio::test]
    async fn s_106_no_address_and_no_allowed_address_are_told_apart() {
        let none = AddressPolicy::new(|_| false);
        let error = first(&["192.0.2.1:80"], &none).await.expect_err("refused");
        assert!(error.denial().is_some(), "{error}");
        assert!(
            error.to_string().starts_with("192.0.2.1: refused by the address policy"),
            "{error}"
        );
        let gone = failed(DnsErrorKind::NxDomain, "h", None);
        let error = first_address(gone, &AddressPolicy::any()).await.expect_err("no such host");
        assert!(matches!(&error, ConnectError::Dns(e) if e.kind() == DnsErrorKind::NxDomain));
    }
}
