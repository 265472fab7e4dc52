//! `Filter::Text`: which texts are searched, and the definitions of word and phrase.

use auditlog_core::query::Filter;
use serde_json::{Value, json};

use super::scene::{Scene, begun, begun_text, not, text, words};
use crate::{
    Store,
    fixtures::{START, event},
};

/// Events with the word `needle` in one searched text each, and none of their texts is left out.
fn needles() -> Vec<Value> {
    let actor = |member: &str, value: Value| {
        let mut actor = json!({ "type": "user", "id": "a" });
        actor[member] = value;
        actor
    };
    let target = |member: &str, value: Value| {
        let mut target = json!({ "type": "t", "id": "b" });
        target[member] = value;
        json!({ "targets": [{ "type": "t", "id": "a" }, target] })
    };
    let nested = || json!({ "a": 1, "z": [2, { "y": ["", "a needle"] }] });
    let mut places = vec![
        json!({ "action": "needle.read" }),
        json!({ "message": "The Needle here" }),
        json!({ "reason": { "text": "needle" } }),
        json!({ "reason": { "text": "why", "ticket": "NEEDLE-1" } }),
        json!({ "outcome": { "status": "failure", "reason": "no needle" } }),
        json!({ "outcome": { "status": "failure", "code": "E-Needle" } }),
        target("type", json!("needle")),
        target("id", json!("arn:needle/7")),
        target("name", json!("a needle")),
        target("url", json!("https://needle.example/")),
        target("attributes", nested()),
        json!({ "metadata": { "a": 1, "z": "needle" } }),
        json!({ "metadata": nested() }),
        json!({ "changes": [{ "path": "/needle", "op": "remove" }] }),
        json!({ "changes": [{ "path": "/a", "op": "replace", "old": { "x": ["needle"] }, "new": 1 }] }),
        json!({ "changes": [{ "path": "/a", "op": "add", "new": "\n\t\u{1}needle\n\"" }] }),
        json!({ "metadata": { "a": ["\n\t\u{1}needle\n\""] } }),
        json!({ "context": { "address": "needle.example:443" } }),
        json!({ "context": { "user_agent": "needle/1.0" } }),
        json!({ "context": { "auth_method": "needle" } }),
        json!({ "producer": { "id": "needle-1", "sequence": 1 } }),
        json!({ "raw": { "format": "needle", "body": "x" } }),
        json!({ "raw": { "format": "text", "body": "{\"x\":\"needle\"}" } }),
        json!({ "raw": { "format": "text", "body": format!("needle {}", "x".repeat(140_000)) } }),
    ];
    let members = [
        ("id", json!("needle-7")),
        ("name", json!("Ned Needle")),
        ("email", json!("needle@example.org")),
        ("groups", json!(["a", "the needle"])),
        ("attributes", nested()),
    ];
    for (member, value) in members {
        let actor = actor(member, value);
        places.push(json!({ "actor": actor }));
        places.push(json!({ "on_behalf_of": [{ "type": "user", "id": "c" }, actor] }));
    }
    for member in ["service", "component", "version", "environment", "region", "host"] {
        let mut source = json!({ "service": "s" });
        source[member] = json!("needle-1");
        places.push(json!({ "source": source }));
    }
    for member in ["country", "region", "city"] {
        places.push(json!({ "context": { "location": { (member): "Needle" } } }));
    }
    places.into_iter().map(|place| event(&place)).collect()
}

pub(super) async fn each_searched_text_is_searched<S: Store>(scene: Scene<S>) {
    let tenant = scene.tenant("acme").await;
    let needles = needles();
    let count = needles.len() as u64;
    for needle in needles {
        scene.append(&tenant, &[needle]).await;
    }
    scene.append(&tenant, &[event(&json!({ "message": "needles and a haystack" }))]).await;
    let expected: Vec<u64> = (0..count).collect();
    assert_eq!(scene.matching(&tenant, &words(&["needle"])).await, expected);
    assert_eq!(scene.matching(&tenant, &not(words(&["needle"]))).await, [count]);
    assert_eq!(scene.matching(&tenant, &begun(&["need"])).await, (0..=count).collect::<Vec<u64>>());
}

