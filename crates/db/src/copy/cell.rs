//! How the cells of a row are written one behind the other: a mark, then what it announces.
//!
//! | mark | then |
//! |---|---|
//! | 0 | nothing: no value |
//! | 1 | a number, eight bytes, little endian |
//! | 2 | a text: its length in bytes, four bytes, little endian, and its bytes |
//! | 3 | bytes, in the same way |

use crate::error::DbError;
use crate::value::Value;

/// Writes a value. What only one engine knows becomes what both know.
pub(crate) fn write(value: Value<'_>, out: &mut Vec<u8>) {
    match value {
        Value::Null => out.push(0),
        Value::Int(number) => int(number, out),
        Value::Bool(truth) => int(truth.into(), out),
        Value::Text(text) => bytes(2, text.as_bytes(), out),
        Value::Blob(blob) => bytes(3, blob, out),
        Value::Date(date) => bytes(2, date.to_string().as_bytes(), out),
    }
}

fn int(number: i64, out: &mut Vec<u8>) {
    out.push(1);
    out.extend_from_slice(&number.to_le_bytes());
}

fn bytes(mark: u8, bytes: &[u8], out: &mut Vec<u8>) {
    out.push(mark);
    // neither engine holds a value of four gibibytes
    out.extend_from_slice(&u32::try_from(bytes.len()).unwrap_or(u32::MAX).to_le_bytes());
    out.extend_from_slice(bytes);
}

/// Reads a value, and leaves what is behind it.
///
/// # Errors
/// When the bytes end before the value does, or are none.
pub(crate) fn read<'b>(from: &mut &'b [u8]) -> Result<Value<'b>, DbError> {
    let broken = || DbError::refused("the rows of the copy cannot be read: they are cut off or damaged");
    let mut take = |count: usize| {
        let (taken, rest) = from.split_at_checked(count).ok_or_else(broken)?;
        *from = rest;
        Ok::<&'b [u8], DbError>(taken)
    };
    let mark = take(1)?;
    if mark == [0] {
        return Ok(Value::Null);
    }
    if mark == [1] {
        let number = take(8)?.try_into().map_err(|_| broken())?;
        return Ok(Value::Int(i64::from_le_bytes(number)));
    }
    let length = take(4)?.try_into().map_err(|_| broken())?;
    let bytes = take(usize::try_from(u32::from_le_bytes(length)).map_err(|_| broken())?)?;
    match mark {
        [2] => std::str::from_utf8(bytes).map(Value::Text).map_err(|_| broken()),
        [3] => Ok(Value::Blob(bytes)),
        _ => Err(broken()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    #[test]
    fn what_is_written_reads_back() {
        let values = [
            Value::Null,
            Value::Int(i64::MIN),
            Value::Int(0),
            Value::Text(""),
            Value::Text("Größe 5\u{1F4E6}"),
            Value::Blob(&[0, 255]),
        ];
        let mut written = Vec::new();
        for value in values {
            write(value, &mut written);
        }
        let mut rest = &written[..];
        for value in values {
            assert_eq!(read(&mut rest).unwrap(), value);
        }
        assert!(rest.is_empty());
        // cut off anywhere, the last value is missed
        for length in 0..written.len() {
            let mut rest = &written[..length];
            assert!((0..values.len()).any(|_| read(&mut rest).is_err()), "{length}");
        }
    }

    #[test]
    fn what_one_engine_knows_becomes_what_both_know() {
        let mut written = Vec::new();
        for value in [Value::Bool(true), Value::Date(date(2026, 2, 28))] {
            write(value, &mut written);
        }
        let mut rest = &written[..];
        assert_eq!(read(&mut rest).unwrap(), Value::Int(1));
        assert_eq!(read(&mut rest).unwrap(), Value::Text("2026-02-28"));
    }

    #[test]
    fn nonsense_is_refused() {
        for bytes in [&[4, 0, 0, 0, 0][..], &[2, 1, 0, 0, 0, 0xFF], &[2, 255, 255, 255, 255]] {
            assert!(read(&mut &*bytes).is_err(), "{bytes:?}");
        }
    }
}
