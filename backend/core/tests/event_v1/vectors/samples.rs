//! The events that tests and vectors begin with.

/// An event that uses every field, with its members in no particular order.
pub(crate) const FULL_EVENT: &str = r#"{
  "source": {"version": "1.2.3", "service": "billing", "component": "api", "environment": "production",
             "region": "eu-central-1", "host": "web-7"},
  "action": "invoice.update",
  "id": "01932b5e-7c00-7abc-8def-0123456789ab",
  "external_id": "order 7",
  "tenant_id": "acme",
  "occurred_at": "2024-11-14T12:00:00.123456789+01:00",
  "severity": "medium",
  "outcome": {"status": "failure", "code": "E42", "reason": "the ledger is closed"},
  "actor": {"type": "agent", "id": "bot-1", "name": "Bot", "email": "bot@example.com", "groups": ["b", "a"],
            "attributes": {"z": 1, "a": null}},
  "on_behalf_of": [{"type": "user", "id": "alice"}, {"type": "service", "id": "cron"}],
  "targets": [{"type": "invoice", "id": "i-1", "name": "Invoice 1", "url": "https://example.com/i-1",
               "attributes": {"open": true}}],
  "changes": [{"path": "/lines/0", "op": "replace", "old": null, "new": {"b": [], "a": 1.50}},
              {"op": "remove", "path": ""}],
  "context": {"ip": "2001:DB8:0:0::1", "address": "proxy-3", "user_agent": "curl/8", "request_id": "r-1", "correlation_id": "c-1",
              "session_id": "s-1", "trace_id": "t-1", "span_id": "p-1", "auth_method": "sso",
              "location": {"country": "DE", "region": "BE", "city": "Berlin"}},
  "reason": {"text": "asked for it", "ticket": "T-1"},
  "message": "caf\u00e9 \"corner\"\n",
  "metadata": {"\u20ac": "euro", "count": 1e2, "ok": false, "nothing": null, "more": [{"b": [], "a": {}}, ""]},
  "producer": {"id": "billing-7", "sequence": 12},
  "raw": {"format": "text", "body": "line one\nline two"}
}"#;

/// Its canonical text, submitted as the vectors say.
pub(crate) const FULL_EVENT_CANONICAL: &str = concat!(
    r#"{"action":"invoice.update","#,
    r#""actor":{"attributes":{"a":null,"z":1},"email":"bot@example.com","groups":["b","a"],"id":"bot-1","#,
    r#""name":"Bot","type":"agent"},"#,
    r#""category":"update","#,
    r#""changes":[{"new":{"a":1.5,"b":[]},"old":null,"op":"replace","path":"/lines/0"},{"op":"remove","path":""}],"#,
    r#""context":{"address":"proxy-3","auth_method":"sso","correlation_id":"c-1","ip":"2001:db8::1","#,
    r#""location":{"city":"Berlin","country":"DE","region":"BE"},"request_id":"r-1","session_id":"s-1","#,
    r#""span_id":"p-1","trace_id":"t-1","user_agent":"curl/8"},"#,
    r#""external_id":"order 7","#,
    r#""id":"01932b5e-7c00-7abc-8def-0123456789ab","#,
    r#""message":"café \"corner\"\n","#,
    r#""metadata":{"count":100,"more":[{"a":{},"b":[]},""],"nothing":null,"ok":false,"€":"euro"},"#,
    r#""occurred_at":"2024-11-14T11:00:00.123456Z","#,
    r#""on_behalf_of":[{"id":"alice","type":"user"},{"id":"cron","type":"service"}],"#,
    r#""outcome":{"code":"E42","reason":"the ledger is closed","status":"failure"},"#,
    r#""producer":{"id":"billing-7","sequence":12},"#,
    r#""raw":{"body":"line one\nline two","format":"text"},"#,
    r#""reason":{"text":"asked for it","ticket":"T-1"},"#,
    r#""received_at":"2024-11-14T11:00:01.000000Z","#,
    r#""severity":"medium","#,
    r#""source":{"component":"api","environment":"production","host":"web-7","region":"eu-central-1","#,
    r#""service":"billing","version":"1.2.3"},"#,
    r#""submitted_by":{"id":"k0123456789abcde","type":"api_key"},"#,
    r#""targets":[{"attributes":{"open":true},"id":"i-1","name":"Invoice 1","type":"invoice","#,
    r#""url":"https://example.com/i-1"}],"#,
    r#""tenant_id":"acme"}"#,
);

/// The smallest event.
pub(crate) const SMALL_EVENT: &str =
    r#"{"action":"user.login","actor":{"type":"user","id":"alice"},"source":{"service":"web"}}"#;
