//! Owns positions in a JSON value: the path of the reader, and JSON Pointers (RFC 6901), its printed form.

use std::{borrow::Cow, fmt::Write};

use super::shorten;

/// The length in printed bytes at which a name is cut in messages.
const SHOWN_NAME_BYTES_MAX: usize = 128;
/// The length in printed bytes at which a pointer is cut in messages.
const SHOWN_POINTER_BYTES_MAX: usize = 512;

/// The path from the root of a value to a position in it. It lives on the stack and costs nothing until it is printed.
#[derive(Debug, Clone, Copy)]
pub enum Path<'p> {
    /// The whole value.
    Root,
    /// A member of an object.
    Member(&'p Path<'p>, &'p str),
    /// An item of a list, from 0.
    Item(&'p Path<'p>, usize),
}

impl<'p> Path<'p> {
    /// The position of the member `name` of the object at this path.
    #[must_use]
    pub const fn member(&'p self, name: &'p str) -> Path<'p> {
        Path::Member(self, name)
    }

    /// The position of an item of the list at this path.
    #[must_use]
    pub const fn item(&'p self, index: usize) -> Path<'p> {
        Path::Item(self, index)
    }

    /// The position as a JSON Pointer; the whole value is the empty text.
    #[must_use]
    pub fn to_pointer(&self) -> String {
        let mut pointer = String::new();
        self.write_pointer(&mut pointer, usize::MAX);
        pointer
    }

    /// The position as a JSON Pointer for a message about a client's text: names beyond 128 printed bytes and pointers
    /// beyond 512 are cut and end in `…`, so that the length of a message is bounded.
    #[must_use]
    pub fn to_shown_pointer(&self) -> String {
        let mut pointer = String::new();
        self.write_pointer(&mut pointer, SHOWN_NAME_BYTES_MAX);
        shorten(&pointer, SHOWN_POINTER_BYTES_MAX).into_owned()
    }

    /// The position as a JSON Pointer of at most `bytes_max` bytes: of the nearest value around it where its own is
    /// longer.
    #[must_use]
    pub fn to_pointer_within(&self, bytes_max: usize) -> String {
        let mut at = self;
        while at.pointer_bytes_up_to(bytes_max) > bytes_max {
            at = match at {
                Path::Root => break,
                Path::Member(parent, _) | Path::Item(parent, _) => parent,
            };
        }
        at.to_pointer()
    }

    /// The length of the pointer; beyond `bytes_max` any length above it.
    fn pointer_bytes_up_to(&self, bytes_max: usize) -> usize {
        let (mut bytes, mut at) = (0_usize, self);
        loop {
            let (parent, token) = match at {
                Path::Root => return bytes,
                Path::Member(_, name) if name.len() > bytes_max => return bytes_max + 1,
                Path::Member(parent, name) => (parent, name.len() + escape_count(name)),
                Path::Item(parent, index) => (parent, index.checked_ilog10().map_or(1, |log| log as usize + 1)),
            };
            bytes += token + 1;
            if bytes > bytes_max {
                return bytes;
            }
            at = parent;
        }
    }

    /// The member of the whole value that contains the position. `None` where there is none.
    #[must_use]
    pub fn first_member(&self) -> Option<&'p str> {
        match self {
            Path::Root | Path::Item(Path::Root, _) => None,
            Path::Member(Path::Root, name) => Some(name),
            Path::Member(parent, _) | Path::Item(parent, _) => parent.first_member(),
        }
    }

    fn write_pointer(&self, out: &mut String, name_bytes_max: usize) {
        match self {
            Path::Root => {}
            Path::Member(parent, name) => {
                parent.write_pointer(out, name_bytes_max);
                let name =
                    if name_bytes_max == usize::MAX { Cow::Borrowed(*name) } else { shorten(name, name_bytes_max) };
                push_pointer_token(&name, out);
            }
            Path::Item(parent, index) => {
                parent.write_pointer(out, name_bytes_max);
                // Writing to a String cannot fail.
                let _ = write!(out, "/{index}");
            }
        }
    }
}

