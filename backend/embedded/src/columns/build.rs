//! Turns events into columns.

use std::sync::Arc;

use arrow_array::{
    ArrayRef, Int32Array, Int64Array, RecordBatch, StringArray, TimestampMicrosecondArray,
    builder::{FixedSizeBinaryBuilder, StringBuilder},
};
use auditlog_core::{
    event::{Raw, RawCut, StoredEvent, canonical::write_adjustments},
    json::write_address,
};

use super::{ColumnsError, json_text, schema::schema, targets};

/// Builds one batch of the schema from events, a row for each, in their order.
///
/// # Errors
/// [`ColumnsError::Arrow`] where a sequence or size exceeds the range of its column.
pub fn from_events(events: &[StoredEvent]) -> Result<RecordBatch, ColumnsError> {
    let mut columns = Vec::with_capacity(schema().fields().len());
    push_core(events, &mut columns)?;
    push_actor(events, &mut columns);
    columns.push(targets::build(events)?);
    columns.push(json(events, |event, text| json_text::write_changes(&event.event.changes, text)));
    push_source(events, &mut columns);
    push_context(events, &mut columns);
    push_content(events, &mut columns)?;
    columns.push(json(events, |event, text| {
        if !event.event.adjustments.is_empty() {
            write_adjustments(&event.event.adjustments, text);
        }
    }));
    push_salt(events, &mut columns)?;
    Ok(RecordBatch::try_new(schema(), columns)?)
}

fn push_core(events: &[StoredEvent], columns: &mut Vec<ArrayRef>) -> Result<(), ColumnsError> {
    columns.push(text(events, |event| Some(event.event.tenant_id.as_str())));
    columns.push(integers(events, |event| Some(event.sequence))?);
    columns.push(bytes(events, 16, |event| Some(event.event.id.as_bytes().as_slice()))?);
    columns.push(text(events, |event| event.event.external_id.as_deref()));
    columns.push(times(events, |event| event.event.occurred_at.as_micros()));
    columns.push(times(events, |event| event.event.received_at.as_micros()));
    columns.push(text(events, |event| Some(event.event.submitted_by.kind().as_str())));
    columns.push(text(events, |event| event.event.submitted_by.id()));
    columns.push(text(events, |event| Some(&event.event.action)));
    columns.push(text(events, |event| Some(event.event.category.as_str())));
    columns.push(text(events, |event| Some(event.event.outcome.status.as_str())));
    columns.push(text(events, |event| event.event.outcome.code.as_deref()));
    columns.push(text(events, |event| event.event.outcome.reason.as_deref()));
    columns.push(text(events, |event| Some(event.event.severity.as_str())));
    Ok(())
}

fn push_actor(events: &[StoredEvent], columns: &mut Vec<ArrayRef>) {
    columns.push(text(events, |event| Some(event.event.actor.kind.as_str())));
    columns.push(text(events, |event| Some(&event.event.actor.id)));
    columns.push(text(events, |event| event.event.actor.name.as_deref()));
    columns.push(text(events, |event| event.event.actor.email.as_deref()));
    columns.push(json(events, |event, text| json_text::write_groups(&event.event.actor.groups, text)));
    columns.push(json(events, |event, text| json_text::write_attributes(&event.event.actor.attributes, text)));
    columns.push(json(events, |event, text| json_text::write_actors(&event.event.on_behalf_of, text)));
}

fn push_source(events: &[StoredEvent], columns: &mut Vec<ArrayRef>) {
    columns.push(text(events, |event| Some(&event.event.source.service)));
    columns.push(text(events, |event| event.event.source.component.as_deref()));
    columns.push(text(events, |event| event.event.source.version.as_deref()));
    columns.push(text(events, |event| event.event.source.environment.as_deref()));
    columns.push(text(events, |event| event.event.source.region.as_deref()));
    columns.push(text(events, |event| event.event.source.host.as_deref()));
}

fn push_context(events: &[StoredEvent], columns: &mut Vec<ArrayRef>) {
    columns.push(json(events, |event, text| {
        let Some(ip) = event.event.context.ip else { return };
        write_address(ip, text);
    }));
    columns.push(text(events, |event| event.event.context.address.as_deref()));
    columns.push(text(events, |event| event.event.context.user_agent.as_deref()));
    columns.push(text(events, |event| event.event.context.request_id.as_deref()));
    columns.push(text(events, |event| event.event.context.correlation_id.as_deref()));
    columns.push(text(events, |event| event.event.context.session_id.as_deref()));
    columns.push(text(events, |event| event.event.context.trace_id.as_deref()));
    columns.push(text(events, |event| event.event.context.span_id.as_deref()));
    columns.push(text(events, |event| event.event.context.auth_method.as_deref()));
    columns.push(text(events, |event| event.event.context.location.country.as_deref()));
    columns.push(text(events, |event| event.event.context.location.region.as_deref()));
    columns.push(text(events, |event| event.event.context.location.city.as_deref()));
}

