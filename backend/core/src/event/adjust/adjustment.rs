//! Owns the record of what was adjusted in an event.

use std::collections::BTreeMap;

use super::cut::Cut;
use crate::{
    event::{
        Group, Violation,
        limits::{ADJUSTMENTS_BYTES_MAX, ADJUSTMENTS_COUNT_MAX},
        model::named_enum,
        violation::code,
    },
    json::{ObjectWriter, shown_pointer, write_hex},
    timestamp::Timestamp,
};

named_enum! {
    /// What was done to a value.
    AdjustmentCode {
        /// A time before 1970, or more than 24 hours ahead of the receipt, was set to the time of receipt.
        Clock = "clock",
        /// An empty text that may not be empty became `unknown`.
        Defaulted = "defaulted",
        /// A value nested too deeply became its RFC 8785 text.
        JsonAsText = "json_as_text",
        /// Adjustments beyond the limit were left out of the list.
        More = "more",
        /// A number beyond ±2^53 became the text as it was written.
        NumberAsText = "number_as_text",
        /// An address was taken from a longer text, or the text holds none.
        Parsed = "parsed",
        /// Characters that no event may hold became U+FFFD, or a repeated name was numbered.
        Replaced = "replaced",
        /// The end was cut off.
        Truncated = "truncated",
    }
}

/// One value that was adjusted. The order is that of the list in an event: by pointer, then by code.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Adjustment {
    /// The JSON Pointer of the value in the stored event, or of the nearest value around it whose pointer is not too
    /// long.
    pub pointer: String,
    /// What was done.
    pub code: AdjustmentCode,
    /// The value as it was sent, or its beginning, where it is kept nowhere else.
    pub original: Option<String>,
    /// Of the whole value: bytes of a text, entries of a list. For [`AdjustmentCode::More`]: adjustments left out.
    pub size: Option<u64>,
    /// SHA-256 of the whole value: of a text's UTF-8, of anything else's RFC 8785 text.
    pub sha256: Option<[u8; 32]>,
}

impl Adjustment {
    /// A record without details.
    pub(in crate::event) const fn new(pointer: String, code: AdjustmentCode) -> Self {
        Self { pointer, code, original: None, size: None, sha256: None }
    }

    /// The number of adjustments that this one stands for.
    fn count(&self) -> u64 {
        if self.code == AdjustmentCode::More { self.size.unwrap_or_default() } else { 1 }
    }

    /// The record of adjustments that were left out of a list.
    fn more(left_out: u64) -> Self {
        Self { size: Some(left_out), ..Self::new(String::new(), AdjustmentCode::More) }
    }

    /// The length of its canonical text with the comma that separates it from the next one.
    fn list_bytes(&self) -> usize {
        let mut text = String::new();
        self.write(&mut text);
        text.len() + ','.len_utf8()
    }

    /// The group of the field that was adjusted; whoever may not see it does not see the adjustment either.
    #[must_use]
    pub fn group(&self) -> Group {
        let mut tokens = self.pointer.split('/').skip(1);
        match (tokens.next().unwrap_or_default(), tokens.next().unwrap_or_default()) {
            ("actor" | "on_behalf_of", _) => Group::Actor,
            ("targets", _) => Group::Targets,
            ("context", _) | ("source", "host") => Group::Context,
            ("changes", _) => Group::Changes,
            ("external_id" | "message" | "reason" | "metadata" | "raw", _) | ("outcome", "reason") => Group::Content,
            _ => Group::Core,
        }
    }

