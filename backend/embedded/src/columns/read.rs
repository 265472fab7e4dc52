//! Turns rows back into events.

use std::{cell::OnceCell, net::IpAddr};

use arrow_array::{Array, FixedSizeBinaryArray, Int32Array, Int64Array, RecordBatch, TimestampMicrosecondArray};
use auditlog_core::{
    event::{
        Actor, ActorType, Category, Context, Event, Location, Outcome, OutcomeStatus, Producer, Raw, RawCut, Reason,
        SaltSource, Severity, Source, StoredEvent, Submitter, SubmitterType, parse_adjustments,
    },
    id::{CredentialId, EventId, TenantId},
    timestamp::Timestamp,
};

use super::{
    ColumnsError, TargetColumns, TextColumn, binary_column, integer_column,
    json_text::{read_actors, read_attributes, read_changes, read_groups},
    schema::name,
    text_column, time_column,
};

/// The event in one row of a batch. To read several rows of a batch, bind its [`EventColumns`] once.
///
/// # Errors
/// [`ColumnsError::Unreadable`] where a required value is missing or cannot be parsed.
pub fn event_at(batch: &RecordBatch, row: usize) -> Result<StoredEvent, ColumnsError> {
    EventColumns::of(batch).event(row)
}

/// Declares the text columns an event is read from, so that each is looked up by name once for a batch.
macro_rules! text_columns {
    ($($field:ident = $name:ident),+ $(,)?) => {
        struct Texts<'a> { $($field: TextColumn<'a>),+ }

        impl<'a> Texts<'a> {
            fn of(batch: &'a RecordBatch) -> Self {
                Self { $($field: text_column(batch, name::$name)),+ }
            }
        }
    };
}

text_columns! {
    tenant_id = TENANT_ID,
    external_id = EXTERNAL_ID,
    submitted_by_type = SUBMITTED_BY_TYPE,
    submitted_by_id = SUBMITTED_BY_ID,
    action = ACTION,
    category = CATEGORY,
    outcome_status = OUTCOME_STATUS,
    outcome_code = OUTCOME_CODE,
    outcome_reason = OUTCOME_REASON,
    severity = SEVERITY,
    actor_type = ACTOR_TYPE,
    actor_id = ACTOR_ID,
    actor_name = ACTOR_NAME,
    actor_email = ACTOR_EMAIL,
    actor_groups = ACTOR_GROUPS,
    actor_attributes = ACTOR_ATTRIBUTES,
    on_behalf_of = ON_BEHALF_OF,
    changes = CHANGES,
    service = SOURCE_SERVICE,
    component = SOURCE_COMPONENT,
    version = SOURCE_VERSION,
    environment = SOURCE_ENVIRONMENT,
    source_region = SOURCE_REGION,
    host = SOURCE_HOST,
    ip = CONTEXT_IP,
    address = CONTEXT_ADDRESS,
    user_agent = CONTEXT_USER_AGENT,
    request_id = CONTEXT_REQUEST_ID,
    correlation_id = CONTEXT_CORRELATION_ID,
    session_id = CONTEXT_SESSION_ID,
    trace_id = CONTEXT_TRACE_ID,
    span_id = CONTEXT_SPAN_ID,
    auth_method = CONTEXT_AUTH_METHOD,
    country = LOCATION_COUNTRY,
    region = LOCATION_REGION,
    city = LOCATION_CITY,
    reason_text = REASON_TEXT,
    reason_ticket = REASON_TICKET,
    message = MESSAGE,
    metadata = METADATA,
    producer_id = PRODUCER_ID,
    raw_format = RAW_FORMAT,
    raw_body = RAW_BODY,
    adjustments = ADJUSTMENTS,
}

/// The columns of a batch, looked up by name once.
pub struct EventColumns<'a> {
    sequence: Option<&'a Int64Array>,
    id: Option<&'a FixedSizeBinaryArray>,
    occurred_at: Option<&'a TimestampMicrosecondArray>,
    received_at: Option<&'a TimestampMicrosecondArray>,
    producer_sequence: Option<&'a Int64Array>,
    raw_sha256: Option<&'a FixedSizeBinaryArray>,
    raw_size: Option<&'a Int64Array>,
    salt_seed: Option<&'a FixedSizeBinaryArray>,
    salt_index: Option<&'a Int32Array>,
    targets: TargetColumns<'a>,
    texts: Texts<'a>,
    /// The credential of the first event read: most events of a batch have the same one, and share its text.
    first_credential: OnceCell<CredentialId>,
}

