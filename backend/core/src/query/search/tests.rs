//! Typical inputs of the search box and the filters they mean.

use crate::query::{
    PARENTHESES_MAX, PHRASE_WORDS_MAX, SEARCH_BYTES_MAX, SearchError, TERMS_MAX, VALUES_MAX, WORDS_PER_TERM,
    notation::{notation, now},
    parse_search,
};

fn meaning(text: &str) -> String {
    parse_search(text, now()).map_or_else(|error| format!("{error:?}"), |filter| notation(&filter))
}

/// Texts and their meaning.
const GOOD: &[(&str, &str)] = &[
    ("", "all"),
    (" \t\n", "all"),
    // Words and phrases.
    ("payroll", "any[payroll]"),
    ("Payroll run", "and(any[payroll], any[run])"),
    ("\"Payroll  run\"", "any[payroll run]"),
    ("get_bucket-acl", "any[get bucket acl]"),
    ("user@example.com", "any[user example com]"),
    ("-payroll", "not(any[payroll])"),
    ("-\"payroll run\"", "not(any[payroll run])"),
    ("\"say \\\"hi\\\" C:\\dir\"", "any[say hi c dir]"),
    ("\"OR\" \"(x)\" or and not", "and(any[or], any[x], any[or], any[and], any[not])"),
    ("a=b x>=1", "and(any[a b], any[x 1])"),
    ("payr*", "text[payr*]"),
    ("-Payr* (é* OR 1*)", "and(not(text[payr*]), or(text[é*], text[1*]))"),
    ("\"Payroll ru\"*", "text[payroll ru*]"),
    ("get_bucket-a*", "text[get bucket a*]"),
    ("\"pay*\" \"OR\"* NOT*", "and(any[pay], text[or*], text[not*])"),
    // Texts.
    ("actor:alice", "actor=[alice]"),
    ("actor:alice,bob,alice", "actor=[alice|bob]"),
    ("actor:Alice", "actor=[alice]"),
    ("actor:=Alice,bob", "or(actor=[bob], actor==[Alice])"),
    ("actor:!=Alice", "not(actor==[Alice])"),
    ("actor:\"Alice Liddell\",bob", "actor=[alice liddell|bob]"),
    ("-actor:alice,bob", "not(actor=[alice|bob])"),
    ("actor:alice,!bob", "and(actor=[alice], not(actor=[bob]))"),
    ("actor:!alice,!bob,!c*", "and(not(actor=[alice|bob]), not(actor~c*))"),
    ("action:user.*", "action~user.*"),
    ("action:user.*,key.create", "or(action=[key.create], action~user.*)"),
    ("action:\"user.*\"", "action=[user.*]"),
    ("action:=user.*", "action==[user.*]"),
    ("action:=\"User *\"", "action==[User *]"),
    ("action:*.create", "action~*.create"),
    ("action:User.*.X*", "action~user.*.x*"),
    ("actor.email:*@Acme.example,!*+test@*", "and(actor.email~*@acme.example, not(actor.email~*+test@*))"),
    ("action:!=user.*", "not(action==[user.*])"),
    ("actor.name:\"Alice L\"*", "actor.name~alice l*"),
    ("actor.name:!\"Alice L\"*", "not(actor.name~alice l*)"),
    ("actor.name:\"\"", "actor.name=[]"),
    ("target:arn:aws:s3:::bucket", "target.id=[arn:aws:s3:::bucket]"),
    ("arn:aws:s3:::bucket -https://example.com/a", "and(any[arn aws s3 bucket], not(any[https example com a]))"),
    ("::1 -1d::5", "and(any[], not(any[1d 5]))"),
    // In quotes a text with any name before its colon, one without letters and an address with a port are identifiers.
    ("\"session:9f86\"", "any[session 9f86]"),
    ("\"★\" -\" ; \"", "and(any[], not(any[]))"),
    ("2001:db8::1 sha256:ab*", "and(any[2001 db8 1], text[sha256 ab*])"),
    ("target:a..b", "target.id=[a..b]"),
    ("target:\"a,b\"", "target.id=[a,b]"),
    ("target.url:https://x.example/?a=1&b=2", "target.url=[https://x.example/?a=1&b=2]"),
    ("service:s3 request_id:r1", "and(source.service=[s3], context.request_id=[r1])"),
    ("on_behalf_of:alice", "on_behalf_of.id=[alice]"),
    ("context.user_agent:\"Mozilla/5.0 (X11)\"", "context.user_agent=[mozilla/5.0 (x11)]"),
    ("actor.name:\"a\\\\b\\\"c\\d\"", "actor.name=[a\\b\"c\\d]"),
    ("actor:日本", "actor=[日本]"),
    // Words of a fixed set.
    ("outcome:failure,denied", "outcome.status=[denied|failure]"),
    ("outcome:DENIED severity:>=High", "and(outcome.status=[denied], severity=[critical|high])"),
    ("-outcome:success", "not(outcome.status=[success])"),
    ("severity:high", "severity=[high]"),
    ("severity:>=medium", "severity=[critical|high|medium]"),
    ("severity:>medium", "severity=[critical|high]"),
    ("severity:<low", "severity=[info]"),
    ("severity:low..high", "severity=[high|low|medium]"),
    ("severity:..low", "severity=[info|low]"),
    ("-severity:>=high", "not(severity=[critical|high])"),
    ("submitted_by.type:server", "submitted_by.type=[server]"),
    ("-submitted_by:k1 submitted_by.id:*", "and(not(submitted_by.id=[k1]), submitted_by.id=*)"),
    ("actor.type:api_key category:grant", "and(actor.type=[api_key], category=[grant])"),
    // Ids and numbers.
    ("id:01932B5E-7C00-7ABC-8DEF-0123456789AB", "id=[01932b5e-7c00-7abc-8def-0123456789ab]"),
    ("sequence:012", "sequence<12..12>"),
    ("sequence:7,5..9,>=3", "and(sequence<7..7>, sequence<5..9>, sequence<3..>)"),
    ("sequence:7,8", "or(sequence<7..7>, sequence<8..8>)"),
    ("producer.sequence:>0", "producer.sequence<1..>"),
    ("sequence:<18446744073709551615", "sequence<..18446744073709551614>"),
    // Times.
    ("since:7d", "occurred_at<2026-11-16T08:00:00..>"),
    ("since:2026-01-01", "occurred_at<2026-01-01..>"),
    ("until:2026-01-01", "occurred_at<..2025-12-31T23:59:59.999999>"),
    ("since:2w until:1d", "and(occurred_at<2026-11-09T08:00:00..>, occurred_at<..2026-11-22T07:59:59.999999>)"),
    ("since:\"2026-01-01T00:00:00+01:00\"", "occurred_at<2025-12-31T23:00:00..>"),
    ("-since:7d", "not(occurred_at<2026-11-16T08:00:00..>)"),
    ("occurred_at:2026-01-01", "occurred_at<2026-01-01..2026-01-01T23:59:59.999999>"),
    ("occurred_at:>=2026-01-01", "occurred_at<2026-01-01..>"),
    ("occurred_at:>2026-01-01", "occurred_at<2026-01-02..>"),
    ("occurred_at:<=2026-01-01", "occurred_at<..2026-01-01T23:59:59.999999>"),
    ("occurred_at:<2026-01-01", "occurred_at<..2025-12-31T23:59:59.999999>"),
    ("occurred_at:2026-01-01..2026-01-31", "occurred_at<2026-01-01..2026-01-31T23:59:59.999999>"),
    ("occurred_at:>=\"2026-01-01\"", "occurred_at<2026-01-01..>"),
    ("received_at:2026-01-01T10:00:00Z", "received_at<2026-01-01T10:00:00..2026-01-01T10:00:00>"),
    ("received_at:1h..now", "received_at<2026-11-23T07:00:00..2026-11-23T08:00:00>"),
    // Addresses.
    ("ip:10.1.2.3", "context.ip=[10.1.2.3]"),
    ("ip:10.1.2.3/8", "context.ip in 10.0.0.0/8"),
    ("ip:2001:DB8:0:0::1,10.0.0.0/8", "or(context.ip=[2001:db8::1], context.ip in 10.0.0.0/8)"),
    ("ip:::ffff:10.1.2.3,::ffff:10.1.0.0/112", "or(context.ip=[10.1.2.3], context.ip in 10.1.0.0/16)"),
    ("ip:::/0", "context.ip in ::/0"),
    ("-ip:2001:db8::/32", "not(context.ip in 2001:db8::/32)"),
    // Metadata.
    ("metadata.env:prod", "metadata.env=[prod]"),
    ("metadata.a.b:x*", "metadata.a.b~x*"),
    ("metadata.\"my key:x\":v", "metadata.my key:x=[v]"),
    ("metadata.a.\"b.c\".d:v", "metadata.a.\"b.c\".d=[v]"),
    ("metadata.\"a.b\".\"c\":v", "metadata.\"a.b\".\"c\"=[v]"),
    ("metadata.n:5", "metadata.n=[5]"),
    ("metadata.n:>5", "metadata.n<5.000000000000001..>"),
    ("metadata.n:-1.5..1e3", "metadata.n<-1.5..1000>"),
    ("metadata.n:..7", "metadata.n<..7>"),
    ("metadata.v:1.2..x", "metadata.v=[1.2..x]"),
    ("metadata.v:..", "metadata.v=[..]"),
    ("metadata.v:\"1..2\"", "metadata.v=[1..2]"),
    ("metadata.ok:true,null", "metadata.ok=[null|true]"),
    ("changes.path:/limits/*,/status", "or(changes.path=[/status], changes.path~/limits/*)"),
    ("actor.attributes.level:>=3", "actor.attributes.level<3..>"),
    ("target.attributes.\"my key:x\":v*", "target.attributes.my key:x~v*"),
    ("metadata.\"a b\":*", "metadata.a b=*"),
    // Presence.
    ("context.ip:*", "context.ip=*"),
    ("-outcome.code:*", "not(outcome.code=*)"),
    ("reason.ticket:!*", "not(reason.ticket=*)"),
    ("actor.email:*,!a*", "and(actor.email=*, not(actor.email~a*))"),
    ("producer.sequence:* id:* severity:* received_at:*", "and(producer.sequence=*, id=*, severity=*, received_at=*)"),
    // Alternatives and groups.
    ("a OR b", "or(any[a], any[b])"),
    ("a b OR c AND d e", "or(and(any[a], any[b]), and(any[c], any[d], any[e]))"),
    ("a AND (b OR c)", "and(any[a], or(any[b], any[c]))"),
    ("( a )", "any[a]"),
    ("((a) OR(b))", "or(any[a], any[b])"),
    ("NOT a b", "and(not(any[a]), any[b])"),
    ("NOT(a OR b) c", "and(not(or(any[a], any[b])), any[c])"),
    ("-(actor:a OR \"b c\") OR d", "or(not(or(actor=[a], any[b c])), any[d])"),
    ("NOT (NOT a)", "not(not(any[a]))"),
    ("(actor:a,b) OR (-\"x\") OR since:7d", "or(actor=[a|b], not(any[x]), occurred_at<2026-11-16T08:00:00..>)"),
    ("ORDER Or notary \"AND\"", "and(any[order], any[or], any[notary], any[and])"),
    // All together.
    (
        "actor:alice action:user.* -outcome:success ip:10.0.0.0/8 metadata.env:prod \"payroll run\" word since:7d",
        "and(actor=[alice], action~user.*, not(outcome.status=[success]), context.ip in 10.0.0.0/8, \
             metadata.env=[prod], any[payroll run], any[word], occurred_at<2026-11-16T08:00:00..>)",
    ),
];

