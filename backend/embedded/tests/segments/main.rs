//! Columns, sealed segments and the executor, from outside: events are read back unchanged, filters have the meaning
//! that core defines, and no damaged byte is ever returned.

#![expect(clippy::unwrap_used, reason = "what cannot be set up is a failed test")]

mod columns;
mod damage;
mod events;
mod executor;
mod filters;
mod large_values;
mod segment;
