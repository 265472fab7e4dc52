//! Owns the members that a problem document has beyond those of every problem (RFC 9457, section 3.2).

use std::sync::Arc;

use serde::Serialize;

/// Further members of a problem, as JSON text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Extension(Arc<str>);

impl Extension {
    /// The members of a structure. `None` if it is not written as an object with members.
    pub(crate) fn of(members: &impl Serialize) -> Option<Self> {
        let text = serde_json::to_string(members).ok()?;
        let members = text.strip_prefix('{')?.strip_suffix('}').filter(|members| !members.is_empty())?;
        Some(Self(members.into()))
    }

    /// The size of the members, in bytes.
    pub(super) fn bytes(&self) -> usize {
        self.0.len()
    }

    /// Adds the members to the end of an object that has some.
    pub(super) fn add_to(&self, object: &mut String) {
        if object.pop() == Some('}') {
            object.reserve_exact(self.bytes() + 2);
            object.push(',');
            object.push_str(&self.0);
            object.push('}');
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    #[test]
    fn members_are_added_behind_those_of_the_problem() {
        let mut object = r#"{"code":"c"}"#.to_owned();
        Extension::of(&BTreeMap::from([("stored", 0), ("rejected", 2)])).unwrap().add_to(&mut object);
        assert_eq!(object, r#"{"code":"c","rejected":2,"stored":0}"#);
    }

    #[test]
    fn only_members_can_be_added() {
        assert_eq!(Extension::of(&BTreeMap::<&str, u8>::new()), None);
        assert_eq!(Extension::of(&[1]), None);
    }
}
