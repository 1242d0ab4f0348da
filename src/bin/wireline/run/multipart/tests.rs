//! Tests of [`super`].

use super::*;

fn text(encode: fn(&[u8], &mut Vec<u8>), content: &[u8]) -> String {
    let mut out = Vec::new();
    encode(content, &mut out);
    out.escape_ascii().to_string()
}

#[test]
fn content_is_encoded() {
    for (content, expected) in [("", ""), ("a", "YQ=="), ("ab", "YWI="), ("abc", "YWJj")] {
        assert_eq!(text(base64, content.as_bytes()), expected, "{content}");
    }
    let long = text(base64, &[0; 58]);
    assert_eq!(long, format!("{}\\r\\nAA==", "A".repeat(76)));
    for (content, expected) in
        [("é=\r\n x ", r"=C3=A9=3D\r\n x=20"), ("a \r\nb\n", r"a=20\r\nb=0A")]
    {
        assert_eq!(text(quoted_printable, content.as_bytes()), expected, "{content}");
    }
    let long = text(quoted_printable, &[b'x'; 80]);
    assert_eq!(long, format!("{}=\\r\\nxxxxx", "x".repeat(75)));
}

#[test]
fn a_form_is_written_and_counted() {
    let part = |name: &str, text: &str| Part {
        name: name.into(),
        content: Content::Bytes(text.into()),
        ..Part::default()
    };
    let file = Part { file_name: Some("x\".html".into()), ..part("f", "<b>") };
    let inner = Part { content: Content::Parts(vec![part("", "in")]), ..part("m", "") };
    let mut multipart = Multipart::new(false);
    multipart.form(&[part("a", "1"), file, inner], "B").ok();
    let length = multipart.length();
    let [Piece::Bytes(all)] = &multipart.into_pieces()[..] else { panic!("one piece") };
    assert_eq!(length, Some(all.len() as u64));
    let all = String::from_utf8(all.to_vec()).unwrap();
    let inside = all.split("boundary=").nth(1).and_then(|rest| rest.lines().next()).unwrap();
    assert_eq!(
        all.replace(inside, "I").replace("\r\n", "|"),
        "--B|Content-Disposition: form-data; name=\"a\"||1|\
         --B|Content-Disposition: form-data; name=\"f\"; filename=\"x%22.html\"|Content-Type: text/html||<b>|\
         --B|Content-Disposition: form-data; name=\"m\"|Content-Type: multipart/mixed; boundary=I||\
         --I||in|--I--||--B--|"
    );
}

#[test]
fn boundaries_are_curls_and_new() {
    let (one, two) = (boundary(), boundary());
    assert!(one.starts_with(&"-".repeat(24)) && one.len() == 46 && one != two);
    assert!(one[24..].bytes().all(|byte| byte.is_ascii_alphanumeric()));
}
