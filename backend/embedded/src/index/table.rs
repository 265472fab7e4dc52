//! The posting table: a static map from hashes to places (rows or pages). A posting takes about one byte more than the
//! information-theoretic minimum, and half a byte for a token's kinds of text.
//!
//! The highest bits of a hash choose a bucket of about 64 keys; the next bits, sorted and delta-coded, distinguish the
//! keys of a bucket. Every table keeps the same number of bits of a hash, however few keys it has, so that tables can
//! be merged into larger ones. The price is false positives: in a table of a million keys, one absent key in 64 is
//! reported as present. A key with one place stores it inline; a key with more stores the gaps between them, or the
//! offset of the gaps where they are many.
//!
//! ```text
//! header    keys u32 · bucket_bits u8 · remainder_bits u8 · place_bits u8 · form u8 · rows u32 · pages u32
//! directory offset of each bucket in the buckets' bytes, u32, and the end of the last
//! buckets   bit strings: number of keys (gamma), then for each key
//!             remainder's distance from the one before (rice)
//!             in a table with kinds of text: 1 and the only kind (3 bits), or 0 and a set of kinds (8 bits)
//!             one bit: 1 if the key has one place, 0 if it has more
//!             for one place: the place (place_bits bits), in the unit of the form
//!             for more: one bit for their unit (0 rows, 1 pages), their number less one (gamma), and their gaps
//!             (rice); for more than 16, the offset of their gaps in the overflow instead of the gaps
//! overflow  bit strings of gaps
//! ```

use auditlog_core::store::QueryError;

use super::bits::BitReader;
use crate::{
    cache::VerifiedFile,
    columns::{TextKind, TextKinds},
};

/// The number of bits that a key's hash is cut to before anything else: six more than a segment of a million rows
/// needs.
pub(super) const HASH_BITS: u32 = 26;
const KEYS_PER_BUCKET: u32 = 64;
/// Up to this number of places are stored beside their key; more are stored apart, so that skipping the key stays
/// cheap.
pub(super) const INLINE_MAX: u32 = 16;
pub(super) const HEADER_BYTES: usize = 16;
pub(super) const OFFSET_BITS: u32 = 32;
pub(super) const ONLY_KIND_BITS: u32 = 3;
pub(super) const KIND_SET_BITS: u32 = 8;

/// The places of a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Places {
    /// In these rows, sorted.
    Rows(Vec<u32>),
    /// In these pages, sorted.
    Pages(Vec<u32>),
}

/// One of the places of a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    /// A row.
    Row(u32),
    /// One or several rows of a page.
    Page(u32),
}

/// What a table has for a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Entry {
    /// The kinds of text that the key occurs in; none in tables of other keys.
    pub(super) kinds: TextKinds,
    /// Where it may occur.
    pub(super) places: Places,
}

/// One place of a key, known only by the hash in the table.
#[derive(Debug, Clone, Copy)]
pub(super) struct Walked {
    pub(super) cut: u64,
    pub(super) kinds: TextKinds,
    pub(super) place: Place,
}

impl Places {
    fn each(self, visit: impl FnMut(Place)) {
        match self {
            Self::Rows(rows) => rows.into_iter().map(Place::Row).for_each(visit),
            Self::Pages(pages) => pages.into_iter().map(Place::Page).for_each(visit),
        }
    }
}

/// The unit of the places of a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Unit {
    Row,
    Page,
}

impl Unit {
    /// Its encoding in the file.
    pub(super) const fn bit(self) -> u8 {
        match self {
            Self::Row => 0,
            Self::Page => 1,
        }
    }

    const fn of_bit(bit: u64) -> Self {
        if bit == 0 { Self::Row } else { Self::Page }
    }

    const fn place(self, number: u32) -> Place {
        match self {
            Self::Row => Place::Row(number),
            Self::Page => Place::Page(number),
        }
    }

    fn wrap(self, places: Vec<u32>) -> Places {
        match self {
            Self::Row => Places::Rows(places),
            Self::Page => Places::Pages(places),
        }
    }
}

/// A list of places: their number, and the number of possible places.
#[derive(Debug, Clone, Copy)]
pub(super) struct GapList {
    pub(super) universe: u32,
    pub(super) count: u32,
}

impl GapList {
    /// The rice parameter of the gaps.
    pub(super) fn parameter(self) -> u32 {
        (self.universe / self.count.max(1)).checked_ilog2().unwrap_or(0)
    }

