//! Forms: pairs, files, and what httpbin finds in them.

use serde_json::json;
use wireline::multipart::{Form, Part};

use crate::httpbin_server::{Httpbin, has, told};
use crate::support::{Scratch, deadline};

#[tokio::test]
async fn pairs_arrive_as_a_form() {
    let Some(httpbin) = Httpbin::start() else { return };
    let client = httpbin.client();
    deadline(async {
        let pairs = [("name", "Ada L"), ("sign", "a=b&c+d%"), ("é", "日本"), ("empty", "")];
        for request in [client.post("/post"), client.put("/put"), client.patch("/patch")] {
            let value = told(request.form(&pairs), 200).await;
            let kind = "application/x-www-form-urlencoded";
            assert!(value["headers"]["Content-Type"].as_str().expect("a type").starts_with(kind));
            let wanted = json!({"name": "Ada L", "sign": "a=b&c+d%", "é": "日本", "empty": ""});
            has(&value, &[("/form", wanted), ("/data", json!("")), ("/files", json!({}))]);
        }
        let value = told(client.post("/post").form(&[("n", 1), ("n", 2)]), 200).await;
        has(&value, &[("/form/n", json!(["1", "2"])), ("/headers/Content-Length", json!("7"))]);
    })
    .await;
}

#[derive(serde::Serialize)]
struct Order {
    item: &'static str,
    count: u32,
    gift: bool,
}

#[tokio::test]
async fn a_struct_arrives_as_a_form() {
    let Some(httpbin) = Httpbin::start() else { return };
    let client = httpbin.client();
    deadline(async {
        let order = Order { item: "tea & cake", count: 2, gift: true };
        let value = told(client.post("/post").form_serialize(&order), 200).await;
        has(&value, &[("/form", json!({"item": "tea & cake", "count": "2", "gift": "true"}))]);
        // Redirected with 307, the form comes along.
        let around = client.post("/redirect-to?url=/post&status_code=307").form_serialize(&order);
        has(&told(around, 200).await, &[("/form/count", json!("2"))]);
    })
    .await;
}

#[tokio::test]
async fn files_arrive_with_their_forms() {
    let Some(httpbin) = Httpbin::start() else { return };
    let client = httpbin.client();
    let scratch = Scratch::new();
    let path = scratch.path().join("a \"file\" é.txt");
    std::fs::write(&path, "from the disk\r\n--and--").expect("a file");
    deadline(async {
        let form = Form::new()
            .text("title", "größer")
            .text("title", "again")
            .part("memory", Part::new("in memory").file_name("m.csv").content_type("text/csv"))
            .part("binary", Part::new(&b"\xff\xfe"[..]).file_name("b.bin"))
            .file("disk", &path)
            .await
            .expect("a file");
        let boundary = form.boundary().to_owned();
        let value = told(client.post("/post").multipart(form), 200).await;
        has(
            &value,
            &[
                ("/form", json!({"title": ["größer", "again"]})),
                ("/files/memory", json!("in memory")),
                ("/files/binary", json!("data:application/octet-stream;base64,//4=")),
                ("/files/disk", json!("from the disk\r\n--and--")),
                ("/data", json!("")),
            ],
        );
        let kind = value["headers"]["Content-Type"].as_str().expect("a type");
        assert!(kind.starts_with("multipart/form-data; boundary=") && kind.contains(&boundary));
        // All lengths are known, so that of the whole is.
        has(&value, &[("/headers/Transfer-Encoding", json!(null))]);
        assert!(value["headers"]["Content-Length"].is_string(), "{value:#}");
    })
    .await;
}

/// httpbin undoes no coding of requests, so the coded bytes come back.
#[cfg(feature = "gzip")]
#[tokio::test]
async fn a_compressed_body_arrives_compressed() {
    let Some(httpbin) = Httpbin::start() else { return };
    let client = httpbin.client();
    deadline(async {
        let text = "the same again and ".repeat(1_000);
        let value = told(client.post("/post").body(text).gzip_body(), 200).await;
        has(&value, &[("/headers/Content-Encoding", json!("gzip"))]);
        let data = value["data"].as_str().expect("a data URL");
        assert!(data.starts_with("data:application/octet-stream;base64,H4sI"), "{data}");
        assert!(data.len() < 1_000, "{} of 19 000 bytes", data.len());
    })
    .await;
}
