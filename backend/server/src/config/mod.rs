//! Owns the configuration: its sections, their defaults, where values come from and what is said of a wrong one.
//!
//! Sources, each over the one before: defaults, a TOML file, environment variables `AUDITLOG__SECTION__KEY`,
//! command-line flags. Unknown keys are refused wherever they stand. It knows nothing of who uses the values.

mod error;
mod load;
mod secret;
mod sections;
mod source;

pub use error::ConfigError;
pub use load::{ConfigSources, ENVIRONMENT_PREFIX};
pub use secret::Secret;
pub use sections::{BootstrapSection, Config, LogFormat, LogSection, ServerSection, StorageSection};
pub use source::Flag;
