//! Numbers told by their distances from the one before (Parquet's `DELTA_BINARY_PACKED`).

use super::runs::{bits_at, take_varint};

/// Such numbers, looked at in places that only grow.
pub(super) struct Delta<'a> {
    rest: &'a [u8],
    /// How many distances share a width.
    miniblock_values: usize,
    miniblocks: usize,
    /// The widths of the block's miniblocks that are still ahead.
    widths: &'a [u8],
    least_distance: i64,
    miniblock: &'a [u8],
    width: usize,
    /// How many distances of the miniblock were passed.
    passed: usize,
    value: i64,
    place: usize,
    count: usize,
}

impl<'a> Delta<'a> {
    pub(super) fn new(mut bytes: &'a [u8]) -> Option<Self> {
        let block_values = usize::try_from(take_varint(&mut bytes)?).ok()?;
        let miniblocks = usize::try_from(take_varint(&mut bytes)?).ok()?;
        let count = usize::try_from(take_varint(&mut bytes)?).ok()?;
        let value = take_zigzag(&mut bytes)?;
        let miniblock_values = block_values.checked_div(miniblocks).filter(|values| *values > 0)?;
        Some(Self {
            rest: bytes,
            miniblock_values,
            miniblocks,
            widths: &[],
            least_distance: 0,
            miniblock: &[],
            width: 0,
            passed: miniblock_values,
            value,
            place: 0,
            count,
        })
    }

    /// How many numbers there are.
    pub(super) fn count(&self) -> usize {
        self.count
    }

    /// What stands behind the numbers, once the last one was looked at.
    pub(super) fn behind(&self) -> &'a [u8] {
        self.rest
    }

    /// The number at a place.
    pub(super) fn get(&mut self, place: usize) -> Option<i64> {
        while self.place < place {
            if self.passed == self.miniblock_values {
                self.open_miniblock()?;
            }
            let beyond = bits_at(self.miniblock, self.passed * self.width, self.width)?;
            self.value = self.value.wrapping_add(self.least_distance).wrapping_add(beyond.cast_signed());
            self.passed += 1;
            self.place += 1;
        }
        Some(self.value)
    }

    fn open_miniblock(&mut self) -> Option<()> {
        if self.widths.is_empty() {
            self.least_distance = take_zigzag(&mut self.rest)?;
            (self.widths, self.rest) = self.rest.split_at_checked(self.miniblocks)?;
        }
        let (width, widths) = self.widths.split_first()?;
        self.widths = widths;
        self.width = usize::from(*width);
        let bytes = self.width.checked_mul(self.miniblock_values)?.div_ceil(8);
        (self.width <= 64).then_some(())?;
        (self.miniblock, self.rest) = self.rest.split_at_checked(bytes.min(self.rest.len()))?;
        self.passed = 0;
        Some(())
    }
}

fn take_zigzag(bytes: &mut &[u8]) -> Option<i64> {
    let value = take_varint(bytes)?;
    Some((value >> 1).cast_signed() ^ -(value & 1).cast_signed())
}
