//! Stream machines and their framings, without sockets and without a clock.

pub mod websocket;
