//! Folding of codes, so that capital and small letters do not differ.

pub(crate) fn fold(text: &str) -> String {
    text.to_lowercase()
}
