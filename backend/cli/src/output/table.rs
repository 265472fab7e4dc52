//! Plain tables: columns two spaces apart, no lines, cut to the terminal's width. Knows text and styles, not their
//! meaning.

use std::io::{self, Write};

use anstyle::Style;
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

use crate::output::{printable, style};

/// The gap between columns.
pub(super) const GAP: &str = "  ";
/// No column is cut below this width: a shorter text is useless.
pub(super) const SHRUNK_WIDTH_MIN: usize = 8;

/// One cell of a table.
#[derive(Debug, Clone, Default)]
pub(crate) struct Cell {
    text: String,
    style: Style,
    is_whole: bool,
}

impl Cell {
    /// Text in the ordinary style.
    pub(crate) fn plain(text: impl AsRef<str>) -> Self {
        Self::styled(text, style::PLAIN)
    }

    /// The same text, marked as a match of a search.
    pub(crate) fn marked(self) -> Self {
        Self { style: self.style.bold().underline(), ..self }
    }

    /// Text that is useless when cut, such as an id to copy: its column keeps its width.
    pub(crate) fn whole(text: impl AsRef<str>) -> Self {
        Self { is_whole: true, ..Self::plain(text) }
    }

    /// The same text in this style.
    pub(crate) fn in_style(self, style: Style) -> Self {
        Self { style, ..self }
    }

    /// Text in a style of its own.
    pub(crate) fn styled(text: impl AsRef<str>, style: Style) -> Self {
        Self { text: printable(text.as_ref()).into_owned(), style, is_whole: false }
    }
}

/// The widths of a table's columns. Computed from its first rows and kept for the following ones, so that a table can
/// be written while it is still being read.
#[derive(Debug)]
pub(crate) struct Layout {
    titles: Vec<&'static str>,
    widths: Vec<usize>,
    cut: bool,
}

impl Layout {
    /// Makes every column as wide as its widest text, then shrinks the widest ones until all fit into `width`.
    pub(crate) fn of(titles: &[&'static str], rows: &[Vec<Cell>], width: Option<usize>) -> Self {
        let mut widths: Vec<usize> = titles.iter().map(|title| title.width()).collect();
        for row in rows {
            for (widest, cell) in widths.iter_mut().zip(row) {
                *widest = cell.text.width().max(*widest);
            }
        }
        if let Some(width) = width {
            let room = width.saturating_sub(GAP.len() * widths.len().saturating_sub(1));
            let is_whole = |column: usize| rows.iter().any(|row| row.get(column).is_some_and(|cell| cell.is_whole));
            let (whole, cut): (Vec<_>, Vec<_>) =
                widths.iter_mut().enumerate().partition(|(column, _)| is_whole(*column));
            let taken: usize = whole.into_iter().map(|(_, width)| *width).sum();
            shrink(cut.into_iter().map(|(_, width)| width).collect(), room.saturating_sub(taken));
        }
        Self { titles: titles.to_vec(), widths, cut: width.is_some() }
    }

    /// Writes the header row.
    pub(crate) fn write_titles(&self, out: &mut impl Write) -> io::Result<()> {
        let titles: Vec<Cell> = self.titles.iter().map(|title| Cell::styled(title, style::HEADING)).collect();
        self.write_row(&titles, out)
    }

    /// Writes one row.
    pub(crate) fn write_row(&self, row: &[Cell], out: &mut impl Write) -> io::Result<()> {
        let last = row.len().saturating_sub(1);
        for (index, (cell, width)) in row.iter().zip(&self.widths).enumerate() {
            let text = if self.cut { shortened(&cell.text, *width) } else { cell.text.clone() };
            let padding = if index == last { 0 } else { width.saturating_sub(text.width()) };
            let style = cell.style;
            write!(out, "{style}{text}{style:#}{:padding$}{}", "", if index == last { "" } else { GAP })?;
        }
        writeln!(out)
    }
}

/// Writes a whole table.
pub(crate) fn write_table(
    titles: &[&'static str],
    rows: &[Vec<Cell>],
    width: Option<usize>,
    out: &mut impl Write,
) -> io::Result<()> {
    let layout = Layout::of(titles, rows, width);
    layout.write_titles(out)?;
    rows.iter().try_for_each(|row| layout.write_row(row, out))
}

fn shrink(mut widths: Vec<&mut usize>, room: usize) {
    while widths.iter().map(|width| **width).sum::<usize>() > room {
        let Some(widest) = widths.iter_mut().max() else { return };
        if **widest <= SHRUNK_WIDTH_MIN {
            return;
        }
        **widest -= 1;
    }
}

/// The text cut to `width` columns, with a mark where it was cut.
fn shortened(text: &str, width: usize) -> String {
    if text.width() <= width {
        return text.to_owned();
    }
    let mut short = String::new();
    let mut used = 1;
    for character in text.chars() {
        used += character.width().unwrap_or(0);
        if used > width {
            break;
        }
        short.push(character);
    }
    short.push('…');
    short
}

#[cfg(test)]
mod tests {
    use super::*;

    fn drawn(width: Option<usize>) -> String {
        let rows = [
            vec![Cell::plain("alice"), Cell::plain("document.delete"), Cell::plain("x")],
            vec![Cell::plain("日本"), Cell::plain("a"), Cell::styled("denied", style::ERROR)],
        ];
        let mut out = Vec::new();
        write_table(&["WHO", "WHAT", "END"], &rows, width, &mut out).unwrap();
        anstream::adapter::strip_str(&String::from_utf8(out).unwrap()).to_string()
    }

    #[test]
    fn columns_are_as_wide_as_their_widest_text() {
        let expected = "WHO    WHAT             END\nalice  document.delete  x\n日本   a                denied\n";
        assert_eq!(drawn(None), expected);
    }

    #[test]
    fn a_narrow_terminal_cuts_the_widest_columns_and_shows_it() {
        let text = drawn(Some(24));
        assert!(text.contains("document…  x"), "{text}");
        assert!(text.lines().all(|line| line.width() <= 24), "{text}");
    }

    #[test]
    fn a_whole_text_is_not_cut_however_narrow_the_terminal() {
        let rows = [vec![Cell::plain("a question that is long"), Cell::whole("01932b5e-7c00-7abc")]];
        let mut out = Vec::new();
        write_table(&["QUERY", "ID"], &rows, Some(30), &mut out).unwrap();
        let text = anstream::adapter::strip_str(&String::from_utf8(out).unwrap()).to_string();
        assert_eq!(text.lines().nth(1), Some("a questio…  01932b5e-7c00-7abc"));
    }
}
