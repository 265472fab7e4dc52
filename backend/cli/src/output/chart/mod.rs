//! Charts: one row per group with its label, its numbers and a bar, fitted to the terminal. Knows labels and counts,
//! not their meaning.

mod bar;
mod layout;

use std::io::{self, Write};

use anstyle::Style;

use self::{
    bar::{bar, share},
    layout::{Layout, RowStyles},
};
use crate::output::{grouped, printable, style};

/// The indentation of groups within a group.
const STEP: &str = "  ";

/// Groups and remarks, in the order in which they are drawn.
#[derive(Debug)]
pub(crate) struct Chart {
    title: String,
    /// The titles of the columns between count and bar.
    columns: Vec<String>,
    /// The count that shares are fractions of.
    whole: u64,
    lines: Vec<Line>,
}

#[derive(Debug)]
enum Line {
    Group { depth: usize, count: u64, row: Row },
    Remark(String),
}

/// A label and the columns up to the bar: count, share, and further values.
#[derive(Debug)]
struct Row {
    label: String,
    numbers: Vec<String>,
}

impl Chart {
    /// An empty chart.
    pub(crate) fn new(title: &str, columns: &[String], whole: u64) -> Self {
        let columns = columns.iter().map(|column| printable(column).into_owned()).collect();
        Self { title: printable(title).into_owned(), columns, whole, lines: Vec::new() }
    }

    /// Appends a group at this nesting depth; `values` fill the columns.
    pub(crate) fn group(&mut self, depth: usize, label: &str, count: u64, values: &[String]) {
        let values = values.iter().map(|value| printable(value).into_owned());
        let numbers = [grouped(count), share(count, self.whole)].into_iter().chain(values).collect();
        let row = Row { label: format!("{}{}", STEP.repeat(depth), printable(label)), numbers };
        self.lines.push(Line::Group { depth, count, row });
    }

    /// Appends a remark about the groups above on this level.
    pub(crate) fn remark(&mut self, depth: usize, text: &str) {
        self.lines.push(Line::Remark(format!("{}{}", STEP.repeat(depth), printable(text))));
    }

    /// Draws the chart, not wider than the terminal if there is one.
    pub(crate) fn write(&self, width: Option<usize>, out: &mut impl Write) -> io::Result<()> {
        let titles = self.titles();
        let layout = Layout::of(&titles, self.rows(), width);
        layout.write_row(&titles, RowStyles { label: style::HEADING, numbers: style::HEADING }, out)?;
        writeln!(out)?;
        let styles = self.styles();
        let widest = self.counts().max().unwrap_or(0);
        for line in &self.lines {
            match line {
                Line::Group { depth, count, row } => {
                    let (label_style, bar_style) = styles[(*depth).min(styles.len() - 1)];
                    layout.write_row(row, RowStyles { label: label_style, numbers: style::PLAIN }, out)?;
                    layout.write_bar(&bar(*count, widest, layout.bar()), bar_style, out)?;
                }
                Line::Remark(text) => {
                    let quiet = style::QUIET;
                    writeln!(out, "{quiet}{text}{quiet:#}")?;
                }
            }
        }
        Ok(())
    }

    /// A chart without groups has no number columns to title.
    fn titles(&self) -> Row {
        let numbers = match self.rows().next() {
            Some(_) => ["EVENTS", "SHARE"].into_iter().map(str::to_owned).chain(self.columns.iter().cloned()).collect(),
            None => Vec::new(),
        };
        Row { label: self.title.clone(), numbers }
    }

    fn rows(&self) -> impl Iterator<Item = &Row> {
        self.lines.iter().filter_map(|line| match line {
            Line::Group { row, .. } => Some(row),
            Line::Remark(_) => None,
        })
    }

    fn counts(&self) -> impl Iterator<Item = u64> {
        self.lines.iter().filter_map(|line| match line {
            Line::Group { count, .. } => Some(*count),
            Line::Remark(_) => None,
        })
    }

    /// The styles of labels and bars on each level: groups that contain groups stand out.
    fn styles(&self) -> [(Style, Style); 2] {
        let is_nested = self.lines.iter().any(|line| matches!(line, Line::Group { depth: 1.., .. }));
        let outer = if is_nested { style::HEADING } else { style::PLAIN };
        [(outer, style::BAR), (style::PLAIN, style::BAR.dimmed())]
    }
}

