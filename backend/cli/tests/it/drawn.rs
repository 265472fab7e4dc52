//! Reads the charts that commands draw without a terminal: their contents, with each number as shown.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

/// The length of the longest bar in such a chart.
const BAR_CELLS: f64 = 24.0;

/// The output of a command: a card of names and values, and charts below it.
#[derive(Debug)]
pub(crate) struct Drawn {
    pub(crate) card: BTreeMap<String, String>,
    pub(crate) charts: Vec<Chart>,
}

#[derive(Debug)]
pub(crate) struct Chart {
    pub(crate) title: String,
    /// The titles of the columns beside label and bar.
    pub(crate) columns: Vec<String>,
    pub(crate) rows: Vec<Row>,
    pub(crate) remarks: Vec<String>,
}

#[derive(Debug)]
pub(crate) struct Row {
    pub(crate) depth: usize,
    pub(crate) label: String,
    pub(crate) count: u64,
    pub(crate) share: String,
    pub(crate) values: Vec<String>,
    bar: String,
}

impl Drawn {
    pub(crate) fn read(text: &str) -> Self {
        let mut blocks = text.trim_end().split("\n\n");
        let card = blocks.next().unwrap().lines().map(|line| {
            let (name, value) = line.split_once("  ").unwrap();
            (name.to_owned(), value.trim_start().to_owned())
        });
        Self { card: card.collect(), charts: blocks.map(Chart::read).collect() }
    }
}

impl Chart {
    fn read(block: &str) -> Self {
        let mut lines = block.lines();
        let mut titles = parts(lines.next().unwrap()).into_iter();
        let title = titles.next().unwrap();
        let mut chart = Self { title, columns: titles.collect(), rows: Vec::new(), remarks: Vec::new() };
        for line in lines {
            match <[String; 1]>::try_from(parts(line)) {
                Ok([remark]) => chart.remarks.push(remark),
                Err(parts) => chart.rows.push(Row::read(line, &parts)),
            }
        }
        chart
    }

    /// The counts of the top-level groups, by label.
    pub(crate) fn counts(&self) -> Value {
        let outer = self.rows.iter().filter(|row| row.depth == 0);
        Value::Object(outer.map(|row| (row.label.clone(), row.count.into())).collect::<Map<_, _>>())
    }

    /// The counts of the nested groups, by both labels.
    pub(crate) fn inner_counts(&self) -> Value {
        let mut counts = Map::new();
        let mut outer = "";
        for row in &self.rows {
            if row.depth == 0 {
                outer = &row.label;
                counts.insert(outer.to_owned(), json!({}));
            } else {
                counts[outer][&row.label] = row.count.into();
            }
        }
        Value::Object(counts)
    }

    /// Shares are fractions of `whole`, and the lengths of bars are proportional to their counts.
    #[expect(clippy::cast_precision_loss, reason = "counts of a test are small")]
    pub(crate) fn check_proportions(&self, whole: u64) {
        let widest = self.rows.iter().map(|row| row.count).max().unwrap() as f64;
        for row in &self.rows {
            let percent = row.count as f64 * 100.0 / whole as f64;
            let shown = match row.share.trim_end_matches(" %") {
                "<0.1" => 0.0,
                number => number.parse().unwrap(),
            };
            assert!((percent - shown).abs() <= 0.051, "{percent} %: {row:?}");
            let cells = row.count as f64 * BAR_CELLS / widest;
            let drawn = row.bar.chars().count() as f64;
            assert!((cells - 0.07..cells + 1.07).contains(&drawn), "{cells} cells: {row:?}");
        }
    }
}

impl Row {
    fn read(line: &str, parts: &[String]) -> Self {
        let [label, count, share, values @ .., bar] = parts else { panic!("no row of a chart: {line:?}") };
        let indent = line.len() - line.trim_start().len();
        Self {
            depth: indent / 2,
            label: label.clone(),
            count: ungrouped(count).parse().unwrap(),
            share: share.clone(),
            values: values.to_vec(),
            bar: bar.clone(),
        }
    }
}

/// The parts of a line, separated by two spaces or more.
fn parts(line: &str) -> Vec<String> {
    line.split("  ").map(str::trim).filter(|part| !part.is_empty()).map(str::to_owned).collect()
}

/// Removes the commas between groups of digits.
pub(crate) fn ungrouped(text: &str) -> String {
    let mut digits = text.chars().peekable();
    let mut plain = String::new();
    while let Some(character) = digits.next() {
        if character != ',' || !digits.peek().is_some_and(char::is_ascii_digit) {
            plain.push(character);
        }
    }
    plain
}