    /// The refusal of the value where the producer wants none adjusted.
    pub(in crate::event) fn to_violation(&self) -> Violation {
        let size = self.size.unwrap_or_default();
        let what = match self.code {
            AdjustmentCode::Clock => "the time is before 1970 or more than 24 hours ahead".to_owned(),
            AdjustmentCode::Defaulted => "the text is empty and would become `unknown`".to_owned(),
            AdjustmentCode::JsonAsText => "the value is nested too deeply and would become its JSON text".to_owned(),
            AdjustmentCode::More => format!("{size} more values would be adjusted"),
            AdjustmentCode::NumberAsText => "the number is beyond ±2^53 and would become a text".to_owned(),
            AdjustmentCode::Parsed => "the text is not one address and nothing else".to_owned(),
            AdjustmentCode::Replaced => {
                "characters that no event may hold would become U+FFFD, or a repeated name would be numbered".to_owned()
            }
            AdjustmentCode::Truncated => format!("the value, of size {size}, exceeds a limit and would be cut"),
        };
        let detail = format!("{}: {what}", self.code.as_str());
        Violation { pointer: shown_pointer(&self.pointer), code: code::WOULD_BE_ADJUSTED, detail }
    }

    pub(in crate::event) fn write(&self, out: &mut String) {
        let mut object = ObjectWriter::begin(out);
        object.string("code", self.code.as_str());
        object.optional_string("original", self.original.as_deref());
        object.string("pointer", &self.pointer);
        if let Some(sha256) = &self.sha256 {
            let out = object.member("sha256");
            out.push('"');
            write_hex(sha256, out);
            out.push('"');
        }
        if let Some(size) = self.size {
            object.integer("size", size);
        }
        object.end();
    }
}

/// The adjustments of an event: sorted, without repeats, at most 64, and 16 KiB of canonical text. Where there are
/// more, the last one is [`AdjustmentCode::More`], whose `size` counts those left out.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Adjustments(Vec<Adjustment>);

impl Adjustments {
    /// Takes a list that the store kept. Its limits were those of the server that stored it.
    pub(in crate::event) const fn from_stored(list: Vec<Adjustment>) -> Self {
        Self(list)
    }

    /// The adjustments, in order.
    #[must_use]
    pub fn as_slice(&self) -> &[Adjustment] {
        &self.0
    }

    /// Whether nothing was adjusted.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The number of adjustments that are listed.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.0.len()
    }

    /// The first `count` adjustments, followed by an [`AdjustmentCode::More`] that counts the others.
    #[must_use]
    pub fn first(&self, count: usize) -> Self {
        let Some((kept, others)) = self.0.split_at_checked(count).filter(|(_, others)| !others.is_empty()) else {
            return self.clone();
        };
        let left_out = others.iter().map(Adjustment::count).sum();
        Self(kept.iter().cloned().chain([Adjustment::more(left_out)]).collect())
    }

    /// The time that the producer sent, where it was replaced by the time of receipt.
    #[must_use]
    pub fn sent_time(&self) -> Option<Timestamp> {
        let clock = self.0.iter().find(|one| one.code == AdjustmentCode::Clock)?;
        Timestamp::parse_rfc3339(clock.original.as_deref()?)
    }

    /// Whether two lists are equal beside [`AdjustmentCode::Clock`], which depends on the time of receipt. A clock in a
    /// full list stands in the place of entries that are only counted, so the entries that both lists have are
    /// compared, and the numbers of all.
    #[must_use]
    pub fn same_beside_clock(&self, other: &Self) -> bool {
        let count = |list: &Self| list.beside_clock().map(Adjustment::count).sum::<u64>();
        let is_listed = |one: &&Adjustment| one.code != AdjustmentCode::More;
        let (own, others) = (self.beside_clock().filter(is_listed), other.beside_clock().filter(is_listed));
        count(self) == count(other) && own.zip(others).all(|(one, other)| one == other)
    }

    fn beside_clock(&self) -> impl Iterator<Item = &Adjustment> {
        self.0.iter().filter(|one| one.code != AdjustmentCode::Clock)
    }

    /// Adds the adjustment of the clock, which is known at the receipt only.
    pub(in crate::event) fn add_clock(&mut self, clock: Adjustment) {
        let mut collected = AdjustmentCollector::default();
        for one in std::mem::take(&mut self.0) {
            if one.code == AdjustmentCode::More {
                collected.left_out += one.size.unwrap_or_default();
            } else {
                collected.push(one);
            }
        }
        collected.push(clock);
        *self = collected.finish();
    }
}

