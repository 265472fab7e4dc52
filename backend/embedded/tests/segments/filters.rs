//! Random filters over the words of random events.

use auditlog_core::{
    query::{Bounds, Field, FieldTest, Filter, KeyPath, OwnedToken, Phrase, PhraseEnd, Test, ValueKind, tokens},
    text::{Pattern, key_of},
    timestamp::MICROS_PER_DAY,
};

use crate::events::{DAY, Random};

impl Random {
    /// A filter that holds for some events, for none, or for all.
    pub(crate) fn filter(&mut self, depth: u64) -> Filter {
        match self.below(if depth == 0 { 5 } else { 10 }) {
            0 if self.chance(20) => Filter::All,
            0 | 1 => Filter::Text(self.phrase()),
            2..=4 => self.test(),
            5 | 6 => Filter::And(self.parts(depth)),
            7 | 8 => Filter::Or(self.parts(depth)),
            _ => Filter::Not(Box::new(self.filter(depth - 1))),
        }
    }

    fn parts(&mut self, depth: u64) -> Vec<Filter> {
        (0..=self.below(3)).map(|_| self.filter(depth - 1)).collect()
    }

    fn phrase(&mut self) -> Phrase {
        let mut words = self.words();
        let end = if self.chance(40) { PhraseEnd::Prefix } else { PhraseEnd::Whole };
        if let Some(last) = words.last_mut().filter(|_| end == PhraseEnd::Prefix) {
            let kept = 1 + self.below(last.key.chars().count() as u64);
            last.key = last.key.chars().take(usize::try_from(kept).unwrap()).collect();
        }
        Phrase::of_tokens(words, end).unwrap()
    }

    fn words(&mut self) -> Vec<OwnedToken> {
        let words = tokens(&self.word());
        if words.is_empty() || self.chance(20) {
            return vec![OwnedToken::word(self.below(500).to_string())];
        }
        let start = usize::try_from(self.below(words.len() as u64)).unwrap();
        let end = start + 1 + usize::try_from(self.below((words.len() - start) as u64)).unwrap();
        words[start..end].to_vec()
    }

    fn field(&mut self) -> Field {
        if self.chance(10) {
            return Field::Metadata(KeyPath::of_name(*self.pick(&["env", "a", "ä", "🙂", "none"])));
        }
        let standard: Vec<Field> = Field::standard().iter().map(|line| line.field.clone()).collect();
        self.pick(&standard).clone()
    }

    fn test(&mut self) -> Filter {
        let field = self.field();
        let test = match field.kind() {
            ValueKind::Time => Test::Time(self.times()),
            ValueKind::Integer => Test::Integer(self.integers()),
            ValueKind::Address if self.chance(50) => {
                let networks = ["10.0.1.0/24", "192.168.0.0/16", "2001:db8::/32", "0.0.0.0/0", "::/0"];
                Test::Network(self.pick::<&str>(&networks).parse().unwrap())
            }
            ValueKind::Scalar if self.chance(30) => {
                Test::Number(Bounds { from: self.some(70, Self::number), to: self.some(70, Self::number) })
            }
            ValueKind::Text | ValueKind::Scalar if self.chance(30) => {
                let word = self.value_of(&field);
                Test::Like(Pattern::prefix(&word.chars().take(2).collect::<String>()).unwrap())
            }
            _ => self.one_of(&field),
        };
        Filter::Field(FieldTest { field, test })
    }

    fn one_of(&mut self, field: &Field) -> Test {
        let mut values: Vec<String> = (0..=self.below(3)).map(|_| key_of(&self.value_of(field)).into_owned()).collect();
        values.sort_unstable();
        values.dedup();
        Test::OneOf(values)
    }

    fn value_of(&mut self, field: &Field) -> String {
        match field {
            Field::ContextIp => self.ip().to_string(),
            Field::ExternalId => format!("ext-{}", self.below(300)),
            Field::ContextAddress => format!("10.0.0.{}:443", self.below(200)),
            Field::ContextRequestId => format!("req-{}", self.below(300)),
            Field::ContextSessionId => format!("session-{}", self.below(40)),
            Field::Action => (*self.pick(&["user.read", "file.delete", "key.update", "x"])).to_owned(),
            Field::Id => self.event("acme", 1).event.id.to_string(),
            Field::Metadata(_) if self.chance(50) => (*self.pick(&["null", "true", "3", "-4", "7"])).to_owned(),
            field if field.kind() == ValueKind::Word => (*self.pick(&field.words())).to_owned(),
            _ => self.word(),
        }
    }

    fn number(&mut self) -> f64 {
        f64::from(u32::try_from(self.below(30)).unwrap()) - 15.0
    }

    fn times(&mut self) -> Bounds<i64> {
        let time = |random: &mut Self| DAY * MICROS_PER_DAY + i64::try_from(random.below(3_500_000)).unwrap();
        Bounds { from: self.some(70, time), to: self.some(70, time) }
    }

    fn integers(&mut self) -> Bounds<u64> {
        let from = self.some(70, |random| random.below(3_600));
        Bounds { from, to: self.some(70, |random| from.unwrap_or(0) + random.below(1_500)) }
    }
}
