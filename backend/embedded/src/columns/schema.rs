//! Owns the names, types and order of the columns: version 1 of the data file, frozen from the first release on.

use std::sync::{Arc, LazyLock};

use arrow_array::{Array, ArrayRef, ListArray, RecordBatch, StructArray, new_null_array};
use arrow_schema::{DataType, Field, Fields, Schema, SchemaRef, TimeUnit};

use super::ColumnsError;

/// The key under which every data file keeps its format's version in the key-value metadata.
pub const VERSION_KEY: &str = "auditlog.segment.version";
/// The version of the data files that are written, and the newest that is read.
pub const FORMAT_VERSION: u32 = 1;

/// The names of the columns.
#[expect(missing_docs, reason = "each constant is the name it holds; docs/spec/segment-v1.md says what it means")]
pub mod name {
    pub const TENANT_ID: &str = "tenant_id";
    pub const SEQUENCE: &str = "sequence";
    pub const ID: &str = "id";
    pub const EXTERNAL_ID: &str = "external_id";
    pub const OCCURRED_AT: &str = "occurred_at";
    pub const RECEIVED_AT: &str = "received_at";
    pub const SUBMITTED_BY_TYPE: &str = "submitted_by_type";
    pub const SUBMITTED_BY_ID: &str = "submitted_by_id";
    pub const ACTION: &str = "action";
    pub const CATEGORY: &str = "category";
    pub const OUTCOME_STATUS: &str = "outcome_status";
    pub const OUTCOME_CODE: &str = "outcome_code";
    pub const OUTCOME_REASON: &str = "outcome_reason";
    pub const SEVERITY: &str = "severity";
    pub const ACTOR_TYPE: &str = "actor_type";
    pub const ACTOR_ID: &str = "actor_id";
    pub const ACTOR_NAME: &str = "actor_name";
    pub const ACTOR_EMAIL: &str = "actor_email";
    pub const ACTOR_GROUPS: &str = "actor_groups";
    pub const ACTOR_ATTRIBUTES: &str = "actor_attributes";
    pub const ON_BEHALF_OF: &str = "on_behalf_of";
    pub const TARGETS: &str = "targets";
    pub const CHANGES: &str = "changes";
    pub const SOURCE_SERVICE: &str = "source_service";
    pub const SOURCE_COMPONENT: &str = "source_component";
    pub const SOURCE_VERSION: &str = "source_version";
    pub const SOURCE_ENVIRONMENT: &str = "source_environment";
    pub const SOURCE_REGION: &str = "source_region";
    pub const SOURCE_HOST: &str = "source_host";
    pub const CONTEXT_IP: &str = "context_ip";
    pub const CONTEXT_ADDRESS: &str = "context_address";
    pub const CONTEXT_USER_AGENT: &str = "context_user_agent";
    pub const CONTEXT_REQUEST_ID: &str = "context_request_id";
    pub const CONTEXT_CORRELATION_ID: &str = "context_correlation_id";
    pub const CONTEXT_SESSION_ID: &str = "context_session_id";
    pub const CONTEXT_TRACE_ID: &str = "context_trace_id";
    pub const CONTEXT_SPAN_ID: &str = "context_span_id";
    pub const CONTEXT_AUTH_METHOD: &str = "context_auth_method";
    pub const LOCATION_COUNTRY: &str = "location_country";
    pub const LOCATION_REGION: &str = "location_region";
    pub const LOCATION_CITY: &str = "location_city";
    pub const REASON_TEXT: &str = "reason_text";
    pub const REASON_TICKET: &str = "reason_ticket";
    pub const MESSAGE: &str = "message";
    pub const METADATA: &str = "metadata";
    pub const PRODUCER_ID: &str = "producer_id";
    pub const PRODUCER_SEQUENCE: &str = "producer_sequence";
    pub const RAW_FORMAT: &str = "raw_format";
    pub const RAW_BODY: &str = "raw_body";
    pub const RAW_SHA256: &str = "raw_sha256";
    pub const RAW_SIZE: &str = "raw_size";
    pub const ADJUSTMENTS: &str = "adjustments";
    pub const SALT_SEED: &str = "salt_seed";
    pub const SALT_INDEX: &str = "salt_index";

