//! The main job on real URLs: the same three ways, and for each URL what came of it.

use std::collections::BTreeSet;

use tokio::runtime::Runtime;
use wireline::Uri;

use super::client_ways::{pooled, sequential};
use super::outcome::{BoxError, Fetch, Run};
use super::report::{compare, grouped, table, time};
use super::setting::Setting;
use super::threads::blocking;

/// Fetches them. Whether every URL was answered in every way.
pub fn run(urls: &[String]) -> Result<bool, BoxError> {
    let uris = urls.iter().zip(1..).map(|(url, place)| parse(url, place));
    let uris: Vec<Uri> = uris.collect::<Result<_, _>>()?;
    println!("{} URLs, in three ways. Redirects are shown, not followed.\n", uris.len());
    let setting = Setting::real();
    let runtime = Runtime::new()?;
    let runs = [
        runtime.block_on(sequential(&setting.client()?, &uris)),
        blocking(&setting, &uris)?,
        runtime.block_on(pooled(&setting.client()?, &uris)),
    ];

    let mut head = vec!["URL"];
    head.extend(runs.iter().map(|run| run.way.as_str()));
    head.extend(["bytes", "status"]);
    let line =
        |number: usize| line(&uris[number], &runs.each_ref().map(|run| &run.fetches[number]));
    table(&head, &(0..uris.len()).map(line).collect::<Vec<_>>());
    println!();
    compare(&runs, None);
    println!(
        "\n  Every way began without connections; servers and caches may remember the ways before it."
    );
    let failures = failures(&runs);
    for (error, ways) in &failures {
        println!("\n  failed, {}:\n  {error}", ways.join("; "));
    }
    Ok(failures.is_empty())
}

/// Says which argument is no URL, but does not repeat it: there may be a password in it.
fn parse(url: &str, place: usize) -> Result<Uri, BoxError> {
    Uri::parse(url).map_err(|error| format!("argument {place}: {error}").into())
}

fn line(uri: &Uri, fetches: &[&Fetch]) -> Vec<String> {
    let mut line = vec![uri.to_string()];
    line.extend(fetches.iter().map(|fetch| match &fetch.outcome {
        Ok(_) => time(fetch.took),
        Err(_) => "failed".to_owned(),
    }));
    let replies = || fetches.iter().filter_map(|fetch| fetch.outcome.as_ref().ok());
    // Mostly the same in all ways, and then said once.
    let said = |all: BTreeSet<String>| match all.is_empty() {
        true => "-".to_owned(),
        false => all.into_iter().collect::<Vec<_>>().join(" / "),
    };
    line.push(said(replies().map(|reply| grouped(reply.body.len())).collect()));
    line.push(said(
        replies()
            .map(|reply| match &reply.location {
                Some(location) => format!("{}, leads to {}", reply.status, location.escape_debug()),
                None => reply.status.to_string(),
            })
            .collect(),
    ));
    line
}

/// What went wrong, in the order of the URLs, and in which ways it did.
fn failures(runs: &[Run]) -> Vec<(String, Vec<&str>)> {
    let mut failures: Vec<(String, Vec<&str>)> = Vec::new();
    let count = runs.iter().map(|run| run.fetches.len()).max().unwrap_or_default();
    for number in 0..count {
        for run in runs {
            let Some(Err(error)) = run.fetches.get(number).map(|fetch| &fetch.outcome) else {
                continue;
            };
            let error = error.to_string();
            match failures.iter_mut().find(|(told, _)| *told == error) {
                Some((_, ways)) => ways.push(&run.way),
                None => failures.push((error, vec![&run.way])),
            }
        }
    }
    failures
}
