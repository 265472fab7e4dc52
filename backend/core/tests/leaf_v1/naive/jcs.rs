//! RFC 8785 over generic JSON values.

use serde_json::Value;

/// The JCS text of a value.
pub(crate) fn text(value: &Value) -> String {
    match value {
        Value::Null => "null".to_owned(),
        Value::Bool(truth) => truth.to_string(),
        Value::Number(number) => number_text(number.as_f64().expect("every number is a double")),
        Value::String(string) => string_text(string),
        Value::Array(items) => format!("[{}]", items.iter().map(text).collect::<Vec<_>>().join(",")),
        Value::Object(members) => {
            let mut members: Vec<_> = members.iter().collect();
            members.sort_by_key(|(name, _)| name.encode_utf16().collect::<Vec<_>>());
            let members: Vec<_> =
                members.iter().map(|(name, value)| format!("{}:{}", string_text(name), text(value))).collect();
            format!("{{{}}}", members.join(","))
        }
    }
}

fn string_text(string: &str) -> String {
    let escaped: String = string.chars().map(escape).collect();
    format!("\"{escaped}\"")
}

fn escape(character: char) -> String {
    match character {
        '"' => "\\\"".to_owned(),
        '\\' => "\\\\".to_owned(),
        '\u{8}' => "\\b".to_owned(),
        '\t' => "\\t".to_owned(),
        '\n' => "\\n".to_owned(),
        '\u{c}' => "\\f".to_owned(),
        '\r' => "\\r".to_owned(),
        control if control < ' ' => format!("\\u{:04x}", u32::from(control)),
        other => other.to_string(),
    }
}

/// `Number::toString` of ECMAScript 2019, section 7.1.12.1: `digits` and `point` are its `s` and `n`.
fn number_text(number: f64) -> String {
    if number == 0.0 {
        return "0".to_owned();
    }
    let sign = if number < 0.0 { "-" } else { "" };
    // Rust prints the fewest digits that read back as the same double. Of several such texts ECMAScript wants the
    // closest, and of two as close the even one: the exact value rounded to that many digits.
    let shortest = format!("{:e}", number.abs());
    let count = shortest.bytes().take_while(|byte| *byte != b'e').filter(u8::is_ascii_digit).count();
    let scientific = format!("{:.*e}", count - 1, number.abs());
    let (mantissa, exponent) = scientific.split_once('e').expect("scientific notation has an exponent");
    let digits = mantissa.replace('.', "");
    let point = exponent.parse::<i32>().expect("the exponent is an integer") + 1;
    format!("{sign}{}", lay_out(&digits, point))
}

fn lay_out(digits: &str, point: i32) -> String {
    let count = i32::try_from(digits.len()).expect("a double has at most 17 digits");
    let zeros = |count: i32| "0".repeat(usize::try_from(count).expect("not negative"));
    let split = |at: i32| digits.split_at(usize::try_from(at).expect("not negative"));
    if count <= point && point <= 21 {
        return format!("{digits}{}", zeros(point - count));
    }
    if 0 < point && point <= 21 {
        let (whole, fraction) = split(point);
        return format!("{whole}.{fraction}");
    }
    if -6 < point && point <= 0 {
        return format!("0.{}{digits}", zeros(-point));
    }
    let exponent = format!("{}{}", if point > 0 { "+" } else { "-" }, (point - 1).abs());
    let (first, rest) = split(1);
    if rest.is_empty() { format!("{first}e{exponent}") } else { format!("{first}.{rest}e{exponent}") }
}
