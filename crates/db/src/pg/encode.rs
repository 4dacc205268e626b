//! Writing PostgreSQL's binary values: a [`Value`] adapts to the parameter's type, and a column of
//! [`Rows`] is written as an array without being gathered first.

use crate::pg::decode::{EPOCH_DATE, EPOCH_MICROS};
use crate::value::{Rows, Value};
use bytes::{BufMut, BytesMut};
use tokio_postgres::types::{IsNull, Kind, ToSql, Type, to_sql_checked};

type Failure = Box<dyn std::error::Error + Sync + Send>;

/// One parameter.
#[derive(Debug)]
pub(crate) struct One<'a>(pub(crate) Value<'a>);

/// One column of many rows, as an array.
#[derive(Debug)]
pub(crate) struct Column<'a>(pub(crate) &'a Rows<'a>, pub(crate) usize);

fn mismatch(ty: &Type, value: Value<'_>) -> Failure {
    format!("the parameter is a {ty}, which cannot hold {value:?}").into()
}

/// Writes a value as a type has it.
pub(crate) fn write(ty: &Type, value: Value<'_>, out: &mut BytesMut) -> Result<IsNull, Failure> {
    match (value, ty) {
        (Value::Null, _) => return Ok(IsNull::Yes),
        (Value::Int(v), &Type::INT8) => out.put_i64(v),
        (Value::Int(v), &Type::INT4) => out.put_i32(i32::try_from(v)?),
        (Value::Int(v), &Type::INT2) => out.put_i16(i16::try_from(v)?),
        (Value::Int(v), &Type::TIMESTAMPTZ) => {
            out.put_i64(v.checked_sub(EPOCH_MICROS).ok_or_else(|| mismatch(ty, value))?);
        }
        (Value::Int(v), &Type::BOOL) => out.put_u8(u8::from(v != 0)),
        (Value::Bool(v), &Type::BOOL) => out.put_u8(u8::from(v)),
        (Value::Bool(v), &Type::INT8) => out.put_i64(i64::from(v)),
        (Value::Bool(v), &Type::INT4) => out.put_i32(i32::from(v)),
        (Value::Bool(v), &Type::INT2) => out.put_i16(i16::from(v)),
        (Value::Text(v), &Type::TEXT | &Type::VARCHAR | &Type::BPCHAR | &Type::JSON | &Type::NAME) => {
            out.put_slice(v.as_bytes());
        }
        (Value::Text(v), &Type::JSONB) => {
            out.put_u8(1);
            out.put_slice(v.as_bytes());
        }
        (Value::Blob(v), &Type::BYTEA) => out.put_slice(v),
        (Value::Blob(v), &Type::UUID) if v.len() == 16 => out.put_slice(v),
        (Value::Date(v), &Type::DATE) => out.put_i32((v - EPOCH_DATE).get_days()),
        _ => return Err(mismatch(ty, value)),
    }
    Ok(IsNull::No)
}

impl ToSql for One<'_> {
    fn to_sql(&self, ty: &Type, out: &mut BytesMut) -> Result<IsNull, Failure> {
        write(ty, self.0, out)
    }

    fn accepts(_: &Type) -> bool {
        true
    }

    to_sql_checked!();
}

impl ToSql for Column<'_> {
    fn to_sql(&self, ty: &Type, out: &mut BytesMut) -> Result<IsNull, Failure> {
        let Kind::Array(element) = ty.kind() else {
            return Err(format!("the parameter is a {ty}, but a column needs an array").into());
        };
        let Column(rows, k) = *self;
        out.put_i32(1);
        out.put_i32(i32::from(rows.column(k).any(|value| value == Value::Null)));
        out.put_u32(element.oid());
        out.put_i32(i32::try_from(rows.len())?);
        out.put_i32(1);
        for value in rows.column(k) {
            let head = out.len();
            out.put_i32(-1);
            if let IsNull::No = write(element, value, out)? {
                let length = i32::try_from(out.len().saturating_sub(head).saturating_sub(4))?;
                if let Some(mut place) = out.get_mut(head..) {
                    place.put_i32(length);
                }
            }
        }
        Ok(IsNull::No)
    }

    fn accepts(_: &Type) -> bool {
        true
    }

    to_sql_checked!();
}
