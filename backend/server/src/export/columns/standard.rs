//! Owns the standard columns: one for each member of an event that is a single value, one for each list, and one for
//! each object whose keys the producer chooses.

use auditlog_core::event::{Group, RawCut, StoredEvent};

use super::cell::Cell;

/// The type of the values of a column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::export) enum ColumnType {
    /// Whole numbers from 0 to 2^53.
    Number,
    Flag,
    Time,
    Text,
}

/// A standard column.
#[derive(Debug)]
pub(super) struct StandardColumn {
    pub(super) name: &'static str,
    pub(super) group: Group,
    pub(super) column_type: ColumnType,
    pub(super) read: fn(&StoredEvent) -> Cell<'_>,
}

const fn number(name: &'static str, read: fn(&StoredEvent) -> Cell<'_>) -> StandardColumn {
    StandardColumn { name, group: Group::Core, column_type: ColumnType::Number, read }
}

const fn time(name: &'static str, read: fn(&StoredEvent) -> Cell<'_>) -> StandardColumn {
    StandardColumn { name, group: Group::Core, column_type: ColumnType::Time, read }
}

const fn text(name: &'static str, group: Group, read: fn(&StoredEvent) -> Cell<'_>) -> StandardColumn {
    StandardColumn { name, group, column_type: ColumnType::Text, read }
}

