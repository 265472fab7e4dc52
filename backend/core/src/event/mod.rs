//! Event v1: its shape, the edge where it is parsed and checked, and its canonical form.
//!
//! An [`Event`] can be had from two places only: the parser, which enforces every rule, and the store, which kept what
//! the parser gave. Everything behind the edge may rely on that.

mod model;

pub use model::{
    Actor, ActorType, Attributes, Category, Change, ChangeOperation, Context, Event, JsonText, Location, Outcome,
    OutcomeStatus, Producer, Raw, RawBody, Reason, SKEW_MICROS_MAX, Scalar, Severity, Source, StoredEvent, Target,
};
