//! Writes posting tables; [`super::table`] describes the format.

use super::{
    bits::BitWriter,
    pages::Pages,
    table::{GapList, HEADER_BYTES, INLINE_MAX, KIND_SET_BITS, KeyForm, OFFSET_BITS, ONLY_KIND_BITS, Shape, Unit, cut},
};
use crate::columns::{TextKind, TextKinds};

/// Where exact rows are not needed, a key with more rows than this is stored with pages instead.
const ROWS_MAX_BESIDE_PAGES: usize = 8;

/// The precision of the places of keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Precision {
    /// As rows.
    Row,
    /// As pages: for values that hardly recur, so that at most one page is searched for one of them.
    Page,
    /// As rows where they are few and none recurs within its page, else as pages; with kinds of text.
    RowOrPage,
}

impl Precision {
    /// The unit of the places of a key.
    fn unit_of(self, key: &[Posting]) -> Unit {
        let few = || key.len() <= ROWS_MAX_BESIDE_PAGES && !key.iter().any(|posting| posting.recurs());
        match self {
            Self::Row => Unit::Row,
            Self::RowOrPage if few() => Unit::Row,
            Self::Page | Self::RowOrPage => Unit::Page,
        }
    }

    /// What is stored for a key.
    pub(super) const fn form(self) -> KeyForm {
        match self {
            Self::Row => KeyForm::Places(Unit::Row),
            Self::Page => KeyForm::Places(Unit::Page),
            Self::RowOrPage => KeyForm::KindsAndPlaces,
        }
    }
}

/// One posting: a hash, a row, whether further rows of the same page have the key too, and the kinds of text that have
/// it there. Sorts by hash, then row.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Posting(u64);

/// The sizes of the lower parts of a posting: kinds, recurrence, row.
const KIND_BITS: u32 = u8::BITS;
const ROW_BITS: u32 = 24;
const ROW_MASK: u32 = (1 << ROW_BITS) - 1;

impl Posting {
    /// A key in a row.
    pub(super) fn new(hash: u64, row: u32) -> Self {
        Self::of_cut(cut(hash), row)
    }

    /// A key known only by the hash in a table, in a row.
    pub(super) fn of_cut(cut: u64, row: u32) -> Self {
        Self((((cut << ROW_BITS) | u64::from(row & ROW_MASK)) << 1) << KIND_BITS)
    }

    /// The same, where further rows of its page have the key too.
    pub(super) fn recurring(self) -> Self {
        Self(self.0 | (1 << KIND_BITS))
    }

    /// The same, where texts of these kinds have the key too.
    pub(super) fn in_kinds(self, kinds: TextKinds) -> Self {
        Self(self.0 | u64::from(kinds.bits()))
    }

    /// Unites a posting of the same hash and row with this one. Returns whether it was one: tokens whose cut hashes are
    /// equal are one key, as they are after a copy.
    fn takes_in(&mut self, next: Self) -> bool {
        let is_same = self.0 >> (1 + KIND_BITS) == next.0 >> (1 + KIND_BITS);
        if is_same {
            self.0 |= next.0;
        }
        is_same
    }

    fn cut(self) -> u64 {
        self.0 >> (ROW_BITS + 1 + KIND_BITS)
    }

    fn row(self) -> u32 {
        u32::try_from((self.0 >> (1 + KIND_BITS)) & u64::from(ROW_MASK)).unwrap_or(0)
    }

    fn recurs(self) -> bool {
        (self.0 >> KIND_BITS) & 1 == 1
    }

    fn kinds(self) -> TextKinds {
        let [bits, ..] = self.0.to_le_bytes();
        TextKinds::of_bits(bits)
    }
}

/// Sorts postings that are in no order.
pub(super) fn sort(postings: &mut [Posting]) {
    radsort::sort_by_key(postings, |posting| posting.0);
}

/// Sorts postings that are mostly sorted runs, one after the other, as tables of other index files have them: a stable
/// sort recognises runs and merges them.
pub(super) fn merge_runs(postings: &mut [Posting]) {
    postings.sort();
}