#[test]
fn good_queries_mean_what_they_say() {
    for (text, expected) in GOOD {
        assert_eq!(meaning(text), *expected, "{text}");
    }
}

/// Codes and texts; the wrong part of each text is between `⟦` and `⟧`.
pub(in crate::query) const BAD: &[(&str, &str)] = &[
    ("unknown_field", "⟦user⟧:alice"),
    ("unknown_field", "a ⟦Actor⟧:alice"),
    ("unknown_field", "⟦metadata⟧:x"),
    ("unknown_field", "⟦metadata.⟧:x"),
    ("unknown_field", "é ⟦email⟧:x"),
    ("unknown_field", "-⟦acton⟧:x"),
    ("unknown_field", "⟦actor.attributes⟧:x"),
    ("missing_value", "⟦actor.attributes.\"a b\"⟧ x"),
    ("missing_field", "actor ⟦:⟧alice"),
    ("missing_field", "-⟦:⟧"),
    ("missing_colon", "⟦actor=alice⟧"),
    ("missing_colon", "x ⟦severity>=high⟧ y"),
    ("missing_value", "actor:⟦⟧"),
    ("missing_value", "actor:⟦⟧ alice"),
    ("missing_value", "actor:a,⟦⟧"),
    ("missing_value", "actor:⟦⟧,a"),
    ("missing_value", "actor:⟦!⟧"),
    ("missing_value", "severity:⟦>=⟧"),
    ("missing_value", "sequence:⟦..⟧"),
    ("missing_value", "sequence:⟦>\"\"⟧"),
    ("missing_value", "metadata.n:⟦>=\"\"⟧"),
    ("missing_value", "⟦metadata.\"a b\"⟧ x"),
    ("unterminated_quote", "a ⟦\"b c⟧"),
    ("unterminated_quote", "actor:⟦\"b c⟧"),
    ("unterminated_quote", "⟦\"é\\\"⟧"),
    ("unterminated_quote", "metadata.⟦\"a:b⟧"),
    ("unterminated_quote", "⟦\"⟧"),
    ("unexpected_quote", "foo⟦\"⟧bar\""),
    ("unexpected_quote", "actor:foo⟦\"⟧bar\""),
    ("unexpected_quote", "actor:>=x⟦\"⟧bar\""),
    ("unexpected_text", "\"foo\"⟦b⟧ar"),
    ("unexpected_text", "\"foo\"⟦é⟧"),
    ("unexpected_text", "\"actor\"⟦:⟧alice"),
    ("unexpected_text", "actor:⟦\"foo\"bar⟧"),
    ("unexpected_text", "severity:⟦>\"low\"*⟧"),
    ("unexpected_text", "actor:⟦=\"x\"*⟧"),
    ("empty_prefix", "actor:⟦!\"\"*⟧"),
    ("prefix_not_supported", "since:⟦*⟧"),
    ("empty_prefix", "actor:⟦\"\"*⟧"),
    ("too_many_stars", "action:⟦a*b*c*d*e*f*g*h*i*⟧"),
    ("empty_prefix", "action:⟦**⟧"),
    ("wildcard_not_supported", "pay⟦*⟧roll"),
    ("wildcard_not_supported", "a (⟦*⟧roll)"),
    ("wildcard_not_supported", "pay⟦*⟧*"),
    ("empty_prefix", "-⟦*⟧"),
    ("empty_prefix", "payroll -⟦*⟧"),
    ("empty_prefix", "⟦payroll-*⟧"),
    ("empty_prefix", "⟦\"payroll \"*⟧"),
    ("empty_prefix", "NOT ⟦\"\"*⟧"),
    ("unexpected_text", "\"payroll\"*⟦x⟧"),
    ("unexpected_text", "\"payroll\"*⟦*⟧"),
    ("prefix_not_supported", "outcome:⟦fail*⟧"),
    ("prefix_not_supported", "ip:⟦10.0.*⟧"),
    ("prefix_not_supported", "id:⟦0193*⟧"),
    ("prefix_not_supported", "sequence:⟦1*⟧"),
    ("prefix_not_supported", "occurred_at:⟦2026-*⟧"),
    ("prefix_not_supported", "since:⟦2026*⟧"),
    ("range_not_supported", "actor:⟦>=a⟧"),
    ("range_not_supported", "category:⟦>read⟧"),
    ("range_not_supported", "ip:⟦<10.0.0.1⟧"),
    ("range_not_supported", "id:⟦>=a⟧"),
    ("range_not_supported", "since:⟦>=7d⟧"),
    ("empty_range", "sequence:⟦9..5⟧"),
    ("empty_range", "sequence:⟦<0⟧"),
    ("empty_range", "sequence:⟦>18446744073709551615⟧"),
    ("empty_range", "severity:⟦high..low⟧"),
    ("empty_range", "severity:⟦>critical⟧"),
    ("empty_range", "severity:⟦<info⟧"),
    ("empty_range", "occurred_at:⟦now..1d⟧"),
    ("empty_range", "metadata.n:⟦2..1⟧"),
    ("unknown_word", "outcome:⟦failed⟧"),
    ("unknown_word", "outcome:failure,⟦refused⟧"),
    ("unknown_word", "severity:⟦>=urgent⟧"),
    ("unknown_word", "severity:⟦low..urgent⟧"),
    ("unknown_word", "category:⟦create..read⟧"),
    ("unknown_word", "actor.type:⟦\"\"⟧"),
    ("invalid_id", "id:⟦123⟧"),
    ("invalid_id", "id:⟦01932b5e-7c00-4abc-8def-0123456789ab⟧"),
    ("invalid_integer", "sequence:⟦-1⟧"),
    ("invalid_integer", "sequence:⟦1.5⟧"),
    ("invalid_integer", "sequence:⟦18446744073709551616⟧"),
    ("invalid_integer", "sequence:⟦>=x⟧"),
    ("invalid_integer", "sequence:⟦１⟧"),
    ("invalid_number", "metadata.n:⟦>=x⟧"),
    ("invalid_number", "metadata.n:⟦<inf⟧"),
    ("invalid_number", "metadata.n:⟦<1e999⟧"),
    ("invalid_time", "since:⟦yesterday⟧"),
    ("invalid_time", "since:⟦2026-02-30⟧"),
    ("invalid_time", "occurred_at:⟦2026⟧"),
    ("invalid_time", "occurred_at:⟦>=7y⟧"),
    ("invalid_time", "until:⟦1d..now⟧"),
    ("invalid_time", "occurred_at:2026-01-01,⟦\"\"⟧"),
    ("invalid_network", "ip:⟦10.0.0⟧"),
    ("invalid_network", "ip:⟦10.0.0.0/33⟧"),
    ("invalid_network", "ip:⟦localhost⟧"),
    ("invalid_network", "-ip:⟦10.0.0.1-10.0.0.9⟧"),
    ("double_negation", "⟦-⟧--"),
    ("empty_word", "a ⟦...⟧"),
    ("empty_word", "⟦\"\"⟧"),
    ("empty_word", "a ⟦★⟧"),
    ("empty_word", "a ⟦-⟧ b"),
    ("double_negation", "⟦-⟧-force"),
    ("double_negation", "a ⟦NOT⟧ -b"),
    ("double_negation", "NOT (⟦-⟧NOT b)"),
    ("unknown_operator", "a ⟦||⟧ b"),
    ("unknown_operator", "a ⟦&&⟧ b"),
    ("unknown_operator", "⟦!b⟧"),
    ("dangling_operator", "⟦OR⟧"),
    ("dangling_operator", "⟦AND⟧ b"),
    ("dangling_operator", "é ⟦OR⟧ "),
    ("dangling_operator", "a OR ⟦OR⟧ b"),
    ("dangling_operator", "a AND ⟦OR⟧ b"),
    ("dangling_operator", "a ⟦NOT⟧"),
    ("dangling_operator", "(a ⟦AND⟧) b"),
    ("dangling_operator", "(⟦OR⟧ b)"),
    ("dangling_operator", "-⟦OR⟧ b"),
    ("dangling_operator", "NOT ⟦AND⟧ b"),
    ("empty_parentheses", "a ⟦()⟧"),
    ("empty_parentheses", "(b -⟦( )⟧)"),
    ("unclosed_parenthesis", "⟦(⟧a b"),
    ("unclosed_parenthesis", "(a) OR ⟦(⟧"),
    ("unclosed_parenthesis", "⟦(⟧a (b)"),
    ("unexpected_parenthesis", "a b⟦)⟧"),
    ("unexpected_parenthesis", "⟦)⟧"),
    ("unexpected_parenthesis", "(a)⟦)⟧ b"),
    ("unexpected_parenthesis", "f⟦(⟧x)"),
    ("unexpected_parenthesis", "action:⟦(⟧a b)"),
    ("unexpected_parenthesis", "actor:a⟦(⟧"),
    ("unexpected_parenthesis", "actor:\"a\"⟦)⟧"),
    ("unexpected_text", "(a)⟦b⟧"),
    ("unexpected_text", "(a)⟦(⟧b)"),
    ("unexpected_quote", "a OR⟦\"⟧b\""),
];