impl<'a> EventColumns<'a> {
    /// Finds the columns.
    #[must_use]
    pub fn of(batch: &'a RecordBatch) -> Self {
        let salt_index = batch.column_by_name(name::SALT_INDEX);
        Self {
            sequence: integer_column(batch, name::SEQUENCE),
            id: binary_column(batch, name::ID),
            occurred_at: time_column(batch, name::OCCURRED_AT),
            received_at: time_column(batch, name::RECEIVED_AT),
            producer_sequence: integer_column(batch, name::PRODUCER_SEQUENCE),
            raw_sha256: binary_column(batch, name::RAW_SHA256),
            raw_size: integer_column(batch, name::RAW_SIZE),
            salt_seed: binary_column(batch, name::SALT_SEED),
            salt_index: salt_index.and_then(|array| array.as_any().downcast_ref()),
            targets: TargetColumns::of(batch),
            texts: Texts::of(batch),
            first_credential: OnceCell::new(),
        }
    }

    /// The event in this row.
    ///
    /// # Errors
    /// [`ColumnsError::Unreadable`] where a required value is missing or cannot be parsed.
    pub fn event(&self, row: usize) -> Result<StoredEvent, ColumnsError> {
        let event = Event {
            id: required(row, name::ID, self.id(row))?,
            external_id: owned(self.texts.external_id, row),
            tenant_id: required(row, name::TENANT_ID, self.texts.tenant_id.get(row).and_then(TenantId::parse))?,
            occurred_at: required(row, name::OCCURRED_AT, time(self.occurred_at, row))?,
            received_at: required(row, name::RECEIVED_AT, time(self.received_at, row))?,
            submitted_by: self.submitter(row)?,
            action: required(row, name::ACTION, owned(self.texts.action, row))?,
            category: required(row, name::CATEGORY, self.texts.category.get(row).and_then(Category::parse))?,
            outcome: self.outcome(row)?,
            severity: required(row, name::SEVERITY, self.texts.severity.get(row).and_then(Severity::parse))?,
            actor: self.actor(row)?,
            on_behalf_of: parsed(row, name::ON_BEHALF_OF, self.texts.on_behalf_of, read_actors)?,
            targets: self.targets.read(row)?,
            changes: parsed(row, name::CHANGES, self.texts.changes, read_changes)?,
            source: self.source(row)?,
            context: self.context(row)?,
            reason: self.reason(row),
            message: owned(self.texts.message, row),
            metadata: parsed(row, name::METADATA, self.texts.metadata, read_attributes)?,
            producer: self.producer(row)?,
            raw: self.raw(row)?,
            adjustments: parsed(row, name::ADJUSTMENTS, self.texts.adjustments, parse_adjustments)?,
        };
        let sequence = required(row, name::SEQUENCE, number(self.sequence, row))?;
        Ok(StoredEvent { event: Box::new(event), sequence, salt: self.salt(row)? })
    }

    fn id(&self, row: usize) -> Option<EventId> {
        EventId::from_bytes(bytes(self.id, row)?)
    }

    fn submitter(&self, row: usize) -> Result<Submitter, ColumnsError> {
        let kind = self.texts.submitted_by_type.get(row).and_then(SubmitterType::parse);
        let kind = required(row, name::SUBMITTED_BY_TYPE, kind)?;
        let id = self.texts.submitted_by_id.get(row);
        let id = id.map(|text| required(row, name::SUBMITTED_BY_ID, self.credential(text))).transpose()?;
        required(row, name::SUBMITTED_BY_ID, Submitter::from_parts(kind, id))
    }

    fn credential(&self, text: &str) -> Option<CredentialId> {
        let known = self.first_credential.get().filter(|known| known.as_str() == text);
        let credential = known.cloned().or_else(|| CredentialId::parse(text))?;
        let _ = self.first_credential.get_or_init(|| credential.clone());
        Some(credential)
    }

    fn salt(&self, row: usize) -> Result<SaltSource, ColumnsError> {
        let index = self.salt_index.filter(|array| !array.is_null(row)).map(|array| array.value(row));
        Ok(SaltSource {
            seed: required(row, name::SALT_SEED, bytes(self.salt_seed, row))?,
            index: required(row, name::SALT_INDEX, index.and_then(|index| u32::try_from(index).ok()))?,
        })
    }

