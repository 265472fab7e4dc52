//! Owns whether tokens stand next to each other in a text.

use std::ops::ControlFlow;

use crate::query::walk_tokens;

/// Whether `text` holds these tokens next to each other and in this order. It is cut no further than up to the answer.
pub(super) fn holds_phrase(text: &str, tokens: &[String]) -> bool {
    // How many tokens of the phrase each beginning that is still alive has matched; empty in nearly every text.
    let mut begun: Vec<usize> = Vec::new();
    let walk = walk_tokens(text, |token, _| {
        if tokens.first().is_some_and(|first| first == token) {
            begun.push(0);
        }
        begun.retain_mut(|matched| {
            let fits = tokens.get(*matched).is_some_and(|expected| expected == token);
            *matched += 1;
            fits
        });
        match begun.first() {
            Some(longest) if *longest == tokens.len() => ControlFlow::Break(()),
            _ => ControlFlow::Continue(()),
        }
    });
    walk.is_break()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::query::tokens;

    proptest! {
        #[test]
        fn a_phrase_is_neighbouring_tokens(text in "([abAB]{1,2}|[ .]){0,12}", phrase in "[ab]{1,2}( [ab]){0,2}") {
            let phrase = tokens(&phrase);
            let expected = tokens(&text).windows(phrase.len()).any(|window| window == phrase);
            prop_assert_eq!(holds_phrase(&text, &phrase), expected);
        }
    }
}
