//! Counts the events of a few pages in dense tables that are indexed by the values' dictionary codes instead of their
//! strings. The codes are translated back to strings once, at the end.

use std::sync::Arc;

use auditlog_core::{
    query::{Aggregation, Grouping, Interruption, Meter, Metric, MetricKind, TimeField},
    store::Extreme,
    timestamp::Timestamp,
};

use super::{
    buckets::Buckets,
    columns::Columns,
    distinct::DistinctValues,
    interner::Interner,
    partial::{GroupsPartial, MetricPartial, Partial, Terms},
    question::Question,
};
use crate::segment::{Codes, NO_CODE};

/// Up to this number of inner groups each outer one has a table; beyond that they are found by their numbers.
const DENSE_INNER_MAX: usize = 4_096;

/// The cost of counting in a table cell, in bytes of examined text.
const BYTES_PER_CELL: usize = 8;

/// The approximate memory of a table cell.
const CELL_BYTES: usize = 64;

/// Rows that are counted together, and what the codes in them stand for.
#[derive(Clone, Copy)]
pub(super) struct Block<'b> {
    pub(super) columns: &'b Columns,
    pub(super) question: &'b Question<'b>,
    pub(super) interners: &'b [Interner],
}

/// The counts of one aggregation.
pub(super) struct Tally<'a> {
    aggregation: &'a Aggregation,
    /// The time buckets of each level that is a histogram.
    buckets: [Option<Buckets<'a>>; 2],
    count: u64,
    outer: Vec<u64>,
    outer_missing: u64,
    inner: Inner,
    inner_missing: Vec<u64>,
    /// The metrics over all events, except the numbers of distinct values.
    metrics: Box<[MetricPartial]>,
    /// For each metric that counts distinct values: which values occur among all events.
    seen: Vec<Vec<bool>>,
    metrics_of_groups: ahash::HashMap<Place, Box<[MetricPartial]>>,
}

/// A group, an outer one or an inner one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Place {
    Outer(u32),
    Inner(InnerGroup),
}

/// An inner group, by the codes of both levels.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
struct InnerGroup {
    outer: u32,
    inner: u32,
}

enum Inner {
    Dense(Vec<Vec<u64>>),
    Sparse(ahash::HashMap<InnerGroup, u64>),
    /// Sparse counts in order, after the last one was added.
    Listed(Vec<Vec<(u32, u64)>>),
}

impl<'a> Tally<'a> {
    pub(super) fn new(aggregation: &'a Aggregation) -> Self {
        let buckets = |level: usize| match aggregation.groups.get(level) {
            Some(Grouping::Histogram(histogram)) => Some(Buckets::new(&histogram.calendar)),
            _ => None,
        };
        Self {
            aggregation,
            buckets: [buckets(0), buckets(1)],
            count: 0,
            outer: Vec::new(),
            outer_missing: 0,
            inner: Inner::Dense(Vec::new()),
            inner_missing: Vec::new(),
            metrics: aggregation.metrics.iter().map(empty_metric).collect(),
            seen: aggregation.metrics.iter().map(|_| Vec::new()).collect(),
            metrics_of_groups: ahash::HashMap::default(),
        }
    }

    /// Counts the rows of a block.
    ///
    /// # Errors
    /// Those of the meter's budget.
    pub(super) fn add(&mut self, block: Block<'_>, meter: &Meter<'_>) -> Result<(), Interruption> {
        let Block { columns, question, .. } = block;
        self.count += columns.rows as u64;
        let levels = [self.level(0, columns, question), self.level(1, columns, question)];
        match &levels {
            [Some(Level::Made(outer)), None] => self.add_outer_runs(outer),
            [Some(Level::Read(outer)), None] => self.add_outer(outer, columns.rows),
            [Some(outer), Some(inner)] => {
                self.add_both(BothLevels { outer: outer.get(), inner: inner.get() }, columns.rows, meter)?;
            }
            [None, _] => {}
        }
        self.add_metrics(block);
        if !self.aggregation.metrics.is_empty() && !self.aggregation.groups.is_empty() {
            self.add_metrics_of_groups(&levels, block, meter)?;
        }
        Ok(())
    }

