//! Converts records of other systems into events. Pure conversions, one module per format; `commands/import` reads the
//! files and sends the result.

pub(crate) mod cloudtrail;