/// Builds the table of sorted postings over the rows of these pages.
pub(super) fn build_table(mut postings: Vec<Posting>, pages: &Pages, precision: Precision) -> Vec<u8> {
    postings.dedup_by(|next, kept| kept.takes_in(*next));
    let keys = postings.chunk_by(|left, right| left.cut() == right.cut()).count();
    let shape = Shape::of(u32::try_from(keys).unwrap_or(u32::MAX), precision.form(), pages.extent());
    let (directory, buckets, overflow) = (Vec::new(), Vec::new(), Vec::new());
    let mut writer = Writer { shape, pages, precision, places: Vec::new(), directory, buckets, overflow };
    let mut left = postings.as_slice();
    for bucket in 0..shape.buckets() {
        let end = left.iter().position(|posting| shape.bucket(posting.cut()) > bucket).unwrap_or(left.len());
        let (postings, behind) = left.split_at(end);
        writer.write_bucket(postings);
        left = behind;
    }
    writer.finish()
}

struct Writer<'a> {
    shape: Shape,
    pages: &'a Pages,
    precision: Precision,
    /// The places of the key that is being written.
    places: Vec<u32>,
    directory: Vec<u8>,
    buckets: Vec<u8>,
    overflow: Vec<u8>,
}

impl Writer<'_> {
    fn write_bucket(&mut self, postings: &[Posting]) {
        self.write_directory_entry();
        let keys = || postings.chunk_by(|left, right| left.cut() == right.cut());
        let mut bits = BitWriter::default();
        bits.write_gamma(u32::try_from(keys().count()).unwrap_or(u32::MAX));
        let mut next = 0;
        for key in keys() {
            let Some(first) = key.first() else { continue };
            let remainder = self.shape.remainder(first.cut());
            bits.write_rice(remainder - next, self.shape.remainder_parameter());
            next = remainder + 1;
            if self.shape.form == KeyForm::KindsAndPlaces {
                let kinds = key.iter().map(|posting| posting.kinds()).fold(TextKinds::NONE, TextKinds::union);
                write_kinds(kinds, &mut bits);
            }
            self.write_places(key, &mut bits);
        }
        bits.finish_into(&mut self.buckets);
    }

    fn write_places(&mut self, key: &[Posting], bits: &mut BitWriter) {
        let unit = self.precision.unit_of(key);
        let place = |posting: &Posting| match unit {
            Unit::Row => posting.row(),
            Unit::Page => self.pages.page_of(posting.row()),
        };
        self.places.clear();
        self.places.extend(key.iter().map(place));
        self.places.sort_unstable();
        self.places.dedup();
        if let [only] = self.places.as_slice()
            && unit == self.shape.form.single()
        {
            bits.write(1, 1);
            return bits.write(u64::from(*only), self.shape.place_bits);
        }
        bits.write(0, 1);
        bits.write(unit.bit().into(), 1);
        self.write_gaps(self.shape.extent.universe(unit), bits);
    }

    fn write_gaps(&mut self, universe: u32, bits: &mut BitWriter) {
        let count = u32::try_from(self.places.len()).unwrap_or(u32::MAX);
        bits.write_gamma(count - 1);
        if count <= INLINE_MAX {
            return gaps(&self.places, GapList { universe, count }.parameter(), bits);
        }
        bits.write(self.overflow.len() as u64, OFFSET_BITS);
        let mut apart = BitWriter::default();
        gaps(&self.places, GapList { universe, count }.parameter(), &mut apart);
        apart.finish_into(&mut self.overflow);
    }

    fn write_directory_entry(&mut self) {
        let offset = u32::try_from(self.buckets.len()).unwrap_or(u32::MAX);
        self.directory.extend(offset.to_le_bytes());
    }

    fn finish(mut self) -> Vec<u8> {
        self.write_directory_entry();
        let bits = |bits: u32| u8::try_from(bits).unwrap_or(u8::MAX);
        let mut bytes = Vec::with_capacity(HEADER_BYTES + self.directory.len() + self.buckets.len());
        bytes.extend(self.shape.keys.to_le_bytes());
        let shape = self.shape;
        bytes.extend([shape.bucket_bits, shape.remainder_bits, shape.place_bits].map(bits));
        bytes.push(shape.form.byte());
        bytes.extend(self.shape.extent.rows.to_le_bytes());
        bytes.extend(self.shape.extent.pages.to_le_bytes());
        bytes.extend(self.directory);
        bytes.extend(self.buckets);
        bytes.extend(self.overflow);
        bytes
    }
}

