//! Retries: servers that fail at times, always, or too slowly, and requests that may not be repeated.

use std::time::Duration;

use wireline::client::Outcome;
use wireline::{Delivery, Retry, StatusCode};

use crate::httpbin_server::{Httpbin, sent};
use crate::support::deadline;

/// Without waiting worth the name.
fn quick(attempts: u32) -> Retry {
    let retry = Retry::attempts(attempts).without_budget();
    retry.backoff(Duration::from_millis(1), Duration::from_millis(4))
}

#[tokio::test]
async fn an_unstable_server_is_asked_until_it_answers() {
    let Some(httpbin) = Httpbin::start() else { return };
    // Fails two times out of three. Sixty failures in a row do not happen.
    let client = httpbin.builder().retry(quick(60)).build().expect("a client");
    deadline(async {
        let mut repeated = 0;
        for _ in 0..20 {
            let response = sent(client.get("/status/200:1,503:1,502:1")).await;
            assert_eq!(response.status(), 200);
            for attempt in response.attempts() {
                let Outcome::Status(status) = attempt.outcome else { panic!("{attempt:?}") };
                assert!(matches!(status.as_u16(), 502 | 503), "{attempt:?}");
                assert_eq!(attempt.delivery, Delivery::ReplyStarted);
            }
            repeated += response.attempts().len();
        }
        // Twenty first answers that are all good do not happen either.
        assert!(repeated > 0);
    })
    .await;
}

#[tokio::test]
async fn a_server_that_never_recovers_is_given_up() {
    let Some(httpbin) = Httpbin::start() else { return };
    let client = httpbin.builder().retry(quick(3)).build().expect("a client");
    deadline(async {
        for status in [429, 502, 503, 504] {
            for method in ["GET", "HEAD", "PUT", "DELETE"] {
                let method = method.parse().expect("a method");
                let response = sent(client.request(method, format!("/status/{status}"))).await;
                assert_eq!(response.status(), status);
                assert_eq!(response.attempts().len(), 2, "three in all");
            }
        }
        // With an error for a status, the error tells the attempts.
        let raised = client.get("/status/503").raise_for_status(true).send().await;
        let error = raised.expect_err("503");
        assert_eq!((error.status(), error.attempts().len()), (StatusCode::from_u16(503).ok(), 2));
    })
    .await;
}

#[tokio::test]
async fn what_may_have_been_done_is_not_done_again_unasked() {
    let Some(httpbin) = Httpbin::start() else { return };
    let client = httpbin.builder().retry(quick(3)).build().expect("a client");
    deadline(async {
        let once = sent(client.post("/status/503").body("an order")).await;
        assert_eq!((once.status().as_u16(), once.attempts().len()), (503, 0));
        let asked = client.post("/status/503").body("an order").retry(quick(3).any_method());
        assert_eq!(sent(asked).await.attempts().len(), 2);
        // A status that will be the same next time.
        for status in [400, 404, 500, 501] {
            assert!(sent(client.get(format!("/status/{status}"))).await.attempts().is_empty());
        }
        let chosen = quick(2).statuses([StatusCode::INTERNAL_SERVER_ERROR]);
        assert_eq!(sent(client.get("/status/500").retry(chosen)).await.attempts().len(), 1);
    })
    .await;
}

#[tokio::test]
async fn a_silent_server_is_asked_again() {
    let Some(httpbin) = Httpbin::start() else { return };
    let client = httpbin.builder().retry(quick(2)).build().expect("a client");
    deadline(async {
        let silent = client.get("/delay/1").read_timeout(Duration::from_millis(100));
        let error = silent.send().await.expect_err("silent twice");
        assert!(error.is_timeout() && error.attempts().len() == 1, "{error}");
        let [attempt] = error.attempts() else { panic!("{error}") };
        let Outcome::Failed(why) = &attempt.outcome else { panic!("{attempt:?}") };
        assert!(why.contains("read timeout"), "{why}");
        assert_eq!(attempt.delivery, Delivery::SentNoReply);
        // The total time is for all attempts together.
        let hurried = client.get("/delay/1").timeout(Duration::from_millis(100));
        let error = hurried.send().await.expect_err("too slow");
        assert!(error.is_timeout() && error.attempts().is_empty(), "{error}");
    })
    .await;
}

#[tokio::test]
async fn the_server_says_how_long_to_wait() {
    let Some(httpbin) = Httpbin::start() else { return };
    let client = httpbin.builder().retry(quick(2)).build().expect("a client");
    deadline(async {
        // The status comes from one endpoint and the field from another, so 200 has to count as a failure here.
        let again = || quick(2).statuses([StatusCode::OK]);
        let response = sent(client.get("/response-headers?Retry-After=1").retry(again())).await;
        let [attempt] = response.attempts() else { panic!("{response:?}") };
        assert_eq!(attempt.waited, Duration::from_secs(1));
        let impatient = again().longest_retry_after(Duration::from_millis(500));
        let request = client.get("/response-headers?Retry-After=1").retry(impatient);
        assert!(sent(request).await.attempts().is_empty(), "longer than is waited for");
    })
    .await;
}
