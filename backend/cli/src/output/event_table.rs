//! Events as rows: the columns, their selection and their contents.

use std::io::{self, Write};

use anstyle::Style;
use clap::ValueEnum;
use serde_json::Value;

use crate::output::{
    Cell, Layout, adjustment_marks, counted,
    excerpt::{EXCERPTS_MAX, Excerpt, excerpts, found_pointers},
    style,
};

/// A column of the table of events.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
#[value(rename_all = "snake_case")]
pub(crate) enum EventColumn {
    /// When the event occurred, in UTC
    Time,
    /// The outcome
    Outcome,
    /// The severity
    Severity,
    /// The actor
    Actor,
    /// The action
    Action,
    /// The target
    Target,
    /// The service that reported it
    Service,
    /// The actor's address
    Ip,
    /// The message for people
    Message,
    /// The credential that sent it
    Submitter,
    /// The position in the tenant's log
    Sequence,
    /// What was adjusted in the values that were sent
    Adjusted,
    /// The id in the system of record
    ExternalId,
    /// The event's id, for `auditlog get`
    Id,
}

impl EventColumn {
    const fn title(self) -> &'static str {
        match self {
            Self::Time => "TIME",
            Self::Outcome => "OUTCOME",
            Self::Severity => "SEVERITY",
            Self::Actor => "ACTOR",
            Self::Action => "ACTION",
            Self::Target => "TARGET",
            Self::Service => "SERVICE",
            Self::Ip => "IP",
            Self::Message => "MESSAGE",
            Self::Submitter => "SUBMITTER",
            Self::Sequence => "SEQUENCE",
            Self::Adjusted => "ADJUSTED",
            Self::ExternalId => "EXTERNAL ID",
            Self::Id => "ID",
        }
    }

    /// The usual width of its texts, in characters.
    const fn usual_width(self) -> usize {
        match self {
            Self::Time => 19,
            Self::Outcome | Self::Severity | Self::Sequence => 8,
            Self::Service => 12,
            Self::Ip => 15,
            Self::Actor | Self::Action | Self::Target | Self::Submitter => 24,
            Self::Id | Self::ExternalId => 36,
            Self::Adjusted | Self::Message => 40,
        }
    }

    /// The columns that fit a terminal of this width; all without a terminal.
    pub(crate) fn fitting(width: Option<usize>) -> Vec<Self> {
        use EventColumn::{Action, Actor, Id, Ip, Outcome, Service, Target, Time};
        match width {
            Some(..100) => vec![Time, Outcome, Actor, Action, Target],
            Some(100..120) => vec![Time, Outcome, Actor, Action, Target, Ip],
            Some(120..170) => vec![Time, Outcome, Actor, Action, Target, Id],
            Some(_) | None => vec![Time, Outcome, Actor, Action, Target, Service, Ip, Id],
        }
    }

    /// The values that the column shows.
    const fn pointers(self) -> &'static [&'static str] {
        match self {
            Self::Time => &["/occurred_at"],
            Self::Outcome => &["/outcome/status"],
            Self::Severity => &["/severity"],
            Self::Actor => &["/actor/type", "/actor/id", "/on_behalf_of/0/type", "/on_behalf_of/0/id"],
            Self::Action => &["/action"],
            Self::Target => &["/targets/0/type", "/targets/0/id"],
            Self::Service => &["/source/service"],
            Self::Ip => &["/context/ip", "/context/address"],
            Self::Message => &["/message"],
            Self::Submitter => &["/submitted_by/type", "/submitted_by/id"],
            Self::Sequence => &["/sequence"],
            Self::Adjusted => &[],
            Self::ExternalId => &["/external_id"],
            Self::Id => &["/id"],
        }
    }

    fn shows(self, pointer: &str) -> bool {
        self.pointers().contains(&pointer)
    }

    /// The cell of an event, marked if the search matched in it.
    fn cell(self, event: &Value, precision: TimePrecision) -> Cell {
        let cell = self.plain_cell(event, precision);
        if found_pointers(event).any(|pointer| self.shows(pointer)) { cell.marked() } else { cell }
    }

    fn plain_cell(self, event: &Value, precision: TimePrecision) -> Cell {
        let text = |pointer: &str| event.pointer(pointer).and_then(Value::as_str).unwrap_or_default();
        match self {
            Self::Time => Cell::whole(time_of(text("/occurred_at"), precision)),
            Self::Outcome => Cell::styled(text("/outcome/status"), outcome_style(text("/outcome/status"))),
            Self::Severity => Cell::styled(text("/severity"), severity_style(text("/severity"))),
            Self::Actor => Cell::plain(who(event)),
            Self::Action => Cell::plain(text("/action")),
            Self::Target => Cell::plain(targets(event)),
            Self::Service => Cell::plain(text("/source/service")),
            Self::Ip => Cell::plain(address(event)),
            Self::Message => Cell::plain(text("/message")),
            Self::Submitter => Cell::plain(submitter(event)),
            Self::Sequence => Cell::whole(text("/sequence")),
            Self::Adjusted => Cell::plain(adjusted(event)),
            Self::ExternalId => Cell::plain(text("/external_id")),
            Self::Id => Cell::whole(text("/id")).in_style(style::QUIET),
        }
    }
}