    /// The maximum size of the gaps in bytes: each its parameter and one bit, and together at most as many further bits
    /// as the universe allows.
    fn bytes_max(self) -> u64 {
        let bits =
            u64::from(self.count) * u64::from(self.parameter() + 1) + u64::from(self.universe >> self.parameter());
        bits / 8 + 1
    }
}

/// What a table stores for each of its keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum KeyForm {
    /// Its places; where it has one, in this unit.
    Places(Unit),
    /// The kinds of text that it occurs in, and its places; where it has one, a row.
    KindsAndPlaces,
}

impl KeyForm {
    /// The unit of the place of a key that has one.
    pub(super) const fn single(self) -> Unit {
        match self {
            Self::Places(unit) => unit,
            Self::KindsAndPlaces => Unit::Row,
        }
    }

    /// Its encoding in the file.
    pub(super) const fn byte(self) -> u8 {
        match self {
            Self::Places(unit) => unit.bit(),
            Self::KindsAndPlaces => 2,
        }
    }

    pub(super) const fn of_byte(byte: u8) -> Option<Self> {
        match byte {
            0 => Some(Self::Places(Unit::Row)),
            1 => Some(Self::Places(Unit::Page)),
            2 => Some(Self::KindsAndPlaces),
            _ => None,
        }
    }
}

/// Sizes that follow from the numbers of keys and rows.
#[derive(Debug, Clone, Copy)]
pub(super) struct Shape {
    pub(super) keys: u32,
    pub(super) bucket_bits: u32,
    pub(super) remainder_bits: u32,
    pub(super) form: KeyForm,
    /// The size of the place of a key that has one.
    pub(super) place_bits: u32,
    pub(super) extent: Extent,
}

/// The number of rows of a segment, and of their pages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Extent {
    pub(super) rows: u32,
    pub(super) pages: u32,
}

impl Extent {
    /// The number of rows, or of pages.
    pub(super) fn universe(self, unit: Unit) -> u32 {
        match unit {
            Unit::Row => self.rows,
            Unit::Page => self.pages,
        }
    }
}

impl Shape {
    /// The shape of a table of this many keys of this form.
    pub(super) fn of(keys: u32, form: KeyForm, extent: Extent) -> Self {
        let bucket_bits = (keys / KEYS_PER_BUCKET).checked_ilog2().unwrap_or(0).min(HASH_BITS - 1);
        let (remainder_bits, place_bits) = (HASH_BITS - bucket_bits, bits_for(extent.universe(form.single())));
        Self { keys, bucket_bits, remainder_bits, form, place_bits, extent }
    }

    pub(super) fn buckets(self) -> u64 {
        1 << self.bucket_bits
    }

    /// The rice parameter of the distances between remainders.
    pub(super) fn remainder_parameter(self) -> u32 {
        let per_bucket = (self.keys >> self.bucket_bits).max(1);
        self.remainder_bits.saturating_sub(per_bucket.ilog2() + 1)
    }

    /// The bucket that a cut hash belongs to.
    pub(super) fn bucket(self, cut: u64) -> u64 {
        cut >> self.remainder_bits
    }

    /// The part of a cut hash that distinguishes keys of a bucket.
    pub(super) fn remainder(self, cut: u64) -> u64 {
        cut & ((1 << self.remainder_bits) - 1)
    }

    fn parse(header: &[u8]) -> Option<Self> {
        let word = |at: usize| header.get(at..at + 4)?.try_into().ok().map(u32::from_le_bytes);
        let byte = |at: usize| header.get(at).copied().map(u32::from);
        let shape = Self {
            keys: word(0)?,
            bucket_bits: byte(4)?,
            remainder_bits: byte(5)?,
            place_bits: byte(6)?,
            form: KeyForm::of_byte(header.get(7).copied()?)?,
            extent: Extent { rows: word(8)?, pages: word(12)? },
        };
        (shape.bucket_bits + shape.remainder_bits == HASH_BITS && shape.place_bits <= 32).then_some(shape)
    }
}

/// The bits of a hash that tables use.
pub(super) fn cut(hash: u64) -> u64 {
    hash >> (64 - HASH_BITS)
}

/// The number of bits of a number below `count`, at least one.
fn bits_for(count: u32) -> u32 {
    count.saturating_sub(1).checked_ilog2().map_or(1, |bits| bits + 1)
}

/// A posting table in a file.
pub(super) struct TableReader<'a> {
    file: &'a VerifiedFile,
    shape: Shape,
    directory: u64,
    buckets: u64,
    end: u64,
}

