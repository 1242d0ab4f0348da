//! `application/x-www-form-urlencoded`, from pairs.

use crate::talk::sends;

/// A POST of this form.
fn form(content: &str) -> String {
    format!(
        "POST / HTTP/1.1\r\nHost: {{host}}\r\nContent-Type: application/x-www-form-urlencoded\r\n\
         Content-Length: {}\r\n\r\n{content}",
        content.len()
    )
}

#[tokio::test]
async fn pairs_keep_their_order_and_a_space_is_a_plus() {
    sends(&form("b=1+2&a=%C3%A9%26%3D&b=&%7E*-._=%0D%0A"), |client, player| {
        let pairs = [("b", "1 2"), ("a", "\u{e9}&="), ("b", ""), ("~*-._", "\r\n")];
        client.post(player.url("/")).form(&pairs)
    })
    .await;
    sends(&form("page=2&page=3"), |client, player| {
        client.post(player.url("/")).form(&[("page", 2), ("page", 3)])
    })
    .await;
}

#[tokio::test]
async fn a_form_without_pairs_is_an_empty_form() {
    sends(&form(""), |client, player| {
        let none: &[(&str, &str)] = &[];
        client.post(player.url("/")).form(none)
    })
    .await;
}

#[tokio::test]
async fn another_type_stays() {
    let expected = form("a=1").replace("application/x-www-form-urlencoded", "x/y");
    sends(&expected, |client, player| {
        client.post(player.url("/")).form(&[("a", 1)]).header("Content-Type", "x/y")
    })
    .await;
}
