//! Values on PostgreSQL's wire: `int8`, `text`, `bytea` and their near kin.

use std::error::Error;

use skein_base::Fault;
use tokio_postgres::Statement;
use tokio_postgres::error::SqlState;
use tokio_postgres::types::private::BytesMut;
use tokio_postgres::types::{FromSql, IsNull, Kind, ToSql, Type, to_sql_checked};

use crate::error::ConstraintKind;
use crate::sql::Sql;
use crate::tx::Broken;
use crate::value::{Value, ValueRef};

type Anyhow = Box<dyn Error + Sync + Send>;

impl ToSql for Value {
    fn to_sql(&self, ty: &Type, out: &mut BytesMut) -> Result<IsNull, Anyhow> {
        match (self, ty) {
            (Self::Null, _) => Ok(IsNull::Yes),
            (Self::Int(int), &Type::INT8) => int.to_sql(ty, out),
            (Self::Int(int), &Type::INT4) => i32::try_from(*int)?.to_sql(ty, out),
            (Self::Int(int), &Type::INT2) => i16::try_from(*int)?.to_sql(ty, out),
            (Self::Text(text), ty) if is_text(ty) => (&**text).to_sql(&Type::TEXT, out),
            (Self::Blob(blob), &Type::BYTEA) => (&**blob).to_sql(ty, out),
            (value, ty) => {
                Err(format!("a parameter is {ty}, given {}", value.borrowed().kind()).into())
            }
        }
    }

    fn accepts(_: &Type) -> bool {
        true
    }

    to_sql_checked!();
}

impl<'a> FromSql<'a> for ValueRef<'a> {
    fn from_sql(ty: &Type, raw: &'a [u8]) -> Result<Self, Anyhow> {
        match *ty {
            Type::INT8 => i64::from_sql(ty, raw).map(Self::Int),
            Type::INT4 => i32::from_sql(ty, raw).map(|int| Self::Int(int.into())),
            Type::INT2 => i16::from_sql(ty, raw).map(|int| Self::Int(int.into())),
            Type::BYTEA => Ok(Self::Blob(raw)),
            _ if is_text(ty) => Ok(Self::Text(std::str::from_utf8(raw)?)),
            Type::BOOL => Ok(Self::Foreign("bool, which is not portable")),
            Type::NUMERIC => Ok(Self::Foreign("numeric: CAST the sum to BIGINT")),
            _ => Ok(Self::Foreign("a type outside the portable subset")),
        }
    }

    fn from_sql_null(_: &Type) -> Result<Self, Anyhow> {
        Ok(Self::Null)
    }

    fn accepts(_: &Type) -> bool {
        true
    }
}

/// The column of a row, in place.
pub(crate) fn column(row: &tokio_postgres::Row, column: usize) -> ValueRef<'_> {
    row.try_get(column).unwrap_or(ValueRef::Foreign("missing or malformed"))
}

/// Refuses a statement whose parameters or columns SQLite has no equal for.
pub(super) fn check_portable(sql: &Sql, statement: &Statement) -> Result<(), Broken> {
    let parameters = statement.params().iter();
    let columns = statement.columns().iter().map(tokio_postgres::Column::type_);
    for ty in parameters.chain(columns) {
        // Of gathered rows each column comes as an array.
        let ty = match ty.kind() {
            Kind::Array(member) if sql.is_gathered() => member,
            _ => ty,
        };
        let ours = matches!(*ty, Type::INT8 | Type::INT4 | Type::INT2 | Type::BYTEA) || is_text(ty);
        if !ours {
            let text = format!("type {ty} is outside the portable subset; CAST it");
            return Err(Broken::statement(Fault::because(sql.name(), text)));
        }
    }
    Ok(())
}

fn is_text(ty: &Type) -> bool {
    matches!(*ty, Type::TEXT | Type::VARCHAR | Type::BPCHAR | Type::NAME | Type::UNKNOWN)
}

/// Which constraint a row broke.
pub(super) fn constraint(code: &SqlState) -> Option<ConstraintKind> {
    match code.code() {
        "23505" => Some(ConstraintKind::Unique),
        "23503" => Some(ConstraintKind::ForeignKey),
        "23502" => Some(ConstraintKind::NotNull),
        "23514" => Some(ConstraintKind::Check),
        _ => None,
    }
}
