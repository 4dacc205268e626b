//! One result row of either engine, read in place without allocation.

use crate::error::DbError;
use crate::pg::decode;
use jiff::civil::Date;
use rusqlite::types::ValueRef;

/// A result row. Columns are counted from zero.
#[derive(Debug)]
pub struct Row<'a>(pub(crate) Inner<'a>);

pub(crate) enum Inner<'a> {
    Sqlite(&'a rusqlite::Row<'a>),
    Postgres(&'a tokio_postgres::Row),
}

impl std::fmt::Debug for Inner<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Row")
    }
}

macro_rules! required {
    ($($(#[$doc:meta])* $name:ident, $opt:ident -> $type:ty, $wanted:literal;)*) => {
        $($(#[$doc])*
        pub fn $name(&self, column: usize) -> Result<$type, DbError> {
            self.$opt(column)?.ok_or(DbError::Column { column, wanted: concat!($wanted, ", but null") })
        })*
    };
}

impl Row<'_> {
    required! {
        /// A number, or an instant in microseconds.
        int, opt_int -> i64, "a number";
        /// A text. JSON on PostgreSQL reads as text.
        text, opt_text -> &str, "a text";
        /// Bytes.
        blob, opt_blob -> &[u8], "bytes";
        /// An id of 16 bytes.
        id16, opt_id16 -> [u8; 16], "an id of 16 bytes";
        /// A hash of 32 bytes.
        hash, opt_hash -> [u8; 32], "a hash of 32 bytes";
        /// A civil date.
        date, opt_date -> Date, "a date";
        /// A truth value.
        bool, opt_bool -> bool, "a truth value";
    }

    /// A number, an instant in microseconds, or null. A whole `numeric` (a sum) is read as well.
    pub fn opt_int(&self, column: usize) -> Result<Option<i64>, DbError> {
        match self.0 {
            Inner::Sqlite(row) => match get(row, column)? {
                ValueRef::Null => Ok(None),
                ValueRef::Integer(number) => Ok(Some(number)),
                _ => Err(DbError::Column { column, wanted: "a number" }),
            },
            Inner::Postgres(row) => decode::int(row, column),
        }
    }

    /// A text or null.
    pub fn opt_text(&self, column: usize) -> Result<Option<&str>, DbError> {
        match self.0 {
            Inner::Sqlite(row) => match get(row, column)? {
                ValueRef::Null => Ok(None),
                ValueRef::Text(bytes) => std::str::from_utf8(bytes)
                    .map(Some)
                    .map_err(|_| DbError::Column { column, wanted: "a text" }),
                _ => Err(DbError::Column { column, wanted: "a text" }),
            },
            Inner::Postgres(row) => decode::text(row, column),
        }
    }

    /// Bytes or null.
    pub fn opt_blob(&self, column: usize) -> Result<Option<&[u8]>, DbError> {
        match self.0 {
            Inner::Sqlite(row) => match get(row, column)? {
                ValueRef::Null => Ok(None),
                ValueRef::Blob(bytes) => Ok(Some(bytes)),
                _ => Err(DbError::Column { column, wanted: "bytes" }),
            },
            Inner::Postgres(row) => decode::blob(row, column),
        }
    }

    /// An id of 16 bytes or null.
    pub fn opt_id16(&self, column: usize) -> Result<Option<[u8; 16]>, DbError> {
        self.fixed(column, "an id of 16 bytes")
    }

    /// A hash of 32 bytes or null.
    pub fn opt_hash(&self, column: usize) -> Result<Option<[u8; 32]>, DbError> {
        self.fixed(column, "a hash of 32 bytes")
    }

    /// A civil date or null.
    pub fn opt_date(&self, column: usize) -> Result<Option<Date>, DbError> {
        match self.0 {
            Inner::Sqlite(_) => self
                .opt_text(column)?
                .map(|text| text.parse().map_err(|_| DbError::Column { column, wanted: "a date" }))
                .transpose(),
            Inner::Postgres(row) => decode::date(row, column),
        }
    }

    /// A truth value or null.
    pub fn opt_bool(&self, column: usize) -> Result<Option<bool>, DbError> {
        match self.0 {
            Inner::Sqlite(_) => Ok(self.opt_int(column)?.map(|number| number != 0)),
            Inner::Postgres(row) => decode::bool(row, column),
        }
    }

    fn fixed<const N: usize>(&self, column: usize, wanted: &'static str) -> Result<Option<[u8; N]>, DbError> {
        self.opt_blob(column)?
            .map(|bytes| <[u8; N]>::try_from(bytes).map_err(|_| DbError::Column { column, wanted }))
            .transpose()
    }
}

fn get<'r>(row: &'r rusqlite::Row<'_>, column: usize) -> Result<ValueRef<'r>, DbError> {
    row.get_ref(column).map_err(|_| DbError::Column { column, wanted: "there" })
}
