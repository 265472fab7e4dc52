//! Columns, sealed segments and the executor, seen from outside: what goes in comes out, filters mean what core says
//! they mean, and no damaged byte is ever served.

#![expect(clippy::unwrap_used, reason = "what cannot be set up is a failed test")]

mod columns;
mod damage;
mod events;
mod executor;
mod filters;
mod segment;
