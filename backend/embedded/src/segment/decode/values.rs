//! Reads single values of a page by their number, without those between them.

use parquet::basic::{Encoding, Type};

use super::{delta::Delta, runs::Runs};

/// One value.
#[derive(Debug, Clone, Copy)]
pub(in crate::segment) enum Cell<'a> {
    Bytes(&'a [u8]),
    Integer(i64),
}

/// The layout of consecutive values.
#[derive(Debug, Clone, Copy)]
pub(in crate::segment) enum Shape {
    /// Each is preceded by its length.
    Variable,
    Fixed(usize),
    Integer(usize),
}

impl Shape {
    /// The shape of a column's values; `None` for those that segments do not have.
    pub(in crate::segment) fn of(kind: Type, length: i32) -> Option<Self> {
        match kind {
            Type::BYTE_ARRAY => Some(Self::Variable),
            Type::FIXED_LEN_BYTE_ARRAY => usize::try_from(length).ok().map(Self::Fixed),
            Type::INT64 => Some(Self::Integer(8)),
            Type::INT32 => Some(Self::Integer(4)),
            _ => None,
        }
    }
}

/// Consecutive values, read in any order.
pub(in crate::segment) struct Plain<'a> {
    bytes: &'a [u8],
    shape: Shape,
    /// The starts of length-prefixed values, as far as they were read.
    starts: Vec<usize>,
}

impl<'a> Plain<'a> {
    pub(in crate::segment) fn new(bytes: &'a [u8], shape: Shape) -> Self {
        Self { bytes, shape, starts: vec![0] }
    }

    pub(in crate::segment) fn get(&mut self, number: usize) -> Option<Cell<'a>> {
        match self.shape {
            Shape::Variable => self.variable(number).map(Cell::Bytes),
            Shape::Fixed(width) => self.fixed(number, width).map(Cell::Bytes),
            Shape::Integer(4) => {
                let bytes = self.fixed(number, 4)?.try_into().ok()?;
                Some(Cell::Integer(i64::from(i32::from_le_bytes(bytes))))
            }
            Shape::Integer(width) => {
                let bytes = self.fixed(number, width)?.try_into().ok()?;
                Some(Cell::Integer(i64::from_le_bytes(bytes)))
            }
        }
    }

    fn fixed(&self, number: usize, width: usize) -> Option<&'a [u8]> {
        let start = number.checked_mul(width)?;
        self.bytes.get(start..start.checked_add(width)?)
    }

    fn variable(&mut self, number: usize) -> Option<&'a [u8]> {
        while self.starts.len() <= number {
            let last = *self.starts.last()?;
            self.starts.push(last.checked_add(4)?.checked_add(self.length_at(last)?)?);
        }
        let start = *self.starts.get(number)?;
        let text = start + 4;
        self.bytes.get(text..text.checked_add(self.length_at(start)?)?)
    }

    fn length_at(&self, start: usize) -> Option<usize> {
        let length = self.bytes.get(start..start.checked_add(4)?)?.try_into().ok()?;
        usize::try_from(u32::from_le_bytes(length)).ok()
    }
}

/// Texts whose lengths are stored before all of them, requested in rising order.
pub(in crate::segment) struct Apart<'a> {
    texts: &'a [u8],
    lengths: Delta<'a>,
    /// The next text, and its start.
    next: usize,
    start: usize,
}

impl<'a> Apart<'a> {
    fn new(bytes: &'a [u8]) -> Option<Self> {
        let lengths = Delta::new(bytes)?;
        Some(Self { texts: lengths.behind()?, lengths, next: 0, start: 0 })
    }

    fn get(&mut self, number: usize) -> Option<&'a [u8]> {
        while self.next < number {
            self.start = self.start.checked_add(self.length_of(self.next)?)?;
            self.next += 1;
        }
        let end = self.start.checked_add(self.length_of(number)?)?;
        self.texts.get(self.start..end)
    }

    fn length_of(&mut self, number: usize) -> Option<usize> {
        usize::try_from(self.lengths.get(number)?).ok()
    }
}

/// The values of a data page, requested in rising order.
pub(in crate::segment) enum Values<'a> {
    Plain(Plain<'a>),
    /// Indexes into the chunk's dictionary.
    Coded(Runs<'a>),
    Delta(Delta<'a>),
    Apart(Apart<'a>),
}

impl<'a> Values<'a> {
    /// `None` where the encoding is not supported here, or the page does not have it.
    pub(in crate::segment) fn new(bytes: &'a [u8], encoding: Encoding, shape: Shape) -> Option<Self> {
        match encoding {
            Encoding::PLAIN => Some(Self::Plain(Plain::new(bytes, shape))),
            Encoding::RLE_DICTIONARY | Encoding::PLAIN_DICTIONARY => {
                // A page of nulls does not even have the width.
                let (width, codes) = bytes.split_first().unwrap_or((&0, &[]));
                (*width <= 32).then(|| Self::Coded(Runs::new(codes, usize::from(*width))))
            }
            Encoding::DELTA_BINARY_PACKED => Delta::new(bytes).map(Self::Delta),
            Encoding::DELTA_LENGTH_BYTE_ARRAY => Apart::new(bytes).map(Self::Apart),
            _ => None,
        }
    }

    pub(in crate::segment) fn get(&mut self, number: usize, dictionary: Option<&mut Plain<'a>>) -> Option<Cell<'a>> {
        match self {
            Self::Plain(plain) => plain.get(number),
            Self::Coded(codes) => dictionary?.get(usize::try_from(codes.get(number)?).ok()?),
            Self::Delta(delta) => delta.get(number).map(Cell::Integer),
            Self::Apart(apart) => apart.get(number).map(Cell::Bytes),
        }
    }
}
