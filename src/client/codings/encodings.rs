//! The charsets of the web (WHATWG Encoding), feature `charset`.

/// Makes text of the bytes of one charset.
type Decoder = Box<dyn Fn(&[u8]) -> String + Send + Sync>;

/// The charset of that label, if there is one.
pub(crate) fn find(label: &[u8]) -> Option<Decoder> {
    let encoding = encoding_rs::Encoding::for_label(label)?;
    Some(Box::new(|bytes| encoding.decode_without_bom_handling(bytes).0.into_owned()))
}
