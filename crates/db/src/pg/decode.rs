//! Reading PostgreSQL's binary values in place.

use crate::error::DbError;
use crate::value::Value;
use jiff::civil::Date;
use tokio_postgres::Row;
use tokio_postgres::types::{FromSql, Type};

/// Microseconds from 1970-01-01 to 2000-01-01, where PostgreSQL begins to count.
pub(crate) const EPOCH_MICROS: i64 = 946_684_800_000_000;

/// Where PostgreSQL begins to count days.
pub(crate) const EPOCH_DATE: Date = jiff::civil::date(2000, 1, 1);

type Failure = Box<dyn std::error::Error + Sync + Send>;

struct Int(i64);
struct Text<'a>(&'a str);
struct Blob<'a>(&'a [u8]);
struct Day(Date);
struct Truth(bool);

fn fixed<const N: usize>(raw: &[u8]) -> Result<[u8; N], Failure> {
    raw.try_into().map_err(|_| "a value of another length".into())
}

impl<'a> FromSql<'a> for Int {
    fn from_sql(ty: &Type, raw: &'a [u8]) -> Result<Int, Failure> {
        Ok(Int(match *ty {
            Type::INT8 => i64::from_be_bytes(fixed(raw)?),
            Type::INT4 => i32::from_be_bytes(fixed(raw)?).into(),
            Type::INT2 => i16::from_be_bytes(fixed(raw)?).into(),
            Type::OID => u32::from_be_bytes(fixed(raw)?).into(),
            Type::BOOL => raw.first().copied().unwrap_or(0).into(),
            Type::TIMESTAMPTZ => i64::from_be_bytes(fixed(raw)?).saturating_add(EPOCH_MICROS),
            _ => whole(raw)?,
        }))
    }

    fn accepts(ty: &Type) -> bool {
        matches!(
            *ty,
            Type::INT8 | Type::INT4 | Type::INT2 | Type::OID | Type::BOOL | Type::TIMESTAMPTZ | Type::NUMERIC
        )
    }
}

/// A `numeric` without a fraction, as sums of `bigint` are.
fn whole(raw: &[u8]) -> Result<i64, Failure> {
    const NOT_WHOLE: &str = "a numeric that is no whole number of 64 bits";
    let mut words = raw.chunks_exact(2).map(|pair| fixed::<2>(pair).map(i16::from_be_bytes));
    let mut word = || words.next().unwrap_or(Err(NOT_WHOLE.into()));
    let digits = word()?;
    let weight = word()?;
    let sign = word()?;
    word()?;
    if digits > weight.saturating_add(1) || (sign != 0 && sign != 0x4000) {
        return Err(NOT_WHOLE.into());
    }
    let mut sum: i128 = 0;
    for at in 0..=weight {
        let digit = if at < digits { word()? } else { 0 };
        sum = sum.checked_mul(10_000).and_then(|sum| sum.checked_add(digit.into())).ok_or(NOT_WHOLE)?;
    }
    i64::try_from(if sign == 0 { sum } else { -sum }).map_err(|_| NOT_WHOLE.into())
}

impl<'a> FromSql<'a> for Text<'a> {
    fn from_sql(ty: &Type, raw: &'a [u8]) -> Result<Text<'a>, Failure> {
        let raw = if *ty == Type::JSONB { raw.get(1..).unwrap_or_default() } else { raw };
        Ok(Text(std::str::from_utf8(raw)?))
    }

    fn accepts(ty: &Type) -> bool {
        matches!(
            *ty,
            Type::TEXT | Type::VARCHAR | Type::BPCHAR | Type::NAME | Type::JSON | Type::JSONB | Type::UNKNOWN
        )
    }
}

impl<'a> FromSql<'a> for Blob<'a> {
    fn from_sql(_: &Type, raw: &'a [u8]) -> Result<Blob<'a>, Failure> {
        Ok(Blob(raw))
    }

    fn accepts(ty: &Type) -> bool {
        matches!(*ty, Type::BYTEA | Type::UUID)
    }
}

impl<'a> FromSql<'a> for Day {
    fn from_sql(_: &Type, raw: &'a [u8]) -> Result<Day, Failure> {
        let days = i32::from_be_bytes(fixed(raw)?);
        Ok(Day(EPOCH_DATE.checked_add(jiff::Span::new().try_days(days)?)?))
    }

    fn accepts(ty: &Type) -> bool {
        *ty == Type::DATE
    }
}

impl<'a> FromSql<'a> for Truth {
    fn from_sql(ty: &Type, raw: &'a [u8]) -> Result<Truth, Failure> {
        Ok(Truth(if *ty == Type::BOOL { raw == [1] } else { Int::from_sql(ty, raw)?.0 != 0 }))
    }

    fn accepts(ty: &Type) -> bool {
        matches!(*ty, Type::BOOL | Type::INT2 | Type::INT4 | Type::INT8)
    }
}

/// A value of any type that our tables have.
pub(crate) struct Any<'a>(pub(crate) Value<'a>);

impl<'a> FromSql<'a> for Any<'a> {
    fn from_sql(ty: &Type, raw: &'a [u8]) -> Result<Any<'a>, Failure> {
        Ok(Any(if Text::accepts(ty) {
            Value::Text(Text::from_sql(ty, raw)?.0)
        } else if Blob::accepts(ty) {
            Value::Blob(raw)
        } else if Day::accepts(ty) {
            Value::Date(Day::from_sql(ty, raw)?.0)
        } else {
            Value::Int(Int::from_sql(ty, raw)?.0)
        }))
    }

    fn accepts(ty: &Type) -> bool {
        Text::accepts(ty) || Blob::accepts(ty) || Day::accepts(ty) || Int::accepts(ty)
    }
}

fn get<'r, T: FromSql<'r>>(row: &'r Row, column: usize, wanted: &'static str) -> Result<Option<T>, DbError> {
    row.try_get::<_, Option<T>>(column).map_err(|_| DbError::Column { column, wanted })
}

pub(crate) fn int(row: &Row, column: usize) -> Result<Option<i64>, DbError> {
    Ok(get::<Int>(row, column, "a number")?.map(|v| v.0))
}

pub(crate) fn text(row: &Row, column: usize) -> Result<Option<&str>, DbError> {
    Ok(get::<Text<'_>>(row, column, "a text")?.map(|v| v.0))
}

pub(crate) fn blob(row: &Row, column: usize) -> Result<Option<&[u8]>, DbError> {
    Ok(get::<Blob<'_>>(row, column, "bytes")?.map(|v| v.0))
}

pub(crate) fn date(row: &Row, column: usize) -> Result<Option<Date>, DbError> {
    Ok(get::<Day>(row, column, "a date")?.map(|v| v.0))
}

pub(crate) fn bool(row: &Row, column: usize) -> Result<Option<bool>, DbError> {
    Ok(get::<Truth>(row, column, "a truth value")?.map(|v| v.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_whole_numeric_reads_as_a_number_and_a_fraction_does_not() {
        let numeric = |words: &[i16]| words.iter().flat_map(|w| w.to_be_bytes()).collect::<Vec<u8>>();
        assert_eq!(whole(&numeric(&[0, 0, 0, 0])).unwrap(), 0);
        assert_eq!(whole(&numeric(&[2, 1, 0, 0, 12, 3456])).unwrap(), 123_456);
        assert_eq!(whole(&numeric(&[1, 1, 0x4000, 0, 12])).unwrap(), -120_000);
        assert!(whole(&numeric(&[2, 0, 0, 1, 12, 5000])).is_err());
        assert!(whole(&numeric(&[1, 9, 0, 0, 9999])).is_err());
    }
}