#[test]
fn bad_queries_are_refused_with_a_code_and_a_place() {
    for (code, marked) in BAD {
        let start = marked.find('⟦').unwrap();
        let end = marked.find('⟧').unwrap() - '⟦'.len_utf8();
        let text = marked.replace(['⟦', '⟧'], "");
        let error = parse_search(&text, now()).expect_err(&text);
        assert_eq!((error.code, error.start, error.end), (*code, start, end), "{text}: {}", error.message);
        assert!(error.message.len() > 20, "{text}: {}", error.message);
    }
}

#[test]
fn messages_say_what_to_write_instead() {
    let cases = [
        ("acton:x", "Did you mean `action`?"),
        ("email:x", "Did you mean `actor.email`?"),
        ("outcome:failed", "it is one of success, failure, denied, unknown. Did you mean `failure`?"),
        ("severity=high", "`severity:value`"),
        ("ip:10.*", "`10.0.0.0/8`"),
        ("a || b", "`OR`"),
        ("a AND", "`AND` and `OR` stand between two terms"),
        ("f(x)", "goes in quotes"),
        ("since:yesterday", "`7d`"),
        ("metadata:x", "`metadata.env`"),
        ("target.attributes:x", "`target.attributes.env`"),
        ("user:x", "Did you mean `actor`? To search"),
        ("from:1d", "Did you mean `since`?"),
    ];
    for (text, hint) in cases {
        let message = parse_search(text, now()).expect_err(text).to_string();
        assert!(message.contains(hint), "{text}: {message}");
    }
}

