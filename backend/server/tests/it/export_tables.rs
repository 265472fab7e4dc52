//! Exports as tables: the values of each column, and that no text of an event becomes a formula.

use std::collections::BTreeMap;

use arrow_array::{Array, cast::AsArray, types::Int64Type, types::TimestampMicrosecondType};
use arrow_schema::{DataType, TimeUnit};
use bytes::Bytes;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use serde_json::{Value, json};

use crate::harness::{Client, TestServer, event};

const EXPORT: &str = "/api/v1/events/export";

/// Stores one event with these members.
async fn store(client: &Client, members: Value) {
    client.post("/api/v1/events", &event(&members)).await.expect(201);
}

async fn csv_text(client: &Client, query: &str) -> String {
    let answer = client.get(&format!("{EXPORT}?format=csv&{query}")).await;
    assert_eq!(answer.status, 200, "{query}");
    String::from_utf8(answer.body.to_vec()).unwrap()
}

async fn parquet_file(client: &Client, query: &str) -> ParquetRecordBatchReaderBuilder<Bytes> {
    let answer = client.get(&format!("{EXPORT}?format=parquet&{query}")).await;
    assert_eq!(answer.status, 200, "{query}");
    ParquetRecordBatchReaderBuilder::try_new(answer.body).unwrap()
}

/// The texts of all columns of a file with one row, without the absent ones.
async fn parquet_texts(client: &Client, query: &str) -> BTreeMap<String, String> {
    let rows = parquet_file(client, query).await.build().unwrap().next().unwrap().unwrap();
    assert_eq!(rows.num_rows(), 1, "{query}");
    let schema = rows.schema();
    let columns = schema.fields().iter().zip(rows.columns());
    let texts = columns.filter(|(field, values)| *field.data_type() == DataType::Utf8 && values.is_valid(0));
    texts.map(|(field, values)| (field.name().clone(), values.as_string::<i32>().value(0).to_owned())).collect()
}

#[tokio::test]
async fn a_csv_file_begins_with_a_header_and_has_a_record_for_each_event() {
    let server = TestServer::start().await;
    let columns = "columns=sequence,action,outcome.status,actor.id,targets,actor.groups,changes";
    let header = "sequence,action,outcome.status,actor.id,targets,actor.groups,changes\r\n";
    assert_eq!(csv_text(&server.admin, &format!("{columns}&action=none")).await, header);
    store(&server.admin, json!({"action": "invoice.pay", "actor": {"type": "user", "id": "bob"}})).await;
    let changes = json!([{"path": "/a", "op": "add", "new": {"z": 1, "a": null}}]);
    let full = json!({
        "action": "invoice.pay", "changes": changes, "targets": [{"type": "invoice", "id": "i,1"}],
        "actor": {"type": "user", "id": "ann", "groups": ["x", "y"]},
    });
    store(&server.admin, full).await;
    let text = csv_text(&server.admin, &format!("{columns}&action=invoice.pay")).await;
    let lines: Vec<&str> = text.strip_prefix(header).unwrap().split("\r\n").collect();
    assert!(lines[0].ends_with(",invoice.pay,success,bob,,,"), "{text}");
    let expected = r#",invoice.pay,success,ann,"[{""id"":""i,1"",""type"":""invoice""}]","[""x"",""y""]","[{""new"":{""a"":null,""z"":1},""op"":""add"",""path"":""/a""}]""#;
    assert!(lines[1].ends_with(expected), "{text}");
    assert_eq!(&lines[2..], [""]);
}

#[tokio::test]
async fn no_text_becomes_a_formula_and_none_is_lost() {
    let server = TestServer::start().await;
    let cases = [
        ("=1+1", "'=1+1"),
        ("+49 30 1", "'+49 30 1"),
        ("-2", "'-2"),
        ("@SUM(A1)", "'@SUM(A1)"),
        ("\tx", "'\tx"),
        ("\rx", "\"'\rx\""),
        ("\n=x", "\"'\n'=x\""),
        ("a;=1+1", "a;'=1+1"),
        ("a; \"=1\";+b", "\"a;' \"\"=1\"\";'+b\""),
        ("a|@SUM(A1)", "a|'@SUM(A1)"),
        ("a\t－1;'b", "a\t'－1;''b"),
        ("one\r\n-two", "\"one\r\n'-two\""),
        ("a;b, c", "\"a;b, c\""),
        ("＝1", "'＝1"),
        ("'=1", "''=1"),
        ("a=1", "a=1"),
        ("she said \"no\", twice", "\"she said \"\"no\"\", twice\""),
        ("two\nlines\r\nand Grüße, 日本 🎉", "\"two\nlines\r\nand Grüße, 日本 🎉\""),
    ];
    for (index, (text, _)) in cases.iter().enumerate() {
        let members =
            json!({"action": "text.write", "message": text, "metadata": {"n": index, "t": text, "minus": -5}});
        store(&server.admin, members).await;
    }
    let text = csv_text(&server.admin, "columns=metadata.n,message,metadata.t,metadata.minus&action=text.write").await;
    let record = |(index, (_, cell)): (usize, &(&str, &str))| format!("{index},{cell},{cell},-5\r\n");
    let expected: String = cases.iter().enumerate().map(record).collect();
    assert_eq!(text, format!("metadata.n,message,metadata.t,metadata.minus\r\n{expected}"));
}

