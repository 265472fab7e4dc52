//! Numbers packed into bits: single ones, and Parquet's runs of them (the hybrid of run lengths and bit packing).

use std::ops::Range;

use crate::segment::varint::take_varint;

/// The number in `width` bits starting at a bit, lowest first.
pub(in crate::segment) fn bits_at(bytes: &[u8], bit: usize, width: usize) -> Option<u64> {
    if width == 0 {
        return Some(0);
    }
    // Nearly all numbers are this narrow, and not at the very end.
    if let Some(word) = bytes.get(bit / 8..).and_then(|bytes| bytes.first_chunk::<8>()).filter(|_| width <= 56) {
        return Some((u64::from_le_bytes(*word) >> (bit % 8)) & ((1 << width) - 1));
    }
    let behind = bit.checked_add(width)?.div_ceil(8);
    let part = bytes.get(bit / 8..behind)?;
    let mut word = [0; 16];
    word.get_mut(..part.len())?.copy_from_slice(part);
    let shifted = u128::from_le_bytes(word) >> (bit % 8);
    u64::try_from(shifted & ((1_u128 << width) - 1)).ok()
}

/// The first numbers of `width` bits, at most 32.
fn unpack(bytes: &[u8], width: usize, numbers: &mut [u32]) -> Option<()> {
    if width == 0 {
        numbers.fill(0);
        return Some(());
    }
    // Four numbers of up to sixteen bits are in one word, and are extracted together.
    let words = if width <= 16 { bytes.len().saturating_sub(8) * 8 / (4 * width) } else { 0 };
    let (by_word, one_by_one) = numbers.split_at_mut((words * 4).min(numbers.len() / 4 * 4));
    let mask = u32::MAX >> (32 - width.min(32));
    for (group, numbers) in by_word.as_chunks_mut::<4>().0.iter_mut().enumerate() {
        let bit = group * 4 * width;
        let word = u64::from_le_bytes(*bytes.get(bit / 8..)?.first_chunk::<8>()?) >> (bit % 8);
        for (at, number) in numbers.iter_mut().enumerate() {
            let [low, high, ..] = (word >> (at * width)).to_le_bytes();
            *number = u32::from(u16::from_le_bytes([low, high])) & mask;
        }
    }
    let passed = by_word.len();
    for (at, number) in one_by_one.iter_mut().enumerate() {
        *number = u32::try_from(bits_at(bytes, (passed + at) * width, width)?).ok()?;
    }
    Some(())
}

/// Runs of numbers of the same width, read at rising positions only.
pub(in crate::segment) struct Runs<'a> {
    rest: &'a [u8],
    width: usize,
    run: Run<'a>,
    places: Range<usize>,
}

enum Run<'a> {
    Repeated(u64),
    Packed(&'a [u8]),
}

impl<'a> Runs<'a> {
    pub(in crate::segment) fn new(bytes: &'a [u8], width: usize) -> Self {
        Self { rest: bytes, width, run: Run::Repeated(0), places: 0..0 }
    }

    /// The number at a position.
    pub(in crate::segment) fn get(&mut self, place: usize) -> Option<u64> {
        while place >= self.places.end {
            self.step()?;
        }
        self.get_here(place)
    }

    /// The number of ones at these positions.
    pub(in crate::segment) fn count_ones(&mut self, places: Range<usize>) -> Option<usize> {
        let (mut count, mut place) = (0, places.start);
        while place < places.end {
            if place >= self.places.end {
                self.step()?;
                continue;
            }
            let end = self.places.end.min(places.end);
            count += match self.run {
                Run::Repeated(1) => end - place,
                Run::Repeated(_) => 0,
                Run::Packed(_) => (place..end).filter(|place| self.get_here(*place) == Some(1)).count(),
            };
            place = end;
        }
        Some(count)
    }

    /// The first numbers, until the slice is full. Must be called before any other read.
    pub(in crate::segment) fn fill(&mut self, numbers: &mut [u32]) -> Option<()> {
        let mut place = 0;
        while place < numbers.len() {
            self.step()?;
            let here = self.places.start..self.places.end.min(numbers.len());
            place = self.places.end;
            let room = numbers.get_mut(here)?;
            match self.run {
                Run::Repeated(value) => room.fill(u32::try_from(value).ok()?),
                Run::Packed(bytes) => unpack(bytes, self.width, room)?,
            }
        }
        Some(())
    }

    fn get_here(&self, place: usize) -> Option<u64> {
        match self.run {
            Run::Repeated(value) => Some(value),
            Run::Packed(bytes) => bits_at(bytes, place.checked_sub(self.places.start)? * self.width, self.width),
        }
    }

    fn step(&mut self) -> Option<()> {
        let header = usize::try_from(take_varint(&mut self.rest)?).ok()?;
        let (length, count) = match header & 1 {
            1 => ((header >> 1).checked_mul(self.width)?, (header >> 1).checked_mul(8)?),
            _ => (self.width.div_ceil(8), header >> 1),
        };
        let (bytes, rest) = self.rest.split_at_checked(length)?;
        self.rest = rest;
        self.run = if header & 1 == 1 { Run::Packed(bytes) } else { Run::Repeated(bits_at(bytes, 0, length * 8)?) };
        self.places = self.places.end..self.places.end.checked_add(count)?;
        Some(())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Numbers of some width, as many as fill whole bytes.
    fn numbers() -> impl Strategy<Value = (usize, Vec<u32>)> {
        (1_usize..=32, 1_usize..20).prop_flat_map(|(width, groups)| {
            let number = 0..=u32::MAX >> (32 - width);
            (Just(width), prop::collection::vec(number, groups * 8))
        })
    }

    proptest! {
        #[test]
        fn packed_numbers_read_back_however_many_are_wanted((width, numbers) in numbers(), unwanted in 0_usize..8) {
            let mut bytes = vec![u8::try_from(numbers.len() / 8 * 2 + 1).unwrap()];
            let bits: Vec<bool> = numbers.iter().flat_map(|n| (0..width).map(move |bit| n >> bit & 1 == 1)).collect();
            bytes.extend(bits.chunks(8).map(|byte| byte.iter().rev().fold(0, |sum, bit| sum << 1 | u8::from(*bit))));
            let wanted = &numbers[..numbers.len() - unwanted];
            let mut filled = vec![0; wanted.len()];
            prop_assert_eq!(Runs::new(&bytes, width).fill(&mut filled), Some(()));
            prop_assert_eq!(&filled, wanted);
            let mut runs = Runs::new(&bytes, width);
            let single: Option<Vec<u64>> = (0..wanted.len()).map(|place| runs.get(place)).collect();
            prop_assert_eq!(single, Some(wanted.iter().map(|number| u64::from(*number)).collect()));
        }
    }
}
