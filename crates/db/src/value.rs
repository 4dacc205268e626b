//! Parameters. A [`Value`] borrows; it is adapted to the column's type by the engine's side.

use jiff::civil::Date;

/// One parameter. Instants are [`Value::Int`], microseconds since 1970.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Value<'a> {
    /// No value.
    Null,
    /// A number or an instant.
    Int(i64),
    /// A text or a JSON text.
    Text(&'a str),
    /// Bytes or an id of 16 bytes.
    Blob(&'a [u8]),
    /// A civil date.
    Date(Date),
    /// A truth value.
    Bool(bool),
}

macro_rules! from {
    ($($type:ty => |$v:ident| $made:expr),* $(,)?) => {
        $(impl<'a> From<$type> for Value<'a> {
            fn from($v: $type) -> Value<'a> {
                $made
            }
        })*
    };
}

from! {
    i64 => |v| Value::Int(v),
    i32 => |v| Value::Int(v.into()),
    u32 => |v| Value::Int(v.into()),
    i16 => |v| Value::Int(v.into()),
    u16 => |v| Value::Int(v.into()),
    u8 => |v| Value::Int(v.into()),
    bool => |v| Value::Bool(v),
    Date => |v| Value::Date(v),
    &'a str => |v| Value::Text(v),
    &'a String => |v| Value::Text(v),
    &'a [u8] => |v| Value::Blob(v),
    &'a Vec<u8> => |v| Value::Blob(v),
    &'a [u8; 16] => |v| Value::Blob(v),
    &'a [u8; 32] => |v| Value::Blob(v),
    &'a uuid::Uuid => |v| Value::Blob(v.as_bytes()),
}

impl<'a, T> From<Option<T>> for Value<'a>
where
    Value<'a>: From<T>,
{
    fn from(v: Option<T>) -> Value<'a> {
        v.map_or(Value::Null, Value::from)
    }
}

/// Many rows of parameters of one width, for set-based statements.
#[derive(Clone, Debug, Default)]
pub struct Rows<'a> {
    width: usize,
    values: Vec<Value<'a>>,
}

impl<'a> Rows<'a> {
    /// None yet, of so many columns.
    pub fn new(width: usize) -> Rows<'a> {
        Rows { width, values: Vec::new() }
    }

    /// None yet, with room for so many rows.
    pub fn with_capacity(width: usize, rows: usize) -> Rows<'a> {
        Rows { width, values: Vec::with_capacity(width.saturating_mul(rows)) }
    }

    /// Adds a row. A row of another width is cut or filled with nulls, and is a mistake.
    pub fn push(&mut self, row: &[Value<'a>]) {
        debug_assert_eq!(row.len(), self.width, "a row of another width");
        self.values.extend_from_slice(row.get(..self.width).unwrap_or(row));
        for _ in row.len()..self.width {
            self.values.push(Value::Null);
        }
    }

    /// How many rows.
    pub fn len(&self) -> usize {
        self.values.len().checked_div(self.width).unwrap_or(0)
    }

    /// Whether there is no row.
    pub fn is_empty(&self) -> bool {
        self.values.is_empty()
    }

    /// How many columns.
    pub fn width(&self) -> usize {
        self.width
    }

    /// Forgets all rows.
    pub fn clear(&mut self) {
        self.values.clear();
    }

    /// The rows in order.
    pub fn iter(&self) -> impl Iterator<Item = &[Value<'a>]> {
        self.values.chunks_exact(self.width.max(1))
    }

    /// One column from top to bottom.
    pub(crate) fn column(&self, k: usize) -> impl Iterator<Item = Value<'a>> {
        self.values.iter().skip(k).step_by(self.width.max(1)).copied()
    }
}