    pub const TARGET_TYPE: &str = "type";
    pub const TARGET_ID: &str = "id";
    pub const TARGET_NAME: &str = "name";
    pub const TARGET_URL: &str = "url";
    pub const TARGET_ATTRIBUTES: &str = "attributes";
}

static SCHEMA: LazyLock<SchemaRef> = LazyLock::new(|| Arc::new(Schema::new(fields())));

/// The schema of every batch of events.
///
/// Columns of the groups that may be erased in future are nullable, even where an event always has a value.
#[must_use]
pub fn schema() -> SchemaRef {
    Arc::clone(&SCHEMA)
}

/// The fields of the struct in the list of targets.
pub(super) fn target_fields() -> Fields {
    Fields::from(vec![
        Field::new(name::TARGET_TYPE, DataType::Utf8, true),
        Field::new(name::TARGET_ID, DataType::Utf8, true),
        Field::new(name::TARGET_NAME, DataType::Utf8, true),
        Field::new(name::TARGET_URL, DataType::Utf8, true),
        Field::new(name::TARGET_ATTRIBUTES, DataType::Utf8, true),
    ])
}

/// The element of the list of targets. Parquet calls it `element`.
pub(super) fn target_element() -> Arc<Field> {
    Arc::new(Field::new("element", DataType::Struct(target_fields()), false))
}

/// Adds the columns that a batch lacks, as nulls, and reorders all columns as in the schema. Targets may lack parts in
/// the same way.
pub(crate) fn complete(batch: &RecordBatch) -> Result<RecordBatch, ColumnsError> {
    let column = |field: &Arc<Field>| match batch.column_by_name(field.name()) {
        Some(column) if column.data_type() == field.data_type() => Ok(Arc::clone(column)),
        Some(column) if field.name() == name::TARGETS => complete_targets(column),
        Some(column) => Err(wrong_type(column.data_type(), field)),
        None => Ok(new_null_array(field.data_type(), batch.num_rows())),
    };
    let columns = SCHEMA.fields().iter().map(column).collect::<Result<_, _>>()?;
    Ok(RecordBatch::try_new(schema(), columns)?)
}

/// Adds the parts that the targets of the batch lack, as nulls.
fn complete_targets(column: &ArrayRef) -> Result<ArrayRef, ColumnsError> {
    let list = column.as_any().downcast_ref::<ListArray>();
    let structs = list.and_then(|list| list.values().as_any().downcast_ref::<StructArray>());
    let (Some(list), Some(structs)) = (list, structs) else {
        return Err(ColumnsError::Arrow(format!("column targets is {}", column.data_type())));
    };
    let part = |field: &Arc<Field>| match structs.column_by_name(field.name()) {
        Some(part) => Arc::clone(part),
        None => new_null_array(field.data_type(), structs.len()),
    };
    let parts = target_fields().iter().map(part).collect();
    let structs = StructArray::try_new(target_fields(), parts, structs.nulls().cloned())?;
    let (offsets, present) = (list.offsets().clone(), list.nulls().cloned());
    Ok(Arc::new(ListArray::try_new(target_element(), offsets, Arc::new(structs), present)?))
}

/// Checks that the columns of a data file have the types of the schema. Columns may be missing, targets may lack
/// members, and a later format may have added columns.
///
/// # Errors
/// Names the first column of another type.
pub(crate) fn check_types(found: &Schema) -> Result<(), ColumnsError> {
    for field in found.fields() {
        let Ok(known) = SCHEMA.field_with_name(field.name()) else { continue };
        let is_same = match (field.data_type(), known.data_type()) {
            (DataType::List(found), DataType::List(_)) => are_targets(found.data_type()),
            (found, known) => found == known,
        };
        if !is_same {
            return Err(wrong_type(field.data_type(), known));
        }
    }
    Ok(())
}