    fn level<'c>(&mut self, level: usize, columns: &'c Columns, question: &Question<'_>) -> Option<Level<'c>> {
        match self.aggregation.groups.get(level)? {
            Grouping::Terms(terms) => question.text(&terms.field).and_then(|at| columns.texts.get(at)).map(Level::Read),
            Grouping::Histogram(histogram) => {
                let times = question.time(histogram.field).and_then(|at| columns.times.get(at))?;
                let buckets = self.buckets[level].as_mut()?;
                Some(Level::Made(buckets.codes(times)))
            }
        }
    }

    /// Neighbours mostly lie in the same time bucket.
    fn add_outer_runs(&mut self, codes: &Codes) {
        for run in codes.as_single().unwrap_or_default().chunk_by(|one, next| one == next) {
            add_at(&mut self.outer, run[0], run.len() as u64);
        }
    }

    fn add_outer(&mut self, codes: &Codes, rows: usize) {
        match codes.as_single() {
            Some(codes) => {
                for code in codes {
                    if *code == NO_CODE {
                        self.outer_missing += 1;
                    } else {
                        add_at(&mut self.outer, *code, 1);
                    }
                }
            }
            None => {
                for row in 0..rows {
                    let codes = codes.of_row(row);
                    self.outer_missing += u64::from(codes.is_empty());
                    for code in codes {
                        add_at(&mut self.outer, *code, 1);
                    }
                }
            }
        }
    }

    fn add_both(&mut self, levels: BothLevels<'_>, rows: usize, meter: &Meter<'_>) -> Result<(), Interruption> {
        for row in 0..rows {
            let (outer, inner) = (levels.outer.of_row(row), levels.inner.of_row(row));
            meter.examine((outer.len() * inner.len() + 1) * BYTES_PER_CELL)?;
            self.outer_missing += u64::from(outer.is_empty());
            for outer in outer {
                add_at(&mut self.outer, *outer, 1);
                if inner.is_empty() {
                    add_at(&mut self.inner_missing, *outer, 1);
                }
                for inner in inner {
                    self.inner.add(InnerGroup { outer: *outer, inner: *inner });
                }
            }
        }
        Ok(())
    }

    fn add_metrics(&mut self, block: Block<'_>) {
        let Block { columns, question, .. } = block;
        for (at, metric) in self.aggregation.metrics.iter().enumerate() {
            if metric.kind == MetricKind::Distinct {
                let codes = question.text(&metric.field).and_then(|at| columns.texts.get(at)).map(Codes::all);
                note_all(codes.unwrap_or_default(), &mut self.seen[at]);
                continue;
            }
            for row in 0..columns.rows {
                add_metric(metric, &mut self.metrics[at], block, row);
            }
        }
    }