    fn outcome(&self, row: usize) -> Result<Outcome, ColumnsError> {
        let status = self.texts.outcome_status.get(row).and_then(OutcomeStatus::parse);
        Ok(Outcome {
            status: required(row, name::OUTCOME_STATUS, status)?,
            code: owned(self.texts.outcome_code, row),
            reason: owned(self.texts.outcome_reason, row),
        })
    }

    fn actor(&self, row: usize) -> Result<Actor, ColumnsError> {
        Ok(Actor {
            kind: required(row, name::ACTOR_TYPE, self.texts.actor_type.get(row).and_then(ActorType::parse))?,
            id: required(row, name::ACTOR_ID, owned(self.texts.actor_id, row))?,
            name: owned(self.texts.actor_name, row),
            email: owned(self.texts.actor_email, row),
            groups: parsed(row, name::ACTOR_GROUPS, self.texts.actor_groups, read_groups)?,
            attributes: parsed(row, name::ACTOR_ATTRIBUTES, self.texts.actor_attributes, read_attributes)?,
        })
    }

    fn source(&self, row: usize) -> Result<Source, ColumnsError> {
        Ok(Source {
            service: required(row, name::SOURCE_SERVICE, owned(self.texts.service, row))?,
            component: owned(self.texts.component, row),
            version: owned(self.texts.version, row),
            environment: owned(self.texts.environment, row),
            region: owned(self.texts.source_region, row),
            host: owned(self.texts.host, row),
        })
    }

    fn context(&self, row: usize) -> Result<Context, ColumnsError> {
        let ip = self.texts.ip.get(row).map(|text| required(row, name::CONTEXT_IP, text.parse::<IpAddr>().ok()));
        Ok(Context {
            ip: ip.transpose()?,
            address: owned(self.texts.address, row),
            user_agent: owned(self.texts.user_agent, row),
            request_id: owned(self.texts.request_id, row),
            correlation_id: owned(self.texts.correlation_id, row),
            session_id: owned(self.texts.session_id, row),
            trace_id: owned(self.texts.trace_id, row),
            span_id: owned(self.texts.span_id, row),
            auth_method: owned(self.texts.auth_method, row),
            location: Location {
                country: owned(self.texts.country, row),
                region: owned(self.texts.region, row),
                city: owned(self.texts.city, row),
            },
        })
    }

    fn reason(&self, row: usize) -> Option<Reason> {
        let text = owned(self.texts.reason_text, row)?;
        Some(Reason { text, ticket: owned(self.texts.reason_ticket, row) })
    }

    fn producer(&self, row: usize) -> Result<Option<Producer>, ColumnsError> {
        let Some(id) = owned(self.texts.producer_id, row) else { return Ok(None) };
        let sequence = required(row, name::PRODUCER_SEQUENCE, number(self.producer_sequence, row))?;
        Ok(Some(Producer { id, sequence }))
    }

    fn raw(&self, row: usize) -> Result<Option<Raw>, ColumnsError> {
        let Some(format) = owned(self.texts.raw_format, row) else { return Ok(None) };
        let cut = bytes(self.raw_sha256, row).map(|sha256| {
            required(row, name::RAW_SIZE, number(self.raw_size, row)).map(|size| RawCut { sha256, size })
        });
        Ok(Some(Raw { format, body: owned(self.texts.raw_body, row), cut: cut.transpose()? }))
    }
}

fn required<T>(row: usize, column: &'static str, value: Option<T>) -> Result<T, ColumnsError> {
    value.ok_or(ColumnsError::Unreadable { row, column })
}

/// Parses a text that represents a list or object; null represents the empty one.
fn parsed<T: Default>(
    row: usize,
    column: &'static str,
    texts: TextColumn<'_>,
    read: fn(&str) -> Option<T>,
) -> Result<T, ColumnsError> {
    texts.get(row).map_or_else(|| Ok(T::default()), |text| required(row, column, read(text)))
}

fn owned(texts: TextColumn<'_>, row: usize) -> Option<String> {
    texts.get(row).map(str::to_owned)
}

fn time(array: Option<&TimestampMicrosecondArray>, row: usize) -> Option<Timestamp> {
    array.filter(|array| !array.is_null(row)).map(|array| Timestamp::from_micros(array.value(row)))
}

fn number(array: Option<&Int64Array>, row: usize) -> Option<u64> {
    array.filter(|array| !array.is_null(row)).and_then(|array| u64::try_from(array.value(row)).ok())
}

fn bytes<const N: usize>(array: Option<&FixedSizeBinaryArray>, row: usize) -> Option<[u8; N]> {
    array.filter(|array| !array.is_null(row))?.value(row).try_into().ok()
}
