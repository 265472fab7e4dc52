//! Whether tokens stand next to each other in a text.

use auditlog_core::query::tokenize;

/// Whether `text` holds these tokens in this order, without another between them.
pub(super) fn contains_phrase(text: &str, phrase: &[String]) -> bool {
    if let [only] = phrase {
        let mut found = false;
        tokenize(text, |token| found = found || token == only);
        return found;
    }
    // How many tokens of the phrase each beginning that is still alive has matched.
    let mut begun: Vec<usize> = Vec::new();
    let mut found = false;
    tokenize(text, |token| {
        begun.push(0);
        begun.retain_mut(|matched| {
            let fits = phrase.get(*matched).is_some_and(|expected| expected == token);
            *matched += 1;
            found = found || fits && *matched == phrase.len();
            fits && *matched < phrase.len()
        });
    });
    found
}

#[cfg(test)]
mod tests {
    use auditlog_core::query::tokens;

    use super::*;

    #[test]
    fn a_phrase_is_neighbouring_tokens() {
        for (text, phrase, expected) in [
            ("the payroll run failed", "payroll run", true),
            ("the payroll-run failed", "Payroll RUN", true),
            ("payroll was run", "payroll run", false),
            ("run payroll", "payroll run", false),
            ("a a a b", "a a b", true),
            ("a b a b c", "a b c", true),
            ("payrolls run", "payroll run", false),
            ("payrolls", "payroll", false),
            ("payroll", "payroll", true),
            ("", "payroll", false),
        ] {
            assert_eq!(contains_phrase(text, &tokens(phrase)), expected, "{phrase} in {text}");
        }
    }
}