impl<'a> TableReader<'a> {
    /// Reads the header of the table in `section`, whose keys have this form.
    pub(super) fn open(
        file: &'a VerifiedFile,
        section: std::ops::Range<u64>,
        form: KeyForm,
    ) -> Result<Self, QueryError> {
        let header = file.read(section.start, HEADER_BYTES)?;
        let shape = Shape::parse(&header).filter(|shape| shape.form == form).ok_or_else(|| unreadable(file))?;
        let directory = section.start + HEADER_BYTES as u64;
        let buckets = directory + (shape.buckets() + 1) * 4;
        if buckets > section.end {
            return Err(unreadable(file));
        }
        Ok(Self { file, shape, directory, buckets, end: section.end })
    }

    /// What the table has for a key of this hash: its places include every row that has the key.
    pub(super) fn find(&self, hash: u64) -> Result<Option<Entry>, QueryError> {
        let cut = cut(hash);
        let bucket = self.bucket(self.shape.bucket(cut))?;
        let mut bits = BitReader::new(&bucket);
        let found = self.find_in(&mut bits, self.shape.remainder(cut)).ok_or_else(|| unreadable(self.file))?;
        let Lookup::Key(Key { kinds, places }) = found else { return Ok(None) };
        let places = match places {
            KeyPlaces::Single(place) => self.shape.form.single().wrap(vec![place]),
            KeyPlaces::Inline(places) => places,
            KeyPlaces::Apart { unit, count, offset } => self.read_apart(unit, count, offset)?,
        };
        Ok(Some(Entry { kinds, places }))
    }

    /// Passes each place of every key to `visit`, in the order of the hashes. Reads past the cache.
    pub(super) fn walk(&self, mut visit: impl FnMut(Walked)) -> Result<(), QueryError> {
        let directory = self.file.read_past_cache(self.directory..self.buckets)?;
        let buckets = self.file.read_past_cache(self.buckets..self.end)?;
        let ends = directory.chunks_exact(4).filter_map(|word| word.try_into().ok().map(u32::from_le_bytes));
        let ends: Vec<usize> = ends.map(|end| end as usize).collect();
        let overflow = ends.last().and_then(|end| buckets.get(*end..)).ok_or_else(|| unreadable(self.file))?;
        for (bucket, pair) in (0_u64..).zip(ends.windows(2)) {
            let bytes = buckets.get(pair[0]..pair[1]).ok_or_else(|| unreadable(self.file))?;
            let walked = self.walk_bucket(BitReader::new(bytes), overflow, |walked| {
                visit(Walked { cut: (bucket << self.shape.remainder_bits) | walked.cut, ..walked });
            });
            walked.ok_or_else(|| unreadable(self.file))?;
        }
        Ok(())
    }

    /// Passes remainders instead of cut hashes. `None` where the bits are invalid.
    fn walk_bucket(&self, mut bits: BitReader<'_>, overflow: &[u8], mut visit: impl FnMut(Walked)) -> Option<()> {
        let mut next = 0;
        for _ in 0..bits.read_gamma()? {
            let cut = next + bits.read_rice(self.shape.remainder_parameter())?;
            next = cut + 1;
            let Key { kinds, places } = self.read_key(&mut bits)?;
            let mut visit = |place| visit(Walked { cut, kinds, place });
            match places {
                KeyPlaces::Single(number) => visit(self.shape.form.single().place(number)),
                KeyPlaces::Inline(places) => places.each(visit),
                KeyPlaces::Apart { unit, count, offset } => {
                    self.places_apart(unit, count, overflow, offset)?.each(visit);
                }
            }
        }
        Some(())
    }

    fn places_apart(&self, unit: Unit, count: u32, overflow: &[u8], offset: u64) -> Option<Places> {
        let bytes = overflow.get(usize::try_from(offset).ok()?..)?;
        let list = GapList { universe: self.shape.extent.universe(unit), count };
        read_gaps(&mut BitReader::new(bytes), list).map(|places| unit.wrap(places))
    }

    fn offset(&self, bucket: u64) -> Result<u64, QueryError> {
        let bytes = self.file.read(self.directory + bucket * 4, 4)?;
        let word = bytes.as_ref().try_into().map(u32::from_le_bytes);
        word.map(|offset| self.buckets + u64::from(offset)).map_err(|_| unreadable(self.file))
    }

