//! Addresses as servers, proxies and clouds report them.

use serde_json::{Value, json};

use super::{
    adjustments::{cut, parsed, parsed_beside, replaced},
    fields::{event_of, event_with},
    row::{Row, assert_rows, beginning},
};

/// Texts that are one address, and that address.
const ADDRESSES: [(&str, &str); 16] = [
    ("203.0.113.7", "203.0.113.7"),
    ("0.0.0.0", "0.0.0.0"),
    ("255.255.255.255", "255.255.255.255"),
    ("127.0.0.1", "127.0.0.1"),
    ("::", "::"),
    ("::1", "::1"),
    ("2001:db8::1", "2001:db8::1"),
    ("2001:DB8:0:0::1", "2001:db8::1"),
    ("2001:0db8:0000:0000:0000:0000:0000:0001", "2001:db8::1"),
    ("1:0:0:2:0:0:0:3", "1:0:0:2::3"),
    ("::ffff:192.0.2.1", "192.0.2.1"),
    ("::FFFF:C000:0201", "192.0.2.1"),
    ("0:0:0:0:0:ffff:c000:201", "192.0.2.1"),
    ("2001:db8::192.0.2.1", "2001:db8::c000:201"),
    ("64:ff9b::192.0.2.33", "64:ff9b::c000:221"),
    ("fe80::1", "fe80::1"),
];

/// Texts that hold an address beside something else, and that address.
const WITHIN: [(&str, &str); 35] = [
    ("203.0.113.7:51234", "203.0.113.7"),
    ("203.0.113.7:0", "203.0.113.7"),
    ("[203.0.113.7]", "203.0.113.7"),
    ("[203.0.113.7]:443", "203.0.113.7"),
    (" 203.0.113.7", "203.0.113.7"),
    ("203.0.113.7\n", "203.0.113.7"),
    ("\t203.0.113.7:80 ", "203.0.113.7"),
    ("\"203.0.113.7\"", "203.0.113.7"),
    ("203.0.113.7, 10.0.0.1", "203.0.113.7"),
    ("203.0.113.7,10.0.0.1,10.0.0.2", "203.0.113.7"),
    ("203.0.113.7:51234, 10.0.0.1:443", "203.0.113.7"),
    ("203.0.113.7,", "203.0.113.7"),
    (",203.0.113.7", "203.0.113.7"),
    (" , ,203.0.113.7", "203.0.113.7"),
    ("unknown, 203.0.113.7", "203.0.113.7"),
    ("_hidden, 203.0.113.7", "203.0.113.7"),
    ("client.example.org, 203.0.113.7", "203.0.113.7"),
    ("1.2.3.4:99999, 203.0.113.7", "203.0.113.7"),
    ("010.0.0.1, 203.0.113.7", "203.0.113.7"),
    ("[2001:db8::1]", "2001:db8::1"),
    ("[2001:db8::1]:443", "2001:db8::1"),
    ("[2001:DB8::1]:443", "2001:db8::1"),
    ("\"[2001:db8::1]:443\"", "2001:db8::1"),
    ("\"[2001:db8::1]:443\", 10.0.0.1", "2001:db8::1"),
    ("2001:db8::1, 2001:db8::2", "2001:db8::1"),
    ("2001:db8::1,203.0.113.7", "2001:db8::1"),
    ("fe80::1%eth0", "fe80::1"),
    ("fe80::1%25eth0", "fe80::1"),
    ("fe80::1%3", "fe80::1"),
    ("[fe80::1%eth0]", "fe80::1"),
    ("[fe80::1%25eth0]:8080", "fe80::1"),
    ("::ffff:192.0.2.1%eth0", "192.0.2.1"),
    ("[::ffff:192.0.2.1]:80", "192.0.2.1"),
    ("::ffff:192.0.2.1, 10.0.0.1", "192.0.2.1"),
    ("203.0.113.7, <script>", "203.0.113.7"),
];

/// Texts without any address.
const ABSENT: [&str; 30] = [
    "unknown",
    "-",
    "?",
    " ",
    ",",
    ",,,,",
    "localhost",
    "localhost:80",
    "client.example.org",
    "AWS Internal",
    "cloudtrail.amazonaws.com",
    "unix:",
    "@",
    "/var/run/socket",
    "1.2.3",
    "1.2.3.4.5",
    "1.2.3.256",
    "010.0.0.1",
    "1.2.3.4:99999",
    "1.2.3.4:port",
    "1.2.3.4/24",
    "1.2.3.4 5.6.7.8",
    "0x7f000001",
    "2130706433",
    "[1.2.3.4",
    "[2001:db8::1]443",
    "fe80::1%",
    "2001:db8:::1",
    "gggg::1",
    "for=192.0.2.60;proto=http;by=203.0.113.43",
];

