//! DNS as a part of its own: `wireline::dns::Resolver`, without a client, against a name server of the tests' own, and
//! against dnsmasq and unbound; and what is put in front of it.
//!
//! What is known of hickory (DESIGN §4.9) and what shows it, here and in `tests/dns_end_to_end.rs` (with a client):
//!
//! | fact | test |
//! |---|---|
//! | `attempts` counts *re*tries | `facts::tries_are_counted_as_tries` |
//! | an own deadline around every look-up | `addresses::s_100_a_server_that_never_answers_costs_the_deadline_and_no_more` |
//! | a silent first server is left | `addresses::a_silent_first_server_is_left_for_the_second`, `facts::two_silent_servers_are_left_for_the_third` |
//! | a closed port is silence | `facts::a_closed_port_is_a_time_out` |
//! | underscores, a `-` in front | `addresses::both_families_are_asked_and_every_address_kept`, `facts::odd_names_are_asked_for_as_they_are` |
//! | the final dot stops search lists | `addresses::only_what_was_asked_for_leaves_the_machine`, `facts::a_search_list_is_used_where_it_is_wished` |
//! | literals first | `facts::an_ip_address_is_no_question`, `net_resolve::addresses_answer_for_themselves` |
//! | the hosts file for both families | `facts::a_name_of_the_hosts_file_is_no_question_in_either_family` |
//! | `localhost`, `.onion`, `.invalid` | `facts::names_that_are_never_asked_for`, `addresses::only_what_was_asked_for_leaves_the_machine` |
//! | A and AAAA are two futures | `addresses::the_quick_half_does_not_wait_for_the_slow_one` |
//! | EDNS 1232 | `facts::every_question_takes_1232_bytes` |
//! | TC leads to TCP | `addresses::s_100_a_long_answer_comes_over_tcp_and_is_cut_down`, `servers` |
//! | negative answers | `addresses::negative_answers_are_told_apart`, `facts::no_is_kept_only_as_the_zone_says` |
//! | TTLs: the alias's counts, 0 is 1, a day is 300 | `facts::ttls_are_kept_within_bounds` |
//! | the cache | `addresses::answers_are_kept_for_as_long_as_they_are_valid`, `facts::the_cache_can_be_cleared` |
//! | no resolv.conf: getaddrinfo | `engine::s_101_without_a_configuration_…` in `src/net/dns` |
//! | one for each runtime | `addresses::one_resolver_serves_one_runtime_after_the_other`, `engine::one_resolver_for_each_runtime_…` |
#![cfg(feature = "dns")]

#[path = "dns/addresses.rs"]
mod addresses;
#[path = "support/answers.rs"]
mod answers;
#[cfg(feature = "tls")]
#[path = "support/certs.rs"]
mod certs;
#[path = "support/endpoints.rs"]
mod endpoints;
#[path = "dns/facts.rs"]
mod facts;
#[path = "support/dns.rs"]
mod names;
#[path = "dns/overrides.rs"]
mod overrides;
#[path = "dns/queries.rs"]
mod queries;
#[cfg(feature = "tls")]
#[path = "support/hyper.rs"]
mod server;
#[path = "dns/servers.rs"]
mod servers;
mod support;
#[path = "support/talk.rs"]
mod talk;

use wireline::dns::{Resolver, ResolverBuilder};

/// Asks that server and nobody else.
fn at(server: &names::DnsServer) -> ResolverBuilder {
    Resolver::builder().name_servers([server.address]).hosts_file(false)
}

fn asking(server: &names::DnsServer) -> Resolver {
    at(server).build().expect("a resolver")
}
