//! How records of other systems become events. Pure conversions, one room for each format; `commands/import` reads the
//! files and sends what comes out.

pub(crate) mod cloudtrail;