#[tokio::test]
async fn no_list_and_no_name_of_a_column_becomes_a_formula() {
    let server = TestServer::start().await;
    let metadata = json!({"a;=b": "v", "n": -5, "t": "x;+1"});
    let actor = json!({"type": "user", "id": "ann", "groups": ["x;=1", "y|  @z"]});
    store(&server.admin, json!({"action": "list.write", "metadata": metadata, "actor": actor})).await;
    let text = csv_text(&server.admin, "columns=metadata.a%3B%3Db,metadata,actor.groups&action=list.write").await;
    let lines: Vec<&str> = text.split("\r\n").collect();
    assert_eq!(lines[0], "metadata.a;'=b,metadata,actor.groups");
    let cells = csv::ReaderBuilder::new().from_reader(text.as_bytes()).into_records().next().unwrap().unwrap();
    assert_eq!(serde_json::from_str::<Value>(&cells[1]).unwrap(), metadata);
    assert!(!cells[1].contains(";=") && !cells[1].contains(";+"), "{text}");
    assert_eq!(&cells[2], r#"["x;\u003d1","y|  \u0040z"]"#);
}

#[tokio::test]
async fn keys_of_the_producers_own_are_columns_that_one_may_ask_for() {
    let server = TestServer::start().await;
    let metadata = json!({"env": "prod", "a,b": true, "none": null, "half": 0.5});
    let actor = json!({"type": "user", "id": "ann", "attributes": {"team": "core"}});
    store(&server.admin, json!({"action": "keyed.write", "metadata": metadata, "actor": actor})).await;
    let names = "metadata.env,%22metadata.a%2Cb%22,metadata.none,metadata.half,metadata.missing,actor.attributes.team";
    let query = format!("columns={names}&action=keyed.write");
    let text = csv_text(&server.admin, &query).await;
    let header = "metadata.env,\"metadata.a,b\",metadata.none,metadata.half,metadata.missing,actor.attributes.team";
    assert_eq!(text, format!("{header}\r\nprod,true,null,0.5,,core\r\n"));
    let texts = parquet_texts(&server.admin, &query).await;
    let expected = [
        ("actor.attributes.team", "core"),
        ("metadata.a,b", "true"),
        ("metadata.env", "prod"),
        ("metadata.half", "0.5"),
        ("metadata.none", "null"),
    ];
    assert_eq!(texts, expected.map(|(name, text)| (name.to_owned(), text.to_owned())).into());
}

#[tokio::test]
async fn a_parquet_file_has_typed_columns() {
    let server = TestServer::start().await;
    let producer = json!({"id": "p", "sequence": 9_007_199_254_740_992_u64});
    let members = json!({"action": "typed.write", "occurred_at": "2026-01-02T03:04:05.678901Z", "producer": producer});
    store(&server.admin, members).await;
    let file = parquet_file(&server.admin, "action=typed.write").await;
    let names: Vec<String> = file.schema().fields().iter().map(|field| field.name().clone()).collect();
    let csv = csv_text(&server.admin, "action=none").await;
    assert_eq!(csv.trim_end().split(',').collect::<Vec<_>>(), names);
    let rows = file.build().unwrap().next().unwrap().unwrap();
    let column = |name: &str| rows.column_by_name(name).unwrap_or_else(|| panic!("{name}"));
    let timestamp = DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into()));
    assert_eq!((column("occurred_at").data_type(), column("received_at").data_type()), (&timestamp, &timestamp));
    assert_eq!(column("occurred_at").as_primitive::<TimestampMicrosecondType>().value(0), 1_767_323_045_678_901);
    assert_eq!(column("producer.sequence").as_primitive::<Int64Type>().value(0), 9_007_199_254_740_992);
    assert!(column("sequence").as_primitive::<Int64Type>().value(0) > 0);
    assert!(column("skewed").as_boolean().value(0));
    assert_eq!(column("action").as_string::<i32>().value(0), "typed.write");
    assert!(column("targets").is_null(0) && column("raw.size").is_null(0));
    let empty = parquet_file(&server.admin, "action=none").await;
    assert_eq!((empty.schema().fields().len(), empty.metadata().file_metadata().num_rows()), (names.len(), 0));
}