pub(super) async fn words_that_are_in_one_text_each_are_found_there<S: Store>(scene: Scene<S>) {
    let tenant = scene.tenant("acme").await;
    let word = |number: usize| format!("w{number}x");
    let own_word = |(number, event): (usize, Value)| {
        let printed = ["needle", "Needle", "NEEDLE"]
            .iter()
            .fold(event.to_string(), |printed, needle| printed.replace(needle, &word(number)));
        serde_json::from_str(&printed).expect("a word was replaced")
    };
    let events: Vec<Value> = needles().into_iter().enumerate().map(own_word).collect();
    scene.append(&tenant, &events).await;
    let all = || 0..events.len() as u64;
    for (number, sequence) in (0..events.len()).zip(all()) {
        let word = word(number);
        assert_eq!(scene.matching(&tenant, &words(&[&word])).await, [sequence]);
        let others: Vec<u64> = all().filter(|other| *other != sequence).collect();
        assert_eq!(scene.matching(&tenant, &not(words(&[&word]))).await, others);
        // The other word is in another text.
        let apart = words(&[&word, "w0x"]);
        assert_eq!(scene.matching(&tenant, &apart).await, [0; 0]);
    }
}

pub(super) async fn nothing_else_is_searched<S: Store>(scene: Scene<S>) {
    let tenant = scene.tenant("acme").await;
    let body = format!("{} needle", "x".repeat(140_000));
    let places = [
        json!({ "external_id": "needle", "occurred_at": START.to_string() }),
        json!({ "context": { "request_id": "needle", "correlation_id": "needle", "session_id": "needle" } }),
        json!({ "context": { "trace_id": "needle", "span_id": "needle" } }),
        json!({ "metadata": { "needle": 1 } }),
        json!({ "changes": [{ "path": "/a", "op": "replace", "old": 1, "new": { "needle": [{ "needle": "x" }] } }] }),
        json!({ "actor": { "type": "user", "id": "a", "attributes": { "needle": [{ "needle": "x" }] } } }),
        // Of a body of this length only the beginning is kept.
        json!({ "raw": { "format": "text", "body": body } }),
    ];
    for place in places {
        scene.append(&tenant, &[event(&place)]).await;
    }
    assert_eq!(scene.matching(&tenant, &words(&["needle"])).await, [] as [u64; 0]);
    assert_eq!(scene.matching(&tenant, &words(&["user"])).await, [] as [u64; 0], "the words of types are fixed");
}

pub(super) async fn texts_that_recur_are_found_in_each_of_their_rows<S: Store>(scene: Scene<S>) {
    let tenant = scene.tenant("acme").await;
    // The same characters as a text, in JSON and as JSON, often and once.
    let events: Vec<Value> = (0..200)
        .map(|number| match number % 4 {
            0 => event(&json!({ "metadata": { "needle": "hay" } })),
            1 => event(&json!({ "message": "{\"needle\":\"hay\"}" })),
            2 => event(&json!({ "metadata": { "a": "{\"needle\":\"hay\"}" } })),
            _ => event(&json!({ "context": { "user_agent": format!("straw/{}", number / 50) } })),
        })
        .collect();
    scene.append(&tenant, &events).await;
    let of = |places: &[u64]| (0..200).filter(|number| places.contains(&(number % 4))).collect::<Vec<u64>>();
    assert_eq!(scene.matching(&tenant, &words(&["needle"])).await, of(&[1, 2]));
    assert_eq!(scene.matching(&tenant, &words(&["hay"])).await, of(&[0, 1, 2]));
    assert_eq!(scene.matching(&tenant, &words(&["straw"])).await, of(&[3]));
    let few: Vec<u64> = of(&[3]).into_iter().filter(|number| number / 50 == 2).collect();
    assert_eq!(scene.matching(&tenant, &words(&["straw", "2"])).await, few);
}

/// Stores texts as messages, in this order.
async fn messages<S: Store>(scene: &Scene<S>, texts: &[&str]) -> auditlog_core::id::TenantId {
    let tenant = scene.tenant("acme").await;
    let events: Vec<Value> = texts.iter().map(|text| event(&json!({ "message": text }))).collect();
    scene.append(&tenant, &events).await;
    tenant
}