/// The brackets of a list, less the comma that its last entry lacks.
const BRACKETS_BYTES: usize = "[]".len() - ",".len();

/// Collects adjustments in any order, in bounded memory: it keeps those that sort first, and the clock's. Behind the
/// first one that does not fit nothing is kept, however short it is, so the order of collecting has no meaning.
#[derive(Debug, Default)]
pub(in crate::event) struct AdjustmentCollector {
    /// Those that are kept.
    first: BTreeMap<Adjustment, KeptAdjustment>,
    /// The bytes of those that are kept, in the list.
    bytes: usize,
    /// The first one of those that were left out.
    end: Option<Adjustment>,
    /// The number of those that were left out, each as often as it was added.
    left_out: u64,
}

#[derive(Debug)]
struct KeptAdjustment {
    /// Its length in the list.
    bytes: usize,
    /// How often it was added. Values whose pointers are too long share that of a value around them.
    times: u64,
}

impl AdjustmentCollector {
    /// Adds an adjustment without an original.
    pub(in crate::event) fn push_at(&mut self, pointer: &str, code: AdjustmentCode, whole: Option<Cut>) {
        // A text may have a million values to adjust, most of which are left out at once.
        if self.end.as_ref().is_some_and(|end| (end.pointer.as_str(), end.code) < (pointer, code)) {
            self.left_out += 1;
            return;
        }
        let (size, sha256) = (whole.map(|whole| whole.size), whole.map(|whole| whole.sha256));
        self.push(Adjustment { size, sha256, ..Adjustment::new(pointer.to_owned(), code) });
    }

    pub(in crate::event) fn push(&mut self, adjustment: Adjustment) {
        if adjustment.code != AdjustmentCode::Clock && self.end.as_ref().is_some_and(|end| *end <= adjustment) {
            self.left_out += 1;
            return;
        }
        let bytes = adjustment.list_bytes();
        let kept = self.first.entry(adjustment).or_insert(KeptAdjustment { bytes, times: 0 });
        kept.times += 1;
        if kept.times == 1 {
            self.bytes += bytes;
        }
        while !self.has_room_for(0, 0) {
            if !self.evict() {
                break;
            }
        }
    }

    /// Whether the value at a pointer is known to have been cut.
    pub(in crate::event) fn has_cut(&self, pointer: &str) -> bool {
        self.first.keys().any(|one| one.code == AdjustmentCode::Truncated && one.pointer == pointer)
    }

    /// The list of an event.
    pub(in crate::event) fn finish(mut self) -> Adjustments {
        let more = loop {
            let more = (self.left_out > 0).then(|| Adjustment::more(self.left_out));
            if more.as_ref().is_none_or(|more| self.has_room_for(1, more.list_bytes())) || !self.evict() {
                break more;
            }
        };
        Adjustments(self.first.into_keys().chain(more).collect())
    }

    /// Whether as many entries of as many bytes fit into the list.
    fn has_room_for(&self, count: usize, bytes: usize) -> bool {
        self.first.len() + count <= ADJUSTMENTS_COUNT_MAX
            && BRACKETS_BYTES + self.bytes + bytes <= ADJUSTMENTS_BYTES_MAX
    }