/// A JSON Pointer for a message about a client's text, cut as that of [`Path::to_shown_pointer`] is.
#[must_use]
pub fn shown_pointer(pointer: &str) -> String {
    let tokens: Vec<_> = pointer.split('/').map(|token| shorten(token, SHOWN_NAME_BYTES_MAX)).collect();
    shorten(&tokens.join("/"), SHOWN_POINTER_BYTES_MAX).into_owned()
}

/// Appends a token of a JSON Pointer: a slash, and the name with its escapes.
pub(crate) fn push_pointer_token(name: &str, pointer: &mut String) {
    pointer.push('/');
    if escape_count(name) == 0 {
        pointer.push_str(name);
    } else {
        pointer.push_str(&name.replace('~', "~0").replace('/', "~1"));
    }
}

/// The number of bytes that a name grows by in a pointer.
fn escape_count(name: &str) -> usize {
    // The count of a chunk fits into a byte, and wrapping lets the compiler count many bytes at a time.
    let add = |count: u8, byte: &u8| count.wrapping_add(u8::from(matches!(byte, b'~' | b'/')));
    name.as_bytes().chunks(usize::from(u8::MAX)).map(|chunk| usize::from(chunk.iter().fold(0, add))).sum()
}

/// Whether `text` is a JSON Pointer: empty, or tokens that each begin with `/`, in which `~` occurs only as `~0` or
/// `~1`.
#[must_use]
pub fn is_pointer(text: &str) -> bool {
    let escapes_are_known = || text.split('~').skip(1).all(|rest| rest.starts_with(['0', '1']));
    text.is_empty() || (text.starts_with('/') && escapes_are_known())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pointer_that_is_too_long_is_that_of_a_value_around_it() {
        let (root, long) = (Path::Root, "/".repeat(20));
        let list = root.member("a~b");
        let (item, inside) = (list.item(107), root.member(&long));
        let member = item.member("cd");
        for (bytes_max, expected) in [(12, "/a~0b/107/cd"), (11, "/a~0b/107"), (9, "/a~0b/107"), (8, "/a~0b"), (4, "")]
        {
            assert_eq!(member.to_pointer_within(bytes_max), expected, "{bytes_max}");
        }
        assert_eq!((inside.to_pointer_within(41).len(), inside.to_pointer_within(40)), (41, String::new()));
    }

    #[test]
    fn prints_pointers_with_their_escapes() {
        let root = Path::Root;
        let (list, key) = (root.member("a/b"), "m~n");
        let item = list.item(7);
        assert_eq!(item.member(key).to_pointer(), "/a~1b/7/m~0n");
        assert_eq!(root.member("").to_pointer(), "/");
        assert_eq!(root.to_pointer(), "");
        assert_eq!((item.member(key).first_member(), list.first_member()), (Some("a/b"), Some("a/b")));
        assert_eq!((root.first_member(), root.item(1).first_member()), (None, None));
    }

    #[test]
    fn shown_pointers_do_not_grow_with_the_names_in_them() {
        let root = Path::Root;
        let long = "x".repeat(60_000);
        let list = root.member("metadata");
        assert_eq!(list.member("short").to_shown_pointer(), "/metadata/short");
        let shown = list.member(&long).to_shown_pointer();
        assert_eq!(shown, format!("/metadata/{}…", "x".repeat(125)));
        assert_eq!(shown_pointer(&list.member(&long).to_pointer()), shown);
        assert_eq!(shown_pointer("/metadata/a~1b"), "/metadata/a~1b");
        let controls = "\u{1}".repeat(1_000);
        assert!(root.member(&controls).to_shown_pointer().chars().count() < 25);
        let (first, second, third) = (root.member(&long), long.as_str(), long.as_str());
        let (second_at, third_at) = (first.member(second), third);
        let deep = second_at.member(third_at);
        let (deeper, name) = (deep.member(&long), long.as_str());
        assert!(deeper.member(name).to_shown_pointer().len() <= 512);
        assert!(deeper.member(name).to_pointer().len() > 300_000);
    }

    #[test]
    fn tells_pointers_from_other_text() {
        for good in ["", "/", "/a/b", "//", "/a~0b~1", "/ä"] {
            assert!(is_pointer(good), "{good}");
        }
        for bad in ["a", "a/b", "/~", "/a~2", "/~0~", "#/a"] {
            assert!(!is_pointer(bad), "{bad}");
        }
    }
}
