//! Owns "did you mean": the known name that is closest to a mistyped one.

/// The name of `known` with the smallest edit distance to `written`, where that is at most a third of the name's
/// length, rounded up. Names of one or two letters resemble only themselves.
#[must_use]
pub fn nearest<'a>(written: &str, known: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    // Distance costs the product of both lengths, and no known name is nearly as long.
    if written.len() > 64 {
        return None;
    }
    let lowered = written.to_lowercase();
    known
        .map(|name| (distance(&lowered, name), name))
        .filter(|(edits, name)| *edits <= if name.len() < 3 { 0 } else { name.len().div_ceil(3) })
        .min_by_key(|(edits, _)| *edits)
        .map(|(_, name)| name)
}

/// The Levenshtein distance: insertions, deletions and substitutions of one character.
fn distance(left: &str, right: &str) -> usize {
    let right: Vec<char> = right.chars().collect();
    let mut row: Vec<usize> = (0..=right.len()).collect();
    for (index, from) in left.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = index + 1;
        for (column, to) in right.iter().enumerate() {
            let exchanged = diagonal + usize::from(from != *to);
            diagonal = row[column + 1];
            row[column + 1] = exchanged.min(diagonal + 1).min(row[column] + 1);
        }
    }
    row.last().copied().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_of_the_pen_is_forgiven_and_a_guess_is_not_made() {
        let known = ["action", "actor", "outcome", "ip"];
        let cases = [
            ("acton", Some("action")),
            ("Action", Some("action")),
            ("outcme", Some("outcome")),
            ("pi", None),
            ("sip", None),
            ("IP", Some("ip")),
            ("zebra", None),
            ("", None),
        ];
        for (written, expected) in cases {
            assert_eq!(nearest(written, known.into_iter()), expected, "{written}");
        }
    }
}
