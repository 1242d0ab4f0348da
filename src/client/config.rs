//! A client's settings.
//!
//! Only this floor knows [`Config`]; the floors below get the small values they need.

use crate::message::{Fields, Uri};

use super::connector::Connector;
use super::settings::Settings;

/// The settings of one client.
pub(crate) struct Config {
    pub(crate) base_url: Option<Uri>,
    /// Sent with every request that does not set them itself.
    pub(crate) fields: Fields,
    /// What a request may choose otherwise.
    pub(crate) settings: Settings,
    /// What connections are made with where a request brings nothing of its own.
    pub(crate) connector: Connector,
}
