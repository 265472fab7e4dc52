//! The examples of RFC 8785, and the orders and numbers that implementations easily get wrong.

use auditlog_core::{
    event::JsonText,
    json::{compare_names, write_number},
};

fn canonical(text: &str) -> String {
    JsonText::parse(text).unwrap().as_str().to_owned()
}

#[test]
fn the_example_of_section_3_2_2() {
    // Its numbers except 333333333.33333329, which is there already, and 1E30, which no event may contain.
    let text = r#"{
      "numbers": [333333333.33333329, 4.50, 2e-3, 0.000000000000000000000000001],
      "string": "\u20ac$\u000F\u000aA'\u0042\u0022\u005c\\\"\/",
      "literals": [null, true, false]
    }"#;
    let expected = r#"{"literals":[null,true,false],"numbers":[333333333.3333333,4.5,0.002,1e-27],"string":"€$\u000f\nA'B\"\\\\\"/"}"#;
    assert_eq!(canonical(text), expected);
}

#[test]
fn the_sorting_example_of_section_3_2_3() {
    let text = r#"{
      "\u20ac": "Euro Sign",
      "\r": "Carriage Return",
      "\ufb33": "Hebrew Letter Dalet With Dagesh",
      "1": "One",
      "\ud83d\ude00": "Emoji: Grinning Face",
      "\u0080": "Control",
      "\u00f6": "Latin Small Letter O With Diaeresis"
    }"#;
    let expected = concat!(
        r#"{"\r":"Carriage Return","1":"One","#,
        "\"\u{80}\":\"Control\",\"\u{f6}\":\"Latin Small Letter O With Diaeresis\",",
        "\"\u{20ac}\":\"Euro Sign\",\"\u{1f600}\":\"Emoji: Grinning Face\",",
        "\"\u{fb33}\":\"Hebrew Letter Dalet With Dagesh\"}",
    );
    assert_eq!(canonical(text), expected);
}

/// Appendix B, by the bits of the double.
#[test]
fn the_numbers_of_appendix_b() {
    for (bits, expected) in [
        (0x0000_0000_0000_0000, "0"),
        (0x8000_0000_0000_0000, "0"),
        (0x0000_0000_0000_0001, "5e-324"),
        (0x8000_0000_0000_0001, "-5e-324"),
        (0x7fef_ffff_ffff_ffff, "1.7976931348623157e+308"),
        (0xffef_ffff_ffff_ffff, "-1.7976931348623157e+308"),
        (0x4340_0000_0000_0000, "9007199254740992"),
        (0xc340_0000_0000_0000, "-9007199254740992"),
        (0x4430_0000_0000_0000, "295147905179352830000"),
        (0x44b5_2d02_c7e1_4af5, "9.999999999999997e+22"),
        (0x44b5_2d02_c7e1_4af6, "1e+23"),
        (0x44b5_2d02_c7e1_4af7, "1.0000000000000001e+23"),
        (0x444b_1ae4_d6e2_ef4e, "999999999999999700000"),
        (0x444b_1ae4_d6e2_ef4f, "999999999999999900000"),
        (0x444b_1ae4_d6e2_ef50, "1e+21"),
        (0x3eb0_c6f7_a0b5_ed8c, "9.999999999999997e-7"),
        (0x3eb0_c6f7_a0b5_ed8d, "0.000001"),
        (0x41b3_de43_5555_5553, "333333333.3333332"),
        (0x41b3_de43_5555_5554, "333333333.33333325"),
        (0x41b3_de43_5555_5555, "333333333.3333333"),
        (0x41b3_de43_5555_5556, "333333333.3333334"),
        (0x41b3_de43_5555_5557, "333333333.33333343"),
        (0x4314_3ff3_c1cb_0959, "1424953923781206.2"),
    ] {
        let mut text = String::new();
        write_number(f64::from_bits(bits), &mut text);
        assert_eq!(text, expected, "{bits:016x}");
    }
}

#[test]
fn names_compare_as_utf_16_does() {
    let samples = [
        "",
        "a",
        "b",
        "aa",
        "\u{7f}",
        "\u{80}",
        "\u{7ff}",
        "\u{800}",
        "\u{d7ff}",
        "\u{e000}",
        "\u{efff}",
        "\u{f000}",
        "\u{ffff}",
        "\u{10000}",
        "\u{1f600}",
        "\u{10ffff}",
        "a\u{10000}",
        "a\u{ffff}",
        "\u{10000}b",
        "\u{e000}a",
    ];
    for left in samples {
        for right in samples {
            let expected = left.encode_utf16().cmp(right.encode_utf16());
            assert_eq!(compare_names(left, right), expected, "{left:?} {right:?}");
        }
    }
}

#[test]
fn every_character_is_printed_as_itself_or_by_its_shortest_escape() {
    let codes = (1..0x300).chain(0x2020..0x2040).chain(0xfff0..0x1_0010);
    for character in codes.filter_map(char::from_u32) {
        let units: Vec<_> = character.encode_utf16(&mut [0; 2]).iter().map(|unit| format!("\\u{unit:04X}")).collect();
        let expected = serde_json::to_string(&character.to_string()).unwrap();
        assert_eq!(canonical(&format!("\"{}\"", units.concat())), expected);
    }
}
