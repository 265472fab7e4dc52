//! JSON as clients write it: strings of any UTF-16 code units, numbers of any digits, members in any order.

use std::{
    collections::{HashMap, VecDeque},
    fmt::{self, Write},
};

/// A JSON value.
#[derive(Clone)]
pub(super) enum Json {
    /// A number, `true`, `false` or `null`, as it is written.
    Literal(String),
    /// A string of UTF-16 code units, which need not be pairs where they are surrogates.
    Text(Vec<u16>),
    List(Vec<Json>),
    /// Members in the order in which they are sent. Names may be repeated.
    Object(Vec<(Vec<u16>, Json)>),
}

pub(super) fn units(text: &str) -> Vec<u16> {
    text.encode_utf16().collect()
}

pub(super) fn text(text: &str) -> Json {
    Json::Text(units(text))
}

/// An object of the members that have a value. A later one of the same name is left out.
pub(super) fn object_of<'n>(members: impl IntoIterator<Item = (&'n str, Option<Json>)>) -> Json {
    distinct(members.into_iter().filter_map(|(name, value)| Some((units(name), value?))))
}

/// An object of the first member of each name.
pub(super) fn distinct(members: impl IntoIterator<Item = (Vec<u16>, Json)>) -> Json {
    let mut seen = std::collections::HashSet::new();
    Json::Object(members.into_iter().filter(|(name, _)| seen.insert(name.clone())).collect())
}

/// How a value is written.
pub(super) trait Style {
    /// The order of `count` members. Those of one name are written in the order sent, which has a meaning.
    fn order(&mut self, count: usize) -> Vec<usize>;

    /// White space.
    fn space(&mut self) -> &'static str;

    /// Whether a character that need not be escaped is.
    fn escapes(&mut self) -> bool;
}

/// In the order given, without white space and with few escapes.
pub(super) struct Plain;

impl Style for Plain {
    fn order(&mut self, count: usize) -> Vec<usize> {
        (0..count).collect()
    }

    fn space(&mut self) -> &'static str {
        ""
    }

    fn escapes(&mut self) -> bool {
        false
    }
}

/// In any order, with any white space and any escapes, all of which follow from the seed.
pub(super) struct Shuffled(pub(super) u64);

impl Shuffled {
    fn below(&mut self, bound: usize) -> usize {
        // The multiplier and the increment of PCG, whose high bits are good enough to shuffle.
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap() % bound
    }
}

impl Style for Shuffled {
    fn order(&mut self, count: usize) -> Vec<usize> {
        let mut order: Vec<usize> = (0..count).collect();
        for last in (1..count).rev() {
            let other = self.below(last + 1);
            order.swap(last, other);
        }
        order
    }

    fn space(&mut self) -> &'static str {
        ["", "", " ", "\n\t"][self.below(4)]
    }

    fn escapes(&mut self) -> bool {
        self.below(4) == 0
    }
}

/// Prints the JSON text: it is what a failing test has to show.
impl fmt::Debug for Json {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.written(&mut Plain))
    }
}

impl Json {
    pub(super) fn written(&self, style: &mut impl Style) -> String {
        let mut out = String::new();
        self.write(style, &mut out);
        out
    }

    fn write(&self, style: &mut impl Style, out: &mut String) {
        out.push_str(style.space());
        match self {
            Self::Literal(literal) => out.push_str(literal),
            Self::Text(units) => write_text(units, style, out),
            Self::List(items) => {
                out.push('[');
                for (index, item) in items.iter().enumerate() {
                    out.push_str(if index > 0 { "," } else { "" });
                    item.write(style, out);
                }
                out.push_str(style.space());
                out.push(']');
            }
            Self::Object(members) => {
                out.push('{');
                let order = in_order_of_repeats(style.order(members.len()), members);
                for (place, index) in order.into_iter().enumerate() {
                    out.push_str(if place > 0 { "," } else { "" });
                    out.push_str(style.space());
                    write_text(&members[index].0, style, out);
                    out.push_str(style.space());
                    out.push(':');
                    members[index].1.write(style, out);
                }
                out.push_str(style.space());
                out.push('}');
            }
        }
        out.push_str(style.space());
    }
}

/// The same order, but with the members of each name in the order sent.
fn in_order_of_repeats(order: Vec<usize>, members: &[(Vec<u16>, Json)]) -> Vec<usize> {
    let mut of_names: HashMap<&[u16], VecDeque<usize>> = HashMap::new();
    for (index, (name, _)) in members.iter().enumerate() {
        of_names.entry(name).or_default().push_back(index);
    }
    let next_of = |index: usize| of_names.get_mut(members[index].0.as_slice()).and_then(VecDeque::pop_front).unwrap();
    order.into_iter().map(next_of).collect()
}

fn write_text(units: &[u16], style: &mut impl Style, out: &mut String) {
    out.push('"');
    for character in char::decode_utf16(units.iter().copied()) {
        match character {
            Ok(character) if character >= ' ' && !matches!(character, '"' | '\\') && !style.escapes() => {
                out.push(character);
            }
            Ok(character) => {
                for unit in character.encode_utf16(&mut [0; 2]) {
                    write!(out, "\\u{unit:04x}").unwrap();
                }
            }
            Err(half) => write!(out, "\\u{:04X}", half.unpaired_surrogate()).unwrap(),
        }
    }
    out.push('"');
}