fn wrong_type(found: &DataType, known: &Field) -> ColumnsError {
    let (name, wanted) = (known.name(), known.data_type());
    ColumnsError::Arrow(format!("column {name} is {found} instead of {wanted}"))
}

fn are_targets(found: &DataType) -> bool {
    let DataType::Struct(members) = found else { return false };
    let known = target_fields();
    members
        .iter()
        .all(|member| known.find(member.name()).is_some_and(|(_, known)| known.data_type() == member.data_type()))
}

fn fields() -> Vec<Field> {
    let time = DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into()));
    let required = |name: &str, kind: &DataType| Field::new(name, kind.clone(), false);
    let optional = |name: &str, kind: &DataType| Field::new(name, kind.clone(), true);
    let text = DataType::Utf8;
    vec![
        required(name::TENANT_ID, &text),
        required(name::SEQUENCE, &DataType::Int64),
        required(name::ID, &DataType::FixedSizeBinary(16)),
        optional(name::EXTERNAL_ID, &text),
        required(name::OCCURRED_AT, &time),
        required(name::RECEIVED_AT, &time),
        required(name::SUBMITTED_BY_TYPE, &text),
        optional(name::SUBMITTED_BY_ID, &text),
        required(name::ACTION, &text),
        required(name::CATEGORY, &text),
        required(name::OUTCOME_STATUS, &text),
        optional(name::OUTCOME_CODE, &text),
        optional(name::OUTCOME_REASON, &text),
        required(name::SEVERITY, &text),
        optional(name::ACTOR_TYPE, &text),
        optional(name::ACTOR_ID, &text),
        optional(name::ACTOR_NAME, &text),
        optional(name::ACTOR_EMAIL, &text),
        optional(name::ACTOR_GROUPS, &text),
        optional(name::ACTOR_ATTRIBUTES, &text),
        optional(name::ON_BEHALF_OF, &text),
        optional(name::TARGETS, &DataType::List(target_element())),
        optional(name::CHANGES, &text),
        required(name::SOURCE_SERVICE, &text),
        optional(name::SOURCE_COMPONENT, &text),
        optional(name::SOURCE_VERSION, &text),
        optional(name::SOURCE_ENVIRONMENT, &text),
        optional(name::SOURCE_REGION, &text),
        optional(name::SOURCE_HOST, &text),
        optional(name::CONTEXT_IP, &text),
        optional(name::CONTEXT_ADDRESS, &text),
        optional(name::CONTEXT_USER_AGENT, &text),
        optional(name::CONTEXT_REQUEST_ID, &text),
        optional(name::CONTEXT_CORRELATION_ID, &text),
        optional(name::CONTEXT_SESSION_ID, &text),
        optional(name::CONTEXT_TRACE_ID, &text),
        optional(name::CONTEXT_SPAN_ID, &text),
        optional(name::CONTEXT_AUTH_METHOD, &text),
        optional(name::LOCATION_COUNTRY, &text),
        optional(name::LOCATION_REGION, &text),
        optional(name::LOCATION_CITY, &text),
        optional(name::REASON_TEXT, &text),
        optional(name::REASON_TICKET, &text),
        optional(name::MESSAGE, &text),
        optional(name::METADATA, &text),
        optional(name::PRODUCER_ID, &text),
        optional(name::PRODUCER_SEQUENCE, &DataType::Int64),
        optional(name::RAW_FORMAT, &text),
        optional(name::RAW_BODY, &text),
        optional(name::RAW_SHA256, &DataType::FixedSizeBinary(32)),
        optional(name::RAW_SIZE, &DataType::Int64),
        optional(name::ADJUSTMENTS, &text),
        optional(name::SALT_SEED, &DataType::FixedSizeBinary(16)),
        optional(name::SALT_INDEX, &DataType::Int32),
    ]
}
