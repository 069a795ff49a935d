//! Where names are.

use std::future::Future;
use std::net::SocketAddr;
use std::pin::Pin;

/// Looks names up.
pub trait Names: Send + Sync {
    /// The addresses of a name, none if there is no such name.
    fn look_up<'a>(
        &'a self,
        host: &'a str,
        port: u16,
    ) -> Pin<Box<dyn Future<Output = Vec<SocketAddr>> + Send + 'a>>;
}

/// The machine's own way: its files and its name servers.
#[derive(Debug, Clone, Copy)]
pub struct System;

impl Names for System {
    fn look_up<'a>(
        &'a self,
        host: &'a str,
        port: u16,
    ) -> Pin<Box<dyn Future<Output = Vec<SocketAddr>> + Send + 'a>> {
        Box::pin(async move {
            tokio::net::lookup_host((host, port)).await.map(Iterator::collect).unwrap_or_default()
        })
    }
}
