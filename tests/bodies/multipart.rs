//! `multipart/form-data` and `multipart/mixed`, byte for byte, and what may not get into them (S-07).

use std::collections::HashSet;

use wireline::multipart::{Form, Part};
use wireline::{Body, Method};

use crate::files::file;
use crate::sources::{channel, failing, pieces};
use crate::support::player::Player;
use crate::support::{Scratch, deadline};
use crate::talk::{OK, client, closed, refuses, sends};

/// A POST of `form`, whose content must be `content`; `B` stands for the boundary.
async fn sends_form(form: Form, content: &str) {
    let content = content.replace("--B", &format!("--{}", form.boundary()));
    let expected = format!(
        "POST / HTTP/1.1\r\nHost: {{host}}\r\nContent-Type: {}\r\nContent-Length: {}\r\n\r\n{content}",
        form.content_type(),
        content.len()
    );
    sends(&expected, |client, player| client.post(player.url("/")).multipart(form)).await;
}

#[tokio::test]
async fn text_and_files_have_an_exact_length() {
    let folder = Scratch::new();
    let path = file(&folder, b"from the disk");
    let form = Form::new()
        .text("title", "Gr\u{fc}\u{df}e")
        .part("raw", Part::new(vec![1, 2, 3]))
        .part("photo", Part::new("jpeg").file_name("a b.jpg").content_type("image/jpeg"))
        .part(
            "sized",
            Part::new(Body::sized_stream(pieces(&["ab", "", "c"]), 3)).header("X-Y", "z"),
        )
        .part("empty", Part::new(()));
    let form = form.file("file", path).await.expect("a file");
    sends_form(
        form,
        "--B\r\nContent-Disposition: form-data; name=\"title\"\r\n\r\nGr\u{fc}\u{df}e\r\n\
         --B\r\nContent-Disposition: form-data; name=\"raw\"\r\n\r\n\u{1}\u{2}\u{3}\r\n\
         --B\r\nContent-Disposition: form-data; name=\"photo\"; filename=\"a b.jpg\"\r\n\
         Content-Type: image/jpeg\r\n\r\njpeg\r\n\
         --B\r\nContent-Disposition: form-data; name=\"sized\"\r\nX-Y: z\r\n\r\nabc\r\n\
         --B\r\nContent-Disposition: form-data; name=\"empty\"\r\n\r\n\r\n\
         --B\r\nContent-Disposition: form-data; name=\"file\"; filename=\"body.bin\"\r\n\
         Content-Type: application/octet-stream\r\n\r\nfrom the disk\r\n--B--\r\n",
    )
    .await;
    sends_form(Form::new(), "--B--\r\n").await;
}

#[tokio::test]
async fn a_part_of_unknown_length_makes_it_chunked() {
    let form = Form::new().part("s", Part::new(Body::stream(pieces(&["one", "two"]))));
    assert_eq!(form.boundary().len(), 32);
    let head = "--B\r\nContent-Disposition: form-data; name=\"s\"\r\n\r\n";
    let head = head.replace('B', form.boundary());
    let expected = format!(
        "POST / HTTP/1.1\r\nHost: {{host}}\r\nContent-Type: multipart/form-data; boundary={0}\r\n\
         Transfer-Encoding: chunked\r\n\r\n\
         {1:x}\r\n{head}\r\n3\r\none\r\n3\r\ntwo\r\n28\r\n\r\n--{0}--\r\n\r\n0\r\n\r\n",
        form.boundary(),
        head.len()
    );
    sends(&expected, |client, player| client.post(player.url("/")).multipart(form)).await;
}

#[tokio::test]
async fn mixed_parts_have_no_names() {
    let inner = Form::new().text("a", "b");
    let (kind, boundary) = (inner.content_type(), inner.boundary().to_owned());
    let form = Form::mixed()
        .attach(Part::new("plain"))
        .attach(Part::new(vec![b'x']).file_name("x.bin").header("Content-ID", "<1>"))
        .attach(Part::new(inner.into_body().expect("sound")));
    assert!(form.content_type().starts_with("multipart/mixed; boundary="));
    sends_form(
        form,
        &format!(
            "--B\r\nContent-Type: text/plain; charset=utf-8\r\n\r\nplain\r\n\
             --B\r\nContent-Disposition: attachment; filename=\"x.bin\"\r\n\
             Content-Type: application/octet-stream\r\nContent-ID: <1>\r\n\r\nx\r\n\
             --B\r\nContent-Type: {kind}\r\n\r\n\
             --{boundary}\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\nb\r\n--{boundary}--\r\n\r\n\
             --B--\r\n"
        ),
    )
    .await;
}

#[tokio::test]
async fn s_07_quotes_and_backslashes_are_quoted() {
    let form = Form::new().part("a\"b\\", Part::new("").file_name("\"; x=\"\\\u{e9}%0D%0A"));
    sends_form(
        form,
        "--B\r\nContent-Disposition: form-data; name=\"a\\\"b\\\\\"; \
         filename=\"\\\"; x=\\\"\\\\\u{e9}%0D%0A\"\r\n\
         Content-Type: application/octet-stream\r\n\r\n\r\n--B--\r\n",
    )
    .await;
}

