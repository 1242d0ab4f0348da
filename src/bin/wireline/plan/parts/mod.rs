//! The parts of a group, each with the options it takes.

mod auth;
mod body;
mod connect;
mod cookies;
mod limits;
mod output;
mod proxy;
mod redirects;
mod request;
mod tls;

pub use auth::{Auth, Netrc, Scheme};
pub use body::Body;
pub use connect::{Connect, Family};
pub use cookies::Cookies;
pub use limits::Limits;
pub use output::Output;
pub use proxy::Proxy;
pub use redirects::Redirects;
pub use request::{Request, names};
pub use tls::{Tls, Version};
