//! Owns the configuration: its sections, their defaults, the sources of values, and the errors of invalid ones.
//!
//! Sources in ascending precedence: defaults, a TOML file, environment variables `AUDITLOG__SECTION__KEY`, command-line
//! flags. Unknown keys are refused in every source. It knows neither the keys of the store's section, which the store's
//! crate defines, nor the code that uses the values.

mod error;
mod load;
mod secret;
mod sections;
mod source;

pub use error::ConfigError;
pub use load::{ConfigSources, ENVIRONMENT_PREFIX};
pub use secret::Secret;
pub use sections::{BootstrapSection, Config, LogFormat, LogSection, ServerSection};
pub use source::Flag;
