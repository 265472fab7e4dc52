//! Owns exports: a walk over the log from its beginning to where it ended when the export began, written as one file
//! that is sent while it is made. Knows nothing of routes and parameters.
//!
//! Nothing is kept but one piece of the walk and what the compression holds back, and a piece is made when the
//! connection has taken the one before. A file that cannot be finished is broken off, so that it never looks complete.

mod compression;
mod encoder;
mod format;
mod json;
mod walk;

pub(crate) use format::{Compression, Format};
pub(crate) use walk::{Assignment, Export};
