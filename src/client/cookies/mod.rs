//! Cookies: the socket ([`store`]), and the jar behind the feature `cookies`, by the rules of RFC 6265bis.

#[cfg(feature = "cookies")]
pub(super) mod admit;
#[cfg(feature = "cookies")]
pub mod cookie;
#[cfg(feature = "cookies")]
pub(super) mod date;
#[cfg(feature = "cookies")]
pub(super) mod domain;
#[cfg(feature = "cookies")]
pub mod file;
#[cfg(feature = "cookies")]
pub mod jar;
#[cfg(all(feature = "cookies", feature = "json"))]
pub(super) mod json;
#[cfg(feature = "cookies")]
pub(super) mod request;
#[cfg(feature = "cookies")]
pub mod set_cookie;
#[cfg(feature = "cookies")]
pub(super) mod shelf;
#[cfg(all(test, feature = "cookies"))]
pub(super) mod shelf_tests;
pub mod store;
#[cfg(feature = "psl")]
pub(super) mod suffix;