fn context(text: &str) -> String {
    event_of("context", json!({"ip": text}))
}

#[test]
fn an_address_in_any_notation_is_that_address() {
    let row = |(text, ip): (&str, &str)| {
        Row::stored(format!("ip {text:?}"), context(text)).keeps("/context/ip", ip).lacks("/context/address")
    };
    assert_rows(16, &ADDRESSES.map(row));
}

#[test]
fn of_a_text_that_holds_an_address_both_are_kept() {
    let row = |(text, ip): (&str, &str)| {
        let row = Row::stored(format!("ip {text:?}"), context(text)).with(parsed());
        row.keeps("/context/ip", ip).keeps("/context/address", text)
    };
    assert_rows(35, &WITHIN.map(row));
}

#[test]
fn a_text_without_an_address_is_kept_as_a_text() {
    let row = |text: &str| {
        let row = Row::stored(format!("ip {text:?}"), context(text)).with(parsed());
        row.lacks("/context/ip").keeps("/context/address", text)
    };
    assert_rows(30, &ABSENT.map(row));
}

#[test]
fn a_text_that_was_sent_beside_the_address_is_not_replaced() {
    let row = |text: &str, ip: Option<&str>, adjustment: Option<Value>| {
        let event = event_of("context", json!({"ip": text, "address": "edge-3"}));
        let row = Row::stored(format!("ip {text:?} beside an address"), event).with_any(adjustment);
        let row = row.keeps("/context/address", "edge-3");
        match ip {
            Some(ip) => row.keeps("/context/ip", ip),
            None => row.lacks("/context/ip"),
        }
    };
    let list = vec!["203.0.113.7"; 30].join(", ");
    let rows = [
        row("203.0.113.7", Some("203.0.113.7"), None),
        row("::ffff:192.0.2.1", Some("192.0.2.1"), None),
        row("203.0.113.7:80", Some("203.0.113.7"), Some(parsed_beside("203.0.113.7:80"))),
        row("AWS Internal", None, Some(parsed_beside("AWS Internal"))),
        row(&list, Some("203.0.113.7"), Some(parsed_beside(&beginning(&list, 256)))),
        row(&"\u{1f600}".repeat(100), None, Some(parsed_beside(&"\u{1f600}".repeat(64)))),
        row("", None, None),
    ];
    assert_rows(7, &rows);
}

#[test]
fn long_and_broken_texts_in_place_of_an_address_are_kept_like_others() {
    let list = format!("unknown, 203.0.113.7{}", ", 10.0.0.1".repeat(5_000));
    let entry = format!("{}, 203.0.113.7", "x".repeat(900_000));
    let commas = format!("{}203.0.113.7", ",".repeat(900_000));
    let zone = format!("fe80::1%{}", "z".repeat(2_000));
    let long = |label: &str, text: &str, ip: Option<&str>| {
        let row = Row::stored(label, context(text)).with(cut("/context/address", text)).with(parsed());
        let row = row.keeps("/context/address", beginning(text, 1024));
        match ip {
            Some(ip) => row.keeps("/context/ip", ip),
            None => row.lacks("/context/ip"),
        }
    };
    let broken = |literal: &str, text: &str, ip: Option<&str>| {
        let row = Row::stored(format!("ip {literal}"), event_with("/context/ip", literal));
        let row = row.with(parsed()).with(replaced("/context/ip")).keeps("/context/address", text);
        match ip {
            Some(ip) => row.keeps("/context/ip", ip),
            None => row.lacks("/context/ip"),
        }
    };
    let rows = [
        long("a list of 5,000 proxies", &list, Some("203.0.113.7")),
        long("an entry of 900 KB", &entry, Some("203.0.113.7")),
        long("900,000 commas", &commas, Some("203.0.113.7")),
        long("a zone of 2,000 bytes", &zone, None),
        long("a path of 900 KB", &"/x".repeat(450_000), None),
        broken("\"203.0.113.7\\u0000\"", "203.0.113.7\u{fffd}", None),
        broken("\"203.0.113.7, \\ud800\"", "203.0.113.7, \u{fffd}", Some("203.0.113.7")),
        broken("\"\\u0000\"", "\u{fffd}", None),
    ];
    assert_rows(8, &rows);
}
