//! Many futures side by side on one task, a new one whenever one is done.
//!
//! In: something that makes futures, and how many may run at once. Out: each result, as it comes. Nothing is spawned, so
//! dropping it ends everything.

use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::task::Poll;

/// Runs what `next` makes, `most` at once, until there is no more or `done` says to stop (`false`); what runs then is
/// dropped.
pub async fn side_by_side<'a, T>(
    most: usize,
    mut next: impl FnMut() -> Option<Pin<Box<dyn Future<Output = T> + 'a>>>,
    mut done: impl FnMut(T) -> bool,
) {
    let mut running: Vec<Pin<Box<dyn Future<Output = T> + 'a>>> = Vec::new();
    let mut more = true;
    loop {
        while more && running.len() < most.max(1) {
            match next() {
                Some(future) => running.push(future),
                None => more = false,
            }
        }
        if running.is_empty() {
            return;
        }
        let (at, result) = poll_fn(|cx| {
            let mut each = running.iter_mut().enumerate();
            each.find_map(|(at, future)| match future.as_mut().poll(cx) {
                Poll::Ready(result) => Some(Poll::Ready((at, result))),
                Poll::Pending => None,
            })
            .unwrap_or(Poll::Pending)
        })
        .await;
        drop(running.swap_remove(at));
        if !done(result) {
            return;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;

    #[tokio::test]
    async fn no_more_than_that_many_run_and_all_do() {
        let (running, highest) = (Cell::new(0), Cell::new(0));
        let mut numbers = 0..20;
        let mut results = Vec::new();
        let next = || {
            let number = numbers.next()?;
            let (running, highest) = (&running, &highest);
            Some(Box::pin(async move {
                running.set(running.get() + 1);
                highest.set(highest.get().max(running.get()));
                for _ in 0..number % 3 {
                    tokio::task::yield_now().await;
                }
                running.set(running.get() - 1);
                number
            }) as Pin<Box<dyn Future<Output = i32>>>)
        };
        side_by_side(3, next, |number| {
            results.push(number);
            true
        })
        .await;
        results.sort_unstable();
        assert_eq!(results, (0..20).collect::<Vec<_>>());
        assert!((2..=3).contains(&highest.get()), "{}", highest.get());
    }

    #[tokio::test]
    async fn it_stops_when_it_is_told() {
        let mut made = 0;
        let next = || {
            made += 1;
            Some(Box::pin(async {}) as Pin<Box<dyn Future<Output = ()>>>)
        };
        let mut seen = 0;
        side_by_side(2, next, |()| {
            seen += 1;
            seen < 3
        })
        .await;
        assert!((3..6).contains(&made), "{made}");
    }
}