/// All standard columns, in the default order of a table.
pub(super) static STANDARD: &[StandardColumn] = &[
    number("sequence", |stored| Cell::Number(stored.sequence)),
    text("id", Group::Core, |stored| Cell::Id(stored.event.id)),
    text("external_id", Group::Content, |stored| Cell::optional_text(stored.event.external_id.as_deref())),
    text("tenant_id", Group::Core, |stored| Cell::Text(stored.event.tenant_id.as_str())),
    time("occurred_at", |stored| Cell::Time(stored.event.occurred_at)),
    time("received_at", |stored| Cell::Time(stored.event.received_at)),
    StandardColumn {
        name: "skewed",
        group: Group::Core,
        column_type: ColumnType::Flag,
        read: |stored| Cell::Flag(stored.event.is_skewed()),
    },
    text("submitted_by.type", Group::Core, |stored| Cell::Text(stored.event.submitted_by.kind().as_str())),
    text("submitted_by.id", Group::Core, |stored| Cell::optional_text(stored.event.submitted_by.id())),
    text("action", Group::Core, |stored| Cell::Text(&stored.event.action)),
    text("category", Group::Core, |stored| Cell::Text(stored.event.category.as_str())),
    text("outcome.status", Group::Core, |stored| Cell::Text(stored.event.outcome.status.as_str())),
    text("outcome.code", Group::Core, |stored| Cell::optional_text(stored.event.outcome.code.as_deref())),
    text("outcome.reason", Group::Content, |stored| Cell::optional_text(stored.event.outcome.reason.as_deref())),
    text("severity", Group::Core, |stored| Cell::Text(stored.event.severity.as_str())),
    text("actor.type", Group::Actor, |stored| Cell::Text(stored.event.actor.kind.as_str())),
    text("actor.id", Group::Actor, |stored| Cell::Text(&stored.event.actor.id)),
    text("actor.name", Group::Actor, |stored| Cell::optional_text(stored.event.actor.name.as_deref())),
    text("actor.email", Group::Actor, |stored| Cell::optional_text(stored.event.actor.email.as_deref())),
    text("actor.groups", Group::Actor, |stored| Cell::strings(&stored.event.actor.groups)),
    text("actor.attributes", Group::Actor, |stored| Cell::attributes(&stored.event.actor.attributes)),
    text("on_behalf_of", Group::Actor, |stored| Cell::actors(&stored.event.on_behalf_of)),
    text("targets", Group::Targets, |stored| Cell::targets(&stored.event.targets)),
    text("changes", Group::Changes, |stored| Cell::changes(&stored.event.changes)),
    text("source.service", Group::Core, |stored| Cell::Text(&stored.event.source.service)),
    text("source.component", Group::Core, |stored| Cell::optional_text(stored.event.source.component.as_deref())),
    text("source.version", Group::Core, |stored| Cell::optional_text(stored.event.source.version.as_deref())),
    text("source.environment", Group::Core, |stored| Cell::optional_text(stored.event.source.environment.as_deref())),
    text("source.region", Group::Core, |stored| Cell::optional_text(stored.event.source.region.as_deref())),
    text("source.host", Group::Context, |stored| Cell::optional_text(stored.event.source.host.as_deref())),
    text("context.ip", Group::Context, |stored| stored.event.context.ip.map_or(Cell::Absent, Cell::Address)),
    text("context.address", Group::Context, |stored| Cell::optional_text(stored.event.context.address.as_deref())),
    text("context.user_agent", Group::Context, |stored| {
        Cell::optional_text(stored.event.context.user_agent.as_deref())
    }),
    text("context.request_id", Group::Context, |stored| {
        Cell::optional_text(stored.event.context.request_id.as_deref())
    }),
    text("context.correlation_id", Group::Context, |stored| {
        Cell::optional_text(stored.event.context.correlation_id.as_deref())
    }),
    text("context.session_id", Group::Context, |stored| {
        Cell::optional_text(stored.event.context.session_id.as_deref())
    }),
    text("context.trace_id", Group::Context, |stored| Cell::optional_text(stored.event.context.trace_id.as_deref())),
    text("context.span_id", Group::Context, |stored| Cell::optional_text(stored.event.context.span_id.as_deref())),
    text("context.auth_method", Group::Context, |stored| {
        Cell::optional_text(stored.event.context.auth_method.as_deref())
    }),
    text("context.location.country", Group::Context, |stored| {
        Cell::optional_text(stored.event.context.location.country.as_deref())
    }),
    text("context.location.region", Group::Context, |stored| {
        Cell::optional_text(stored.event.context.location.region.as_deref())
    }),
    text("context.location.city", Group::Context, |stored| {
        Cell::optional_text(stored.event.context.location.city.as_deref())
    }),
    text("reason.text", Group::Content, |stored| {
        Cell::optional_text(stored.event.reason.as_ref().map(|reason| reason.text.as_str()))
    }),
    text("reason.ticket", Group::Content, |stored| {
        Cell::optional_text(stored.event.reason.as_ref().and_then(|reason| reason.ticket.as_deref()))
    }),
    text("message", Group::Content, |stored| Cell::optional_text(stored.event.message.as_deref())),
    text("metadata", Group::Content, |stored| Cell::attributes(&stored.event.metadata)),
    text("producer.id", Group::Core, |stored| {
        Cell::optional_text(stored.event.producer.as_ref().map(|producer| producer.id.as_str()))
    }),
    number("producer.sequence", |stored| {
        stored.event.producer.as_ref().map_or(Cell::Absent, |producer| Cell::Number(producer.sequence))
    }),
    text("raw.format", Group::Content, |stored| {
        Cell::optional_text(stored.event.raw.as_ref().map(|raw| raw.format.as_str()))
    }),
    text("raw.body", Group::Content, |stored| {
        Cell::optional_text(stored.event.raw.as_ref().and_then(|raw| raw.body.as_deref()))
    }),
    text("raw.sha256", Group::Content, |stored| raw_cut(stored).map_or(Cell::Absent, |cut| Cell::Digest(&cut.sha256))),
    StandardColumn {
        name: "raw.size",
        group: Group::Content,
        column_type: ColumnType::Number,
        read: |stored| raw_cut(stored).map_or(Cell::Absent, |cut| Cell::Number(cut.size)),
    },
    // Adjustments belong to the groups of their fields; who may see this group may see all of them.
    text("adjustments", Group::Content, |stored| Cell::adjustments(&stored.event.adjustments)),
];

fn raw_cut(stored: &StoredEvent) -> Option<&RawCut> {
    stored.event.raw.as_ref()?.cut.as_ref()
}
