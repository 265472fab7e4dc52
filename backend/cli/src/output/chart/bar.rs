//! Renders counts as bars and as shares, in integer arithmetic, so that the same counts always look the same.

/// Blocks of one to seven eighths of a cell.
const EIGHTHS: [char; 7] = ['▏', '▎', '▍', '▌', '▋', '▊', '▉'];
const FULL: &str = "█";

/// A bar of `cells` cells for the count `widest`, and proportionally shorter for others. A count above 0 is always
/// visible.
pub(super) fn bar(count: u64, widest: u64, cells: usize) -> String {
    if count == 0 || cells == 0 {
        return String::new();
    }
    let (count, widest, room) = (u128::from(count), u128::from(widest.max(count)), cells as u128 * 8);
    let eighths = usize::try_from((count * room + widest / 2) / widest).unwrap_or(cells * 8).max(1);
    let mut bar = FULL.repeat(eighths / 8);
    bar.extend((eighths % 8).checked_sub(1).map(|part| EIGHTHS[part]));
    bar
}

/// A share as `12.3 %`. A rounded share never looks like nothing or everything.
pub(super) fn share(part: u64, whole: u64) -> String {
    if whole == 0 {
        return String::new();
    }
    let tenths = (u128::from(part) * 1_000 + u128::from(whole) / 2) / u128::from(whole);
    match tenths {
        0 if part > 0 => "<0.1 %".to_owned(),
        1_000 if part < whole => ">99.9 %".to_owned(),
        tenths => format!("{}.{} %", tenths / 10, tenths % 10),
    }
}

#[cfg(test)]
mod tests {
    use unicode_width::UnicodeWidthStr;

    use super::*;

    #[test]
    fn a_bar_is_as_long_as_its_count_is_large() {
        let bars = [16, 8, 4, 5, 1].map(|count| bar(count, 16, 2));
        assert_eq!(bars, ["██", "█", "▌", "▋", "▏"]);
    }

    #[test]
    fn nothing_has_no_bar_and_the_smallest_part_of_the_largest_count_has_one() {
        assert_eq!(bar(0, 10, 20), "");
        assert_eq!(bar(0, 0, 20), "");
        assert_eq!(bar(5, 10, 0), "");
        assert_eq!(bar(1, u64::MAX, 40), "▏");
        assert_eq!(bar(u64::MAX, u64::MAX, 40).width(), 40);
        assert_eq!(bar(u64::MAX - 1, u64::MAX, 40).width(), 40);
    }

    #[test]
    fn shares_are_rounded_to_tenths_and_never_to_nothing_or_everything() {
        let shares = [(1, 8), (1, 3), (2, 3), (0, 5), (5, 5), (1, 5_000), (4_999, 5_000), (u64::MAX, u64::MAX), (7, 5)];
        let shown = shares.map(|(part, whole)| share(part, whole));
        let expected = ["12.5 %", "33.3 %", "66.7 %", "0.0 %", "100.0 %", "<0.1 %", ">99.9 %", "100.0 %", "140.0 %"];
        assert_eq!(shown, expected);
        assert_eq!(share(0, 0), "");
    }
}
