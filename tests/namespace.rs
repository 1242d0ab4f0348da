//! The race in networks that loopback has not: several IPv6 addresses, routes that refuse, packets that vanish.
//!
//! Each test runs itself again inside a user and a network namespace of its own, as its root, which needs no rights on
//! machines that allow that; elsewhere it says that it is skipped, and why. Nothing outside the namespace changes.
#![cfg(all(feature = "client", target_os = "linux"))]

#[path = "support/answers.rs"]
mod answers;
#[path = "namespace/firewall.rs"]
mod firewall;
#[path = "namespace/network.rs"]
mod network;
#[path = "namespace/order.rs"]
mod order;
#[path = "namespace/policy.rs"]
mod policy;
#[path = "namespace/routes.rs"]
mod routes;
#[path = "support/hyper.rs"]
mod server;
mod support;
