//! Owns what a query means for a reader from whom groups are withheld: words are looked for in the texts that the
//! reader may see, and a term of the search box among the identifiers that it may see. A test of one field is not
//! changed here; [`Filter::find_withheld`] finds those that must be refused.

use crate::{
    event::{Group, Visibility},
    query::{Filter, PhraseScope, identifier::is_term},
};

impl Filter {
    /// The filter as this reader means it.
    #[must_use]
    pub fn for_reader(self, visibility: Visibility) -> Self {
        match scope_of(visibility) {
            PhraseScope::Every => self,
            scope @ PhraseScope::WithoutPersonal => self.within(scope),
        }
    }

    /// The groups in whose texts words of the filter are not looked for, in leaf order.
    #[must_use]
    pub fn groups_without_words(&self, visibility: Visibility) -> Vec<Group> {
        let scope = scope_of(visibility);
        let left_out = Group::ALL.into_iter().filter(|group| !scope.includes(*group));
        if self.has_words() { left_out.collect() } else { Vec::new() }
    }

    fn within(self, scope: PhraseScope) -> Self {
        let each = |parts: Vec<Self>| parts.into_iter().map(|part| part.within(scope)).collect();
        match self {
            Self::All | Self::Field(_) => self,
            Self::And(parts) => Self::And(each(parts)),
            Self::Or(parts) if is_term(&parts) => Self::any_of(each(seen_parts(parts, scope))),
            Self::Or(parts) => Self::Or(each(parts)),
            Self::Not(part) => Self::Not(Box::new(part.within(scope))),
            Self::Text(phrase) => Self::Text(phrase.within(scope)),
        }
    }

    fn has_words(&self) -> bool {
        match self {
            Self::All | Self::Field(_) => false,
            Self::Or(parts) if is_term(parts) => true,
            Self::And(parts) | Self::Or(parts) => parts.iter().any(Self::has_words),
            Self::Not(part) => part.has_words(),
            Self::Text(_) => true,
        }
    }
}

const fn scope_of(visibility: Visibility) -> PhraseScope {
    match visibility {
        Visibility::All => PhraseScope::Every,
        Visibility::WithoutPersonal => PhraseScope::WithoutPersonal,
    }
}

fn seen_parts(parts: Vec<Filter>, scope: PhraseScope) -> Vec<Filter> {
    let is_seen = |part: &Filter| match part {
        Filter::Field(test) => scope.includes(test.field.group()),
        _ => true,
    };
    parts.into_iter().filter(is_seen).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::query::{
        notation::{notation, now},
        parse_search,
    };

    fn seen(query: &str) -> Filter {
        parse_search(query, now()).unwrap().for_reader(Visibility::WithoutPersonal)
    }

    #[test]
    fn a_term_is_looked_for_where_the_reader_sees() {
        for query in ["payroll", "-payroll", "10.0.0.1", "payr* \"a b\" action:x", "a OR b action:y"] {
            let filter = seen(query);
            assert_eq!(filter.find_withheld(Visibility::WithoutPersonal), None, "{query}");
            assert_eq!(filter.groups_without_words(Visibility::WithoutPersonal).len(), 3, "{query}");
            let all = parse_search(query, now()).unwrap();
            assert_eq!(all.clone().for_reader(Visibility::All), all);
            assert_ne!(all.fingerprint(), filter.fingerprint(), "{query}");
        }
        assert_eq!(notation(&seen("payroll")), "or(text[payroll], action=[payroll], target.id=[payroll])");
        let id = "01932b5e-7c00-7abc-8def-0123456789ab";
        assert!(notation(&seen(id)).contains(&format!("id=[{id}]")));
    }

    #[test]
    fn a_test_of_a_field_stays() {
        for query in ["actor:alice", "payroll actor:alice", "payroll OR ip:10.0.0.0/8"] {
            assert!(seen(query).find_withheld(Visibility::WithoutPersonal).is_some(), "{query}");
        }
        assert_eq!(seen("action:x").groups_without_words(Visibility::WithoutPersonal), []);
    }
}
