//! Owns the form of answers whatever their content: their size limit, the memory that stays reserved until they are
//! sent, and how bytes are written in JSON.

mod bound;
mod hexadecimal;
mod json;
mod tagged;
mod withheld;

pub(crate) use bound::bound;
pub(crate) use hexadecimal::hexadecimal;
pub(crate) use json::JsonAnswer;
pub(crate) use tagged::Tagged;
pub(crate) use withheld::name_withheld;
