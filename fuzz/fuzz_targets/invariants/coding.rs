//! The glue around the decoders. In: a byte that chooses the codings, one that says how to cut, and a body. Kept apart from
//! the other invariants, because it needs the features of the codings.

use std::io::Read;

use bytes::Bytes;
use flate2::read::{DeflateDecoder, MultiGzDecoder, ZlibDecoder};
use wireline::{Codings, Error, Fields};

const LISTS: [&str; 8] = [
    "gzip",
    "deflate",
    "br",
    "zstd",
    "br, gzip",
    "gzip, deflate",
    "zstd, gzip",
    "gzip, gzip, gzip",
];
const LIMIT: u64 = 4 << 20;
/// What the decoders hand on in one go; limits are met that much earlier or later.
const SLACK: usize = 64 << 10;

pub fn hold(data: &[u8]) {
    let [choice, cut, body @ ..] = data else { return };
    let list = LISTS[usize::from(*choice) % LISTS.len()];
    let mut fields = Fields::new();
    fields.append("Content-Encoding", list).expect("a list of names");
    let whole = decode(&fields, body, body.len().max(1));
    let in_pieces = decode(&fields, body, usize::from(*cut).max(1));
    match (&whole, &in_pieces) {
        (Ok(whole), Ok(in_pieces)) => assert!(whole == in_pieces, "the cuts changed the content"),
        // A ratio is taken against what has been received, so pieces may meet it where the whole meets something else.
        (Err(whole), Err(in_pieces)) if whole.is_limit() || in_pieces.is_limit() => {}
        // Which of two faults is met first depends on how far one decoder ran ahead of the other.
        (Err(whole), Err(in_pieces)) => assert!(whole.is_decode() && in_pieces.is_decode()),
        (Ok(content), Err(error)) | (Err(error), Ok(content)) => {
            let excused = error.is_limit() && content.len() > 1 << 20;
            assert!(excused, "the cuts changed the verdict: {error}");
        }
    }
    if let Ok(content) = &whole {
        assert!(content.len() as u64 <= LIMIT);
        assert!(content.len() <= (1 << 20) + SLACK + 100 * (body.len() + SLACK));
        if !body.is_empty() {
            agrees(list, body, content);
        }
    }
}

fn decode(fields: &Fields, body: &[u8], size: usize) -> Result<Bytes, Error> {
    let pieces = body.chunks(size).map(Bytes::copy_from_slice);
    Codings::all().decode(fields, pieces, LIMIT)
}

/// What we accept, the library's reader accepts as the same. (It accepts more: it does not look behind the end.)
fn agrees(list: &str, body: &[u8], content: &[u8]) {
    let mut read = Vec::new();
    let result = match list {
        "gzip" => MultiGzDecoder::new(body).read_to_end(&mut read),
        "deflate" => match ZlibDecoder::new(body).read_to_end(&mut read) {
            Ok(count) => Ok(count),
            Err(_) => {
                read.clear();
                DeflateDecoder::new(body).read_to_end(&mut read)
            }
        },
        _ => return,
    };
    assert!(result.is_ok() && read == content, "{list}: {result:?}");
}
