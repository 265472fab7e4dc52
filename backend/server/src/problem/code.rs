//! Owns the list of problem codes: each has one spelling, one status and one title, for ever.

use axum::http::StatusCode;

/// Declares the codes once: variant, spelling, status, title.
macro_rules! codes {
    ($($(#[$meta:meta])* $variant:ident = $text:literal, $status:ident, $title:literal;)+) => {
        /// What kind of problem it is. Clients branch on its spelling.
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

            /// The status it is answered with.
            #[must_use]
            pub const fn status(self) -> StatusCode {
                match self { $(Self::$variant => StatusCode::$status),+ }
            }

            /// What it means, the same for every occurrence.
            #[must_use]
            pub const fn title(self) -> &'static str {
                match self { $(Self::$variant => $title),+ }
            }
        }
    };
}

codes! {
    /// The body is not the JSON it claims to be.
    MalformedJson = "malformed_json", BAD_REQUEST, "The body is not readable JSON";
    /// The body broke off or its transfer coding is broken.
    MalformedBody = "malformed_body", BAD_REQUEST, "The body could not be read";
    /// The body does not decompress.
    MalformedCompression = "malformed_compression", BAD_REQUEST, "The body does not decompress";
    /// The query string is not percent-encoded UTF-8.
    MalformedQuery = "malformed_query", BAD_REQUEST, "The query string cannot be read";
    /// The batch as a whole breaks a rule.
    InvalidBatch = "invalid_batch", BAD_REQUEST, "The batch cannot be taken as a whole";
    /// A query parameter that does not exist.
    UnknownParameter = "unknown_parameter", BAD_REQUEST, "There is no such query parameter";
    /// A query parameter with a value it does not take.
    InvalidParameter = "invalid_parameter", BAD_REQUEST, "A query parameter has a value it does not take";
    /// An aggregation with more groups than memory for one query holds.
    TooManyGroups = "too_many_groups", BAD_REQUEST, "The answer would have too many groups";
    /// A complete answer beyond what one may have.
    AnswerTooLarge = "answer_too_large", BAD_REQUEST, "The answer would be too large";
    /// A head that breaks the rules of HTTP, though it could be read.
    InvalidHead = "invalid_head", BAD_REQUEST, "The head of the request breaks the rules of HTTP";
    /// A cursor that this server did not sign.
    InvalidCursor = "invalid_cursor", BAD_REQUEST, "The cursor is not one that this server gave";
    /// A cursor of another search.
    CursorMismatch = "cursor_mismatch", BAD_REQUEST, "The cursor belongs to another search";
    /// No credentials.
    MissingCredentials = "missing_credentials", UNAUTHORIZED, "Credentials are needed";
    /// Credentials that are not valid.
    InvalidCredentials = "invalid_credentials", UNAUTHORIZED, "The credentials are not valid";
    /// A key that was revoked.
    KeyRevoked = "key_revoked", UNAUTHORIZED, "The API key is revoked";
    /// A key past its expiry.
    KeyExpired = "key_expired", UNAUTHORIZED, "The API key is expired";
    /// A key used from an address outside its networks.
    AddressNotAllowed = "address_not_allowed", FORBIDDEN, "The API key may not be used from this address";
    /// The tenant is suspended.
    TenantSuspended = "tenant_suspended", FORBIDDEN, "The tenant is suspended";
    /// The credential does not carry the permission.
    PermissionDenied = "permission_denied", FORBIDDEN, "The credentials do not carry the permission that is needed";
    /// A filter on a field that the credential may not see.
    FieldNotPermitted = "field_not_permitted", FORBIDDEN, "The search looks at a field that may not be seen";
    /// A grant of something that the granter does not hold.
    PermissionNotHeld = "permission_not_held", FORBIDDEN, "Nobody grants a permission they do not hold";
    /// A change of a key that holds permissions which the key that asks does not hold.
    StrongerKey = "stronger_key", FORBIDDEN, "Nobody changes or revokes a key that may do more than their own";
    /// A key that would be bound less than the one that asks.
    KeyBoundsExceeded = "key_bounds_exceeded", FORBIDDEN, "Nobody makes a key that is bound less than their own";
    /// No such route.
    NotFound = "not_found", NOT_FOUND, "There is nothing at this path";
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
    MethodNotAllowed = "method_not_allowed", METHOD_NOT_ALLOWED, "The path does not take this method";
    /// The body did not arrive in time.
    RequestTimeout = "request_timeout", REQUEST_TIMEOUT, "The request did not arrive in time";
    /// A live tail whose reader fell behind.
    SlowReader = "slow_reader", REQUEST_TIMEOUT, "The reader of the live tail fell behind";
    /// A live tail whose filter takes longer than events come.
    SlowFilter = "slow_filter", REQUEST_TIMEOUT, "The filter of the live tail takes longer than events come";
    /// Another event with this id is stored.
    EventIdConflict = "event_id_conflict", CONFLICT, "Another event with this id is stored";
    /// The tenant id was given before.
    TenantExists = "tenant_exists", CONFLICT, "A tenant with this id exists or existed";
    /// The system key creates first keys only.
    TenantHasKeys = "tenant_has_keys", CONFLICT, "The tenant has a live key and manages its own";
    /// As many keys as allowed are neither revoked nor expired.
    TooManyApiKeys = "too_many_api_keys", CONFLICT, "As many API keys as allowed are valid";
    /// The key has a saved search of this name.
    SavedSearchExists = "saved_search_exists", CONFLICT, "There is a saved search of this name";
    /// As many saved searches as allowed are kept.
    TooManySavedSearches = "too_many_saved_searches", CONFLICT, "As many saved searches as allowed are kept";
    /// As many exports as allowed are kept.
    TooManyExports = "too_many_exports", CONFLICT, "As many exports as allowed are kept";
    /// The export has no file, or not yet.
    ExportNotReady = "export_not_ready", CONFLICT, "The export has no file to be read";
    /// The export has ended and cannot be cancelled.
    ExportFinished = "export_finished", CONFLICT, "The export has ended";
    /// More bytes than a body may have after decompression.
    BodyTooLarge = "body_too_large", PAYLOAD_TOO_LARGE, "The body is too large";
    /// A content type that the route does not take.
    UnsupportedMediaType = "unsupported_media_type", UNSUPPORTED_MEDIA_TYPE, "The content type is not supported here";
    /// A content encoding that nobody here speaks.
    UnsupportedEncoding = "unsupported_encoding", UNSUPPORTED_MEDIA_TYPE, "The content encoding is not supported";
    /// A range of bytes that the file does not have.
    RangeNotSatisfiable = "range_not_satisfiable", RANGE_NOT_SATISFIABLE, "The file does not have these bytes";
    /// An event that breaks rules.
    InvalidEvent = "invalid_event", UNPROCESSABLE_ENTITY, "The event is not valid";
    /// A request body that breaks rules.
    InvalidRequest = "invalid_request", UNPROCESSABLE_ENTITY, "The request is not valid";
    /// The store takes in events as fast as it can.
    Overloaded = "overloaded", TOO_MANY_REQUESTS, "The server is taking in as much as it can";
    /// All query slots are taken.
    TooManyQueries = "too_many_queries", TOO_MANY_REQUESTS, "As many queries as allowed are running";
    /// Reservations of running queries and answers that clients have not read fill the memory for answers.
    TooManyAnswers = "too_many_answers", TOO_MANY_REQUESTS, "Running queries and unread answers fill the memory for answers";
    /// As many tails as allowed are open.
    TooManyTails = "too_many_tails", TOO_MANY_REQUESTS, "As many live tails as allowed are open";
    /// Something failed that should not.
    InternalError = "internal_error", INTERNAL_SERVER_ERROR, "Something failed inside the server";
    /// Stored bytes do not match their checksum.
    DataDamaged = "data_damaged", INTERNAL_SERVER_ERROR, "Stored data is damaged and is not served";
    /// The query took too long.
    QueryTimeout = "query_timeout", SERVICE_UNAVAILABLE, "The query did not finish in time";
    /// The request took too long.
    RequestNotFinished = "request_not_finished", SERVICE_UNAVAILABLE, "The request did not finish in time";
    /// The store cannot serve now.
    StoreUnavailable = "store_unavailable", SERVICE_UNAVAILABLE, "The store cannot serve now";
    /// Events are refused for want of disk.
    DiskFull = "disk_full", SERVICE_UNAVAILABLE, "Too little disk is free to take in events";
    /// The server ends what would go on.
    ServerStopping = "server_stopping", SERVICE_UNAVAILABLE, "The server stops";
    /// The request came over a version of HTTP that cannot carry the answer.
    HttpVersionNotSupported = "http_version_not_supported", HTTP_VERSION_NOT_SUPPORTED, "The version of HTTP cannot carry the answer";
    /// Too little disk is free.
    InsufficientStorage = "insufficient_storage", INSUFFICIENT_STORAGE, "Too little disk is free to take in more";
}

impl Code {
    /// Whether somebody tried credentials that are not valid. Such answers are held back, so that nobody tries them by the
    /// thousand.
    #[must_use]
    pub const fn is_failed_authentication(self) -> bool {
        matches!(self, Self::MissingCredentials | Self::InvalidCredentials | Self::KeyRevoked | Self::KeyExpired)
    }
}
