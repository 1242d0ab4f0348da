//! One address of a host, for a proxy that wants one: nobody races through a proxy.
//!
//! In: a [`Resolution`]. Out: its first IPv4 address, as soon as it is known, because that is what every proxy can reach;
//! without one the first IPv6 address. Addresses that the policy refuses are passed by.

use std::future::poll_fn;
use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use crate::net::tcp::attempts::{Attempt, AttemptOutcome, ConnectError};
use crate::net::tcp::policy::AddressPolicy;

use super::resolve::{DnsError, DnsErrorKind, Family, Resolution};

/// Waits for an address. Cancel safe; no deadline: the caller's.
///
/// Errors: [`ConnectError::Dns`] if there is none, [`ConnectError::Failed`] if the policy refuses all of them.
pub async fn first_address(
    mut resolution: Resolution,
    policy: &AddressPolicy,
) -> Result<SocketAddr, ConnectError> {
    let (mut second, mut refused, mut failure) = (None, None, None::<DnsError>);
    while let Some(answer) = poll_fn(|cx| resolution.as_mut().poll_next(cx)).await {
        match answer.result {
            Ok(found) => match found.iter().find(|&&address| policy.allows(address)) {
                Some(&address) if answer.family == Family::V4 => return Ok(address),
                Some(&address) => second = Some(address),
                None => refused = found.first().copied(),
            },
            // "No IPv6 address" is no news beside a time-out.
            Err(error) if error.kind() != DnsErrorKind::NoData => failure = Some(error),
            Err(error) => failure = failure.or(Some(error)),
        }
    }
    match (second, refused, failure) {
        (Some(address), ..) => Ok(address),
        (None, Some(address), _) => Err(refusal(address)),
        (None, None, failure) => Err(ConnectError::Dns(failure.unwrap_or_else(|| {
            let error = DnsError::new(DnsErrorKind::Other, "", Family::V4);
            error.with_source("the resolver ended without an answer")
        }))),
    }
}

fn refusal(address: SocketAddr) -> ConnectError {
    let reason = "refused by the address policy; nothing was sent";
    let kind = io::ErrorKind::PermissionDenied;
    let outcome = AttemptOutcome::Failed { kind, message: reason.into() };
    let attempt = Attempt { address, started: Duration::ZERO, took: None, outcome };
    ConnectError::Failed { first: io::Error::new(kind, reason), attempts: vec![attempt] }
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
        assert!(
            error.to_string().contains("192.0.2.1:80: refused by the address policy"),
            "{error}"
        );
        let gone = failed(DnsErrorKind::NxDomain, "h", None);
        let error = first_address(gone, &AddressPolicy::any()).await.expect_err("no such host");
        assert!(matches!(&error, ConnectError::Dns(e) if e.kind() == DnsErrorKind::NxDomain));
    }
}
