//! Owns pagination of control data lists: the parameters, and cursors that only this server can create.

use auditlog_core::{
    policy::Scope,
    query::{CursorError, CursorKey, ListCursor},
};

use crate::{
    app::App,
    problem::{Code, Problem, ProblemError},
};

/// The default page size, in entries.
const LIMIT_DEFAULT: usize = 100;
/// The largest page size, in entries.
const LIMIT_MAX: usize = 1_000;

/// The requested page of a list.
#[derive(Debug)]
pub(super) struct Listing {
    /// The list's name in cursors.
    list: &'static str,
    key: CursorKey,
    /// The maximum number of entries.
    limit: usize,
    after: Option<String>,
}

/// A page of a list.
pub(super) struct Part<T> {
    pub(super) entries: Vec<T>,
    /// `None` where no further page follows.
    pub(super) next_cursor: Option<String>,
}

impl Listing {
    /// Parses the pagination parameters of a list that belongs to `scope`.
    pub(super) fn read(
        app: &App,
        scope: &Scope,
        list: &'static str,
        pairs: Vec<(String, String)>,
    ) -> Result<Self, Problem> {
        let secret = &app.services().secrets.cursor_key.0;
        let key = match scope {
            Scope::Tenant(tenant_id) => CursorKey::new(secret, tenant_id),
            Scope::System => CursorKey::of_system(secret),
        };
        let (mut limit, mut after) = (None, None);
        for (name, value) in pairs {
            let is_repeated = match name.as_str() {
                "limit" => limit.replace(read_limit(&value)?).is_some(),
                "cursor" => after.replace(read_cursor(&value, list, &key)?).is_some(),
                _ => return Err(unknown(&name)),
            };
            if is_repeated {
                let error = ProblemError::query(&name, "repeated_parameter", "this parameter may be given only once");
                return Err(refused(Code::InvalidParameter, error));
            }
        }
        Ok(Self { list, key, limit: limit.unwrap_or(LIMIT_DEFAULT), after })
    }

    /// The entry after which the page begins, parsed by `read` from the text that the `place` of [`Self::part`] wrote
    /// into the cursor. Refuses a cursor whose text `read` cannot parse.
    pub(super) fn after<P>(&self, read: impl FnOnce(&str) -> Option<P>) -> Result<Option<P>, Problem> {
        let Some(place) = &self.after else { return Ok(None) };
        read(place).map(Some).ok_or_else(|| refused_cursor(CursorError::Malformed))
    }

    /// How many entries to fetch: one more than the page holds, which shows whether another page follows.
    pub(super) const fn looked_up(&self) -> usize {
        self.limit + 1
    }

    /// Cuts the fetched entries to the requested page. `place` returns the text that identifies an entry's position.
    pub(super) fn part<T>(self, mut entries: Vec<T>, place: impl FnOnce(&T) -> String) -> Part<T> {
        let is_more = entries.len() > self.limit;
        entries.truncate(self.limit);
        let last = entries.last().filter(|_| is_more);
        let cursor = last.map(|last| ListCursor { list: self.list.to_owned(), place: place(last) });
        Part { next_cursor: cursor.map(|cursor| cursor.encode(&self.key)), entries }
    }
}

fn read_limit(value: &str) -> Result<usize, Problem> {
    value.parse().ok().filter(|limit| (1..=LIMIT_MAX).contains(limit)).ok_or_else(|| {
        let detail = "expected a whole number from 1 to 1000";
        refused(Code::InvalidParameter, ProblemError::query("limit", "invalid_value", detail))
    })
}

fn read_cursor(value: &str, list: &str, key: &CursorKey) -> Result<String, Problem> {
    let cursor = ListCursor::decode(value, key).map_err(refused_cursor)?;
    if cursor.list == list { Ok(cursor.place) } else { Err(refused_cursor(CursorError::OtherQuery)) }
}

fn refused_cursor(error: CursorError) -> Problem {
    let code = match error {
        CursorError::Malformed | CursorError::WrongSignature => Code::InvalidCursor,
        CursorError::OtherQuery => Code::CursorMismatch,
    };
    let detail = error.to_string();
    Problem::new(code, detail.clone()).with_error(ProblemError::query("cursor", error.code(), detail))
}

fn unknown(name: &str) -> Problem {
    let (code, detail) = (Code::UnknownParameter, "the parameters of this list are cursor and limit");
    refused(code, ProblemError::query(name, code.as_str(), detail))
}

fn refused(code: Code, error: ProblemError) -> Problem {
    let detail = format!("{}: {}", error.pointer.trim_start_matches('/'), error.detail);
    Problem::new(code, detail).with_error(error)
}
