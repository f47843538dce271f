use std::{num::NonZeroUsize, sync::Arc};

use camino::{Utf8Component, Utf8Path, Utf8PathBuf};

use crate::{Channel, Observer, PublishError, Unobserved};

/// A directory that holds published channels. Readers (a web server, `file:` URLs) see the channels' own paths;
/// what they lead to lies in `.states`.
#[derive(Clone)]
pub struct Storage {
    root: Utf8PathBuf,
    policy: Policy,
    observer: Arc<dyn Observer>,
}

/// How long old things are kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Policy {
    /// States that are kept for a way back, the current one included.
    pub states: NonZeroUsize,
    /// How long, in seconds, documents of metadata that was replaced stay where clients look for them. yum on EL6
    /// holds a repomd.xml for 90 minutes or, by its configuration, for a day and more. Those of the last
    /// generation are always kept.
    pub carry_seconds: u64,
}

impl Storage {
    /// A storage at `root`, which is created when something is first published.
    pub fn open(root: &Utf8Path, policy: Policy) -> Self {
        Self { root: root.to_owned(), policy, observer: Arc::new(Unobserved) }
    }

    /// The same storage, whose publications tell `observer` each step.
    #[must_use]
    pub fn observed_by(self, observer: Arc<dyn Observer>) -> Self {
        Self { observer, ..self }
    }

    /// The channel in `directory`, relative to the storage, such as `centos/6/xen4/x86_64`. It need not exist yet.
    ///
    /// # Errors
    /// When the path is not made of plain names (letters, digits, `.`, `_`, `+`, `-`, not beginning with a dot),
    /// or leads through another channel.
    pub fn channel(&self, directory: &str) -> Result<Channel, PublishError> {
        let plain = |part: Utf8Component<'_>| match part {
            Utf8Component::Normal(name) => {
                !name.starts_with('.')
                    && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._+-".contains(&byte))
            }
            _ => false,
        };
        let path = Utf8Path::new(directory);
        if directory.is_empty() || !path.components().all(plain) {
            return Err(PublishError::Directory { directory: directory.to_owned() });
        }
        let path: Utf8PathBuf = path.components().collect();
        for parent in path.ancestors().skip(1).map(|parent| self.root.join(parent)) {
            // A channel inside of another one would lie in a published state.
            if parent != self.root && fs_err::symlink_metadata(&parent).is_ok_and(|found| !found.is_dir()) {
                return Err(PublishError::Foreign { path: parent });
            }
        }
        Ok(Channel::new(&self.root, path, self.policy, Arc::clone(&self.observer)))
    }
}