fn push_content(events: &[StoredEvent], columns: &mut Vec<ArrayRef>) -> Result<(), ColumnsError> {
    columns.push(text(events, |event| event.event.reason.as_ref().map(|reason| reason.text.as_str())));
    columns.push(text(events, |event| event.event.reason.as_ref().and_then(|reason| reason.ticket.as_deref())));
    columns.push(text(events, |event| event.event.message.as_deref()));
    columns.push(json(events, |event, text| json_text::write_attributes(&event.event.metadata, text)));
    columns.push(text(events, |event| event.event.producer.as_ref().map(|producer| producer.id.as_str())));
    columns.push(integers(events, |event| event.event.producer.as_ref().map(|producer| producer.sequence))?);
    columns.push(text(events, |event| event.event.raw.as_ref().map(|raw| raw.format.as_str())));
    columns.push(text(events, |event| event.event.raw.as_ref().and_then(|raw| raw.body.as_deref())));
    columns.push(bytes(events, 32, |event| raw_cut(event).map(|cut| cut.sha256.as_slice()))?);
    columns.push(integers(events, |event| raw_cut(event).map(|cut| cut.size))?);
    Ok(())
}

fn raw_cut(event: &StoredEvent) -> Option<&RawCut> {
    event.event.raw.as_ref().and_then(|raw: &Raw| raw.cut.as_ref())
}

fn push_salt(events: &[StoredEvent], columns: &mut Vec<ArrayRef>) -> Result<(), ColumnsError> {
    columns.push(bytes(events, 16, |event| Some(event.salt.seed.as_slice()))?);
    let indexes: Result<Vec<i32>, _> = events.iter().map(|event| i32::try_from(event.salt.index)).collect();
    columns.push(Arc::new(Int32Array::from(indexes.map_err(too_large)?)));
    Ok(())
}

fn text(events: &[StoredEvent], value: for<'a> fn(&'a StoredEvent) -> Option<&'a str>) -> ArrayRef {
    let (mut present, mut bytes) = (0, 0);
    for value in events.iter().filter_map(value) {
        present += 1;
        bytes += value.len();
    }
    // Most events leave most fields out.
    if present == 0 {
        return Arc::new(StringArray::new_null(events.len()));
    }
    let mut builder = StringBuilder::with_capacity(events.len(), bytes);
    for event in events {
        builder.append_option(value(event));
    }
    Arc::new(builder.finish())
}

/// A column of JSON texts. Where `write` writes nothing the value is null.
fn json(events: &[StoredEvent], write: fn(&StoredEvent, &mut String)) -> ArrayRef {
    let mut builder = StringBuilder::with_capacity(events.len(), 0);
    let mut value = String::new();
    for event in events {
        value.clear();
        write(event, &mut value);
        builder.append_option((!value.is_empty()).then_some(&value));
    }
    Arc::new(builder.finish())
}

fn integers(events: &[StoredEvent], value: fn(&StoredEvent) -> Option<u64>) -> Result<ArrayRef, ColumnsError> {
    let values: Result<Vec<Option<i64>>, _> =
        events.iter().map(|event| value(event).map(i64::try_from).transpose()).collect();
    Ok(Arc::new(Int64Array::from(values.map_err(too_large)?)))
}

fn times(events: &[StoredEvent], value: fn(&StoredEvent) -> i64) -> ArrayRef {
    Arc::new(TimestampMicrosecondArray::from_iter_values(events.iter().map(value)).with_timezone("UTC"))
}

fn bytes(
    events: &[StoredEvent],
    width: i32,
    value: for<'a> fn(&'a StoredEvent) -> Option<&'a [u8]>,
) -> Result<ArrayRef, ColumnsError> {
    let mut builder = FixedSizeBinaryBuilder::with_capacity(events.len(), width);
    for event in events {
        match value(event) {
            Some(value) => builder.append_value(value)?,
            None => builder.append_null(),
        }
    }
    Ok(Arc::new(builder.finish()))
}

fn too_large(error: std::num::TryFromIntError) -> ColumnsError {
    ColumnsError::Arrow(error.to_string())
}