fn write_kinds(kinds: TextKinds, bits: &mut BitWriter) {
    let only = TextKind::ALL.into_iter().zip(0..).find(|(kind, _)| TextKinds::of(*kind) == kinds);
    if let Some((_, position)) = only {
        bits.write(1, 1);
        bits.write(position, ONLY_KIND_BITS);
    } else {
        bits.write(0, 1);
        bits.write(kinds.bits().into(), KIND_SET_BITS);
    }
}

fn gaps(places: &[u32], parameter: u32, bits: &mut BitWriter) {
    let mut next = 0;
    for place in places {
        bits.write_rice(u64::from(place - next), parameter);
        next = place + 1;
    }
}

#[cfg(test)]
mod tests {
    use std::{collections::BTreeMap, sync::Arc};

    use proptest::prelude::*;

    use super::*;
    use crate::{
        cache::{BLOCK_BYTES, Cache, FileMeta, VerifiedFile},
        index::PAGE_ROWS,
        index::table::{Entry, Places, TableReader},
    };

    fn table_of(mut postings: Vec<Posting>, pages: &Pages, precision: Precision) -> Vec<u8> {
        let mut merged = postings.clone();
        merge_runs(&mut merged);
        sort(&mut postings);
        let built = build_table(postings, pages, precision);
        assert!(built == build_table(merged, pages, precision), "both sorts have the same result");
        built
    }

    fn find_all(bytes: &[u8], hashes: impl Iterator<Item = u64>) -> Vec<Option<Places>> {
        find_entries(bytes, hashes).into_iter().map(|entry| entry.map(|entry| entry.places)).collect()
    }