    fn add_metrics_of_groups(
        &mut self,
        levels: &[Option<Level<'_>>; 2],
        block: Block<'_>,
        meter: &Meter<'_>,
    ) -> Result<(), Interruption> {
        let [outer, inner] = levels;
        for row in 0..block.columns.rows {
            let of_level = |level: &'_ Option<Level<'_>>| match level {
                Some(level) => level.get().of_row(row).to_vec(),
                None => Vec::new(),
            };
            let (outer, inner) = (of_level(outer), of_level(inner));
            let cells = outer.len() * (inner.len() + 1) * self.aggregation.metrics.len();
            meter.examine((cells + 1) * BYTES_PER_CELL)?;
            let outer_places = outer.iter().map(|outer| Place::Outer(*outer));
            let inner_of =
                |outer: u32| inner.iter().map(move |inner| Place::Inner(InnerGroup { outer, inner: *inner }));
            let inner_places = outer.iter().flat_map(|outer| inner_of(*outer));
            for place in outer_places.chain(inner_places) {
                let metrics = &self.aggregation.metrics;
                let kept =
                    self.metrics_of_groups.entry(place).or_insert_with(|| metrics.iter().map(empty_metric).collect());
                for (metric, kept) in metrics.iter().zip(kept.iter_mut()) {
                    add_metric(metric, kept, block, row);
                }
            }
        }
        Ok(())
    }

    /// The approximate memory of the groups.
    pub(super) fn bytes(&self) -> usize {
        let inner = match &self.inner {
            Inner::Dense(tables) => tables.iter().map(|table| table.len() * size_of::<u64>()).sum(),
            Inner::Sparse(counts) => counts.len() * CELL_BYTES,
            Inner::Listed(_) => 0,
        };
        let metrics: usize =
            self.metrics_of_groups.values().map(|metrics| metrics.iter().map(bytes_of).sum::<usize>()).sum();
        self.outer.len() * CELL_BYTES + inner + metrics
    }

    /// The counts by name.
    pub(super) fn into_partial(mut self, question: &Question<'_>, interners: &[Interner]) -> Partial {
        let buckets = std::mem::take(&mut self.buckets).map(|buckets| buckets.map(Buckets::into_ranges));
        let names = Names { aggregation: self.aggregation, question, interners, buckets };
        let metrics = self.take_metrics(question, interners);
        let outer = std::mem::take(&mut self.outer);
        let counted = (0_u32..).zip(&outer).filter(|(_, count)| **count > 0);
        let groups: Vec<(u32, Partial)> = counted
            .map(|(code, count)| (code, self.outer_partial(OuterCount { code, count: *count }, &names)))
            .collect();
        let groups = names.groups(0, groups, self.outer_missing).map(Box::new);
        Partial { count: self.count, metrics, groups }
    }

    /// Returns the metrics over all events.
    fn take_metrics(&mut self, question: &Question<'_>, interners: &[Interner]) -> Box<[MetricPartial]> {
        let mut metrics = std::mem::take(&mut self.metrics);
        for ((metric, kept), seen) in self.aggregation.metrics.iter().zip(&mut metrics).zip(&self.seen) {
            let interner = question.text(&metric.field).and_then(|at| interners.get(at));
            if let (MetricPartial::Distinct(values), Some(interner)) = (kept, interner) {
                (0_u32..).zip(seen).filter(|(_, seen)| **seen).for_each(|(code, _)| values.add(interner.hash(code)));
            }
        }
        metrics
    }

    fn outer_partial(&mut self, OuterCount { code, count }: OuterCount, names: &Names<'_>) -> Partial {
        let metrics = self.metrics_of_groups.remove(&Place::Outer(code)).unwrap_or_default();
        let missing = self.inner_missing.get(code as usize).copied().unwrap_or(0);
        let inner = self.inner.take(code);
        let groups = inner.into_iter().map(|(inner, count)| {
            let metrics =
                self.metrics_of_groups.remove(&Place::Inner(InnerGroup { outer: code, inner })).unwrap_or_default();
            (inner, Partial { count, metrics, groups: None })
        });
        let groups = groups.collect();
        Partial { count, metrics, groups: names.groups(1, groups, missing).map(Box::new) }
    }
}

/// Records that these values occur.
fn note_all(codes: &[u32], seen: &mut Vec<bool>) {
    for code in codes.iter().filter(|code| **code != NO_CODE) {
        let at = *code as usize;
        if seen.len() <= at {
            seen.resize(at + 1, false);
        }
        seen[at] = true;
    }
}

fn add_at(counts: &mut Vec<u64>, code: u32, more: u64) {
    let at = code as usize;
    if counts.len() <= at {
        counts.resize(at + 1, 0);
    }
    counts[at] += more;
}

impl Inner {
    fn add(&mut self, group: InnerGroup) {
        let InnerGroup { outer, inner } = group;
        match self {
            Self::Dense(tables) if (inner as usize) < DENSE_INNER_MAX => {
                if tables.len() <= outer as usize {
                    tables.resize(outer as usize + 1, Vec::new());
                }
                add_at(&mut tables[outer as usize], inner, 1);
            }
            Self::Dense(tables) => {
                let mut counts = ahash::HashMap::default();
                for (outer, table) in (0_u32..).zip(std::mem::take(tables)) {
                    let counted = (0_u32..).zip(table).filter(|(_, count)| *count > 0);
                    counts.extend(counted.map(|(inner, count)| (InnerGroup { outer, inner }, count)));
                }
                *counts.entry(group).or_default() += 1;
                *self = Self::Sparse(counts);
            }
            Self::Sparse(counts) => *counts.entry(group).or_default() += 1,
            Self::Listed(_) => {}
        }
    }

