//! Decodes all values of a data page, for queries about all rows.

use parquet::{
    basic::Encoding,
    column::page::Page,
    errors::{ParquetError, Result},
};

use super::{
    page::{Levels, take_levels, unreadable},
    values::{Cell, Plain, Values},
};

/// All values of a data page, with the levels that say which places have one.
pub(in crate::segment) struct WholePage<'a> {
    /// The level of each place; `None` where every place has a value.
    definition: Option<Vec<u32>>,
    /// Zero where a row begins; `None` where every place is a row.
    repetition: Option<Vec<u32>>,
    values: Values<'a>,
    present: usize,
    places: usize,
    bytes: usize,
    levels: Levels,
}

impl<'a> WholePage<'a> {
    /// # Errors
    /// [`ParquetError::NYI`] where the page has an unknown encoding.
    pub(in crate::segment) fn new(page: &'a Page, levels: Levels) -> Result<Self> {
        let Page::DataPage { buf, num_values, encoding, def_level_encoding, rep_level_encoding, .. } = page else {
            return Err(unreadable());
        };
        let (mut rest, places) = (buf.as_ref(), *num_values as usize);
        let repetition = take_levels(&mut rest, levels.repetition_max, *rep_level_encoding)?;
        let definition = take_levels(&mut rest, levels.definition_max, *def_level_encoding)?;
        let unpacked = |runs: Option<super::runs::Runs<'_>>| {
            let unpack = |mut runs: super::runs::Runs<'_>| {
                let mut numbers = vec![0; places];
                runs.fill(&mut numbers).map(|()| numbers).ok_or_else(unreadable)
            };
            runs.map(unpack).transpose()
        };
        let (repetition, definition) = (unpacked(repetition)?, unpacked(definition)?);
        let is_present = |level: &&u32| u64::from(**level) == levels.definition_max;
        let present = definition.as_ref().map_or(places, |levels| levels.iter().filter(is_present).count());
        let values = values(rest, *encoding, present, levels)?;
        let bytes = buf.len().max(places);
        Ok(Self { definition, repetition, values, present, places, bytes, levels })
    }

    /// The level of a place that has a value.
    pub(in crate::segment) fn definition_max(&self) -> u64 {
        self.levels.definition_max
    }

    /// The cost of processing it, in bytes: at least one for each place.
    pub(in crate::segment) fn bytes(&self) -> usize {
        self.bytes
    }

    /// The number of places.
    pub(in crate::segment) fn places(&self) -> usize {
        self.places
    }

    /// The level of each place; `None` where every place has a value.
    pub(in crate::segment) fn definition(&self) -> Option<&[u32]> {
        self.definition.as_deref()
    }

    /// Zero where a row begins; `None` where every place is a row.
    pub(in crate::segment) fn repetition(&self) -> Option<&[u32]> {
        self.repetition.as_deref()
    }

    /// The values as numbers: dictionary indexes where the page has them, otherwise `code_of_text` of each. Returns
    /// which of the two they are.
    pub(in crate::segment) fn codes(
        &mut self,
        codes: &mut Vec<u32>,
        mut code_of_text: impl FnMut(&'a [u8]) -> Result<u32>,
    ) -> Result<CodeKind> {
        codes.clear();
        if let Values::Coded(runs) = &mut self.values {
            codes.resize(self.present, 0);
            runs.fill(codes).ok_or_else(unreadable)?;
            return Ok(CodeKind::OfDictionary);
        }
        for number in 0..self.present {
            let Some(Cell::Bytes(text)) = self.values.get(number, None) else { return Err(unreadable()) };
            codes.push(code_of_text(text)?);
        }
        Ok(CodeKind::OfText)
    }

    /// The values as integers.
    pub(in crate::segment) fn integers(&mut self, integers: &mut Vec<i64>) -> Result<()> {
        integers.clear();
        integers.resize(self.present, 0);
        match &mut self.values {
            Values::Delta(delta) => delta.fill(integers).ok_or_else(unreadable),
            values => {
                for (number, integer) in integers.iter_mut().enumerate() {
                    let Some(Cell::Integer(value)) = values.get(number, None) else { return Err(unreadable()) };
                    *integer = value;
                }
                Ok(())
            }
        }
    }
}

/// The meaning of codes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::segment) enum CodeKind {
    OfDictionary,
    OfText,
}

fn values(bytes: &[u8], encoding: Encoding, present: usize, levels: Levels) -> Result<Values<'_>> {
    if present == 0 {
        // A page of nulls does not even have the beginning of an encoding.
        return Ok(Values::Plain(Plain::new(&[], levels.shape)));
    }
    let unknown = || ParquetError::NYI(format!("{encoding} is not supported"));
    Values::new(bytes, encoding, levels.shape).ok_or_else(unknown)
}
