//! Owns the file of the first keys. The file is written before the keys become valid. If a start is interrupted between
//! these two steps, the next start is again a first start and uses the keys in the file. In the opposite order the keys
//! could be lost.

use std::path::{Path, PathBuf};

use auditlog_core::policy::ApiKeyToken;
use auditlog_server::{
    config::{BootstrapSection, Secret},
    use_cases::BootstrapError,
};
use serde::{Deserialize, Serialize};

use crate::{
    failure::Failure,
    output::{SecretFile, read_secret_file},
};

/// The file's name within the data directory, if no other place is given.
const NAME: &str = "first-keys.json";
/// The beginning of each such file. A shorter file, or one that begins so and is not complete JSON, was not finished.
const BEGINNING: &str = r#"{"default_key":"#;

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Content {
    default_key: String,
    system_key: String,
}

/// The place for keys that are not printed, if no other is given.
pub(super) fn default_path(data_dir: &Path) -> PathBuf {
    data_dir.join(NAME)
}

/// Makes `path` hold the first keys and returns them. They are the ones that an earlier start left in the file; else
/// the configuration's keys, with `fresh` ones for those that the configuration does not give.
pub(super) fn keep_first_keys(
    path: &Path,
    given: &BootstrapSection,
    fresh: impl Fn() -> ApiKeyToken,
) -> Result<BootstrapSection, Failure> {
    let content = if let Some(left) = left_behind(path)? {
        matching(left, given, path)?
    } else {
        let content = content_of(given, fresh)?;
        let text = serde_json::to_string(&content)
            .map_err(|error| Failure::caused_by("the first keys cannot be written", &error))?;
        SecretFile::create(path)?.write(&text)?;
        content
    };
    Ok(BootstrapSection {
        default_key: Some(Secret::new(content.default_key)),
        system_key: Some(Secret::new(content.system_key)),
    })
}

/// The keys that an earlier start left. An unfinished file is removed: its keys were never valid.
fn left_behind(path: &Path) -> Result<Option<Content>, Failure> {
    let Some(text) = read_secret_file(path)? else { return Ok(None) };
    if let Ok(content) = serde_json::from_str(&text) {
        return Ok(Some(content));
    }
    if !BEGINNING.starts_with(&text) && !text.starts_with(BEGINNING) {
        return Err(Failure::failed(format!("{} already exists and holds no first keys", path.display()))
            .hint("name a file that does not exist by --bootstrap-file"));
    }
    std::fs::remove_file(path)
        .map_err(|error| Failure::caused_by(format!("{} cannot be removed", path.display()), &error))?;
    Ok(None)
}

fn matching(left: Content, given: &BootstrapSection, path: &Path) -> Result<Content, Failure> {
    let is_other = |given: &Option<Secret>, left: &str| given.as_ref().is_some_and(|given| given.expose() != left);
    if is_other(&given.default_key, &left.default_key) || is_other(&given.system_key, &left.system_key) {
        return Err(Failure::usage(format!("{} holds other keys than the configuration gives", path.display()))
            .hint("remove the file, or leave bootstrap.default_key and bootstrap.system_key out"));
    }
    Ok(left)
}

/// Validates the configuration's keys before the file is created: it must not hold an invalid key.
fn content_of(given: &BootstrapSection, fresh: impl Fn() -> ApiKeyToken) -> Result<Content, Failure> {
    let token = |given: Option<&Secret>, key| match given {
        Some(secret) => ApiKeyToken::parse(secret.expose()).map_err(|_| BootstrapError::MalformedKey { key }),
        None => Ok(fresh()),
    };
    let default_key = token(given.default_key.as_ref(), "default_key").map_err(super::first_start::explained)?;
    let system_key = token(given.system_key.as_ref(), "system_key").map_err(super::first_start::explained)?;
    if default_key.id() == system_key.id() {
        return Err(super::first_start::explained(BootstrapError::SameKeys));
    }
    Ok(Content { default_key: default_key.expose(), system_key: system_key.expose() })
}

#[cfg(test)]
mod tests {
    use std::{
        fs,
        os::unix::fs::PermissionsExt,
        sync::atomic::{AtomicU8, Ordering},
    };

    use auditlog_core::{clock::Entropy, policy::EnvironmentName};

    use super::*;

    /// Different bytes each time.
    struct Counter(AtomicU8);

    impl Entropy for Counter {
        fn fill(&self, bytes: &mut [u8]) {
            bytes.fill(self.0.fetch_add(1, Ordering::Relaxed));
        }
    }

    fn keep(path: &Path, given: &BootstrapSection) -> Result<(String, String), Failure> {
        static COUNTER: Counter = Counter(AtomicU8::new(0));
        let environment = EnvironmentName::parse("test").unwrap();
        let kept = keep_first_keys(path, given, || ApiKeyToken::mint(environment.clone(), &COUNTER))?;
        let exposed = |key: Option<Secret>| key.unwrap().expose().to_owned();
        Ok((exposed(kept.default_key), exposed(kept.system_key)))
    }

    #[test]
    fn a_start_that_was_cut_short_goes_on_with_the_keys_that_it_left() {
        let directory = tempfile::tempdir().unwrap();
        let path = default_path(directory.path());
        let none = BootstrapSection::default();
        let first = keep(&path, &none).unwrap();
        assert_eq!(keep(&path, &none).unwrap(), first);
        let whole = fs::read_to_string(&path).unwrap();
        for length in [0, 1, BEGINNING.len(), whole.len() / 2, whole.len() - 3] {
            fs::write(&path, &whole[..length]).unwrap();
            assert_ne!(keep(&path, &none).unwrap(), first, "{length} bytes were left");
            assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        }
    }

    #[test]
    fn a_file_of_somebody_else_is_left_alone() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("keys.json");
        fs::write(&path, "# mine").unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
        assert!(keep(&path, &BootstrapSection::default()).is_err());
        assert_eq!(fs::read_to_string(&path).unwrap(), "# mine");
    }

    #[test]
    fn keys_of_the_configuration_are_kept_where_they_are_keys_and_no_others_are_there() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("keys.json");
        let none = BootstrapSection::default();
        let broken = BootstrapSection { default_key: Some(Secret::new("alk_x".to_owned())), ..none.clone() };
        assert!(keep(&path, &broken).is_err());
        let (default_key, _) = keep(&path, &none).unwrap();
        let same = BootstrapSection { default_key: Some(Secret::new(default_key.clone())), ..none.clone() };
        assert_eq!(keep(&path, &same).unwrap().0, default_key);
        let other = BootstrapSection { system_key: Some(Secret::new(default_key)), ..none };
        assert!(keep(&path, &other).is_err());
    }
}
