//! Owns the widths of the parts of a chart's rows, and writes the rows.

use std::io::{self, Write};

use anstyle::Style;
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

use super::Row;
use crate::output::table::{GAP, SHRUNK_WIDTH_MIN};

/// Labels are not cut below this width to make room for a bar: a time with its offset from UTC fits.
const LABEL_WIDTH_MIN: usize = 24;
/// A shorter bar shows too little of its count.
const BAR_WIDTH_MIN: usize = 8;
/// A longer bar shows nothing more.
const BAR_WIDTH_MAX: usize = 50;
/// The length of the longest bar without a terminal.
const BAR_WIDTH_USUAL: usize = 24;
/// The column of the share among the numbers. It is the first to be dropped when space is short.
const SHARE: usize = 1;

/// The widths of label, numbers and bar. Numbers are never cut.
#[derive(Debug)]
pub(super) struct Layout {
    label: usize,
    /// One width per number; 0 for one that is dropped.
    numbers: Vec<usize>,
    bar: usize,
}

/// The widths that the column of labels needs.
#[derive(Debug, Clone, Copy)]
struct LabelWidths {
    /// For every label.
    labels: usize,
    /// For the title too.
    with_title: usize,
}

/// The styles of a row.
#[derive(Debug, Clone, Copy)]
pub(super) struct RowStyles {
    pub(super) label: Style,
    pub(super) numbers: Style,
}

impl Layout {
    /// Reserves space for every text, then shrinks shares, labels and bars until all fit into `width`.
    pub(super) fn of<'r>(titles: &'r Row, rows: impl Iterator<Item = &'r Row>, width: Option<usize>) -> Self {
        let mut label = 0;
        let mut numbers: Vec<usize> = titles.numbers.iter().map(|title| title.width()).collect();
        for row in rows {
            label = row.label.width().max(label);
            for (widest, number) in numbers.iter_mut().zip(&row.numbers) {
                *widest = number.width().max(*widest);
            }
        }
        let with_title = titles.label.width().max(label);
        match width {
            Some(width) => Self::fitted(LabelWidths { labels: label, with_title }, numbers, width),
            None => Self { label: with_title, numbers, bar: BAR_WIDTH_USUAL },
        }
    }

    /// The width of the title: what labels and bars leave.
    fn fitted(widths: LabelWidths, mut numbers: Vec<usize>, width: usize) -> Self {
        let LabelWidths { labels, with_title } = widths;
        let least = labels.min(LABEL_WIDTH_MIN) + GAP.len() + BAR_WIDTH_MIN;
        let room = |numbers: &[usize]| width.saturating_sub(taken(numbers));
        if room(&numbers) < least
            && let Some(share) = numbers.get_mut(SHARE)
        {
            *share = 0;
        }
        let room = room(&numbers);
        if room < least {
            return Self { label: with_title.min(room.max(SHRUNK_WIDTH_MIN)), numbers, bar: 0 };
        }
        // A truncated label is worse than a short bar.
        let bar_at_least = (room / 4).clamp(BAR_WIDTH_MIN, BAR_WIDTH_MAX);
        let label = with_title.min(room - GAP.len() - bar_at_least);
        Self { label, numbers, bar: (room - GAP.len() - label).min(BAR_WIDTH_MAX) }
    }

    /// The length of the longest bar.
    pub(super) const fn bar(&self) -> usize {
        self.bar
    }

    /// Writes label and numbers, each in its own style, the numbers right-aligned in their columns.
    pub(super) fn write_row(&self, row: &Row, styles: RowStyles, out: &mut impl Write) -> io::Result<()> {
        let RowStyles { label: label_style, numbers: style } = styles;
        let label = shortened_inside(&row.label, self.label);
        let padding = if row.numbers.is_empty() { 0 } else { self.label.saturating_sub(label.width()) };
        write!(out, "{label_style}{label}{label_style:#}{:padding$}", "")?;
        for (number, width) in row.numbers.iter().zip(&self.numbers).filter(|(_, width)| **width > 0) {
            let padding = width.saturating_sub(number.width());
            write!(out, "{GAP}{:padding$}{style}{number}{style:#}", "")?;
        }
        Ok(())
    }

    /// Ends a row with its bar.
    pub(super) fn write_bar(&self, bar: &str, style: Style, out: &mut impl Write) -> io::Result<()> {
        if self.bar == 0 {
            return writeln!(out);
        }
        writeln!(out, "{GAP}{style}{bar}{style:#}")
    }
}

/// The text cut to `width` columns. Keeps beginning and end, because the values of a field often begin alike.
fn shortened_inside(text: &str, width: usize) -> String {
    if text.width() <= width {
        return text.to_owned();
    }
    let room = width.saturating_sub(1);
    let head = longest(text.chars(), room / 2);
    let tail = longest(text.chars().rev(), room - room / 2);
    format!("{head}…{}", tail.chars().rev().collect::<String>())
}

/// The longest prefix of characters that fits into `width` columns.
fn longest(characters: impl Iterator<Item = char>, width: usize) -> String {
    let mut used = 0;
    let fits = |character: &char| {
        used += character.width().unwrap_or(0);
        used <= width
    };
    characters.take_while(fits).collect()
}

/// The total width of these numbers, with the gaps before them.
fn taken(numbers: &[usize]) -> usize {
    numbers.iter().filter(|width| **width > 0).map(|width| GAP.len() + width).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_that_begin_alike_stay_different_when_they_are_cut() {
        let (one, other) = ("arn:aws:iam::123837392027:user/alice", "arn:aws:iam::123837392027:user/bob");
        let cut = [one, other].map(|text| shortened_inside(text, 15));
        assert_eq!(cut, ["arn:aws…r/alice", "arn:aws…ser/bob"]);
        assert_eq!(shortened_inside(one, one.len()), one);
    }

    #[test]
    fn wide_characters_are_cut_whole() {
        for width in 1..=12 {
            let text = shortened_inside("日本語の名前です", width);
            assert!(text.width() <= width && text.width() + 2 >= width, "{width}: {text}");
        }
        assert_eq!(shortened_inside("日本語の名前です", 9), "日本…です");
    }
}
