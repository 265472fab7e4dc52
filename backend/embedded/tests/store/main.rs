//! What a user of the embedded store relies on, tested from outside. One binary: linking it costs more than running it.

mod checking;
mod control;
mod directory;
mod durability;
mod limits;
mod sealing;
mod support;
