//! Owns how large answers may be, and that what each of them holds is held until it is sent. Knows nothing of what is in
//! them.

mod bound;
mod json;

pub(crate) use bound::bound;
pub(crate) use json::JsonAnswer;