#[test]
fn parentheses_are_bounded() {
    let nested = |depth: usize| format!("{}a{}", "(".repeat(depth), ")".repeat(depth));
    assert_eq!(meaning(&nested(PARENTHESES_MAX)), "any[a]");
    let error = parse_search(&nested(PARENTHESES_MAX + 1), now()).expect_err("too deep");
    assert_eq!((error.code, error.start, error.end), ("nesting_too_deep", PARENTHESES_MAX, PARENTHESES_MAX + 1));
    assert!(parse_search(&"(a) ".repeat(TERMS_MAX), now()).is_ok());
}

#[test]
fn a_query_is_bounded() {
    let longest = "é".repeat(SEARCH_BYTES_MAX / 2);
    assert_eq!(parse_search(&longest, now()).map(drop), Ok(()));
    let too_long = format!("a{longest}");
    let SearchError { code, start, end, .. } = parse_search(&too_long, now()).expect_err("too long");
    assert_eq!((code, start, end), ("query_too_long", SEARCH_BYTES_MAX - 1, SEARCH_BYTES_MAX + 1));

    let many = "a ".repeat(TERMS_MAX);
    assert!(parse_search(&many, now()).is_ok());
    let error = parse_search(&format!("{many}b"), now()).expect_err("too many words");
    assert_eq!((error.code, error.start), ("too_many_terms", 2 * TERMS_MAX));
    let values = format!("actor:{}b", "a,".repeat(VALUES_MAX));
    let error = parse_search(&values, now()).expect_err("too many values");
    assert_eq!((error.code, error.start), ("too_many_terms", "actor:".len() + 2 * VALUES_MAX));
}

