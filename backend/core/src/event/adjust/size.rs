//! Brings a whole event within its size: parts that its values alone do not exceed may together be too large.

use super::{
    adjustment::{AdjustmentCode, AdjustmentCollector},
    cut::whole_of,
};
use crate::{
    event::{
        EventDraft, JsonObject, RawCut,
        canonical::{write_changes, write_draft},
        limits::KEPT_BYTES_MAX,
    },
    json::Path,
};

/// Removes parts until the canonical text of the draft has at most 256 KiB or none of them is left. `sent_bytes` is the
/// length of the event's text as sent, and `adjustments` has what was adjusted in its values.
pub(in crate::event) fn fit_event(draft: &mut EventDraft, adjustments: &mut AdjustmentCollector, sent_bytes: usize) {
    // What is printed for a value that was sent is at most six times as long, and defaults are short.
    if sent_bytes <= KEPT_BYTES_MAX / 8 {
        return;
    }
    for remove in [remove_raw_body, remove_change_values, remove_attributes, remove_metadata] {
        if printed_bytes(draft) <= KEPT_BYTES_MAX {
            return;
        }
        remove(draft, adjustments);
    }
}

fn printed_bytes(draft: &EventDraft) -> usize {
    let mut text = String::new();
    write_draft(draft, &mut text);
    text.len()
}

fn remove_raw_body(draft: &mut EventDraft, adjustments: &mut AdjustmentCollector) {
    let Some(raw) = &mut draft.raw else { return };
    let Some(body) = raw.body.take() else { return };
    let whole = whole_of(&body);
    raw.cut = raw.cut.or(Some(RawCut { sha256: whole.sha256, size: whole.size }));
    note_once(adjustments, "/raw/body", &body);
}

fn remove_change_values(draft: &mut EventDraft, adjustments: &mut AdjustmentCollector) {
    if draft.changes.iter().all(|change| change.old.is_none() && change.new.is_none()) {
        return;
    }
    let mut whole = String::new();
    write_changes(&draft.changes, &mut whole);
    for change in &mut draft.changes {
        (change.old, change.new) = (None, None);
    }
    // The list has a record of its own where entries were cut off: that one counts entries, and this one bytes.
    note(adjustments, "/changes", &whole);
}

fn remove_attributes(draft: &mut EventDraft, adjustments: &mut AdjustmentCollector) {
    let mut removed = Vec::new();
    let mut remove = |attributes: &mut JsonObject, at: &Path<'_>| {
        if !attributes.is_empty() {
            removed.push((at.member("attributes").to_pointer(), std::mem::take(attributes).printed()));
        }
    };
    remove(&mut draft.actor.attributes, &Path::Root.member("actor"));
    for (index, actor) in draft.on_behalf_of.iter_mut().enumerate() {
        remove(&mut actor.attributes, &Path::Root.member("on_behalf_of").item(index));
    }
    for (index, target) in draft.targets.iter_mut().enumerate() {
        remove(&mut target.attributes, &Path::Root.member("targets").item(index));
    }
    for (pointer, whole) in removed {
        note_once(adjustments, &pointer, &whole);
    }
}

fn remove_metadata(draft: &mut EventDraft, adjustments: &mut AdjustmentCollector) {
    if draft.metadata.is_empty() {
        return;
    }
    let whole = std::mem::take(&mut draft.metadata).printed();
    note_once(adjustments, "/metadata", &whole);
}

/// Records that a value was removed, unless it was cut before: what was recorded then describes the value as it was
/// sent.
fn note_once(adjustments: &mut AdjustmentCollector, pointer: &str, whole: &str) {
    if !adjustments.has_cut(pointer) {
        note(adjustments, pointer, whole);
    }
}

fn note(adjustments: &mut AdjustmentCollector, pointer: &str, whole: &str) {
    adjustments.push_at(pointer, AdjustmentCode::Truncated, Some(whole_of(whole)));
}
