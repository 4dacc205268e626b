//! The opaque place in a list: base64url of a JSON array of the sort word and the key of the last
//! entry. It holds nothing secret; a changed one is read like any other input, by type.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use domain::{Code, Problem};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

/// The longest cursor.
const LEN_MAX: usize = 4096;

/// The cursor after an entry with this key.
pub(crate) fn write<K: Serialize>(sort: &str, key: &K) -> Result<String, serde_json::Error> {
    Ok(URL_SAFE_NO_PAD.encode(serde_json::to_vec(&(sort, key))?))
}

/// The key in a cursor of this list in this order.
pub(crate) fn read<K: DeserializeOwned>(sort: &str, cursor: &str) -> Result<K, Problem> {
    let refuse = |detail: &str| Problem::at(Code::MalformedParameter, "?cursor", detail);
    if cursor.len() > LEN_MAX {
        return Err(no_cursor());
    }
    let bytes = URL_SAFE_NO_PAD
        .decode(cursor)
        .map_err(|_| refuse("this is not a cursor, take `next` of a page as it is"))?;
    let (word, key): (String, Value) = serde_json::from_slice(&bytes)
        .map_err(|_| refuse("this is not a cursor, take `next` of a page as it is"))?;
    if word != sort {
        return Err(refuse("this is a cursor of another order: begin again without it"));
    }
    // no text that is stored holds a zero byte, and not every store could be asked for one
    if has_zero_byte(&key) {
        return Err(no_cursor());
    }
    serde_json::from_value(key).map_err(|_| no_cursor())
}

/// The refusal of a key that no entry of the list can have.
pub(crate) fn no_cursor() -> Problem {
    Problem::at(Code::MalformedParameter, "?cursor", "this is not a cursor of this list")
}

fn has_zero_byte(key: &Value) -> bool {
    match key {
        Value::String(text) => text.contains('\0'),
        Value::Array(parts) => parts.iter().any(has_zero_byte),
        Value::Object(parts) => parts.values().any(has_zero_byte),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_reads_back() {
        let cursor = write("-name", &("ü \"", 7_i64)).unwrap();
        assert!(cursor.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte)));
        assert_eq!(read::<(String, i64)>("-name", &cursor), Ok(("ü \"".into(), 7)));
    }

    #[test]
    fn what_is_no_cursor_of_this_list_is_refused() {
        let cursor = write("name", &1_i64).unwrap();
        for (sort, text) in
            [("sku", cursor.as_str()), ("name", "!"), ("name", "e30"), ("name", &"A".repeat(5000))]
        {
            assert_eq!(read::<i64>(sort, text).unwrap_err().errors[0].pointer, "?cursor");
        }
        assert!(read::<(String, i64)>("name", &cursor).is_err());
    }
}
