//! Which bytes and characters may stand where.