#[tokio::test]
async fn what_was_adjusted_is_a_column_beside_what_is_left() {
    let server = TestServer::start().await;
    let members = json!({
        "action": "adjusted.write", "external_id": "ext-1", "occurred_at": "2031-05-06T11:00:00Z",
        "context": {"ip": "10.0.0.1:443"},
    });
    store(&server.admin, members).await;
    store(&server.admin, json!({"action": "adjusted.write"})).await;
    let query = "columns=external_id,context.ip,context.address,adjustments&action=adjusted.write";
    let adjustments = r#"[{"code":"parsed","pointer":"/context/ip"}]"#;
    let quoted = adjustments.replace('"', "\"\"");
    let records = format!("ext-1,10.0.0.1,10.0.0.1:443,\"{quoted}\"\r\n,,,\r\n");
    assert_eq!(
        csv_text(&server.admin, query).await,
        format!("external_id,context.ip,context.address,adjustments\r\n{records}")
    );
    let texts = parquet_texts(&server.admin, &format!("{query}&context.ip=10.0.0.1")).await;
    let expected = [
        ("adjustments", adjustments),
        ("context.address", "10.0.0.1:443"),
        ("context.ip", "10.0.0.1"),
        ("external_id", "ext-1"),
    ];
    assert_eq!(texts, expected.map(|(name, text)| (name.to_owned(), text.to_owned())).into());
}

#[tokio::test]
async fn columns_of_personal_groups_are_left_out_or_refused_by_name() {
    let server = TestServer::start().await;
    let personal = json!({
        "action": "hidden.write", "message": "secret", "outcome": {"status": "failure", "code": "E1", "reason": "secret"},
        "actor": {"type": "user", "id": "secret"}, "context": {"ip": "secret", "user_agent": "secret"},
        "metadata": {"env": "secret"}, "source": {"service": "identity", "region": "eu", "host": "secret"},
        "external_id": "secret", "occurred_at": "2031-05-06T11:00:00Z",
    });
    store(&server.admin, personal).await;
    let viewer = server.key(&server.admin, "audit_viewer").await;
    let (all, seen) = (csv_text(&server.admin, "").await, csv_text(&viewer, "").await);
    assert!(all.contains("secret") && !seen.contains(",secret"), "{seen}");
    let header: Vec<&str> = seen.lines().next().unwrap().split(',').collect();
    for seen in ["outcome.code", "targets", "changes", "source.region"] {
        assert!(header.contains(&seen), "{seen}");
    }
    for personal in [
        "outcome.reason",
        "actor.id",
        "context.ip",
        "context.address",
        "source.host",
        "external_id",
        "message",
        "metadata",
        "raw.size",
        "on_behalf_of",
        "adjustments",
    ] {
        assert!(!header.contains(&personal), "{personal}");
    }
    let texts = parquet_texts(&viewer, "action=hidden.write").await;
    assert_eq!(texts.get("outcome.code").map(String::as_str), Some("E1"));
    assert!(!texts.values().any(|text| text == "secret"), "{texts:?}");
    for format in ["csv", "parquet"] {
        for name in [
            "actor.id",
            "outcome.reason",
            "context.ip",
            "context.address",
            "source.host",
            "external_id",
            "adjustments",
            "metadata.env",
            "actor.attributes.x",
        ] {
            let query = format!("{EXPORT}?format={format}&columns=id,{name}");
            let problem = viewer.get(&query).await.problem(403, "field_not_permitted");
            assert_eq!(problem["errors"][0]["pointer"], "/columns", "{problem}");
            assert!(problem["detail"].as_str().unwrap().contains(name), "{problem}");
        }
    }
}

#[tokio::test]
async fn a_table_that_cannot_be_is_refused_with_what_to_ask_for() {
    let server = TestServer::start().await;
    let many = vec!["id"; 257].join(",");
    for (query, pointer, code, says) in [
        ("format=csv&columns=id,acton", "/columns", "unknown_field", "Did you mean `action`?"),
        ("format=csv&columns=ip", "/columns", "unknown_field", "Did you mean `context.ip`?"),
        ("format=csv&columns=outcome", "/columns", "unknown_field", "Did you mean `outcome.status`?"),
        ("format=csv&columns=email", "/columns", "unknown_field", "Did you mean `actor.email`?"),
        ("format=parquet&columns=nothing-like-it", "/columns", "unknown_field", "There are sequence, id,"),
        ("format=csv&columns=metadata.", "/columns", "unknown_field", "metadata"),
        ("format=csv&columns=id,,action", "/columns", "unknown_field", "There is no column ``"),
        ("format=csv&columns=", "/columns", "invalid_value", "leave the parameter out"),
        ("format=csv&columns=id,action,id", "/columns", "invalid_value", "`id` is named twice"),
        ("format=csv&columns=id%0Aaction", "/columns", "invalid_value", "single record"),
        (&format!("format=csv&columns={many}"), "/columns", "too_many", "256"),
        ("format=csv&columns=id&columns=action", "/columns", "repeated_parameter", "once"),
        ("columns=id", "/columns", "invalid_value", "csv or parquet"),
        ("format=json&columns=id", "/columns", "invalid_value", "csv or parquet"),
        ("format=parquet&compression=gzip", "/compression", "invalid_value", "leave compression out"),
    ] {
        let problem = server.admin.get(&format!("{EXPORT}?{query}")).await.problem(400, "invalid_parameter");
        let error = &problem["errors"][0];
        assert_eq!((&error["pointer"], &error["code"]), (&json!(pointer), &json!(code)), "{query}: {problem}");
        assert!(error["detail"].as_str().unwrap().contains(says), "{query}: {problem}");
    }
}
