//! Indents JSON for people without interpreting it, so that numbers and the order of members stay as sent.

const STEP: &str = "  ";

/// The same JSON with one line per member and element.
pub(crate) fn indented(json: &str) -> String {
    let mut out = String::with_capacity(json.len() * 2);
    let mut depth = 0;
    let mut rest = json.trim_start();
    while let Some(character) = rest.chars().next() {
        let token = if character == '"' { string_of(rest) } else { &rest[..character.len_utf8()] };
        rest = rest[token.len()..].trim_start();
        match character {
            '{' | '[' if rest.starts_with(['}', ']']) => out.push_str(token),
            '{' | '[' => {
                depth += 1;
                out.push_str(token);
                break_line(&mut out, depth);
            }
            '}' | ']' if out.ends_with(['{', '[']) => out.push_str(token),
            '}' | ']' => {
                depth = depth.saturating_sub(1);
                break_line(&mut out, depth);
                out.push_str(token);
            }
            ',' => {
                out.push_str(token);
                break_line(&mut out, depth);
            }
            ':' => out.push_str(": "),
            _ => out.push_str(token),
        }
    }
    out
}

fn break_line(out: &mut String, depth: usize) {
    out.push('\n');
    out.push_str(&STEP.repeat(depth));
}

/// The string at the beginning of a text, quotes included; the whole text if the string does not end in it.
fn string_of(text: &str) -> &str {
    let mut escaped = false;
    for (index, byte) in text.bytes().enumerate().skip(1) {
        match byte {
            b'"' if !escaped => return &text[..=index],
            b'\\' => escaped = !escaped,
            _ => escaped = false,
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_layout_is_the_usual_one() {
        let text = r#" {"a":[1, {"b":"x\"},{ :\\"} ,[],{ }],"c":[[null,true]],"ü":""} "#;
        let value: serde_json::Value = serde_json::from_str(text).unwrap();
        assert_eq!(indented(text), serde_json::to_string_pretty(&value).unwrap());
    }

    #[test]
    fn what_is_written_stays_as_it_is() {
        let numbers = r#"{"z":0.30000000000000004,"a":1e400,"a":-0}"#;
        assert_eq!(indented(numbers), "{\n  \"z\": 0.30000000000000004,\n  \"a\": 1e400,\n  \"a\": -0\n}");
    }
}
