//! Owns how refusals by limits become problems.

use crate::{
    limits::{Limit, Refused},
    problem::{Code, Problem},
};

impl From<Refused> for Problem {
    fn from(Refused { limit, detail, retry_after }: Refused) -> Self {
        let code = match limit {
            Limit::Queries => Code::TooManyQueries,
            Limit::Tails => Code::TooManyTails,
            Limit::AnswerMemory => Code::TooManyAnswers,
            Limit::AnswerSize => Code::AnswerTooLarge,
            Limit::BatchMemory | Limit::Changes => Code::Overloaded,
        };
        Self { retry_after, ..Self::new(code, detail) }
    }
}
