//! Owns which problem a client gets for each error of a use case. Statuses and titles belong to `problem`.

mod change;
mod export_file;
mod ingest;
mod read;

pub(super) use read::{refused_mark, refused_query};