/// A table that grows page by page.
pub(crate) struct EventTable {
    columns: Vec<EventColumn>,
    width: Option<usize>,
    layout: Option<Layout>,
    /// Invisible sample rows that make columns as wide as texts usually are.
    usual: Vec<Vec<Cell>>,
}

impl EventTable {
    /// A table with these columns, cut to this width.
    pub(crate) fn new(columns: Vec<EventColumn>, width: Option<usize>) -> Self {
        Self { columns, width, layout: None, usual: Vec::new() }
    }

    /// The same for events that arrive one by one, where the first page says little about the following ones.
    pub(crate) fn of_events_to_come(columns: Vec<EventColumn>, width: Option<usize>) -> Self {
        let usual = columns.iter().map(|column| Cell::plain(" ".repeat(column.usual_width()))).collect();
        Self { usual: vec![usual], ..Self::new(columns, width) }
    }

    /// Appends a page to the table. The first page determines the widths of the columns.
    pub(crate) fn write_page(&mut self, events: &[Value], out: &mut impl Write) -> io::Result<()> {
        let precision = TimePrecision::fitting(self.width);
        let rows: Vec<Vec<Cell>> = events
            .iter()
            .map(|event| self.columns.iter().map(|column| column.cell(event, precision)).collect())
            .collect();
        let layout = match &mut self.layout {
            Some(layout) => layout,
            none => {
                let titles: Vec<&'static str> = self.columns.iter().map(|column| column.title()).collect();
                let measured: Vec<Vec<Cell>> = rows.iter().chain(&self.usual).cloned().collect();
                let layout = none.insert(Layout::of(&titles, &measured, self.width));
                layout.write_titles(out)?;
                layout
            }
        };
        for (row, event) in rows.iter().zip(events) {
            layout.write_row(row, out)?;
            write_excerpts(&excerpts(event, |pointer| self.columns.iter().any(|column| column.shows(pointer))), out)?;
        }
        Ok(())
    }
}

/// Writes matches outside the columns below the row.
fn write_excerpts(excerpts: &[Excerpt], out: &mut impl Write) -> io::Result<()> {
    let (quiet, mark) = (style::QUIET, style::FOUND);
    for Excerpt { name, before, found, after } in excerpts.iter().take(EXCERPTS_MAX) {
        writeln!(out, "    {quiet}{name}{quiet:#}  {before}{mark}{found}{mark:#}{after}")?;
    }
    match excerpts.len().saturating_sub(EXCERPTS_MAX) {
        0 => Ok(()),
        more => writeln!(out, "    {quiet}and in {}{quiet:#}", counted(more as u64, "more text")),
    }
}

/// The precision of a time.
#[derive(Debug, Clone, Copy)]
enum TimePrecision {
    Seconds,
    Milliseconds,
}