    /// Leaves out the last one that is not the clock's: that one keeps the time that was sent. Returns whether there is
    /// one.
    fn evict(&mut self) -> bool {
        let last = self.first.keys().rev().find(|one| one.code != AdjustmentCode::Clock).cloned();
        if let Some((one, kept)) = last.and_then(|last| self.first.remove_entry(&last)) {
            self.bytes -= kept.bytes;
            self.left_out += kept.times;
            self.end = Some(one);
            return true;
        }
        false
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn adjusted(pointer: &str) -> Adjustment {
        Adjustment::new(pointer.to_owned(), AdjustmentCode::Replaced)
    }

    #[test]
    fn a_shorter_list_counts_what_it_leaves_out() {
        let few = Adjustments(["/a", "/b", "/c"].map(adjusted).into());
        let shown =
            |list: &Adjustments| list.as_slice().iter().map(|one| (one.pointer.clone(), one.size)).collect::<Vec<_>>();
        let entry = |pointer: &str, size| (pointer.to_owned(), size);
        assert_eq!(shown(&few.first(2)), [entry("/a", None), entry("/b", None), entry("", Some(1))]);
        assert_eq!(shown(&few.first(0)), [entry("", Some(3))]);
        assert_eq!((few.first(3), few.first(9)), (few.clone(), few));
        let many = collected((0..100).map(|number| adjusted(&format!("/{number:02}"))));
        assert_eq!(shown(&many.first(1)), [entry("/00", None), entry("", Some(99))]);
        assert_eq!(many.first(64), many);
    }

    fn collected(adjustments: impl IntoIterator<Item = Adjustment>) -> Adjustments {
        let mut collector = AdjustmentCollector::default();
        adjustments.into_iter().for_each(|one| collector.push(one));
        collector.finish()
    }

    fn clock() -> Adjustment {
        Adjustment::new("/occurred_at".to_owned(), AdjustmentCode::Clock)
    }

    #[test]
    fn a_list_is_the_same_with_and_without_the_clock_however_long_it_is() {
        let plain = |count: usize| (0..count).map(|number| adjusted(&format!("/a/{number:03}"))).collect::<Vec<_>>();
        let list = |count: usize| collected(plain(count));
        for count in [0, 1, 62, 63, 64, 65, 66, 100] {
            let without = list(count);
            let mut with = without.clone();
            with.add_clock(clock());
            assert!(with.len() <= ADJUSTMENTS_COUNT_MAX);
            assert!(without.same_beside_clock(&with) && with.same_beside_clock(&without), "{count}");
            assert!(!with.same_beside_clock(&list(count + 1)), "{count}");
            let one_more = Adjustment::new("/a/0".to_owned(), AdjustmentCode::Truncated);
            let other = collected(plain(count).into_iter().chain([one_more]));
            assert!(!other.same_beside_clock(&with) && !other.same_beside_clock(&list(count + 1)), "{count}");
        }
    }

    #[test]
    fn the_bytes_of_a_list_are_bounded_in_whichever_order_it_is_collected() {
        // Lengths from 40 bytes to 1 KiB, so that some of those left out would still have room.
        let name =
            |number: usize| format!("/{}/{number:02}{}", ["a", "p"][number % 2], "x".repeat(number * 389 % 1_000));
        let plain: Vec<_> = (0..60).map(|number| adjusted(&name(number))).collect();
        for with_clock in [false, true] {
            let all: Vec<_> = plain.iter().cloned().chain(with_clock.then(clock)).collect();
            let list = collected(all.clone());
            let text = |list: &Adjustments| {
                let mut text = String::new();
                crate::event::canonical::write_adjustments(list, &mut text);
                text
            };
            assert!(text(&list).len() <= ADJUSTMENTS_BYTES_MAX && list.len() < 60, "{}", text(&list).len());
            assert!(text(&list).len() > ADJUSTMENTS_BYTES_MAX - 1_100, "only what does not fit is left out");
            assert_eq!(list.as_slice().iter().map(Adjustment::count).sum::<u64>(), all.len() as u64);
            assert_eq!(list.sent_time().is_some() || list.as_slice().contains(&clock()), with_clock);
            let mut sorted = plain.clone();
            sorted.sort();
            assert!(list.beside_clock().zip(&sorted).take(list.len() - 2).all(|(one, other)| one == other));

            assert_eq!(collected(all.iter().rev().cloned()), list);
            assert_eq!(collected((0..all.len()).map(|index| all[index * 7 % all.len()].clone())), list);
            assert_eq!(collected(all.iter().skip(30).chain(&all[..30]).cloned()), list);
            let mut late = collected(plain.iter().cloned());
            late.add_clock(clock());
            assert!(late.same_beside_clock(&list));
            assert!(!with_clock || late == list, "a clock that is added later has the same place");
        }
    }
}