    fn bucket(&self, bucket: u64) -> Result<bytes::Bytes, QueryError> {
        let (start, end) = (self.offset(bucket)?, self.offset(bucket + 1)?);
        let length = end.checked_sub(start).filter(|_| end <= self.end).ok_or_else(|| unreadable(self.file))?;
        self.file.read(start, usize::try_from(length).unwrap_or(usize::MAX))
    }

    /// Reads the keys of a bucket up to the wanted one. `None` where the bits are invalid.
    fn find_in(&self, bits: &mut BitReader<'_>, wanted: u64) -> Option<Lookup> {
        let mut next = 0;
        for _ in 0..bits.read_gamma()? {
            let remainder = next + bits.read_rice(self.shape.remainder_parameter())?;
            let key = self.read_key(bits)?;
            if remainder == wanted {
                return Some(Lookup::Key(key));
            }
            if remainder > wanted {
                break;
            }
            next = remainder + 1;
        }
        Some(Lookup::Absent)
    }

    fn read_key(&self, bits: &mut BitReader<'_>) -> Option<Key> {
        let kinds = match self.shape.form {
            KeyForm::Places(_) => TextKinds::NONE,
            KeyForm::KindsAndPlaces => read_kinds(bits)?,
        };
        Some(Key { kinds, places: self.read_places(bits)? })
    }

    fn read_places(&self, bits: &mut BitReader<'_>) -> Option<KeyPlaces> {
        if bits.read(1)? == 1 {
            return u32::try_from(bits.read(self.shape.place_bits)?).ok().map(KeyPlaces::Single);
        }
        let unit = Unit::of_bit(bits.read(1)?);
        let count = bits.read_gamma()?.checked_add(1)?;
        if count > INLINE_MAX {
            return Some(KeyPlaces::Apart { unit, count, offset: bits.read(OFFSET_BITS)? });
        }
        let list = GapList { universe: self.shape.extent.universe(unit), count };
        read_gaps(bits, list).map(|places| KeyPlaces::Inline(unit.wrap(places)))
    }

    fn read_apart(&self, unit: Unit, count: u32, offset: u64) -> Result<Places, QueryError> {
        let start = self.offset(self.shape.buckets())? + offset;
        let list = GapList { universe: self.shape.extent.universe(unit), count };
        let length = list.bytes_max().min(self.end.saturating_sub(start));
        let bytes = self.file.read(start, usize::try_from(length).unwrap_or(usize::MAX))?;
        let places = read_gaps(&mut BitReader::new(&bytes), list);
        places.map(|places| unit.wrap(places)).ok_or_else(|| unreadable(self.file))
    }
}

enum Lookup {
    Absent,
    Key(Key),
}

struct Key {
    kinds: TextKinds,
    places: KeyPlaces,
}

enum KeyPlaces {
    Single(u32),
    Inline(Places),
    Apart { unit: Unit, count: u32, offset: u64 },
}

fn read_kinds(bits: &mut BitReader<'_>) -> Option<TextKinds> {
    if bits.read(1)? == 1 {
        let kind = usize::try_from(bits.read(ONLY_KIND_BITS)?).ok()?;
        return TextKind::ALL.get(kind).copied().map(TextKinds::of);
    }
    u8::try_from(bits.read(KIND_SET_BITS)?).ok().map(TextKinds::of_bits)
}

fn read_gaps(bits: &mut BitReader<'_>, list: GapList) -> Option<Vec<u32>> {
    let parameter = list.parameter();
    let mut places = Vec::with_capacity(list.count.min(list.universe) as usize);
    let mut next = 0;
    for _ in 0..list.count {
        let place = u32::try_from(bits.read_rice(parameter)?).ok()?.checked_add(next)?;
        if place >= list.universe {
            return None;
        }
        places.push(place);
        next = place + 1;
    }
    Some(places)
}

fn unreadable(file: &VerifiedFile) -> QueryError {
    QueryError::Corrupted(format!("{} holds an invalid posting table", file.path().display()))
}

#[cfg(test)]
mod tests {
    use super::{super::bits::BitWriter, *};

    #[test]
    fn a_place_beyond_the_segment_is_damage() {
        let list = GapList { universe: u32::MAX, count: 1 };
        let read = |place: u32| {
            let (mut bits, mut bytes) = (BitWriter::default(), Vec::new());
            bits.write_rice(u64::from(place), list.parameter());
            bits.finish_into(&mut bytes);
            read_gaps(&mut BitReader::new(&bytes), list)
        };
        assert_eq!(read(u32::MAX - 1), Some(vec![u32::MAX - 1]));
        assert_eq!(read(u32::MAX), None);
    }
}
