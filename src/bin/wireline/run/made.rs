//! What a run has made for its groups: cookies, connectors and TLS settings that are the same are one, because connections
//! are shared only by the same ones.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use wireline::tls::Rustls;
use wireline::{Connector, Jar};

use crate::exit::Failed;
use crate::plan::{Group, Tls};

use super::{connect, tls};

/// What a run has made so far, by what it was made of.
pub struct Made {
    pub jar: Jar,
    connectors: Mutex<HashMap<String, Connector>>,
    tls: Mutex<HashMap<String, Rustls>>,
}

impl Made {
    pub fn new() -> Made {
        let jar = Jar::with_public_suffixes().trust_loopback();
        Made { jar, connectors: Mutex::default(), tls: Mutex::default() }
    }

    /// How the group's connections are made.
    pub fn connector(&self, group: &Group) -> Result<Connector, Failed> {
        let (proxy, client) = (group.proxy.haproxy, &group.proxy.haproxy_client);
        let key = format!("{:?} {proxy} {client:?}", group.connect);
        if let Some(known) = locked(&self.connectors).get(&key) {
            return Ok(known.clone());
        }
        let made = connect::connector(&group.connect, &group.proxy)?;
        locked(&self.connectors).insert(key, made.clone());
        Ok(made)
    }

    /// TLS settings: read from disk when the first connection needs them.
    pub fn tls(&self, plan: &Tls) -> Result<Rustls, Failed> {
        let key = format!("{plan:?}");
        if let Some(known) = locked(&self.tls).get(&key) {
            return Ok(known.clone());
        }
        let made = tls::settings(plan)?;
        locked(&self.tls).insert(key, made.clone());
        Ok(made)
    }
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
