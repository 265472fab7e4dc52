//! Owns how objects and lists are traversed and how violations and adjustments are collected. Knows no field of an
//! event.

use std::marker::PhantomData;

use super::members::{EmptyValues, Member};
use crate::{
    event::{
        AdjustmentCode, Violation,
        adjust::{AdjustmentCollector, Cut, whole_of},
        limits::{POINTER_BYTES_MAX, VIOLATIONS_MAX},
        violation::{code, json_code},
    },
    json::{JsonError, Kind, LocatedError, Mark, Path, Reader, Text},
};

/// The text is not JSON: nothing after this position can be read.
#[derive(Debug)]
pub(super) struct Malformed {
    pub(super) offset: usize,
    pointer: String,
    error: JsonError,
}

impl Malformed {
    pub(super) fn new(at: &Path<'_>, error: JsonError) -> Self {
        Self { offset: error.offset, pointer: at.to_shown_pointer(), error }
    }

    pub(super) fn into_violation(self) -> Violation {
        Violation { pointer: self.pointer, code: code::MALFORMED_JSON, detail: self.error.to_string() }
    }
}

/// The result of a parsing step. `Ok` means that the value was consumed, not that it was valid: violations are in the
/// parser's list.
pub(super) type Parsed<T> = Result<T, Malformed>;

/// The members of an object seen so far.
pub(super) struct Seen<M> {
    names: u32,
    values: u32,
    member: PhantomData<M>,
}

impl<M: Member> Seen<M> {
    /// Whether the member has a value, valid or not.
    pub(super) fn has(&self, member: M) -> bool {
        self.values & member.bit() != 0
    }

    /// Whether no member has a value, so that the object is as good as `{}`.
    pub(super) fn is_empty(&self) -> bool {
        self.values == 0
    }
}

/// Whether values are brought within the limits of `event::limits`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Limits {
    /// A producer sent the event.
    Applied,
    /// The event was stored under the limits of that time, which may have been others. It stays as it is.
    Lifted,
}

/// Reads values, and collects violations and adjustments.
pub(super) struct Parser<'a> {
    pub(super) reader: Reader<'a>,
    limits: Limits,
    violations: Vec<Violation>,
    pub(super) adjustments: AdjustmentCollector,
}

impl<'a> Parser<'a> {
    pub(super) fn new(bytes: &'a [u8], limits: Limits) -> Parsed<Self> {
        let reader = Reader::new(bytes).map_err(|error| Malformed::new(&Path::Root, error))?;
        Ok(Self::of_reader(reader, limits))
    }

    pub(super) fn of_reader(reader: Reader<'a>, limits: Limits) -> Self {
        Self { reader, limits, violations: Vec::new(), adjustments: AdjustmentCollector::default() }
    }

    /// The limit that applies to a value whose limit for producers is `producer_max`.
    pub(super) const fn limit(&self, producer_max: usize) -> usize {
        match self.limits {
            Limits::Applied => producer_max,
            Limits::Lifted => usize::MAX,
        }
    }

    /// Whether values are brought within their limits.
    pub(super) fn applies_limits(&self) -> bool {
        self.limits == Limits::Applied
    }

    /// Checks that nothing follows the value.
    pub(super) fn finish_text(&mut self) -> Parsed<()> {
        self.reader.finish().map_err(|error| Malformed::new(&Path::Root, error))
    }

    pub(super) fn into_violations(self) -> Vec<Violation> {
        self.violations
    }

    /// Takes the collected violations, so that the parser can continue with another event.
    pub(super) fn take_violations(&mut self) -> Vec<Violation> {
        std::mem::take(&mut self.violations)
    }

    pub(super) fn has_violations(&self) -> bool {
        !self.violations.is_empty()
    }

    /// Records that the value at `at` breaks a rule.
    #[cold]
    pub(super) fn note(&mut self, at: &Path<'_>, code: &'static str, detail: impl Into<String>) {
        if self.violations.len() < VIOLATIONS_MAX {
            self.violations.push(Violation { pointer: at.to_shown_pointer(), code, detail: detail.into() });
        }
    }

    /// Takes the collected adjustments.
    pub(super) fn take_adjustments(&mut self) -> AdjustmentCollector {
        std::mem::take(&mut self.adjustments)
    }

    /// Records what was done to the value at `at`.
    #[cold]
    pub(super) fn adjusted(&mut self, at: &Path<'_>, code: AdjustmentCode) {
        self.adjustments.push_at(&at.to_pointer_within(POINTER_BYTES_MAX), code, None);
    }

    /// Records that the end of the value at `at` was cut off.
    #[cold]
    pub(super) fn truncated(&mut self, at: &Path<'_>, whole: Cut) {
        let pointer = at.to_pointer_within(POINTER_BYTES_MAX);
        self.adjustments.push_at(&pointer, AdjustmentCode::Truncated, Some(whole));
    }

    /// Returns the value that was read; where it was refused, records that and returns `None`.
    pub(super) fn settle<T>(&mut self, at: &Path<'_>, read: Result<T, JsonError>) -> Parsed<Option<T>> {
        match read {
            Ok(value) => Ok(Some(value)),
            Err(error) => self.refuse(at, error).map(|()| None),
        }
    }

