//! What happens to the events of a request between parsing and the store: they are completed, printed and hashed once,
//! on the handler's thread. It knows neither requests nor stores.

mod batch;
mod prepare;
mod repeat;

pub use batch::{Atomicity, PreparedBatch, PreparedEvent, Provenance};
pub use prepare::{Prepared, prepare};
