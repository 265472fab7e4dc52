//! Events with member names that are repeated in the objects that producers fill freely.

use serde_json::{Value, json};

use super::{
    adjustments::{cut, json_as_text, number_as_text, replaced, sha256},
    sent::{event, text_of},
    stored::{Stored, stored},
};

pub(super) fn all() -> Vec<Stored> {
    [in_metadata(), elsewhere(), beside_limits()].into_iter().flatten().collect()
}

fn metadata(name: &str, literal: &str, kept: Value) -> Stored {
    stored(format!("repeated name: {name}"), event(&[("metadata", literal)])).with("metadata", kept)
}

fn in_metadata() -> Vec<Stored> {
    let row = |name: &str, literal: &str, kept: Value, pointers: &[&str]| {
        metadata(name, literal, kept).adjusted_all(pointers.iter().map(|pointer| replaced(pointer)))
    };
    vec![
        row("twice", r#"{"a":1,"a":2}"#, json!({"a": 1, "a~2": 2}), &["/metadata/a~02"]),
        row("with equal values", r#"{"a":1,"a":1}"#, json!({"a": 1, "a~2": 1}), &["/metadata/a~02"]),
        row(
            "in the order sent",
            r#"{"a":3,"b":0,"a":2,"a":{"a":1}}"#,
            json!({"a": 3, "a~2": 2, "a~3": {"a": 1}, "b": 0}),
            &["/metadata/a~02", "/metadata/a~03"],
        ),
        row("after unescaping", r#"{"a/b":1,"\u0061\/b":2}"#, json!({"a/b": 1, "a/b~2": 2}), &["/metadata/a~1b~02"]),
        row("the empty name", r#"{"":1,"":2}"#, json!({"": 1, "~2": 2}), &["/metadata/~02"]),
        row("at a level below", r#"{"x":{"a":1,"a":2}}"#, json!({"x": {"a": 1, "a~2": 2}}), &["/metadata/x/a~02"]),
        row("in a list", r#"{"x":[0,{"a":1,"a":2}]}"#, json!({"x": [0, {"a": 1, "a~2": 2}]}), &["/metadata/x/1/a~02"]),
        row(
            "in a repeated member",
            r#"{"x":{"a":1,"a":2},"x":{"a":3,"a":4}}"#,
            json!({"x": {"a": 1, "a~2": 2}, "x~2": {"a": 3, "a~2": 4}}),
            &["/metadata/x/a~02", "/metadata/x~02", "/metadata/x~02/a~02"],
        ),
        row(
            "numbers that are taken",
            r#"{"a":1,"a":2,"a~2":3,"a":4,"a~4":5,"a":6}"#,
            json!({"a": 1, "a~3": 2, "a~2": 3, "a~5": 4, "a~4": 5, "a~6": 6}),
            &["/metadata/a~03", "/metadata/a~05", "/metadata/a~06"],
        ),
        row(
            "a repeated number",
            r#"{"a~2":1,"a":2,"a~2":3,"a":4}"#,
            json!({"a~2": 1, "a": 2, "a~2~2": 3, "a~3": 4}),
            &["/metadata/a~02~02", "/metadata/a~03"],
        ),
        row(
            "before names that were replaced",
            "{\"\\u0000\":1,\"\u{fffd}\":4,\"\\ud800\":0,\"\u{fffd}\":3}",
            json!({"\u{fffd}": 4, "\u{fffd}~2": 3, "\u{fffd}~3": 0, "\u{fffd}~4": 1}),
            &["/metadata/\u{fffd}~02", "/metadata/\u{fffd}~03", "/metadata/\u{fffd}~04"],
        ),
        row(
            "one that is replaced",
            r#"{"\u0000":2,"\u0000":1}"#,
            json!({"\u{fffd}": 1, "\u{fffd}~2": 2}),
            &["/metadata/\u{fffd}", "/metadata/\u{fffd}~02"],
        ),
        row(
            "with a value that is replaced",
            r#"{"a":1,"a":"\u0000"}"#,
            json!({"a": 1, "a~2": "\u{fffd}"}),
            &["/metadata/a~02"],
        ),
        metadata("with numbers as text", r#"{"a":1e400,"a":2e400}"#, json!({"a": "1e400", "a~2": "2e400"}))
            .adjusted(number_as_text("/metadata/a"))
            .adjusted(number_as_text("/metadata/a~02"))
            .adjusted(replaced("/metadata/a~02")),
    ]
}

fn elsewhere() -> Vec<Stored> {
    let kept = json!({"a": 1, "a~2": 2});
    let named = |name: &str, members: &[(&str, &str)]| stored(format!("repeated name: {name}"), event(members));
    let change = |name: &str, literal: &str| {
        named(name, &[("changes", &format!(r#"[{{"path":"","op":"add","new":{literal}}}]"#))])
    };
    let changes = |value: Value| json!([{"path": "", "op": "add", "new": value}]);
    vec![
        named("actor", &[("actor", r#"{"type":"user","id":"alice","attributes":{"a":1,"a":2}}"#)])
            .with("actor", json!({"type": "user", "id": "alice", "attributes": kept}))
            .adjusted(replaced("/actor/attributes/a~02")),
        named("on_behalf_of", &[("on_behalf_of", r#"[{"type":"user","id":"bob","attributes":{"a":1,"a":2}}]"#)])
            .with("on_behalf_of", json!([{"type": "user", "id": "bob", "attributes": kept}]))
            .adjusted(replaced("/on_behalf_of/0/attributes/a~02")),
        named("targets", &[("targets", r#"[{"id":"t","attributes":{"a":1,"a":2}}]"#)])
            .with("targets", json!([{"id": "t", "attributes": kept}]))
            .adjusted(replaced("/targets/0/attributes/a~02")),
        change("a value of a change", r#"{"a":1,"a":2}"#)
            .with("changes", changes(kept.clone()))
            .adjusted(replaced("/changes/0/new/a~02")),
        change("inside a value of a change", r#"[{"k":{"b":1e99,"a":1,"a":2}}]"#)
            .with("changes", changes(json!([{"k": {"b": "1e99", "a": 1, "a~2": 2}}])))
            .adjusted(replaced("/changes/0/new/0/k/a~02"))
            .adjusted(number_as_text("/changes/0/new/0/k/b")),
    ]
}

fn beside_limits() -> Vec<Stored> {
    let at = "/metadata/a/b/c/d/e/f/g/h";
    let deep = r#"{"a":{"b":{"c":{"d":{"e":{"f":{"g":{"h":{"i":1,"i":2}}}}}}}}}"#;
    let deep_kept = json!({"a": {"b": {"c": {"d": {"e": {"f": {"g": {"h": r#"{"i":1,"i~2":2}"#}}}}}}}});
    let long = text_of(300);
    let cut_name = |name: &str| format!("{}~{}", &name[..240], &sha256(name)[..8]);
    let numbered = format!("{long}~2");
    let mut names = [&long, &numbered].map(|name| (cut_name(name), name));
    let long_kept = json!({names[0].0.as_str(): 1, names[1].0.as_str(): 2});
    names.sort();
    let mut long_row = metadata("of 300 bytes", &format!(r#"{{"{long}":1,"{long}":2}}"#), long_kept);
    for (kept, name) in &names {
        let pointer = format!("/metadata/{}", kept.replace('~', "~0"));
        if *name == &numbered {
            long_row = long_row.adjusted(replaced(&pointer));
        }
        long_row = long_row.adjusted(cut(&pointer, name));
    }
    vec![
        metadata("below the eighth level", deep, deep_kept).adjusted(json_as_text(at)).adjusted(replaced(at)),
        long_row,
    ]
}
