//! What rows say, in one number, whatever their order and whoever keeps them: the sum, modulo 2^256, of the SHA-256
//! of each row. A sum and no exclusive or: two rows that are the same do not take each other away.

use super::{Relation, cell};
use crate::error::DbError;
use crate::value::Value;
use serde_json::Value as Json;
use sha2::{Digest as _, Sha256};
use std::fmt;

/// How many rows there are, and what they say.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Digest {
    /// How many.
    pub rows: u64,
    /// The sum, its lowest bytes first.
    sum: [u8; 32],
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.sum.iter().rev().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl Digest {
    /// Adds a row. `json` says of which cells only counts what they say.
    pub(crate) fn add(&mut self, cells: &[Value<'_>], json: &[bool]) -> Result<(), DbError> {
        let mut bytes = Vec::with_capacity(256);
        for (place, value) in cells.iter().enumerate() {
            match value {
                Value::Text(text) if json.get(place) == Some(&true) => {
                    let said = serde_json::from_str(text).map_err(|error| {
                        DbError::refused(format!("a JSON text of the database cannot be read: {error}"))
                    })?;
                    let mut canonical = String::with_capacity(text.len());
                    say(&said, &mut canonical);
                    cell::write(Value::Text(&canonical), &mut bytes);
                }
                value => cell::write(*value, &mut bytes),
            }
        }
        let hash: [u8; 32] = Sha256::digest(&bytes).into();
        let mut carry = 0_u16;
        for (sum, more) in self.sum.iter_mut().zip(hash) {
            let total = u16::from(*sum) + u16::from(more) + carry;
            [*sum, _] = total.to_le_bytes();
            carry = total >> 8;
        }
        self.rows = self.rows.saturating_add(1);
        Ok(())
    }
}

/// Of which cells only counts what they say.
pub(super) fn json(relation: &Relation, like: &Relation) -> Vec<bool> {
    let columns = relation.columns.iter().zip(&like.columns);
    columns.map(|(column, like)| column.is_json || like.is_json).collect()
}

/// Writes what a JSON text says in one way: keys in order, no blanks, a number by its value.
fn say(json: &Json, out: &mut String) {
    match json {
        Json::Object(map) => {
            let mut keys: Vec<_> = map.iter().collect();
            keys.sort_by_key(|(key, _)| *key);
            out.push('{');
            for (key, value) in keys {
                out.push_str(&Json::from(key.as_str()).to_string());
                out.push(':');
                say(value, out);
                out.push(',');
            }
            out.push('}');
        }
        Json::Array(values) => {
            out.push('[');
            for value in values {
                say(value, out);
                out.push(',');
            }
            out.push(']');
        }
        // 1e2, 100.0 and 100 are the same number, and one of the engines writes all of them as the last
        Json::Number(number) => match (number.as_i64(), number.as_f64()) {
            (Some(whole), _) => out.push_str(&whole.to_string()),
            // one of the engines knows no zero below zero
            (None, Some(fraction)) => out.push_str(&(fraction + 0.0).to_string()),
            (None, None) => out.push_str(&number.to_string()),
        },
        other => out.push_str(&other.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(rows: &[&[Value<'_>]], json: &[bool]) -> Digest {
        let mut digest = Digest::default();
        for row in rows {
            digest.add(row, json).unwrap();
        }
        digest
    }

    #[test]
    fn the_order_of_rows_does_not_count_and_everything_else_does() {
        let (one, two): (&[Value<'_>], &[Value<'_>]) =
            (&[Value::Int(1), Value::Text("a")], &[Value::Int(2), Value::Null]);
        let both = of(&[one, two], &[]);
        assert_eq!(both, of(&[two, one], &[]));
        assert_eq!(both.to_string().len(), 64);
        let others: [&[&[Value<'_>]]; 6] = [
            &[],
            &[one],
            &[one, one],
            &[one, two, two],
            &[one, &[Value::Int(2), Value::Text("")]],
            &[&[Value::Text("a"), Value::Int(1)], two],
        ];
        for other in others {
            assert_ne!(both, of(other, &[]), "{other:?}");
        }
    }

    #[test]
    fn of_json_counts_what_it_says() {
        let rows = [
            (r#"{"b":[1,2.5],"a":null}"#, r#"{"a": null, "b": [1, 2.50]}"#, true),
            ("100", "1e2", true),
            ("100", "100.0", true),
            ("-0.0", "0", true),
            ("1.5e300", &format!("15{}", "0".repeat(299)), true),
            (r#"["a","b"]"#, r#"["b","a"]"#, false),
            (r#"{"a":1}"#, r#"{"a":"1"}"#, false),
            ("[[],1]", "[[1]]", false),
        ];
        for (one, other, is_same) in rows {
            let (one, other) = (Value::Text(one), Value::Text(other));
            assert_eq!(of(&[&[one]], &[true]) == of(&[&[other]], &[true]), is_same, "{one:?} {other:?}");
            assert_ne!(of(&[&[one]], &[false]), of(&[&[other]], &[false]));
        }
    }
}