pub(super) async fn tokens_are_runs_of_letters_and_digits<S: Store>(scene: Scene<S>) {
    let long = "a".repeat(70);
    let texts = ["get_bucket-acl v2.1", "Größe ÄRGER", "東京2024 x", "user@example.org", &long, "\u{1f600} --- !"];
    let tenant = messages(&scene, &texts).await;
    let cases: [(&[&str], &[u64]); 14] = [
        (&["get"], &[0]),
        (&["bucket"], &[0]),
        (&["v2"], &[0]),
        (&["1"], &[0]),
        (&["v2", "1"], &[0]),
        (&["get_bucket"], &[]),
        (&["grösse"], &[1]),
        (&["ärger"], &[1]),
        (&["größe"], &[]),
        (&["2024"], &[2]),
        (&["東京"], &[]),
        (&["example"], &[3]),
        (&[&long[..64]], &[4]),
        (&[&long[..63]], &[]),
    ];
    for (phrase, expected) in cases {
        assert_eq!(scene.matching(&tenant, &words(phrase)).await, expected, "{phrase:?}");
    }
}

pub(super) async fn words_of_all_scripts_are_found_in_every_spelling<S: Store>(scene: Scene<S>) {
    let texts = [
        "Ångström ﬁx ＰＡＹ",
        "Λογαριασμός πληρωμή",
        "Отчёт за июль",
        "تقرير شهري",
        "דוח חודשי",
        "हिन्दी रिपोर्ट",
        "보고서 승인",
        "x² ½ \u{fdfa}",
    ];
    let tenant = messages(&scene, &texts).await;
    let cases: [(&str, &[u64]); 17] = [
        ("a\u{30a}NGSTRO\u{308}M fix pay", &[0]),
        ("FIX", &[0]),
        ("ΛΟΓΑΡΙΑΣΜΌΣ", &[1]),
        ("ΠΛΗΡΩΜΉ", &[1]),
        ("πληρωμη", &[]),
        ("ОТЧЕ\u{308}Т за", &[2]),
        ("تقرير", &[3]),
        ("\u{fe97}\u{fed8}\u{feae}\u{fef3}\u{feae}", &[3]),
        ("דוח", &[4]),
        ("हिन्दी", &[5]),
        ("हिन", &[]),
        ("보고서", &[6]),
        ("\u{1107}\u{1169}\u{1100}\u{1169}\u{1109}\u{1165}", &[6]),
        ("보고", &[]),
        ("X2", &[7]),
        ("½", &[7]),
        ("\u{fdfa}", &[7]),
    ];
    for (words, expected) in cases {
        assert_eq!(scene.matching(&tenant, &text(words)).await, expected, "{words:?}");
        let others: Vec<u64> = (0..8).filter(|sequence| !expected.contains(sequence)).collect();
        assert_eq!(scene.matching(&tenant, &not(text(words))).await, others, "not {words:?}");
    }
    assert_eq!(scene.matching(&tenant, &begun_text("보고")).await, [6]);
    assert_eq!(scene.matching(&tenant, &begun_text("हिन")).await, [5]);
}

pub(super) async fn characters_without_spaces_are_found_within_their_runs<S: Store>(scene: Scene<S>) {
    let texts = [
        "東京都2024年度",
        "東京 京都",
        "大東",
        "データベース",
        "ﾃﾞｰﾀ v2",
        "รายงานประจ\u{e33}ปี",
        "ລາຍງານ",
        "របាយការណ៍",
        "အစီရင်ခံစာ",
        "pay 東 roll",
        "pay 東京 roll",
    ];
    let tenant = messages(&scene, &texts).await;
    let cases: [(&str, &[u64]); 26] = [
        ("東", &[0, 1, 2, 9, 10]),
        ("東京", &[0, 1, 10]),
        ("東京都", &[0]),
        ("東 京都", &[]),
        ("東京 京都", &[1]),
        ("京 京", &[1]),
        ("都 2024 年", &[0]),
        ("都2024年", &[0]),
        ("2024", &[0]),
        ("24", &[]),
        ("度", &[0]),
        ("pay 東 roll", &[9]),
        ("pay東", &[9, 10]),
        ("東 roll", &[9]),
        ("京 ROLL", &[10]),
        ("データ", &[3, 4]),
        ("テ\u{3099}ータ", &[3, 4]),
        ("タ V2", &[4]),
        ("テ", &[]),
        ("ประจ\u{e4d}\u{e32}", &[5]),
        ("ประจ\u{e33}", &[5]),
        ("จ", &[]),
        ("ງານ", &[6]),
        ("ការ", &[7]),
        ("ခံစာ", &[8]),
        ("စာခံ", &[]),
    ];
    for (words, expected) in cases {
        assert_eq!(scene.matching(&tenant, &text(words)).await, expected, "{words:?}");
        let others: Vec<u64> = (0..11).filter(|sequence| !expected.contains(sequence)).collect();
        assert_eq!(scene.matching(&tenant, &not(text(words))).await, others, "not {words:?}");
    }
    let begun: [(&str, &[u64]); 5] =
        [("東", &[0, 1, 2, 9, 10]), ("東京", &[0, 1, 10]), ("จ", &[5]), ("pay 東", &[9, 10]), ("東京 r", &[10])];
    for (words, expected) in begun {
        assert_eq!(scene.matching(&tenant, &begun_text(words)).await, expected, "{words:?}*");
    }
}