#[cfg(test)]
mod tests {
    use unicode_width::UnicodeWidthStr;

    use super::*;

    fn drawn(chart: &Chart, width: Option<usize>) -> String {
        let mut out = Vec::new();
        chart.write(width, &mut out).unwrap();
        anstream::adapter::strip_str(&String::from_utf8(out).unwrap()).to_string()
    }

    fn nested() -> Chart {
        let mut chart = Chart::new("action / outcome", &["distinct actor".to_owned()], 12_345);
        chart.group(0, "invoice.delete", 8_230, &["57".to_owned()]);
        chart.group(1, "success", 4_115, &["50".to_owned()]);
        chart.remark(1, "1 of 2 values");
        chart.group(0, "日本", 1, &["about 1".to_owned()]);
        chart.remark(0, "2 of 9 values");
        chart
    }

    #[test]
    fn groups_stand_below_each_other_with_numbers_and_bars() {
        let bar = "█".repeat(24);
        let half = "█".repeat(12);
        let expected = format!(
            "\
action / outcome  EVENTS   SHARE  distinct actor
invoice.delete     8,230  66.7 %              57  {bar}
  success          4,115  33.3 %              50  {half}
  1 of 2 values
日本                   1  <0.1 %         about 1  ▏
2 of 9 values
"
        );
        assert_eq!(drawn(&nested(), None), expected);
    }

    #[test]
    fn the_longest_bar_ends_where_the_terminal_does() {
        for width in [48, 60, 70, 80] {
            let text = drawn(&nested(), Some(width));
            assert_eq!(text.lines().map(UnicodeWidthStr::width).max(), Some(width), "{text}");
            assert!(text.contains('█'), "{text}");
        }
    }

    #[test]
    fn a_narrow_terminal_loses_shares_bars_and_ends_of_labels_but_no_number() {
        let mut chart = Chart::new("actor", &[], 1_234_567_890);
        chart.group(0, "arn:aws:iam::123456789012:user/日本語の名前", 1_234_567_890, &[]);
        for (width, has_share, has_bar) in [(60, true, true), (52, false, true), (38, false, false), (24, false, false)]
        {
            let text = drawn(&chart, Some(width));
            assert!(text.lines().all(|line| line.width() <= width), "{width}: {text}");
            assert!(text.contains("1,234,567,890") && text.contains('…'), "{width}: {text}");
            assert_eq!((text.contains("100.0 %"), text.contains('█')), (has_share, has_bar), "{width}: {text}");
        }
        assert!(drawn(&chart, Some(1)).contains("1,234,567,890"));
        assert!(drawn(&chart, None).contains("日本語の名前"));
    }

    #[test]
    fn a_time_is_not_cut_where_a_bar_would_take_its_place() {
        let mut chart = Chart::new("occurred_at", &[], 2);
        chart.group(0, "2026-10-25 02:00 +02:00", 1, &[]);
        chart.group(0, "2026-10-25 02:00 +01:00", 1, &[]);
        for width in [32, 40, 48, 60] {
            let text = drawn(&chart, Some(width));
            assert!(text.contains("02:00 +02:00") && text.contains("02:00 +01:00"), "{width}: {text}");
            assert!(text.lines().all(|line| line.width() <= width), "{width}: {text}");
        }
    }

    #[test]
    fn a_terminal_obeys_nothing_that_a_value_or_a_field_says() {
        let hostile = "a\u{1b}[2J\n\u{202e}b";
        let mut chart = Chart::new(hostile, &[hostile.to_owned()], 1);
        chart.group(0, hostile, 1, &[hostile.to_owned()]);
        chart.remark(0, hostile);
        let mut out = Vec::new();
        chart.write(None, &mut out).unwrap();
        let text = String::from_utf8(out).unwrap();
        assert!(!text.contains("\u{1b}[2J") && !text.contains('\u{202e}'), "{text:?}");
        let plain = drawn(&chart, None);
        assert_eq!(plain.matches(r"a\u{1b}[2J\n\u{202e}b").count(), 5, "{plain}");
        assert_eq!(plain.lines().count(), 3, "{plain}");
    }

    #[test]
    fn a_field_without_values_is_named_all_the_same() {
        let mut chart = Chart::new("severity", &[], 3);
        chart.remark(0, "no values");
        assert_eq!(drawn(&chart, Some(60)), "severity\nno values\n");
    }
}
