//! Owns the names allowed before a value: the fields, and `since` and `until` for bounds of `occurred_at`.

use crate::{
    query::{
        Bounds, Field, SearchError, Test, error::Span, field::KEY_PREFIXES, form::Form, form::Written,
        key_path::PATH_PARTS_MAX, moment::Moment, suggest::nearest, value::Meaning, value::meaning_of,
    },
    timestamp::Timestamp,
};

/// The name before a value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Name {
    /// A field.
    Field(Field),
    /// `since`: `occurred_at` is this time or later.
    Since,
    /// `until`: `occurred_at` is before this time.
    Until,
}

impl Name {
    /// Reads a name. `None` where it is unknown.
    pub(super) fn parse(text: &str) -> Option<Self> {
        match text {
            "since" => Some(Self::Since),
            "until" => Some(Self::Until),
            _ => Field::parse(text).map(Self::Field),
        }
    }

    /// The field that is tested.
    pub(super) fn field(&self) -> Field {
        match self {
            Self::Field(field) => field.clone(),
            Self::Since | Self::Until => Field::OccurredAt,
        }
    }

    /// The meaning of `written` for the field.
    pub(super) fn meaning(&self, written: &Written<'_>, now: Timestamp) -> Result<Meaning, SearchError> {
        let moment = || single_moment(&written.form, written.span, now);
        let bounds = match self {
            Self::Field(field) => return meaning_of(field, &written.form, written.span, now),
            Self::Since => Bounds { from: Some(moment()?.first), to: None },
            // Half-open, so that adjacent intervals never both contain the event.
            Self::Until => Bounds { from: None, to: Some(moment()?.first - 1) },
        };
        Ok(Meaning::Range(Test::Time(bounds)))
    }

    /// The message that there is no such name, with a suggestion where one is similar.
    pub(super) fn unknown_message(text: &str) -> String {
        let bare = text.trim_end_matches('.');
        if KEY_PREFIXES.iter().any(|prefix| prefix.trim_end_matches('.') == bare) {
            return format!(
                "`{bare}` needs a key: `{bare}.env`, and in the search box for a key with spaces or colons \
                 `{bare}.\"my key\"`"
            );
        }
        if let Some(prefix) = KEY_PREFIXES.iter().find(|prefix| text.starts_with(**prefix)) {
            return format!("`{prefix}` is followed by a path of 1 to {PATH_PARTS_MAX} names, with dots between them");
        }
        match near_name(text) {
            Some(near) => format!("There is no field `{text}`. Did you mean `{near}`?"),
            None => format!("There is no field `{text}`. Fields of your own are named `metadata.PATH`"),
        }
    }

    /// Whether the text before a colon is meant as a name: it is one, resembles one, or begins like a field with a
    /// path. Otherwise the colon belongs to a text, as in `arn:aws:iam::12:role/x`.
    pub(super) fn is_meant_by(text: &str) -> bool {
        let lowered = text.to_ascii_lowercase();
        let is_member = || OBJECTS.iter().any(|object| format!("{lowered}.").starts_with(object));
        Self::parse(text).is_some() || is_member() || near_name(text).is_some()
    }
}

/// The beginnings of names of fields.
const OBJECTS: [&str; 8] =
    ["actor.", "changes.", "context.", "metadata.", "on_behalf_of.", "outcome.", "source.", "target."];

/// Names that other systems use, and the name here.
const SYNONYMS: [(&str, &str); 46] = [
    ("account", "actor"),
    ("addr", "ip"),
    ("agent", "context.user_agent"),
    ("client_ip", "ip"),
    ("clientip", "ip"),
    ("env", "source.environment"),
    ("group", "actor.groups"),
    ("groups", "actor.groups"),
    ("ip_address", "ip"),
    ("ipaddress", "ip"),
    ("last", "since"),
    ("login", "actor"),
    ("method", "action"),
    ("msg", "message"),
    ("op", "action"),
    ("reason", "reason.text"),
    ("text", "message"),
    ("type", "actor.type"),
    ("ua", "context.user_agent"),
    ("usr", "actor"),
    ("after", "since"),
    ("before", "until"),
    ("date", "occurred_at"),
    ("event", "action"),
    ("from", "since"),
    ("level", "severity"),
    ("object", "target"),
    ("operation", "action"),
    ("principal", "actor"),
    ("request", "request_id"),
    ("resource", "target"),
    ("result", "outcome"),
    ("role", "actor.groups"),
    ("session", "session_id"),
    ("source_ip", "ip"),
    ("sourceip", "ip"),
    ("src", "ip"),
    ("src_ip", "ip"),
    ("status", "outcome"),
    ("subject", "actor"),
    ("time", "occurred_at"),
    ("timestamp", "occurred_at"),
    ("to", "until"),
    ("user", "actor"),
    ("username", "actor"),
    ("verb", "action"),
];

/// `email` most likely means `actor.email`, and `acton` means `action`.
fn near_name(text: &str) -> Option<&'static str> {
    let standard = Field::standard();
    let lowered = text.to_ascii_lowercase();
    if let Some((_, name)) = SYNONYMS.iter().find(|(synonym, _)| *synonym == lowered) {
        return Some(name);
    }
    let by_last_part =
        standard.iter().find(|line| line.name.rsplit('.').next() == Some(&lowered)).map(|line| line.name);
    let names = standard.iter().flat_map(|line| line.aliases.iter().copied().chain([line.name]));
    by_last_part.or_else(|| nearest(text, names.chain(["since", "until"])))
}

fn single_moment(form: &Form<'_>, span: Span, now: Timestamp) -> Result<Moment, SearchError> {
    match form {
        Form::Plain(text) => Moment::parse(text, span, now),
        Form::Quoted(text) | Form::Exact(text) => Moment::parse(text, span, now),
        Form::Pattern(_) | Form::Present => {
            Err(span.error("prefix_not_supported", "A time takes no star; write a date for a day"))
        }
        Form::Compare(..) => {
            Err(span.error("range_not_supported", "`since` and `until` are bounds by themselves; write just the time"))
        }
    }
}
