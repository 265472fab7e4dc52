//! Owns the list of problem codes, and how the OpenAPI document describes them. The spelling, status and title of a
//! code never change.

use std::borrow::Cow;

use axum::http::StatusCode;
use serde::{Serialize, Serializer};
use utoipa::{
    PartialSchema, ToSchema,
    openapi::{
        RefOr,
        extensions::ExtensionsBuilder,
        schema::{ObjectBuilder, Schema, SchemaType, Type},
    },
};

/// Declares the codes once: variant, spelling, status, title.
macro_rules! codes {
    ($($(#[$meta:meta])* $variant:ident = $text:literal, $status:ident, $title:literal;)+) => {
        /// The kind of a problem. Clients branch on its spelling.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum Code { $($(#[$meta])* $variant),+ }

        impl Code {
            /// Every code, by status.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// The stable spelling.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $text),+ }
            }

            /// The HTTP status.
            #[must_use]
            pub const fn status(self) -> StatusCode {
                match self { $(Self::$variant => StatusCode::$status),+ }
            }

            /// The title, which is the same for every occurrence.
            #[must_use]
            pub const fn title(self) -> &'static str {
                match self { $(Self::$variant => $title),+ }
            }
        }
    };
}

codes! {
    /// The body is not the JSON it claims to be.
    MalformedJson = "malformed_json", BAD_REQUEST, "The body is not valid JSON";
    /// The body broke off or its transfer coding is broken.
    MalformedBody = "malformed_body", BAD_REQUEST, "The body could not be read";
    /// The body does not decompress.
    MalformedCompression = "malformed_compression", BAD_REQUEST, "The body does not decompress";
    /// The query string is not percent-encoded UTF-8.
    MalformedQuery = "malformed_query", BAD_REQUEST, "The query string cannot be read";
    /// The batch as a whole breaks a rule.
    InvalidBatch = "invalid_batch", BAD_REQUEST, "The batch as a whole is invalid";
    /// A query parameter that does not exist.
    UnknownParameter = "unknown_parameter", BAD_REQUEST, "The query parameter does not exist";
    /// A query parameter with an invalid value.
    InvalidParameter = "invalid_parameter", BAD_REQUEST, "A query parameter has an invalid value";
    /// An aggregation with more groups than the memory for one query can hold.
    TooManyGroups = "too_many_groups", BAD_REQUEST, "The answer would have too many groups";
    /// An answer that would exceed the maximum size.
    AnswerTooLarge = "answer_too_large", BAD_REQUEST, "The answer would be too large";
    /// A request head that was parsed but violates HTTP.
    InvalidHead = "invalid_head", BAD_REQUEST, "The request head violates HTTP";
    /// A cursor that this server did not sign.
    InvalidCursor = "invalid_cursor", BAD_REQUEST, "The cursor was not issued by this server";
    /// A cursor of another list, filter or order.
    CursorMismatch = "cursor_mismatch", BAD_REQUEST, "The cursor belongs to another list, filter or order";
    /// No credentials.
    MissingCredentials = "missing_credentials", UNAUTHORIZED, "Credentials are required";
    /// Credentials that are not valid.
    InvalidCredentials = "invalid_credentials", UNAUTHORIZED, "The credentials are not valid";
    /// A key that was revoked.
    KeyRevoked = "key_revoked", UNAUTHORIZED, "The API key was revoked";
    /// A key past its expiry.
    KeyExpired = "key_expired", UNAUTHORIZED, "The API key has expired";
    /// A key used from an address outside its networks.
    AddressNotAllowed = "address_not_allowed", FORBIDDEN, "The API key may not be used from this address";
    /// The tenant is suspended.
    TenantSuspended = "tenant_suspended", FORBIDDEN, "The tenant is suspended";
    /// The credential lacks the required permission.
    PermissionDenied = "permission_denied", FORBIDDEN, "The credentials lack the required permission";
    /// A filter on a field that the credential may not see.
    FieldNotPermitted = "field_not_permitted", FORBIDDEN, "The search uses a field that the credentials may not see";
    /// A grant of a permission that the granter does not hold.
    PermissionNotHeld = "permission_not_held", FORBIDDEN, "A key cannot grant a permission that it does not hold";
    /// A change of a key that holds permissions which the caller's key does not hold.
    StrongerKey = "stronger_key", FORBIDDEN, "A key cannot change or revoke a key that holds permissions it lacks";
    /// A key that would be bound less strictly than the caller's key.
    KeyBoundsExceeded = "key_bounds_exceeded", FORBIDDEN, "A key cannot make a key that is bound less strictly than itself";
    /// No such route.
    NotFound = "not_found", NOT_FOUND, "There is no such route";
    /// No such event in the tenant's log.
    EventNotFound = "event_not_found", NOT_FOUND, "There is no such event";
    /// No such key in this scope.
    ApiKeyNotFound = "api_key_not_found", NOT_FOUND, "There is no such API key";
    /// No such tenant.
    TenantNotFound = "tenant_not_found", NOT_FOUND, "There is no such tenant";
    /// No such saved search that the credential may see.
    SavedSearchNotFound = "saved_search_not_found", NOT_FOUND, "There is no such saved search";
    /// No such export that the credential may see.
    ExportNotFound = "export_not_found", NOT_FOUND, "There is no such export";
    /// The route has no such method.
    MethodNotAllowed = "method_not_allowed", METHOD_NOT_ALLOWED, "The path does not support this method";
    /// The body did not arrive in time.
    RequestTimeout = "request_timeout", REQUEST_TIMEOUT, "The request did not arrive in time";
    /// A live tail whose reader fell behind.
    SlowReader = "slow_reader", REQUEST_TIMEOUT, "The reader of the live tail fell behind";
    /// A live tail whose filter is slower than the rate of new events.
    SlowFilter = "slow_filter", REQUEST_TIMEOUT, "The filter of the live tail cannot keep up with new events";
    /// Another event with this id is stored.
    EventIdConflict = "event_id_conflict", CONFLICT, "Another event with this id is stored";
    /// The tenant id is or was in use.
    TenantExists = "tenant_exists", CONFLICT, "A tenant with this id exists or existed";
    /// The system key creates first keys only.
    TenantHasKeys = "tenant_has_keys", CONFLICT, "The tenant has a usable API key and manages its keys itself";
    /// Other changes of the same record were always faster.
    RevisionConflict = "revision_conflict", CONFLICT, "Other changes were faster, and nothing was changed";
    /// The maximum number of keys is neither revoked nor expired.
    TooManyApiKeys = "too_many_api_keys", CONFLICT, "The maximum number of usable API keys is reached";
    /// The key has a saved search with this name.
    SavedSearchExists = "saved_search_exists", CONFLICT, "A saved search with this name exists";
    /// The maximum number of saved searches is kept.
    TooManySavedSearches = "too_many_saved_searches", CONFLICT, "The maximum number of saved searches is reached";
    /// The maximum number of exports is kept.
    TooManyExports = "too_many_exports", CONFLICT, "The maximum number of exports is reached";
    /// The export has no file, or not yet.
    ExportNotReady = "export_not_ready", CONFLICT, "The export has no file to download";
    /// The export has ended and cannot be cancelled.
    ExportFinished = "export_finished", CONFLICT, "The export has ended";
    /// The record's revision is none of those that the request names.
    RevisionMismatch = "revision_mismatch", PRECONDITION_FAILED, "The record has another revision than the request expects";
    /// A body that exceeds its maximum size after decompression.
    BodyTooLarge = "body_too_large", PAYLOAD_TOO_LARGE, "The body is too large";
    /// A content type that the route does not accept.
    UnsupportedMediaType = "unsupported_media_type", UNSUPPORTED_MEDIA_TYPE, "The content type is not supported here";
    /// An unsupported content encoding.
    UnsupportedEncoding = "unsupported_encoding", UNSUPPORTED_MEDIA_TYPE, "The content encoding is not supported";
    /// A range of bytes outside the file.
    RangeNotSatisfiable = "range_not_satisfiable", RANGE_NOT_SATISFIABLE, "The range is outside the file";
    /// An invalid event.
    InvalidEvent = "invalid_event", UNPROCESSABLE_ENTITY, "The event is not valid";
    /// A batch of which each event is rejected.
    AllEventsRejected = "all_events_rejected", UNPROCESSABLE_ENTITY, "Every event of the batch is rejected";
    /// A batch to be stored as a whole or not at all, of which an event is rejected.
    BatchRejected = "batch_rejected", UNPROCESSABLE_ENTITY, "An event of the batch is rejected, so none is stored";
    /// An invalid request body.
    InvalidRequest = "invalid_request", UNPROCESSABLE_ENTITY, "The request is not valid";
    /// The store is at its maximum ingest rate.
    Overloaded = "overloaded", TOO_MANY_REQUESTS, "The server is at its maximum ingest rate";
    /// All query slots are in use.
    TooManyQueries = "too_many_queries", TOO_MANY_REQUESTS, "The maximum number of queries is running";
    /// Running queries and answers that clients have not read yet use up the memory for answers.
    TooManyAnswers = "too_many_answers", TOO_MANY_REQUESTS, "Running queries and unread answers use up the memory for answers";
    /// The maximum number of tails is open.
    TooManyTails = "too_many_tails", TOO_MANY_REQUESTS, "The maximum number of live tails is open";
    /// An unexpected failure.
    InternalError = "internal_error", INTERNAL_SERVER_ERROR, "The server failed unexpectedly";
    /// Stored bytes do not match their checksum.
    DataDamaged = "data_damaged", INTERNAL_SERVER_ERROR, "Stored data is damaged and is not served";
    /// The query exceeded its timeout.
    QueryTimeout = "query_timeout", SERVICE_UNAVAILABLE, "The query did not finish in time";
    /// The request exceeded its timeout.
    RequestNotFinished = "request_not_finished", SERVICE_UNAVAILABLE, "The request did not finish in time";
    /// The store is unavailable.
    StoreUnavailable = "store_unavailable", SERVICE_UNAVAILABLE, "The store is unavailable";
    /// Events are refused because too little disk space is free.
    DiskFull = "disk_full", SERVICE_UNAVAILABLE, "Too little disk space is free to accept events";
    /// The server ends running streams because it is stopping.
    ServerStopping = "server_stopping", SERVICE_UNAVAILABLE, "The server is stopping";
    /// The request used a version of HTTP that cannot carry the answer.
    HttpVersionNotSupported = "http_version_not_supported", HTTP_VERSION_NOT_SUPPORTED, "The HTTP version of the request cannot carry the answer";
    /// Too little disk space is free.
    InsufficientStorage = "insufficient_storage", INSUFFICIENT_STORAGE, "Too little disk space is free to store more";
}

impl Code {
    /// Whether the request had missing or invalid credentials. Such answers are delayed, so that credentials cannot be
    /// guessed at a high rate.
    #[must_use]
    pub const fn is_failed_authentication(self) -> bool {
        matches!(self, Self::MissingCredentials | Self::InvalidCredentials | Self::KeyRevoked | Self::KeyExpired)
    }
}

impl Serialize for Code {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

/// A string with known values rather than an enumeration: generated clients must accept the codes of later releases.
impl PartialSchema for Code {
    fn schema() -> RefOr<Schema> {
        let description = "A stable code; clients should branch on it. Codes are never renamed and never change their \
                           meaning, but later releases may add codes: handle an unknown code by the HTTP status alone. \
                           docs/api/problems.md explains each code.";
        let known: Vec<_> = Self::ALL.iter().map(|code| code.as_str()).collect();
        let schema = ObjectBuilder::new()
            .schema_type(SchemaType::Type(Type::String))
            .description(Some(description))
            .examples([Self::InvalidEvent.as_str()])
            .extensions(Some(ExtensionsBuilder::new().add("x-extensible-enum", known).build()));
        schema.into()
    }
}

impl ToSchema for Code {
    fn name() -> Cow<'static, str> {
        "ProblemCode".into()
    }
}
