//! What people ask for, as one typed tree. The search box and the API's parameters parse into it; every executor
//! compiles from it.

mod field;
mod filter;

pub use field::{Field, Group, ValueKind};
pub use filter::{Bounds, FieldTest, Filter, Test};
