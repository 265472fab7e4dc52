//! Owns the names allowed before a value: the fields, and `since` and `until` for bounds of `occurred_at`.

use crate::{
    query::{
        Bounds, Field, SearchError, Test, error::Span, field::KEY_PREFIXES, form::Form, form::Written, moment::Moment,
        suggest::nearest, value::Meaning, value::meaning_of,
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
        match near_name(text) {
            Some(near) => format!("There is no field `{text}`. Did you mean `{near}`?"),
            None => format!("There is no field `{text}`. Fields of your own are named `metadata.KEY`"),
        }
    }
}

/// `email` most likely means `actor.email`, and `acton` means `action`.
fn near_name(text: &str) -> Option<&'static str> {
    let standard = Field::standard();
    let by_last_part = standard.iter().find(|line| line.name.rsplit('.').next() == Some(text)).map(|line| line.name);
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
