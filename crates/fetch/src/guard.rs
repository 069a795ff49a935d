//! Which addresses may be reached for a stranger.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

/// The ports of the web. Others belong to other protocols, which could be spoken to.
const PORTS: [u16; 2] = [80, 443];

/// Whether a connection may be made to `address`. `allowed` are exceptions that the
/// operator made.
pub fn permits(address: SocketAddr, allowed: &[SocketAddr]) -> bool {
    let is_open = PORTS.contains(&address.port()) && !is_inner(address.ip());
    // Zone and flow of an IPv6 address say nothing about where it is.
    let plain = SocketAddr::new(address.ip(), address.port());
    is_open || allowed.contains(&plain)
}

/// Whether an address is not one of the public network: of this machine, of a network
/// behind it, of nobody, of many, or one that stands for another.
pub fn is_inner(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => is_inner_v4(address),
        IpAddr::V6(address) => is_inner_v6(address),
    }
}

/// As IANA's registry of special addresses has it.
fn is_inner_v4(address: Ipv4Addr) -> bool {
    let bits = address.to_bits();
    let within =
        |network: [u8; 4], length: u32| (bits ^ u32::from_be_bytes(network)) >> (32 - length) == 0;
    within([0, 0, 0, 0], 8)
        || within([10, 0, 0, 0], 8)
        || within([100, 64, 0, 0], 10)
        || within([127, 0, 0, 0], 8)
        || within([169, 254, 0, 0], 16)
        || within([172, 16, 0, 0], 12)
        || within([192, 0, 0, 0], 24)
        || within([192, 0, 2, 0], 24)
        || within([192, 88, 99, 0], 24)
        || within([192, 168, 0, 0], 16)
        || within([198, 18, 0, 0], 15)
        || within([198, 51, 100, 0], 24)
        || within([203, 0, 113, 0], 24)
        || within([224, 0, 0, 0], 3)
}

/// Only what is given out for the public network (2000::/3) is not inner; so those are that
/// stand for an IPv4 address (`::ffff:0:0/96`, `64:ff9b::/96`), and of 2000::/3 also
/// Teredo and what else the IETF keeps, 6to4, and what is for documents.
const fn is_inner_v6(address: Ipv6Addr) -> bool {
    let parts = address.segments();
    parts[0] >> 13 != 1
        || (parts[0] == 0x2001 && parts[1] < 0x0200)
        || (parts[0] == 0x2001 && parts[1] == 0x0db8)
        || parts[0] == 0x2002
        || (parts[0] == 0x3fff && parts[1] < 0x1000)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn g01_inner_addresses_of_every_kind_are_known() {
        for inner in [
            "0.0.0.0",
            "0.1.2.3",
            "10.0.0.1",
            "10.255.255.255",
            "100.64.0.1",
            "100.127.255.255",
            "127.0.0.1",
            "127.255.0.1",
            "169.254.169.254",
            "172.16.0.1",
            "172.31.255.255",
            "192.0.0.8",
            "192.0.2.1",
            "192.88.99.1",
            "192.168.1.1",
            "198.18.0.1",
            "198.19.255.1",
            "198.51.100.7",
            "203.0.113.9",
            "224.0.0.1",
            "239.255.255.250",
            "240.0.0.1",
            "255.255.255.255",
            "::",
            "::1",
            "::127.0.0.1",
            "::ffff:127.0.0.1",
            "::ffff:8.8.8.8",
            "::ffff:169.254.169.254",
            "64:ff9b::7f00:1",
            "64:ff9b::808:808",
            "64:ff9b:1::a00:1",
            "100::1",
            "fc00::1",
            "fd12:3456::1",
            "fe80::1",
            "fec0::1",
            "ff02::1",
            "2001::1",
            "2001:10::1",
            "2001:20::1",
            "2001:db8::1",
            "2002:7f00:1::",
            "3fff::1",
            "5f00::1",
        ] {
            assert!(is_inner(inner.parse().expect("an address")), "{inner}");
        }
        for public in [
            "1.1.1.1",
            "8.8.8.8",
            "100.63.255.255",
            "100.128.0.1",
            "172.15.0.1",
            "172.32.0.1",
            "192.0.1.1",
            "198.17.0.1",
            "198.20.0.1",
            "223.255.255.255",
            "2606:4700:4700::1111",
            "2001:4860:4860::8888",
            "2a00:1450::1",
            "2001:200::1",
            "3fff:1000::1",
        ] {
            assert!(!is_inner(public.parse().expect("an address")), "{public}");
        }
    }

    #[test]
    fn other_ports_and_inner_addresses_need_an_exception_that_names_both() {
        let at = |text: &str| text.parse::<SocketAddr>().expect("an address with a port");
        let allowed = [at("127.0.0.1:8080"), at("9.9.9.9:25")];
        for fine in ["8.8.8.8:80", "8.8.8.8:443", "127.0.0.1:8080", "9.9.9.9:25"] {
            assert!(permits(at(fine), &allowed), "{fine}");
        }
        for refused in [
            "8.8.8.8:22",
            "127.0.0.1:80",
            "127.0.0.1:8081",
            "127.0.0.2:8080",
            "[::ffff:7f00:1]:8080",
        ] {
            assert!(!permits(at(refused), &allowed), "{refused}");
        }
    }
}
