//! The client of a run. What differs from group to group travels with the requests.

use wireline::Client;

use crate::exit::Failed;

/// Nothing that curl would not do by itself: no redirects, no limits on time but those that are said.
///
/// # Errors
/// Settings that cannot be.
pub fn client() -> Result<Client, Failed> {
    let client = Client::builder()
        .max_redirects(0)
        .read_timeout(None)
        .write_timeout(None)
        .pool_timeout(None)
        .connect_timeout(std::time::Duration::from_secs(300))
        .max_body(u64::MAX);
    Ok(client.build()?)
}
