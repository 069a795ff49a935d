//! The symbols of a stanza as codes of shapes: what is known of it before its values are.

use crate::WireError;
use crate::bytes::Reader;
use crate::table::{SHORT_SHAPES, SINGLE, Table};

/// Lead bytes from here on begin two-byte codes.
const LONG_LEAD: u8 = SHORT_SHAPES as u8;

/// Appends the codes of `symbols`, each of the longest shape that fits.
pub(crate) fn put(table: &Table, symbols: &[u16], out: &mut Vec<u8>) {
    let mut rest = symbols;
    while let Some(&first) = rest.first() {
        let (code, length) = match table.shape_trie.longest(rest) {
            Some((shape, length)) => (shape, length),
            None => (SHORT_SHAPES + SINGLE + first, 1),
        };
        rest = &rest[length..];
        match code.checked_sub(SHORT_SHAPES) {
            None => out.push(code as u8),
            Some(code) => {
                let [high, low] = code.to_be_bytes();
                out.extend_from_slice(&[LONG_LEAD + high, low]);
            }
        }
    }
}

/// Reads one code and gives its symbols.
pub(crate) fn read<'t>(
    table: &'t Table,
    reader: &mut Reader<'_>,
    single: &'t mut [u16; 1],
) -> Result<&'t [u16], WireError> {
    let byte = reader.byte()?;
    let code = match byte {
        0..LONG_LEAD => u16::from(byte),
        _ => SHORT_SHAPES + u16::from_be_bytes([byte - LONG_LEAD, reader.byte()?]),
    };
    if let Some(symbol) = code.checked_sub(SHORT_SHAPES + SINGLE) {
        single[0] = symbol;
        return Ok(single);
    }
    table.shapes.get(usize::from(code)).map(|shape| &**shape).ok_or(WireError::Symbol)
}