    /// The inner groups of an outer one. Outer ones are requested in rising order.
    fn take(&mut self, outer: u32) -> Vec<(u32, u64)> {
        if let Self::Sparse(counts) = self {
            let mut tables: Vec<Vec<(u32, u64)>> = Vec::new();
            for (InnerGroup { outer, inner }, count) in counts.drain() {
                if tables.len() <= outer as usize {
                    tables.resize(outer as usize + 1, Vec::new());
                }
                tables[outer as usize].push((inner, count));
            }
            *self = Self::Listed(tables);
        }
        match self {
            Self::Dense(tables) => {
                let table = tables.get_mut(outer as usize).map(std::mem::take).unwrap_or_default();
                (0_u32..).zip(table).filter(|(_, count)| *count > 0).collect()
            }
            Self::Listed(tables) => tables.get_mut(outer as usize).map(std::mem::take).unwrap_or_default(),
            Self::Sparse(_) => Vec::new(),
        }
    }
}

/// The codes of both levels of an aggregation.
#[derive(Clone, Copy)]
struct BothLevels<'c> {
    outer: &'c Codes,
    inner: &'c Codes,
}

/// How often an outer group occurs.
#[derive(Clone, Copy)]
struct OuterCount {
    code: u32,
    count: u64,
}

/// The codes of a level: as read, or computed from times.
enum Level<'a> {
    Read(&'a Codes),
    Made(Codes),
}

impl Level<'_> {
    fn get(&self) -> &Codes {
        match self {
            Self::Read(codes) => codes,
            Self::Made(codes) => codes,
        }
    }
}

fn empty_metric(metric: &Metric) -> MetricPartial {
    match metric.kind {
        MetricKind::Distinct => MetricPartial::Distinct(DistinctValues::default()),
        MetricKind::Min => MetricPartial::Min(None),
        MetricKind::Max => MetricPartial::Max(None),
    }
}

fn bytes_of(metric: &MetricPartial) -> usize {
    CELL_BYTES + if let MetricPartial::Distinct(values) = metric { values.bytes() } else { 0 }
}

/// Adds one row to a metric of one of its groups.
fn add_metric(metric: &Metric, kept: &mut MetricPartial, block: Block<'_>, row: usize) {
    let Block { columns, question, interners } = block;
    if let MetricPartial::Distinct(values) = kept {
        let Some(at) = question.text(&metric.field) else { return };
        let (Some(codes), Some(interner)) = (columns.texts.get(at), interners.get(at)) else { return };
        codes.of_row(row).iter().for_each(|code| values.add(interner.hash(*code)));
        return;
    }
    if let Some(time) = TimeField::of(&metric.field).and_then(|field| question.time(field)) {
        let time = columns.times.get(time).and_then(|times| times.get(row));
        if let Some(time) = time {
            kept.add(Extreme::Time(Timestamp::from_micros(*time)));
        }
        return;
    }
    let range = question.number(&metric.field).and_then(|at| columns.numbers.get(at)?.get(row).copied().flatten());
    for value in range.into_iter().flatten() {
        kept.add(value);
    }
}

/// The names of the numbers of groups.
struct Names<'a> {
    aggregation: &'a Aggregation,
    question: &'a Question<'a>,
    interners: &'a [Interner],
    buckets: [Option<Vec<std::ops::Range<i64>>>; 2],
}

impl Names<'_> {
    fn groups(&self, level: usize, groups: Vec<(u32, Partial)>, missing: u64) -> Option<GroupsPartial> {
        Some(match self.aggregation.groups.get(level)? {
            Grouping::Terms(terms) => {
                let interner = self.question.text(&terms.field).and_then(|at| self.interners.get(at));
                let text = |code: u32| interner.map_or_else(|| Arc::from(""), |interner| interner.text(code));
                let by_value = groups.into_iter().map(|(code, partial)| (text(code), partial)).collect();
                GroupsPartial::Terms(Terms::new(by_value, missing))
            }
            Grouping::Histogram(_) => {
                let buckets = self.buckets.get(level).and_then(Option::as_ref);
                let bucket = |code: u32| buckets.and_then(|known| known.get(code as usize)).cloned();
                let named = groups.into_iter().filter_map(|(code, partial)| Some((bucket(code)?, partial)));
                GroupsPartial::Histogram(named.collect())
            }
        })
    }
}
