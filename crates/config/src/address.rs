//! Socket addresses and networks.

use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::str::FromStr;

use crate::kind::{Given, Kind, list};

/// Addresses to listen on.
pub(crate) struct Addresses;

impl Kind for Addresses {
    type Value = Vec<SocketAddr>;

    fn expects() -> String {
        "a list of addresses with ports, such as [\"127.0.0.1:5222\", \"[::1]:5222\"]".to_owned()
    }

    fn read(given: &Given) -> Result<Vec<SocketAddr>, String> {
        given.items()?.into_iter().map(|item| item.parse().map_err(|_| amiss(item))).collect()
    }

    fn show(value: &Vec<SocketAddr>) -> Option<String> {
        Some(list(value))
    }
}

/// Says what is wrong with an address, for the ways in which it usually is.
fn amiss(item: &str) -> String {
    if item.parse::<IpAddr>().is_ok() {
        return format!("{item:?} has no port");
    }
    let port = |text: &str| text.bytes().all(|b| b.is_ascii_digit()) && !text.is_empty();
    match item.rsplit_once(':') {
        Some(("" | "*", number)) if port(number) => {
            format!(
                "{item:?} has no address; for every address write \"0.0.0.0:{number}\" or \"[::]:{number}\""
            )
        }
        Some((host, number)) if port(number) && number.parse::<u16>().is_err() => {
            format!("{item:?} has the port {number} after {host}, and ports end at 65535")
        }
        Some((_, number)) if port(number) => {
            format!("{item:?} has a name where an IP address must stand")
        }
        _ => format!("{item:?} is not an address with a port"),
    }
}

/// A network: `127.0.0.0/8`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Network {
    address: IpAddr,
    prefix: u8,
}

impl Network {
    /// The network that shares the first `prefix` bits of `address`; at most
    /// 32 or 128 of them.
    pub(crate) const fn new(address: IpAddr, prefix: u8) -> Self {
        Self { address, prefix }
    }

    /// Whether `address` belongs to it. An IPv4 address that arrived mapped
    /// into IPv6 counts as what it is.
    pub fn contains(&self, address: IpAddr) -> bool {
        match (self.address, address.to_canonical()) {
            (IpAddr::V4(network), IpAddr::V4(address)) => {
                let differ = u32::from(network) ^ u32::from(address);
                differ.leading_zeros() >= u32::from(self.prefix)
            }
            (IpAddr::V6(network), IpAddr::V6(address)) => {
                let differ = u128::from(network) ^ u128::from(address);
                differ.leading_zeros() >= u32::from(self.prefix)
            }
            _ => false,
        }
    }
}

impl FromStr for Network {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let (address, prefix) = match text.split_once('/') {
            Some((address, prefix)) => (address, Some(prefix)),
            None => (text, None),
        };
        let address: IpAddr = address.parse().map_err(|_| ())?;
        let most = if address.is_ipv4() { 32 } else { 128 };
        match prefix.map_or(Ok(most), str::parse) {
            Ok(prefix) if prefix <= most => Ok(Self { address, prefix }),
            _ => Err(()),
        }
    }
}

impl fmt::Display for Network {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.address, self.prefix)
    }
}

/// Networks that may do something.
pub(crate) struct Networks;

impl Kind for Networks {
    type Value = Vec<Network>;

    fn expects() -> String {
        "a list of networks or addresses, such as [\"127.0.0.0/8\", \"::1\"]".to_owned()
    }

    fn read(given: &Given) -> Result<Vec<Network>, String> {
        let network = |item: &str| item.parse().map_err(|()| format!("{item:?} is not a network"));
        given.items()?.into_iter().map(network).collect()
    }

    fn show(value: &Vec<Network>) -> Option<String> {
        Some(list(value))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn networks_contain_their_addresses_only() {
        let contains = |network: &str, address: &str| {
            let network: Network = network.parse().expect("a network");
            network.contains(address.parse().expect("an address"))
        };
        assert!(contains("127.0.0.0/8", "127.3.2.1"));
        assert!(contains("127.0.0.0/8", "::ffff:127.0.0.1"));
        assert!(!contains("127.0.0.0/8", "128.0.0.1"));
        assert!(contains("::1", "::1"));
        assert!(!contains("::1", "::2"));
        assert!(!contains("::/0", "127.0.0.1"));
        assert!(contains("0.0.0.0/0", "198.51.100.7"));
    }

    #[test]
    fn bad_networks_are_refused() {
        for wrong in
            ["", "127.0.0.1/33", "::1/129", "127.0.0/8", "host/8", "127.0.0.1/", "127.0.0.1/-1"]
        {
            assert!(wrong.parse::<Network>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_wrong_address_is_explained() {
        for (item, reason) in [
            ("localhost:5222", "a name"),
            ("127.0.0.1", "no port"),
            ("::1", "no port"),
            (":5222", "0.0.0.0:5222"),
            ("*:5222", "[::]:5222"),
            ("127.0.0.1:99999", "65535"),
            ("5222", "not an address"),
        ] {
            assert!(amiss(item).contains(reason), "{item}: {}", amiss(item));
        }
    }
}
