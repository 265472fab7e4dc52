//! Writes the rows of neighbouring segments as one segment.

use std::{collections::BTreeMap, path::Path, sync::Arc};

use auditlog_core::id::TenantId;

use super::{
    Segment, SegmentError, SegmentId, SegmentMeta, SegmentWriter, TenantRange,
    encoded::{EncodedGroups, Piece},
};

/// Joins whole segments into a new one in `directory`. Each tenant's rows in one of them follow its rows in another.
/// Memory use is that of [`SegmentWriter`], plus the metadata of the row groups of all segments.
///
/// # Errors
/// The same as those of [`SegmentWriter`], and [`SegmentError::Source`] where one of the segments is damaged.
pub fn join(directory: &Path, id: SegmentId, inputs: &[Arc<Segment>]) -> Result<SegmentMeta, SegmentError> {
    let mut writer = SegmentWriter::create(directory, id)?;
    let inputs: Vec<EncodedGroups> = inputs.iter().map(EncodedGroups::open).collect::<Result<_, _>>()?;
    let mut parts: BTreeMap<&TenantId, Vec<Part<'_>>> = BTreeMap::new();
    for input in &inputs {
        for range in &input.meta().tenants {
            parts.entry(&range.tenant_id).or_default().push(Part { input, range });
        }
    }
    for mut parts in parts.into_values() {
        parts.sort_by_key(|part| part.range.first_sequence);
        let sources: Vec<Source<'_>> = parts.into_iter().flat_map(|part| part.sources(&writer)).collect();
        // Neighbours that must be decoded are encoded together.
        for run in sources.chunk_by(|left, right| left.is_decoded() && right.is_decoded()) {
            write_run(&mut writer, run)?;
        }
    }
    writer.finish()
}

/// The rows of one tenant in one of the segments.
#[derive(Clone, Copy)]
struct Part<'a> {
    input: &'a EncodedGroups,
    range: &'a TenantRange,
}

/// Some of them, by how they can be read.
struct Source<'a> {
    part: Part<'a>,
    piece: Piece,
}

impl<'a> Part<'a> {
    fn sources(self, writer: &SegmentWriter) -> impl Iterator<Item = Source<'a>> + use<'a> {
        let rows = self.range.row_start..self.range.row_start + self.range.rows;
        let pieces = if writer.can_copy(self.input) { self.input.pieces(&rows) } else { vec![Piece::Rows(rows)] };
        pieces.into_iter().map(move |piece| Source { part: self, piece })
    }
}

impl Source<'_> {
    fn is_decoded(&self) -> bool {
        matches!(self.piece, Piece::Rows(_))
    }

    fn decoded_rows(&self) -> u64 {
        match &self.piece {
            Piece::Rows(rows) => rows.len() as u64,
            Piece::Group(_) => 0,
        }
    }
}

/// Writes a row group that is copied, or neighbouring rows that are decoded: at most a batch of them is in memory.
fn write_run(writer: &mut SegmentWriter, run: &[Source<'_>]) -> Result<(), SegmentError> {
    let decoded = run.iter().map(Source::decoded_rows).sum();
    if decoded > 0 {
        writer.begin_run(decoded)?;
    }
    for Source { part: Part { input, range }, piece } in run {
        match piece {
            Piece::Group(rows) => {
                let first_sequence = range.first_sequence + u64::from(rows.start - range.row_start);
                writer.copy_group(input, rows.clone(), &range.tenant_id, first_sequence)?;
            }
            Piece::Rows(rows) => {
                for batch in input.segment().scan(rows.clone())? {
                    writer.push(&batch?)?;
                }
            }
        }
    }
    Ok(())
}