#[test]
fn the_words_of_a_phrase_are_bounded_however_they_are_written() {
    let words = |count: usize, between: &str| vec!["w"; count].join(between);
    for between in [" ", "-", "_ "] {
        assert!(parse_search(&format!("\"{}\"", words(PHRASE_WORDS_MAX, between)), now()).is_ok());
        let phrase = format!("\"{}\"", words(PHRASE_WORDS_MAX + 1, between));
        let error = parse_search(&format!("x ({phrase}* OR y)"), now()).expect_err("too many words");
        assert_eq!((error.code, error.start, error.end), ("phrase_too_long", 3, 3 + phrase.len() + 1));
        assert!(error.message.contains("at most 512 words, and this one has 513"), "{error}");
    }
    // A word with separators inside is a phrase without quotes.
    let error = parse_search(&format!("a {}", words(PHRASE_WORDS_MAX + 1, "-")), now()).expect_err("too many words");
    assert_eq!((error.code, error.start), ("phrase_too_long", 2));
    // The text of an attack: 8 KiB of words in one phrase that was counted as one term.
    let error = parse_search(&format!("\"{}\"", "a ".repeat(4_000)), now()).expect_err("too many words");
    assert_eq!(error.code, "phrase_too_long");
}

#[test]
fn words_and_tests_are_counted_together_and_sets_as_one() {
    let phrase = format!("\"{}\"", vec!["w"; PHRASE_WORDS_MAX / 2].join(" "));
    assert!(parse_search(&format!("{phrase} OR {phrase}"), now()).is_ok());
    assert!(parse_search(&format!("\"{}\" w", vec!["w"; PHRASE_WORDS_MAX - WORDS_PER_TERM].join(" ")), now()).is_ok());
    let error = parse_search(&format!("{phrase} {phrase} x"), now()).expect_err("too many words");
    assert_eq!((error.code, error.start), ("too_many_terms", 2 * phrase.len() + 2));
    let tests = "action:a* ".repeat(TERMS_MAX);
    assert!(parse_search(&tests, now()).is_ok());
    let error = parse_search(&format!("{tests}b"), now()).expect_err("too many tests");
    assert_eq!((error.code, error.start), ("too_many_terms", tests.len()));
    let prefixes = format!("actor:{}b*", "a*,".repeat(TERMS_MAX));
    let error = parse_search(&prefixes, now()).expect_err("too many tests");
    assert_eq!((error.code, error.start), ("too_many_terms", prefixes.len() - 2));
    // Exact values of one field are looked up together.
    let sets = "actor:a,b,!c ".repeat(TERMS_MAX / 2);
    assert!(parse_search(&sets, now()).is_ok());
    assert!(parse_search(&format!("{sets}x"), now()).is_err());
}
