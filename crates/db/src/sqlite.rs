use crate::value::ValueRef;
pub(crate) fn column<'a>(_row: &'a rusqlite::Row<'a>, _column: usize) -> ValueRef<'a> { todo!() }
