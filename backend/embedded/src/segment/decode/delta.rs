//! Numbers encoded as differences from the one before (Parquet's `DELTA_BINARY_PACKED`).

use super::runs::bits_at;
use crate::segment::varint::{take_varint, take_zigzag};

/// Such numbers, read at rising positions only.
#[derive(Clone)]
pub(in crate::segment) struct Delta<'a> {
    rest: &'a [u8],
    /// The number of differences that share a width.
    miniblock_values: usize,
    miniblocks: usize,
    /// The widths of the block's remaining miniblocks.
    widths: &'a [u8],
    least_distance: i64,
    /// The miniblock and all bytes after it, so that numbers near its end can be read as whole words too.
    miniblock: &'a [u8],
    width: usize,
    /// The number of consumed differences of the miniblock.
    passed: usize,
    value: i64,
    place: usize,
    count: usize,
}

impl<'a> Delta<'a> {
    pub(in crate::segment) fn new(mut bytes: &'a [u8]) -> Option<Self> {
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

    /// The bytes after the numbers.
    pub(in crate::segment) fn behind(&self) -> Option<&'a [u8]> {
        let mut ahead = self.clone();
        while ahead.place + ahead.miniblock_values - ahead.passed + 1 < ahead.count {
            ahead.place += ahead.miniblock_values - ahead.passed;
            ahead.open_miniblock()?;
        }
        Some(ahead.rest)
    }

    /// The number at a position.
    pub(in crate::segment) fn get(&mut self, place: usize) -> Option<i64> {
        if place >= self.count {
            return None;
        }
        while self.place < place {
            if self.passed == self.miniblock_values {
                self.open_miniblock()?;
            }
            if self.width == 0 {
                self.pass_even(place);
                continue;
            }
            let beyond = bits_at(self.miniblock, self.passed * self.width, self.width)?;
            self.value = self.value.wrapping_add(self.least_distance).wrapping_add(beyond.cast_signed());
            self.passed += 1;
            self.place += 1;
        }
        Some(self.value)
    }

    /// The next numbers, until the slice is full.
    pub(in crate::segment) fn fill(&mut self, numbers: &mut [i64]) -> Option<()> {
        let Some((first, mut rest)) = numbers.split_first_mut() else { return Some(()) };
        if self.place + rest.len() >= self.count {
            return None;
        }
        *first = self.value;
        while !rest.is_empty() {
            if self.passed == self.miniblock_values {
                self.open_miniblock()?;
            }
            let here = rest.len().min(self.miniblock_values - self.passed);
            let (now, later) = rest.split_at_mut(here);
            self.fill_from_miniblock(now)?;
            self.passed += here;
            self.place += here;
            rest = later;
        }
        Some(())
    }

    fn fill_from_miniblock(&mut self, numbers: &mut [i64]) -> Option<()> {
        let (width, least_distance) = (self.width, self.least_distance);
        let mut value = self.value;
        for (number, passed) in numbers.iter_mut().zip(self.passed..) {
            let beyond = bits_at(self.miniblock, passed * width, width)?;
            value = value.wrapping_add(least_distance).wrapping_add(beyond.cast_signed());
            *number = value;
        }
        self.value = value;
        Some(())
    }

    /// Skips differences that are all the same, up to a position at most.
    fn pass_even(&mut self, place: usize) {
        let steps = (place - self.place).min(self.miniblock_values - self.passed);
        let distance = self.least_distance.wrapping_mul(i64::try_from(steps).unwrap_or(0));
        self.value = self.value.wrapping_add(distance);
        self.passed += steps;
        self.place += steps;
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
        self.miniblock = self.rest;
        self.rest = self.rest.get(bytes.min(self.rest.len())..)?;
        self.passed = 0;
        Some(())
    }
}
