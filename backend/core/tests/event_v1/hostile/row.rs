//! One hostile value: the event that carries it, and what must become of it.

use auditlog_core::{
    event::{
        Adjustments, Event, EventDraft, Group, JsonText, SaltSource,
        canonical::{GroupTexts, write_adjustments, write_draft, write_event, write_event_and_groups, write_group},
        limits::STORED_EVENT_BYTES_MAX,
        parse_canonical, parse_event,
    },
    id::EventId,
    leaf::{leaf_of, leaf_of_texts},
};
use serde_json::Value;

use crate::{
    fixtures::{received_at, submission},
    jcs,
};

/// An event with a hostile value, and the outcome. Adjustments are compared as the event prints them.
pub(super) struct Row {
    label: String,
    text: String,
    outcome: Outcome,
}

enum Outcome {
    /// Stored with exactly these adjustments, and with these values; `None` for a value that must be absent.
    Stored { adjustments: Vec<Value>, values: Vec<(String, Option<Value>)> },
    /// Refused with exactly these pointers and codes.
    Refused(Vec<(String, &'static str)>),
}

impl Row {
    /// An event that is stored as it was sent.
    pub(super) fn stored(label: impl Into<String>, text: impl Into<String>) -> Self {
        let outcome = Outcome::Stored { adjustments: Vec::new(), values: Vec::new() };
        Self { label: label.into(), text: text.into(), outcome }
    }

    /// An event that is refused for one reason.
    pub(super) fn refused(
        label: impl Into<String>,
        text: impl Into<String>,
        pointer: impl Into<String>,
        code: &'static str,
    ) -> Self {
        Self { label: label.into(), text: text.into(), outcome: Outcome::Refused(vec![(pointer.into(), code)]) }
    }

    /// Adds the next adjustment that the event must have.
    pub(super) fn with(mut self, adjustment: Value) -> Self {
        if let Outcome::Stored { adjustments, .. } = &mut self.outcome {
            adjustments.push(adjustment);
        }
        self
    }

    /// Adds the adjustment, where there is one.
    pub(super) fn with_any(self, adjustment: Option<Value>) -> Self {
        match adjustment {
            Some(adjustment) => self.with(adjustment),
            None => self,
        }
    }

    /// Adds a value that the stored event must have.
    pub(super) fn keeps(mut self, pointer: impl Into<String>, value: impl Into<Value>) -> Self {
        if let Outcome::Stored { values, .. } = &mut self.outcome {
            values.push((pointer.into(), Some(value.into())));
        }
        self
    }

    /// Adds a value that the stored event must not have.
    pub(super) fn lacks(mut self, pointer: impl Into<String>) -> Self {
        if let Outcome::Stored { values, .. } = &mut self.outcome {
            values.push((pointer.into(), None));
        }
        self
    }

    fn check(&self) -> Result<(), String> {
        match (&self.outcome, outcome_of(&self.text)) {
            (Outcome::Refused(expected), Err(found)) if *expected == found => Ok(()),
            (Outcome::Refused(expected), Err(found)) => Err(format!("refused with {found:?}, not {expected:?}")),
            (Outcome::Refused(expected), Ok(_)) => Err(format!("stored, not refused with {expected:?}")),
            (Outcome::Stored { .. }, Err(found)) => Err(format!("refused with {found:?}")),
            (Outcome::Stored { adjustments, values }, Ok(stored)) => {
                stored.check_content(adjustments, values)?;
                stored.check()
            }
        }
    }
}

/// Checks all rows and reports every one that is not as it should be.
pub(super) fn assert_rows(count_min: usize, rows: &[Row]) {
    assert!(rows.len() >= count_min, "{} rows", rows.len());
    let wrong = rows.iter().filter_map(|row| row.check().err().map(|what| format!("{}: {what}", row.label)));
    let wrong: Vec<String> = wrong.map(|line| line.chars().take(1_000).collect()).collect();
    assert!(wrong.is_empty(), "{} of {} rows:\n{}", wrong.len(), rows.len(), wrong.join("\n"));
}

/// Checks an event of which nothing is known but that it is stored.
pub(super) fn check_stored(text: &str) -> Result<(), String> {
    outcome_of(text).map_err(|found| format!("refused with {found:?}"))?.check()
}

/// An event that is stored, and what a client finds of it.
struct Stored {
    draft: EventDraft,
    event: Event,
    canonical: String,
}

fn outcome_of(text: &str) -> Result<Stored, Vec<(String, &'static str)>> {
    let draft = parse_event(text.as_bytes()).map_err(|errors| {
        errors.into_violations().into_iter().map(|violation| (violation.pointer, violation.code)).collect::<Vec<_>>()
    })?;
    let completed = draft.clone().complete(&submission(), EventId::from_parts(received_at(), [1; 10]));
    let event = completed.map_err(|violation| vec![(violation.pointer, violation.code)])?;
    let mut canonical = String::new();
    write_event(&event, &mut canonical);
    Ok(Stored { draft, event, canonical })
}

impl Stored {
    /// What holds for every event that is stored.
    fn check(&self) -> Result<(), String> {
        self.check_canonical_text()?;
        self.check_sizes()?;
        self.check_leaf()?;
        check_sent_again(&self.draft)
    }

    fn check_content(&self, adjustments: &[Value], values: &[(String, Option<Value>)]) -> Result<(), String> {
        let printed: Value = serde_json::from_str(&self.canonical).map_err(|error| error.to_string())?;
        if jcs::text(&printed) != self.canonical {
            return Err("not canonical for another implementation".to_owned());
        }
        let found = printed.get("adjustments").and_then(Value::as_array).cloned().unwrap_or_default();
        if found != adjustments {
            return Err(format!("adjusted {}, not {}", Value::from(found), Value::from(adjustments)));
        }
        let wrong = values.iter().find(|(pointer, value)| printed.pointer(pointer) != value.as_ref());
        wrong.map_or(Ok(()), |(pointer, value)| {
            let shown = |value: Option<&Value>| value.map(|value| beginning(&value.to_string(), 200));
            Err(format!("{pointer} is {:?}, not {:?}", shown(printed.pointer(pointer)), shown(value.as_ref())))
        })
    }

    fn check_sizes(&self) -> Result<(), String> {
        let mut adjustments = String::new();
        write_adjustments(&self.event.adjustments, &mut adjustments);
        if adjustments.len() > 16 * 1024 {
            return Err(format!("{} bytes of adjustments", adjustments.len()));
        }
        let bytes = self.canonical.len();
        if bytes > STORED_EVENT_BYTES_MAX { Err(format!("{bytes} bytes are stored")) } else { Ok(()) }
    }

    fn check_canonical_text(&self) -> Result<(), String> {
        let read = parse_canonical(&self.canonical).map_err(|errors| format!("not read back: {errors:?}"))?;
        let mut again = String::new();
        write_event(&read, &mut again);
        let is_rfc_8785 = || JsonText::parse(&self.canonical).is_ok_and(|text| text.as_str() == self.canonical);
        match () {
            () if read != self.event => Err("read back as another event".to_owned()),
            () if again != self.canonical => Err("read back and printed differently".to_owned()),
            () if !is_rfc_8785() => Err("not canonical".to_owned()),
            () => Ok(()),
        }
    }

    /// Whether the leaf commits to the texts of the groups, and each of them to the adjustments of its members.
    fn check_leaf(&self) -> Result<(), String> {
        let salt = SaltSource { seed: [7; 16], index: 3 };
        let (mut whole, mut texts) = (String::new(), GroupTexts::default());
        write_event_and_groups(&self.event, &mut whole, &mut texts);
        if whole != self.canonical || leaf_of(&self.event, &salt) != leaf_of_texts(&texts, &salt) {
            return Err("another leaf in one pass".to_owned());
        }
        let mut adjustment_count = 0;
        for group in Group::ALL {
            let mut text = String::new();
            write_group(&self.event, group, &mut text);
            if text != texts.get(group) {
                return Err(format!("another text of {group:?} in one pass"));
            }
            let members: Value = serde_json::from_str(&text).map_err(|error| error.to_string())?;
            adjustment_count += members.get("adjustments").and_then(Value::as_array).map_or(0, Vec::len);
        }
        let total = self.event.adjustments.len();
        if adjustment_count == total { Ok(()) } else { Err(format!("{adjustment_count} adjustments of {total}")) }
    }
}

/// Whether what is stored of an event is stored unchanged when it is sent again.
fn check_sent_again(draft: &EventDraft) -> Result<(), String> {
    let mut sent = String::new();
    write_draft(draft, &mut sent);
    let again = parse_event(sent.as_bytes()).map_err(|errors| format!("sent again, refused: {errors:?}"))?;
    if !again.adjustments.is_empty() {
        return Err(format!("sent again, adjusted again: {:?}", again.adjustments));
    }
    let expected = EventDraft { adjustments: Adjustments::default(), ..draft.clone() };
    if again == expected { Ok(()) } else { Err("sent again, stored differently".to_owned()) }
}

/// The longest beginning of a text with at most this many bytes.
pub(super) fn beginning(text: &str, bytes_max: usize) -> String {
    let mut kept = String::new();
    for character in text.chars() {
        if kept.len() + character.len_utf8() > bytes_max {
            break;
        }
        kept.push(character);
    }
    kept
}