impl TimePrecision {
    /// Milliseconds if they fit.
    fn fitting(width: Option<usize>) -> Self {
        if width.is_some_and(|width| width < 140) { Self::Seconds } else { Self::Milliseconds }
    }
}

/// `2026-11-23T08:00:00.123456Z` as `2026-11-23 08:00:00.123`.
fn time_of(rfc_3339: &str, precision: TimePrecision) -> String {
    let length = match precision {
        TimePrecision::Seconds => 19,
        TimePrecision::Milliseconds => 23,
    };
    let cut = rfc_3339.get(..length).unwrap_or(rfc_3339);
    cut.replacen('T', " ", 1)
}

/// The actor, and the human behind it if there is one: `service:deployer for user:alice`.
fn who(event: &Value) -> String {
    let named = |actor: &Value| {
        let text = |name: &str| actor.get(name).and_then(Value::as_str).unwrap_or_default();
        format!("{}:{}", text("type"), text("id"))
    };
    let Some(actor) = event.get("actor") else {
        return if is_withheld(event, "actor") { "(withheld)".to_owned() } else { String::new() };
    };
    match event.pointer("/on_behalf_of/0") {
        Some(principal) => format!("{} for {}", named(actor), named(principal)),
        None => named(actor),
    }
}

/// The credential that sent an event: `api_key:0123456789abcdef`, or `server`.
fn submitter(event: &Value) -> String {
    let text = |pointer: &str| event.pointer(pointer).and_then(Value::as_str);
    let kind = text("/submitted_by/type").unwrap_or_default();
    text("/submitted_by/id").map_or_else(|| kind.to_owned(), |id| format!("{kind}:{id}"))
}

fn is_withheld(event: &Value, group: &str) -> bool {
    let groups = event.get("withheld").and_then(Value::as_array);
    groups.is_some_and(|groups| groups.iter().any(|name| name == group))
}

/// The address, or the text that was sent in its place: `10.0.0.1`, `secretsmanager.amazonaws.com`.
fn address(event: &Value) -> &str {
    let text = |pointer: &str| event.pointer(pointer).and_then(Value::as_str);
    text("/context/ip").or_else(|| text("/context/address")).unwrap_or_default()
}

/// What was adjusted: `context.user_agent truncated`.
fn adjusted(event: &Value) -> String {
    let list = event.get("adjustments").and_then(Value::as_array);
    list.map(|list| adjustment_marks(list)).unwrap_or_default()
}

/// The first target and the number of others: `document:42 +2`. A target without an id is shown by its name.
fn targets(event: &Value) -> String {
    let Some(targets) = event.get("targets").and_then(Value::as_array) else { return String::new() };
    let Some(first) = targets.first() else { return String::new() };
    let text = |name: &str| first.get(name).and_then(Value::as_str);
    let id = text("id").or_else(|| text("name")).unwrap_or_default();
    let named = text("type").map_or_else(|| id.to_owned(), |kind| format!("{kind}:{id}"));
    match targets.len() {
        1 => named,
        count => format!("{named} +{}", count - 1),
    }
}

/// The colour of an outcome.
pub(crate) fn outcome_style(status: &str) -> Style {
    match status {
        "success" => style::GOOD,
        "failure" => style::WARNING,
        "denied" => style::ERROR,
        _ => style::QUIET,
    }
}

