use crate::value::ValueRef;
pub(crate) fn column(_row: &tokio_postgres::Row, _column: usize) -> ValueRef<'_> { todo!() }