pub(super) async fn a_phrase_stands_in_one_text_in_order<S: Store>(scene: Scene<S>) {
    let texts =
        ["the payroll run of may", "run payroll", "payroll, run!", "payroll the run", "pay payroll payroll run"];
    let tenant = messages(&scene, &texts).await;
    let apart = json!({ "message": "ends with payroll", "reason": { "text": "run begins here" } });
    let values = json!({ "metadata": { "a": "payroll", "b": "run" } });
    scene.append(&tenant, &[event(&apart), event(&values)]).await;
    let cases: [(&[&str], &[u64]); 6] = [
        (&["payroll", "run"], &[0, 2, 4]),
        (&["run", "payroll"], &[1]),
        (&["payroll", "payroll"], &[4]),
        (&["payroll"], &[0, 1, 2, 3, 4, 5, 6]),
        (&["the", "payroll", "run", "of", "may"], &[0]),
        (&["the", "payroll", "run", "of", "may", "x"], &[]),
    ];
    for (phrase, expected) in cases {
        assert_eq!(scene.matching(&tenant, &words(phrase)).await, expected, "{phrase:?}");
    }
    let both = Filter::And(vec![words(&["payroll"]), words(&["run"])]);
    assert_eq!(scene.matching(&tenant, &both).await, [0, 1, 2, 3, 4, 5, 6], "words by themselves may stand apart");
}

pub(super) async fn the_last_word_of_a_phrase_may_only_be_begun<S: Store>(scene: Scene<S>) {
    let long = "b".repeat(70);
    let texts = ["the payroll running", "Payrolls run", "unpaid payroll-r", "ÄRGERnis 東京2024", &long, "pay"];
    let tenant = messages(&scene, &texts).await;
    // Separate texts, and one after an escape of JSON.
    let apart = json!({ "message": "ends with payroll", "reason": { "text": "run begins here" } });
    let within = json!({ "metadata": { "a": "\npayslip", "b": 1 }, "targets": [{ "type": "t", "id": "a", "name": "Paymaster" }] });
    let changed = json!({ "changes": [{ "path": "/pay", "op": "add", "new": { "payee": ["prepay"] } }] });
    scene.append(&tenant, &[event(&apart), event(&within), event(&changed)]).await;
    let cases: [(&[&str], &[u64]); 15] = [
        (&["pay"], &[0, 1, 2, 5, 6, 7, 8]),
        (&["payr"], &[0, 1, 2, 6]),
        (&["p"], &[0, 1, 2, 5, 6, 7, 8]),
        (&["payroll"], &[0, 1, 2, 6]),
        (&["payrolls"], &[1]),
        (&["aid"], &[]),
        (&["payroll", "r"], &[0, 2]),
        (&["payroll", "running"], &[0]),
        (&["pay", "r"], &[]),
        (&["ärger"], &[3]),
        (&["20"], &[3]),
        (&[&long[..64]], &[4]),
        (&[&long[..63]], &[4]),
        (&["pays"], &[7]),
        (&["payees"], &[]),
    ];
    for (phrase, expected) in cases {
        let filter = begun(phrase);
        assert_eq!(scene.matching(&tenant, &filter).await, expected, "{phrase:?}*");
        let others: Vec<u64> = (0..9).filter(|sequence| !expected.contains(sequence)).collect();
        assert_eq!(scene.matching(&tenant, &not(filter)).await, others, "not {phrase:?}*");
    }
}
