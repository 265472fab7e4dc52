//! Owns the size limit of answers, and that the memory of an answer stays reserved until it is sent. Knows nothing of
//! the content of answers.

mod bound;
mod json;

pub(crate) use bound::bound;
pub(crate) use json::JsonAnswer;