    fn find_entries(bytes: &[u8], hashes: impl Iterator<Item = u64>) -> Vec<Option<Entry>> {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), bytes).unwrap();
        let checksums = bytes.chunks(BLOCK_BYTES).map(crc32fast::hash).collect();
        let meta = FileMeta { bytes: bytes.len() as u64, checksums };
        let file = VerifiedFile::open(file.path(), meta, &Arc::new(Cache::new(1 << 20))).unwrap();
        let form = KeyForm::of_byte(bytes[7]).unwrap();
        let table = TableReader::open(&file, 0..bytes.len() as u64, form).unwrap();
        hashes.map(|hash| table.find(hash).unwrap()).collect()
    }

    /// Rows in whole pages.
    fn pages(rows: u32) -> Pages {
        let mut pages = Pages::default();
        for row in 0..rows {
            pages.push_row(i64::from(row));
            if pages.is_full() {
                pages.end_page();
            }
        }
        pages
    }

    fn spread(key: u32) -> u64 {
        xxhash_rust::xxh3::xxh3_64(&key.to_le_bytes())
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]
        #[test]
        fn every_posting_is_found_again(pairs in prop::collection::vec((0_u32..600, 0_u32..200_000), 0..4_000)) {
            let mut rows_of = BTreeMap::<u32, Vec<u32>>::new();
            for (key, row) in &pairs {
                rows_of.entry(key * key).or_default().push(*row);
            }
            let postings = rows_of.iter().flat_map(|(key, rows)| rows.iter().map(|row| Posting::new(spread(*key), *row)));
            let bytes = table_of(postings.collect(), &pages(200_000), Precision::Row);
            let found = find_all(&bytes, rows_of.keys().copied().map(spread));
            for (rows, found) in rows_of.values().zip(found) {
                let Some(Places::Rows(found)) = found else { panic!("rows were written") };
                prop_assert!(rows.iter().all(|row| found.contains(row)));
                prop_assert!(found.is_sorted());
            }
        }
    }

    #[test]
    fn strangers_are_seldom_found() {
        let postings = (0..50_000).map(|key| Posting::new(spread(key), key)).collect();
        let bytes = table_of(postings, &pages(50_000), Precision::Row);
        let strangers = find_all(&bytes, (100_000..150_000).map(spread)).into_iter().flatten().count();
        assert!(strangers < 100, "{strangers} of 50000 strangers were let through");
        assert!(bytes.len() < 50_000 * 4, "{} bytes for 50000 keys with one row each", bytes.len());
    }

    #[test]
    fn what_hardly_recurs_is_known_by_its_pages_in_a_byte_less() {
        let postings = |keys: u32| (0..keys).map(|key| Posting::new(spread(key), key)).collect::<Vec<_>>();
        let recurring = [Posting::new(spread(7), 8), Posting::new(spread(8), 40_000)];
        let bytes = table_of([postings(50_000), recurring.to_vec()].concat(), &pages(50_000), Precision::Page);
        let found = find_all(&bytes, [7, 8, 49_999].map(spread).into_iter());
        assert_eq!(found[0], Some(Places::Pages(vec![0])), "twice in one page");
        assert_eq!(found[1], Some(Places::Pages(vec![0, 40_000 / PAGE_ROWS])));
        assert_eq!(found[2], Some(Places::Pages(vec![49_999 / PAGE_ROWS])));
        let by_rows = table_of(postings(50_000), &pages(50_000), Precision::Row);
        assert!(bytes.len() + 50_000 < by_rows.len(), "{} bytes and {}", bytes.len(), by_rows.len());

        // Postings taken over from another table have no rows, and result in the same bytes.
        let file_pages = pages(50_000);
        let first_row = |row: u32| file_pages.first_row(file_pages.page_of(row)).unwrap();
        let copied = (0..50_000).map(|key| Posting::new(spread(key), first_row(key)).recurring()).collect();
        let copied = table_of(copied, &file_pages, Precision::Page);
        assert!(copied == table_of(postings(50_000), &file_pages, Precision::Page));
    }

    #[test]
    fn a_common_word_is_known_by_its_pages_and_a_rare_one_by_its_rows() {
        let common = (0..100).map(|page| Posting::new(spread(1), page * PAGE_ROWS + 7).recurring());
        let rare = [5, 90_000].map(|row| Posting::new(spread(2), row));
        let once = [Posting::new(spread(3), 2_048).recurring()];
        let bytes = table_of(common.chain(rare).chain(once).collect(), &pages(102_400), Precision::RowOrPage);
        let found = find_all(&bytes, (1..=3).map(spread));
        assert_eq!(found[0], Some(Places::Pages((0..100).collect())));
        assert_eq!(found[1], Some(Places::Rows(vec![5, 90_000])));
        assert_eq!(found[2], Some(Places::Pages(vec![2])));
    }

    #[test]
    fn a_word_has_the_kinds_of_text_of_all_its_places() {
        let of =
            |kinds: &[TextKind]| kinds.iter().map(|kind| TextKinds::of(*kind)).fold(TextKinds::NONE, TextKinds::union);
        let sets = [
            vec![],
            vec![TextKind::Message],
            vec![TextKind::Other],
            vec![TextKind::Message, TextKind::Raw],
            TextKind::ALL.to_vec(),
        ];
        let keys = (0_u32..).zip(&sets);
        let once = keys.clone().map(|(key, set)| Posting::new(spread(key), key).in_kinds(of(set)));
        let spread_over_rows = keys.flat_map(|(key, set)| {
            (0_u32..)
                .zip(set)
                .map(move |(row, kind)| Posting::new(spread(100 + key), 90_000 + row).in_kinds(of(&[*kind])))
        });
        let bytes = table_of(once.chain(spread_over_rows).collect(), &pages(102_400), Precision::RowOrPage);
        for (key, set) in (0_u32..).zip(&sets) {
            let found = find_entries(&bytes, [key, 100 + key].map(spread).into_iter());
            assert_eq!(found[0].as_ref().map(|entry| entry.kinds), Some(of(set)));
            assert_eq!(found[1].as_ref().map(|entry| entry.kinds), (!set.is_empty()).then(|| of(set)));
        }
    }

    #[test]
    fn keys_of_one_hash_are_one_key_however_they_arrive() {
        let (message, metadata) = (TextKinds::of(TextKind::Message), TextKinds::of(TextKind::Metadata));
        let rows = (0..8).map(|page| page * PAGE_ROWS + 7);
        let of_one = rows.clone().map(|row| Posting::new(spread(1), row).in_kinds(message));
        let of_another = rows.clone().take(2).map(|row| Posting::new(spread(1), row).in_kinds(metadata));
        let copied = rows.map(|row| Posting::new(spread(1), row).in_kinds(message.union(metadata)));
        let pages = pages(20_000);
        let built = table_of(of_one.chain(of_another).collect(), &pages, Precision::RowOrPage);
        assert!(built == table_of(copied.collect(), &pages, Precision::RowOrPage));
        assert!(
            matches!(find_all(&built, std::iter::once(spread(1))).as_slice(), [Some(Places::Rows(rows))] if rows.len() == 8)
        );
    }
}