/// CVE-2026-34514, CVE-2026-50269: a line break in a name began a field, or a part, of the attacker's.
#[tokio::test]
async fn s_07_no_control_gets_into_the_head_of_a_part() {
    let attack = "a\"; x=\"\r\n\r\n--B";
    let error = refuses(|client, url| client.post(url).multipart(Form::new().text(attack, "v")));
    let error = error.await.to_string();
    assert!(error.contains(r#"name "a\"; x=\"\r\n\r\n--B" of a part holds a control"#), "{error}");
    for byte in (0..=31_u8).filter(|byte| *byte != b'\t').chain([127]) {
        let bad = format!("a{}b", char::from(byte));
        let mut forms = vec![
            Form::new().part("n", Part::new("").header("X", &bad)),
            Form::new().part("n", Part::new("").header(&bad, "v")),
            Form::new().part("n", Part::new("").content_type(&bad)),
            Form::mixed().attach(Part::new("").file_name(&bad)),
        ];
        forms.push(Form::new().text(&bad, "v"));
        forms.push(Form::new().part("n", Part::new("").file_name(&bad)));
        for form in forms {
            refuses(|client, url| client.post(url).multipart(form)).await;
        }
    }
}

#[tokio::test]
async fn what_makes_no_sense_is_refused() {
    let field = ("content-disposition", "x");
    let forms = [
        (Form::mixed().text("a", "b"), "use `attach`"),
        (Form::new().attach(Part::new("x")), "use `part`"),
        (Form::new().part("a", Part::new("x").header(field.0, field.1)), "written from the name"),
        (Form::new().part("a", Part::new("x").header("", "v")).text("\n", ""), "a field name"),
    ];
    for (form, why) in forms {
        let error = refuses(|client, url| client.post(url).multipart(form)).await;
        assert!(error.to_string().contains(why), "{error}");
    }
}

/// The habit of setting the type by hand loses the boundary, and with it the parts.
#[tokio::test]
async fn a_type_without_the_boundary_is_refused() {
    let error = refuses(|client, url| {
        let post = client.post(url).header("Content-Type", "multipart/form-data");
        post.multipart(Form::new().text("a", "b"))
    });
    let error = error.await.to_string();
    assert!(error.contains("does not name the boundary"), "{error}");

    let form = Form::new();
    let own = format!("multipart/related; x=y; boundary=\"{}\"", form.boundary());
    let expected = format!(
        "POST / HTTP/1.1\r\nHost: {{host}}\r\nContent-Type: {own}\r\nContent-Length: 38\r\n\r\n--{}--\r\n",
        form.boundary()
    );
    sends(&expected, |client, player| {
        client.post(player.url("/")).header("Content-Type", own).multipart(form)
    })
    .await;
}

/// Too much in one part and too little in another would add up to the length of the whole.
#[tokio::test]
async fn s_10_every_part_is_held_to_its_own_length() {
    for (first, second, why) in [("hell", "world!", "1 bytes short"), ("hello!", "worl", "longer")]
    {
        let part = |text| Part::new(Body::sized_stream(pieces(&[text]), 5));
        let form = Form::new().part("a", part(first)).part("b", part(second));
        let player = Player::script().expect_close().close().start();
        let sent = deadline(client().post(player.url("/")).multipart(form).send()).await;
        let error = sent.expect_err("not what was announced");
        assert!(error.is_body() && error.to_string().contains(why), "{error}");
        assert!(!closed(player).ends_with(b"--\r\n"));
    }
}

#[tokio::test]
async fn s_10_an_error_of_a_part_ends_the_whole() {
    let form = Form::new().part("a", Part::new(Body::stream(failing(&["x"], "disk on fire"))));
    let player = Player::script().expect_close().close().start();
    let sent = deadline(client().post(player.url("/")).multipart(form).send()).await;
    assert!(sent.expect_err("half a part").to_string().contains("disk on fire"));
    assert!(!closed(player).ends_with(b"0\r\n\r\n"));
}

/// All that was announced is there: a source that is slow to say so keeps nobody waiting.
#[tokio::test]
async fn a_part_that_hangs_behind_its_end_is_whole() {
    let (more, stream) = channel();
    more.send(Ok("12345".into())).expect("the stream is there");
    let form = Form::new().part("a", Part::new(Body::sized_stream(stream, 5))).text("b", "c");
    sends_form(
        form,
        "--B\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n12345\r\n\
         --B\r\nContent-Disposition: form-data; name=\"b\"\r\n\r\nc\r\n--B--\r\n",
    )
    .await;
}

#[test]
fn s_07_no_two_boundaries_are_alike() {
    let boundaries: HashSet<String> =
        (0..1000).map(|_| Form::new().boundary().to_owned()).collect();
    assert_eq!(boundaries.len(), 1000);
    for boundary in &boundaries {
        assert!(boundary.len() == 32 && boundary.bytes().all(|b| b.is_ascii_hexdigit()));
    }
    // Each of the 128 bits is set in about half of them: 1000 coins, off by 150 once in 10^20.
    for digit in 0..32 {
        let digits = boundaries.iter().filter_map(|b| b.chars().nth(digit)?.to_digit(16));
        let digits: Vec<u32> = digits.collect();
        for bit in 0..4 {
            let set = digits.iter().filter(|digit| *digit >> bit & 1 == 1).count();
            assert!((350..=650).contains(&set), "bit {bit} of digit {digit}: {set} of 1000");
        }
    }
}

/// It has a body, so 303 turns it into a GET without one.
#[tokio::test]
async fn a_redirect_leaves_the_parts_and_their_type_behind() {
    let player = Player::script()
        .expect_head()
        .swallow(38)
        .play("HTTP/1.1 303 Look there\r\nLocation: /new\r\nContent-Length: 0\r\n\r\n")
        .expect("GET /new HTTP/1.1\r\nHost: {host}\r\n\r\n")
        .play(OK)
        .open()
        .start();
    let post = client().request(Method::POST, player.url("/")).multipart(Form::new());
    deadline(post.send()).await.expect("an answer");
    player.finish();
}
