//! Bit strings, least significant bit first, and the two codes for numbers that posting tables use.

/// Appends numbers to a bit string.
#[derive(Default)]
pub(super) struct BitWriter {
    bytes: Vec<u8>,
    pending: u64,
    pending_bits: u32,
}

impl BitWriter {
    /// Appends the lowest `width` bits of `value`, at most 32.
    pub(super) fn write(&mut self, value: u64, width: u32) {
        debug_assert!(width <= u32::BITS && value >> width == 0, "a value must fit its width");
        self.pending |= value << self.pending_bits;
        self.pending_bits += width;
        if self.pending_bits >= u32::BITS {
            let [first, second, third, fourth, ..] = self.pending.to_le_bytes();
            self.bytes.extend_from_slice(&[first, second, third, fourth]);
            self.pending >>= u32::BITS;
            self.pending_bits -= u32::BITS;
        }
    }

    /// Appends a number that is small for most keys: its length in unary, then its bits (Elias gamma of `value + 1`).
    pub(super) fn write_gamma(&mut self, value: u32) {
        let number = u64::from(value) + 1;
        let width = number.ilog2();
        self.write_unary(width);
        self.write(number & ((1 << width) - 1), width);
    }

    /// Appends a number of which `2^parameter` is typical: the high part in unary, then the low `parameter` bits.
    pub(super) fn write_rice(&mut self, value: u64, parameter: u32) {
        self.write_unary(u32::try_from(value >> parameter).unwrap_or(u32::MAX));
        self.write(value & ((1 << parameter) - 1), parameter);
    }

    fn write_unary(&mut self, mut zeros: u32) {
        while zeros >= 32 {
            self.write(0, 32);
            zeros -= 32;
        }
        self.write(1 << zeros, zeros + 1);
    }

    /// Fills the last byte with zeros, and appends all bytes to `bytes`.
    pub(super) fn finish_into(self, bytes: &mut Vec<u8>) {
        bytes.extend_from_slice(&self.bytes);
        bytes.extend_from_slice(&self.pending.to_le_bytes()[..self.pending_bits.div_ceil(8) as usize]);
    }
}

/// Reads a bit string from its start. `None` where it ends too early.
pub(super) struct BitReader<'a> {
    bytes: &'a [u8],
    at: usize,
    /// The next bits. Those above `pending_bits` are zero or equal the first bits of `bytes[at..]`.
    pending: u64,
    pending_bits: u32,
}

impl<'a> BitReader<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, at: 0, pending: 0, pending_bits: 0 }
    }

    fn refill(&mut self) {
        if let Some(word) = self.bytes.get(self.at..).and_then(|left| left.first_chunk()) {
            // Bits beyond the whole bytes that are counted will be read again, at the same position.
            self.pending |= u64::from_le_bytes(*word) << self.pending_bits;
            let bytes = (u64::BITS - 1 - self.pending_bits) / 8;
            self.pending_bits += bytes * 8;
            self.at += bytes as usize;
            return;
        }
        while self.pending_bits <= 56 {
            let Some(byte) = self.bytes.get(self.at) else { return };
            self.pending |= u64::from(*byte) << self.pending_bits;
            self.pending_bits += 8;
            self.at += 1;
        }
    }

    /// Reads a number of `width` bits, at most 32.
    pub(super) fn read(&mut self, width: u32) -> Option<u64> {
        if self.pending_bits < width {
            self.refill();
        }
        self.pending_bits = self.pending_bits.checked_sub(width)?;
        let value = self.pending & ((1 << width) - 1);
        self.pending >>= width;
        Some(value)
    }

    pub(super) fn read_gamma(&mut self) -> Option<u32> {
        let width = self.read_unary()?;
        if width > 32 {
            return None;
        }
        let number = (1 << width) | self.read(width)?;
        u32::try_from(number - 1).ok()
    }

    pub(super) fn read_rice(&mut self, parameter: u32) -> Option<u64> {
        let high = self.read_unary()?;
        Some((u64::from(high) << parameter) | self.read(parameter)?)
    }

    fn read_unary(&mut self) -> Option<u32> {
        let mut zeros = 0;
        loop {
            self.refill();
            if self.pending_bits == 0 {
                return None;
            }
            let run = self.pending.trailing_zeros().min(self.pending_bits);
            zeros += run;
            if run < self.pending_bits {
                self.pending_bits -= run + 1;
                self.pending = self.pending.checked_shr(run + 1).unwrap_or(0);
                return Some(zeros);
            }
            self.pending_bits = 0;
            self.pending = 0;
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn numbers_come_back_in_order(values in prop::collection::vec((any::<u32>(), 0_u32..40), 0..200)) {
            let mut writer = BitWriter::default();
            for (value, parameter) in &values {
                let wide = u64::from(*value);
                writer.write(wide & 1, 1);
                writer.write(wide, 32);
                writer.write_gamma(*value >> 1);
                writer.write_rice(wide, (*parameter).clamp(24, 32));
            }
            let mut bytes = Vec::new();
            writer.finish_into(&mut bytes);
            let mut reader = BitReader::new(&bytes);
            for (value, parameter) in &values {
                prop_assert_eq!(reader.read(1), Some(u64::from(*value & 1)));
                prop_assert_eq!(reader.read(32), Some(u64::from(*value)));
                prop_assert_eq!(reader.read_gamma(), Some(*value >> 1));
                prop_assert_eq!(reader.read_rice((*parameter).clamp(24, 32)), Some(u64::from(*value)));
            }
        }

        #[test]
        fn any_bytes_are_read_without_a_panic(bytes in prop::collection::vec(any::<u8>(), 0..64)) {
            let mut reader = BitReader::new(&bytes);
            while reader.read_gamma().is_some() && reader.read_rice(3).is_some() && reader.read(17).is_some() {}
        }
    }
}
