//! Owns paths to values inside `metadata` and `attributes`: how they are written, and which values they reach.

use std::fmt;

use crate::{
    event::{JsonObject, JsonValue},
    json::Path,
};

/// The maximum number of names of a path.
pub(super) const PATH_PARTS_MAX: usize = 32;

/// A path to values inside an object.
///
/// Between two plain parts a dot may divide two names or belong to one: `authorization.k8s.io/decision` reaches a
/// member of that name, and also the member `decision` of `{"authorization": {"k8s": {"io/decision": …}}}`. A quoted
/// part is a name of its own. A list stands for each of its elements.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct KeyPath(Vec<Part>);

#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
enum Part {
    Plain(String),
    Quoted(String),
}

impl Part {
    fn text(&self) -> &str {
        match self {
            Self::Plain(text) | Self::Quoted(text) => text,
        }
    }
}

/// How far a path has been followed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// The value of the member is reached.
    Reached,
    /// It goes on inside of the value, with this part.
    Inside(usize),
}

impl KeyPath {
    /// The path of the members with this name.
    #[must_use]
    pub fn of_name(name: impl Into<String>) -> Self {
        Self(vec![Part::Quoted(name.into())]).normal()
    }

    /// Reads a path: parts between dots, in quotes where a part is one name with dots or quotes in it. `None` where it
    /// is empty, has more than 32 parts, or something follows a closing quote.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let mut parts = Vec::new();
        let mut rest = text;
        loop {
            let (part, behind) = read_part(rest)?;
            parts.push(part);
            if behind.is_empty() {
                break;
            }
            rest = behind.strip_prefix('.')?;
        }
        let is_empty = matches!(parts.as_slice(), [Part::Plain(name)] if name.is_empty());
        (!is_empty && parts.len() <= PATH_PARTS_MAX).then(|| Self(parts).normal())
    }

    /// One path has one form: quotes around a whole path that needs none are dropped.
    fn normal(self) -> Self {
        match <[Part; 1]>::try_from(self.0) {
            Ok([Part::Quoted(name)]) if !name.is_empty() && !name.contains(['.', '"', '\\']) => {
                Self(vec![Part::Plain(name)])
            }
            Ok(part) => Self(part.into()),
            Err(parts) => Self(parts),
        }
    }

    /// Follows the path from the part `at` (0 for the outermost object) into a member with this name. `None` where it
    /// does not lead there. There is at most one way, so each value of an object is visited at most once.
    #[must_use]
    pub fn step(&self, at: usize, name: &str) -> Option<Step> {
        let mut rest = name;
        for (index, part) in self.0.iter().enumerate().skip(at) {
            rest = rest.strip_prefix(part.text())?;
            let next = self.0.get(index + 1);
            if rest.is_empty() {
                return Some(next.map_or(Step::Reached, |_| Step::Inside(index + 1)));
            }
            if !matches!((part, next), (Part::Plain(_), Some(Part::Plain(_)))) {
                return None;
            }
            rest = rest.strip_prefix('.')?;
        }
        None
    }

    /// Passes each value that the path reaches in an object, and its position, to `found` until that returns true.
    /// Returns whether it did.
    pub(crate) fn any(
        &self,
        object: &JsonObject,
        path: &Path<'_>,
        found: &mut impl FnMut(&Path<'_>, &JsonValue) -> bool,
    ) -> bool {
        self.any_inside(0, object, path, found)
    }

    fn any_inside(
        &self,
        at: usize,
        object: &JsonObject,
        path: &Path<'_>,
        found: &mut impl FnMut(&Path<'_>, &JsonValue) -> bool,
    ) -> bool {
        object.iter().any(|(name, value)| match self.step(at, name) {
            None => false,
            Some(step) => self.any_value(step, value, &path.member(name), found),
        })
    }

    fn any_value(
        &self,
        step: Step,
        value: &JsonValue,
        path: &Path<'_>,
        found: &mut impl FnMut(&Path<'_>, &JsonValue) -> bool,
    ) -> bool {
        match (step, value) {
            (_, JsonValue::List(items)) if !items.is_empty() => {
                items.iter().enumerate().any(|(index, item)| self.any_value(step, item, &path.item(index), found))
            }
            (Step::Reached, value) => found(path, value),
            (Step::Inside(at), JsonValue::Object(object)) => self.any_inside(at, object, path, found),
            (Step::Inside(_), _) => false,
        }
    }
}

/// Reads the first part of a path and returns what follows it.
fn read_part(text: &str) -> Option<(Part, &str)> {
    let Some(quoted) = text.strip_prefix('"') else {
        let end = text.find('.').unwrap_or(text.len());
        return Some((Part::Plain(text[..end].to_owned()), &text[end..]));
    };
    let mut name = String::new();
    let mut characters = quoted.char_indices();
    while let Some((at, character)) = characters.next() {
        match character {
            '"' => return Some((Part::Quoted(name), &quoted[at + 1..])),
            '\\' => match characters.next()? {
                (_, escaped @ ('"' | '\\')) => name.push(escaped),
                (_, other) => name.extend(['\\', other]),
            },
            other => name.push(other),
        }
    }
    None
}

/// Prints what [`KeyPath::parse`] reads.
impl fmt::Display for KeyPath {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, part) in self.0.iter().enumerate() {
            if index > 0 {
                formatter.write_str(".")?;
            }
            match part {
                Part::Plain(name) => formatter.write_str(name)?,
                Part::Quoted(name) => {
                    write!(formatter, "\"{}\"", name.replace('\\', "\\\\").replace('"', "\\\""))?;
                }
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn reached(path: &str, object: &str) -> Vec<String> {
        let object = JsonObject::parse(object).unwrap();
        let mut found = Vec::new();
        let all = KeyPath::parse(path).unwrap().any(&object, &Path::Root, &mut |at, value| {
            found.push(format!("{} {}", at.to_pointer(), value.as_text()));
            false
        });
        assert!(!all);
        found
    }

    #[test]
    fn a_dot_divides_names_or_belongs_to_one() {
        let object = r#"{"a.b": {"c": 1}, "a": {"b.c": 2, "b": {"c": 3}}, "a.b.c": 4}"#;
        assert_eq!(reached("a.b.c", object), ["/a/b/c 3", "/a/b.c 2", "/a.b/c 1", "/a.b.c 4"]);
        assert_eq!(reached("\"a.b\".c", object), ["/a.b/c 1"]);
        assert_eq!(reached("a.\"b.c\"", object), ["/a/b.c 2"]);
        assert_eq!(reached("\"a.b.c\"", object), ["/a.b.c 4"]);
        assert_eq!(reached("\"a\".b.\"c\"", object), ["/a/b/c 3"]);
        assert_eq!(reached("a", object), [r#"/a {"b":{"c":3},"b.c":2}"#]);
        assert_eq!(reached("a.b.c.d", object), [] as [&str; 0]);
    }

    #[test]
    fn a_list_stands_for_its_elements() {
        let object = r#"{"l": [1, [2, "x"], {"n": [3, 4]}, []], "e": [], "o": {}}"#;
        assert_eq!(reached("l", object), ["/l/0 1", "/l/1/0 2", "/l/1/1 x", r#"/l/2 {"n":[3,4]}"#, "/l/3 []"]);
        assert_eq!(reached("l.n", object), ["/l/2/n/0 3", "/l/2/n/1 4"]);
        assert_eq!(reached("e", object), ["/e []"]);
        assert_eq!(reached("o", object), ["/o {}"]);
    }

    #[test]
    fn paths_are_read_back_as_they_are_printed() {
        for text in ["a", "a.b", "\"a.b\"", "a.\"b\".c", "\"x\\\"y\"", "cost center", "a..b", "\"\"", ".a", "a."] {
            let path = KeyPath::parse(text).unwrap();
            assert_eq!(path.to_string(), text);
        }
        assert_eq!(KeyPath::parse("\"a\""), KeyPath::parse("a"));
        assert_eq!(KeyPath::of_name("a b"), KeyPath::parse("a b").unwrap());
        assert_eq!(KeyPath::of_name("a.b").to_string(), "\"a.b\"");
        for bad in ["", "\"a", "\"a\"b", &"a.".repeat(32)] {
            assert_eq!(KeyPath::parse(bad), None, "{bad}");
        }
    }

    proptest! {
        #[test]
        fn every_name_has_a_path(name in "\\PC{0,8}|[a.\"\\\\]{0,6}") {
            let path = KeyPath::of_name(name.clone());
            prop_assert_eq!(KeyPath::parse(&path.to_string()), Some(path.clone()));
            prop_assert_eq!(path.step(0, &name), Some(Step::Reached));
        }
    }
}
