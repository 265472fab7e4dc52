//! Owns how wide the parts of a chart's rows are, and writes them.

use std::io::{self, Write};

use anstyle::Style;
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

use super::Row;
use crate::output::table::{GAP, SHRUNK_WIDTH_MIN};

/// Labels are not cut below this width to make room for a bar: a time with its offset from UTC is whole.
const LABEL_WIDTH_MIN: usize = 24;
/// A shorter bar tells too little of its count.
const BAR_WIDTH_MIN: usize = 8;
/// A longer one tells no more.
const BAR_WIDTH_MAX: usize = 50;
/// How long a bar is where no terminal says how long it may be.
const BAR_WIDTH_USUAL: usize = 24;
/// Where the share stands among the numbers. It is the first to go where there is too little room.
const SHARE: usize = 1;

/// The widths of label, numbers and bar. Numbers are never cut.
#[derive(Debug)]
pub(super) struct Layout {
    label: usize,
    /// A width for each number; 0 for one that is left out.
    numbers: Vec<usize>,
    bar: usize,
}

impl Layout {
    /// Makes room for every text, then takes it from shares, labels and bars until all fit into `width`.
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
            Some(width) => Self::fitted((label, with_title), numbers, width),
            None => Self { label: with_title, numbers, bar: BAR_WIDTH_USUAL },
        }
    }

    /// The title may take what labels and bars leave.
    fn fitted((label, with_title): (usize, usize), mut numbers: Vec<usize>, width: usize) -> Self {
        let least = label.min(LABEL_WIDTH_MIN) + GAP.len() + BAR_WIDTH_MIN;
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
        // A label that is cut says less than a bar that is short.
        let bar_at_least = (room / 4).clamp(BAR_WIDTH_MIN, BAR_WIDTH_MAX);
        let label = with_title.min(room - GAP.len() - bar_at_least);
        Self { label, numbers, bar: (room - GAP.len() - label).min(BAR_WIDTH_MAX) }
    }

    /// How long the longest bar is.
    pub(super) const fn bar(&self) -> usize {
        self.bar
    }

    /// Writes label and numbers, each in a style of its own, the numbers at the right of their columns.
    pub(super) fn write_row(&self, row: &Row, styles: (Style, Style), out: &mut impl Write) -> io::Result<()> {
        let (label_style, style) = styles;
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

/// The text cut to `width` columns. Its beginning and its end stay, because the values of a field often begin alike.
fn shortened_inside(text: &str, width: usize) -> String {
    if text.width() <= width {
        return text.to_owned();
    }
    let room = width.saturating_sub(1);
    let head = longest(text.chars(), room / 2);
    let tail = longest(text.chars().rev(), room - room / 2);
    format!("{head}…{}", tail.chars().rev().collect::<String>())
}

/// As many of the characters as fit into `width` columns.
fn longest(characters: impl Iterator<Item = char>, width: usize) -> String {
    let mut used = 0;
    let fits = |character: &char| {
        used += character.width().unwrap_or(0);
        used <= width
    };
    characters.take_while(fits).collect()
}

/// What numbers of these widths take, with the gaps before them.
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