    /// The same for values whose errors carry their own position.
    pub(super) fn settle_located<T>(&mut self, read: Result<T, LocatedError>) -> Parsed<Option<T>> {
        let LocatedError { error, pointer } = match read {
            Ok(value) => return Ok(Some(value)),
            Err(located) => located,
        };
        if error.kind.is_malformed() {
            return Err(Malformed { offset: error.offset, pointer, error });
        }
        if self.violations.len() < VIOLATIONS_MAX {
            self.violations.push(Violation { pointer, code: json_code(error.kind), detail: error.to_string() });
        }
        Ok(None)
    }

    #[cold]
    fn refuse(&mut self, at: &Path<'_>, error: JsonError) -> Parsed<()> {
        if error.kind.is_malformed() {
            return Err(Malformed::new(at, error));
        }
        self.note(at, json_code(error.kind), error.to_string());
        Ok(())
    }

    /// Whether the next value is of this kind. Where it is of another kind, records that and skips it.
    pub(super) fn expect_kind(&mut self, at: &Path<'_>, expected: Kind) -> Parsed<bool> {
        let found = self.reader.peek_kind().map_err(|error| Malformed::new(at, error))?;
        if found == expected {
            return Ok(true);
        }
        self.note(at, code::WRONG_TYPE, format!("{} is expected, this is {}", expected.as_str(), found.as_str()));
        self.skim(at).map(|()| false)
    }

    pub(super) fn skim(&mut self, at: &Path<'_>) -> Parsed<()> {
        self.reader.skim_value().map_err(|error| Malformed::new(at, error))
    }

    /// Enters an object. Returns `None` where the value is not an object.
    pub(super) fn open<M: Member>(&mut self, at: &Path<'_>) -> Parsed<Option<Seen<M>>> {
        if !self.expect_kind(at, Kind::Object)? {
            return Ok(None);
        }
        let begun = self.reader.begin_object();
        let seen = Seen { names: 0, values: 0, member: PhantomData };
        Ok(self.settle(at, begun)?.map(|()| seen))
    }

    /// The next member of the object that has a value, or `None` at the object's end. Unknown and repeated members are
    /// recorded and skipped, and so are empty values that mean absence.
    pub(super) fn next_member<M: Member>(&mut self, at: &Path<'_>, seen: &mut Seen<M>) -> Parsed<Option<M>> {
        loop {
            let key = self.reader.next_key_text().map_err(|error| Malformed::new(at, error))?;
            let Some(Text { value: name, .. }) = key else { return Ok(None) };
            let Some(member) = M::parse(&name) else {
                let at = at.member(&name);
                self.note(&at, code::UNKNOWN_FIELD, "there is no such field");
                self.skim(&at)?;
                continue;
            };
            let at = at.member(member.name());
            if seen.names & member.bit() != 0 {
                self.note(&at, code::DUPLICATE_KEY, "the member occurs twice");
                self.skim(&at)?;
                continue;
            }
            seen.names |= member.bit();
            let is_absent = match member.empty_values() {
                EmptyValues::Kept => Ok(false),
                EmptyValues::Defaulted => self.reader.take_empty(),
                EmptyValues::Absent => self.reader.take_empty_or_empty_text(),
            };
            if is_absent.map_err(|error| Malformed::new(&at, error))? {
                continue;
            }
            seen.values |= member.bit();
            return Ok(Some(member));
        }
    }

    /// Records required members that have no value.
    pub(super) fn require<M: Member>(&mut self, at: &Path<'_>, seen: &Seen<M>, required: &[M]) {
        for member in required.iter().filter(|member| !seen.has(**member)) {
            self.note(&at.member(member.name()), code::MISSING_FIELD, "the field is required");
        }
    }

    /// Reads a list and keeps its first `count_max` items. Invalid items are left out and have been recorded. Those
    /// that are not kept are checked alike, without a record of what would be adjusted in them.
    pub(super) fn list<T>(
        &mut self,
        at: &Path<'_>,
        count_max: usize,
        mut read_item: impl FnMut(&mut Self, &Path<'_>) -> Parsed<Option<T>>,
    ) -> Parsed<Vec<T>> {
        let mut items = Vec::new();
        if !self.expect_kind(at, Kind::Array)? {
            return Ok(items);
        }
        let start = self.reader.mark();
        let begun = self.reader.begin_array();
        if self.settle(at, begun)?.is_none() {
            return Ok(items);
        }
        let count_max = self.limit(count_max);
        let mut count = 0;
        let mut of_kept_items = None;
        while self.reader.next_item().map_err(|error| Malformed::new(at, error))? {
            if count == count_max {
                of_kept_items = Some(self.take_adjustments());
            }
            let item = read_item(self, &at.item(count))?;
            items.extend(item.filter(|_| count < count_max));
            count += 1;
        }
        if let Some(adjustments) = of_kept_items {
            self.adjustments = adjustments;
            self.list_truncated(at, start, count)?;
        }
        Ok(items)
    }

    /// Records that the end of a list was cut off, which begins at `start` and has been read to its end.
    fn list_truncated(&mut self, at: &Path<'_>, start: Mark, count: usize) -> Parsed<()> {
        // The hash of a list in an event that is refused is not needed, and reading it again would find the same
        // mistakes again.
        if self.has_violations() {
            return Ok(());
        }
        let end = self.reader.mark();
        self.reader.rewind(start);
        let whole = self.canonical_text(at)?;
        self.reader.rewind(end);
        self.truncated(at, Cut { size: u64::try_from(count).unwrap_or(u64::MAX), ..whole_of(&whole) });
        Ok(())
    }
}
