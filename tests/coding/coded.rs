//! Coded bodies and the responses that carry them.

use std::io::Write;

use flate2::Compression;
use flate2::write::{DeflateEncoder, GzEncoder, ZlibEncoder};
use wireline::{Client, ClientBuilder, Codings};

use crate::talk::quiet;

/// 49 889 bytes, the same as in `tests/data/coding/text.br`.
pub fn text() -> Vec<u8> {
    let line =
        |n: u32| format!("{n:04}: a quick brown fox jumps over {} lazy dogs\n", n * 7919 % 10007);
    (0..1000).map(line).collect::<String>().into_bytes()
}

/// [`text`] in Brotli.
pub const TEXT_BR: &[u8] = include_bytes!("../data/coding/text.br");
/// 200 MiB of zeros in Brotli.
pub const ZEROS_BR: &[u8] = include_bytes!("../data/coding/zeros.br");
/// `one, two, three` in Brotli, flushed after each word.
pub const PARTS_BR: [&[u8]; 3] =
    [b"\x0b\x02\x80one, ", b"\x20\x00\x08two, ", b"\x20\x00\x80\x5f\x02\x20\x06\x89\x48\x1a\x03"];

pub fn gzip(content: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(content).and_then(|()| encoder.finish()).expect("memory")
}

pub fn zlib(content: &[u8]) -> Vec<u8> {
    let mut encoder = ZlibEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(content).and_then(|()| encoder.finish()).expect("memory")
}

pub fn bare(content: &[u8]) -> Vec<u8> {
    let mut encoder = DeflateEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(content).and_then(|()| encoder.finish()).expect("memory")
}

pub fn zstd(content: &[u8]) -> Vec<u8> {
    let mut coded = vec![0; zstd_safe::compress_bound(content.len())];
    let length = zstd_safe::compress(&mut coded[..], content, 3).expect("memory");
    coded.truncate(length);
    coded
}

/// As many MiB of zeros as deflate blocks, about 1 KB each, without an end: nobody should get there.
pub fn zeros(mebibytes: usize) -> Vec<u8> {
    let mut encoder = DeflateEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(&[0; 1 << 16]).and_then(|()| encoder.flush()).expect("memory");
    encoder.get_ref().repeat(mebibytes * 16)
}

/// A member header with every optional part, its checksum included.
pub fn gzip_with_everything(content: &[u8]) -> Vec<u8> {
    let plain = gzip(content);
    let mut coded = vec![0x1f, 0x8b, 8, 0b1_1111, 1, 2, 3, 4, 0, 3];
    coded.extend_from_slice(b"\x05\x00extra");
    coded.extend_from_slice(b"a name\0a comment\0");
    let mut sum = flate2::Crc::new();
    sum.update(&coded);
    coded.extend_from_slice(&sum.sum().to_le_bytes()[..2]);
    coded.extend_from_slice(&plain[10..]);
    coded
}

/// Every way to write [`text`]: what `Content-Encoding` says, and the body.
pub fn every_coding() -> Vec<(&'static str, Vec<u8>)> {
    let text = text();
    let (first, second) = text.split_at(20_000);
    vec![
        ("gzip", gzip(&text)),
        ("X-GZip", gzip_with_everything(&text)),
        // "A gzip file consists of a series of "members"" (RFC 1952 §2.2); some of them empty.
        ("gzip", [gzip(first), gzip(b""), gzip(second), gzip(b"")].concat()),
        ("deflate", zlib(&text)),
        ("deflate", bare(&text)),
        ("br", TEXT_BR.to_vec()),
        ("zstd", zstd(&text)),
        // Two frames with a skippable one between them (RFC 8878 §3.1.2).
        ("zstd", [zstd(first), b"\x5a\x2a\x4d\x18\x03\0\0\0abc".to_vec(), zstd(second)].concat()),
        ("zstd , identity,GZIP", gzip(&zstd(&text))),
        ("identity", text.clone()),
        ("br, gzip", gzip(TEXT_BR)),
    ]
}

pub fn by_length(coding: &str, body: &[u8]) -> Vec<u8> {
    let length = body.len();
    let head = format!(
        "HTTP/1.1 200 OK\r\nContent-Encoding: {coding}\r\nContent-Length: {length}\r\n\r\n"
    );
    [head.as_bytes(), body].concat()
}

pub fn by_chunks(coding: &str, body: &[u8]) -> Vec<u8> {
    let head = format!(
        "HTTP/1.1 200 OK\r\nContent-Encoding: {coding}\r\nTransfer-Encoding: chunked\r\n\r\n"
    );
    let mut response = head.into_bytes();
    for chunk in body.chunks(999) {
        response.extend_from_slice(format!("{:x}\r\n", chunk.len()).as_bytes());
        response.extend_from_slice(chunk);
        response.extend_from_slice(b"\r\n");
    }
    response.extend_from_slice(b"0\r\nX-Sum: 1\r\n\r\n");
    response
}

pub fn by_close(coding: &str, body: &[u8]) -> Vec<u8> {
    let head = format!("HTTP/1.1 200 OK\r\nContent-Encoding: {coding}\r\n\r\n");
    [head.as_bytes(), body].concat()
}

pub fn decoding() -> ClientBuilder {
    quiet().decompress(Codings::all())
}

pub fn client() -> Client {
    decoding().build().expect("sound settings")
}
