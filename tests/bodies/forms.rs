//! `application/x-www-form-urlencoded`, from pairs and from what serde can serialize.

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

#[cfg(feature = "form")]
mod serialized {
    use super::form;
    use crate::talk::{refuses, sends};

    #[derive(serde::Serialize)]
    struct Search<'a> {
        words: &'a str,
        tag: Vec<&'a str>,
        page: Option<u32>,
        exact: bool,
    }

    const SEARCH: Search<'_> = Search { words: "to go", tag: Vec::new(), page: None, exact: true };

    #[tokio::test]
    async fn a_struct_is_a_form() {
        sends(&form("words=to+go&tag=a&tag=%26&page=2&exact=true"), |client, player| {
            let search = Search { tag: vec!["a", "&"], page: Some(2), ..SEARCH };
            client.post(player.url("/")).form_serialize(&search)
        })
        .await;
        sends(&form("words=to+go&exact=true"), |client, player| {
            client.post(player.url("/")).form_serialize(&SEARCH)
        })
        .await;
    }

    #[tokio::test]
    async fn a_struct_is_a_query() {
        let expected =
            "GET /?a=1&words=to%20go&tag=%2B&exact=true HTTP/1.1\r\nHost: {host}\r\n\r\n";
        sends(expected, |client, player| {
            let search = Search { tag: vec!["+"], ..SEARCH };
            client.get(player.url("/?a=1")).query_serialize(&search)
        })
        .await;
    }

    #[tokio::test]
    async fn what_is_no_list_of_pairs_is_refused() {
        let error = refuses(|client, url| client.post(url).form_serialize(&7)).await;
        assert!(error.to_string().contains("supports only maps and structs"), "{error}");
        refuses(|client, url| client.get(url).query_serialize("text")).await;
    }
}
