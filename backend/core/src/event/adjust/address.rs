//! Finds the address in a text that says where a request came from: an address with a port, a zone or brackets, or the
//! list of an `X-Forwarded-For` header.

use std::net::{IpAddr, Ipv6Addr, SocketAddr};

/// A text that was sent as an address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::event) enum SentAddress {
    /// The text is one address, in any notation of it.
    Plain(IpAddr),
    /// The text contains an address: its first one.
    Within(IpAddr),
    /// The text contains no address.
    Absent,
}

/// Reads a text. An IPv4 address written as IPv6 (`::ffff:192.0.2.1`) becomes the IPv4 address: a search for an address
/// means the machine, not the kind of socket it was seen on.
pub(in crate::event) fn parse_address(text: &str) -> SentAddress {
    if let Ok(address) = text.parse::<IpAddr>() {
        return SentAddress::Plain(address.to_canonical());
    }
    text.split(',').find_map(address_of).map_or(SentAddress::Absent, SentAddress::Within)
}

/// The address that a text consists of, in any form in which an event may carry it except a list.
pub(crate) fn address_of(entry: &str) -> Option<IpAddr> {
    in_entry(entry).map(|address| address.to_canonical())
}

fn in_entry(entry: &str) -> Option<IpAddr> {
    let entry = entry.trim_matches(|character: char| character.is_whitespace() || character == '"');
    // The longest form: an IPv6 address with a zone, in brackets and with a port.
    if entry.len() > 256 {
        return None;
    }
    if let Ok(address) = entry.parse::<IpAddr>() {
        return Some(address);
    }
    if let Some(rest) = entry.strip_prefix('[') {
        let (address, after) = rest.split_once(']')?;
        let is_port = after.is_empty() || after.strip_prefix(':').is_some_and(is_port);
        return if is_port { parse_v6(address).or_else(|| address.parse().ok()) } else { None };
    }
    if let Ok(socket) = entry.parse::<SocketAddr>() {
        return Some(socket.ip());
    }
    parse_v6(entry)
}

/// An IPv6 address, with or without a zone.
fn parse_v6(text: &str) -> Option<IpAddr> {
    let (address, zone) = text.split_once('%').map_or((text, None), |(address, zone)| (address, Some(zone)));
    let is_zone = zone.is_none_or(|zone| !zone.is_empty() && !zone.contains(|one: char| one.is_whitespace()));
    address.parse::<Ipv6Addr>().ok().filter(|_| is_zone).map(IpAddr::V6)
}

fn is_port(text: &str) -> bool {
    // `parse` also accepts a sign.
    text.bytes().all(|byte| byte.is_ascii_digit()) && text.parse::<u16>().is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_address_of_each_form_is_found() {
        for (text, expected) in [
            ("203.0.113.7:51234", "203.0.113.7"),
            ("203.0.113.7, 10.0.0.1", "203.0.113.7"),
            (" 203.0.113.7 ", "203.0.113.7"),
            ("unknown, 10.0.0.1", "10.0.0.1"),
            ("[2001:db8::1]:443", "2001:db8::1"),
            ("[2001:db8::1]", "2001:db8::1"),
            ("\"[2001:db8::1]:443\", 10.0.0.1", "2001:db8::1"),
            ("fe80::1%eth0", "fe80::1"),
            ("[fe80::1%25eth0]:80", "fe80::1"),
            ("[::ffff:192.0.2.1]:80", "192.0.2.1"),
        ] {
            assert_eq!(parse_address(text), SentAddress::Within(expected.parse().unwrap()), "{text}");
        }
    }

    #[test]
    fn one_address_is_that_address_in_any_notation() {
        for (text, expected) in [
            ("::1", "::1"),
            ("2001:DB8:0::1", "2001:db8::1"),
            ("::ffff:192.0.2.1", "192.0.2.1"),
            ("10.0.0.1", "10.0.0.1"),
        ] {
            assert_eq!(parse_address(text), SentAddress::Plain(expected.parse().unwrap()), "{text}");
        }
    }

    #[test]
    fn what_is_no_address_is_not_taken_for_one() {
        for text in [
            "x",
            "",
            ",",
            "10.0.0",
            "10.0.0.256",
            "1.2.3.4:port",
            "1.2.3.4:99999",
            "[::1]:+80",
            "[::1]:",
            "[10.0.0.1",
            "fe80::1%",
            "localhost:80",
        ] {
            assert_eq!(parse_address(text), SentAddress::Absent, "{text}");
        }
    }
}
