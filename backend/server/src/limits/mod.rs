//! Owns what bounds the work that requests cause: how many queries run at once and how long each may take.

mod query_slot;

pub(crate) use query_slot::QuerySlots;
