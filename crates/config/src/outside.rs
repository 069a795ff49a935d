//! `[previews]` and `[maps]`: what of the web is asked for the users.

use std::net::SocketAddr;

use crate::address::Addresses;
use crate::kind::Switch;
use crate::texts::Line;
use crate::url::{OptionalUrl, Tiles, Url};

section! {
    /// Previews of links: the server looks at the page that somebody is about to send, so that readers need not.
    /// Only the public network is reached, at the ports of the web.
    Previews at config.previews, "previews." {
        /// Whether the server looks at pages. It needs a way to the web for that.
        enabled: bool as Switch = true;
        /// Addresses with ports that are reached although they are inner ones or use other ports, such as a wiki
        /// of your own: `"10.1.2.3:443"`. Everybody with an account here sees previews of what is there.
        allow: Vec<SocketAddr> as Addresses = Vec::new();
    }
}

section! {
    /// Maps of places in the web client. Without this section they are drawn from outlines that the server has, and nobody else is asked.
    Maps at config.maps, "maps." {
        /// Where the pictures of a map are, with `{z}`, `{x}` and `{y}` for zoom, column and row. Whoever looks at a place then loads
        /// them from there, and tells that server so where it is.
        tiles: Option<Url> as OptionalUrl<Tiles> = None;
        /// To whom the map is owed; shown on it.
        credit: String as Line = "© OpenStreetMap contributors".to_owned();
    }
}