fn severity_style(severity: &str) -> Style {
    match severity {
        "critical" | "high" => style::ERROR,
        "medium" => style::WARNING,
        _ => style::PLAIN,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_names_the_human_behind_a_service_and_counts_further_targets() {
        let event = serde_json::json!({
            "occurred_at": "2026-11-23T08:00:00.123456Z", "outcome": {"status": "denied"}, "action": "doc.delete",
            "actor": {"type": "service", "id": "bot"}, "on_behalf_of": [{"type": "user", "id": "al\u{1b}ice"}],
            "targets": [{"type": "doc", "id": "1"}, {"type": "doc", "id": "2"}], "id": "x"
        });
        let columns = EventColumn::fitting(Some(80));
        let mut out = Vec::new();
        EventTable::new(columns, None).write_page(&[event], &mut out).unwrap();
        let text = anstream::adapter::strip_str(&String::from_utf8(out).unwrap()).to_string();
        let row = text.lines().nth(1).unwrap();
        assert_eq!(row, r"2026-11-23 08:00:00.123  denied   service:bot for user:al\u{1b}ice  doc.delete  doc:1 +1");
    }

    #[test]
    fn who_comes_later_is_not_cut_to_the_width_of_who_came_first() {
        let event = |id: &str| serde_json::json!({"actor": {"type": "user", "id": id}, "action": "doc.read"});
        let mut table = EventTable::of_events_to_come(vec![EventColumn::Actor, EventColumn::Action], Some(80));
        let mut out = Vec::new();
        table.write_page(&[event("al")], &mut out).unwrap();
        table.write_page(&[event("somebody-longer")], &mut out).unwrap();
        let text = anstream::adapter::strip_str(&String::from_utf8(out).unwrap()).to_string();
        assert_eq!(text.lines().nth(2), Some("user:somebody-longer      doc.read"));
    }

    #[test]
    fn what_was_found_is_marked_in_its_column_or_shown_below_the_row() {
        let place = |pointer: &str| serde_json::json!({"pointer": pointer, "start": 0, "end": 3});
        let event = serde_json::json!({
            "action": "run.start", "message": "run it", "reason": {"text": "run"}, "actor": {"type": "user", "id": "al"},
            "metadata": {"a": "run", "b": "run"}, "highlights":
            [place("/action"), place("/message"), place("/metadata/a"), place("/metadata/b"), place("/reason/text")]
        });
        let mut out = Vec::new();
        EventTable::new(vec![EventColumn::Action, EventColumn::Actor], Some(80))
            .write_page(&[event], &mut out)
            .unwrap();
        let text = String::from_utf8(out).unwrap();
        let mark = style::FOUND;
        assert!(text.contains(&format!("{mark}run.start{mark:#}")), "{text:?}");
        assert!(text.contains(&format!("{mark}run{mark:#} it")), "{text:?}");
        let plain = anstream::adapter::strip_str(&text).to_string();
        let lines: Vec<&str> = plain.lines().skip(1).collect();
        assert_eq!(
            lines[1..],
            ["    message  run it", "    metadata.a  run", "    metadata.b  run", "    and in 1 more text"]
        );
    }

    #[test]
    fn a_target_is_named_by_what_it_has() {
        let event = |target: Value| serde_json::json!({ "targets": [target] });
        for (target, expected) in [
            (serde_json::json!({"type": "doc", "id": "1", "name": "One"}), "doc:1"),
            (serde_json::json!({"type": "doc", "name": "One"}), "doc:One"),
            (serde_json::json!({"id": "1"}), "1"),
        ] {
            assert_eq!(targets(&event(target)), expected);
        }
    }

    #[test]
    fn what_was_sent_in_place_of_an_address_is_shown_in_its_place() {
        let event = |context: Value| serde_json::json!({ "context": context });
        let both = event(serde_json::json!({"ip": "203.0.113.7", "address": "203.0.113.7, 10.0.0.1"}));
        assert_eq!(address(&both), "203.0.113.7");
        assert_eq!(address(&event(serde_json::json!({"address": "AWS Internal"}))), "AWS Internal");
    }

    #[test]
    fn a_submitter_is_a_credential_or_the_server() {
        let event = |submitted_by: Value| serde_json::json!({ "submitted_by": submitted_by });
        assert_eq!(submitter(&event(serde_json::json!({"type": "api_key", "id": "k1"}))), "api_key:k1");
        assert_eq!(submitter(&event(serde_json::json!({"type": "server"}))), "server");
    }

    #[test]
    fn a_withheld_actor_is_not_an_absent_one() {
        let event = serde_json::json!({"withheld": ["actor"]});
        assert_eq!(who(&event), "(withheld)");
        assert_eq!(who(&serde_json::json!({})), "");
    }
}
