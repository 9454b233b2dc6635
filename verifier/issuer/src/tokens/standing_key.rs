//! The file of the key that signs standing tokens: 32 random bytes, readable only by their owner. It outlives restarts
//! and rotations of the other keys; deleting it makes every standing token void.

use std::io;
use std::path::{Path, PathBuf};

use portcullis_files::private_file::{self, PrivateFileError};

use super::standing::StandingKey;

/// Where the key is: a file `standing.key` in the folder of the signature keys.
#[derive(Clone, Debug)]
pub struct StandingKeyFile(PathBuf);

/// Why the key of standing tokens cannot be used. Names the file and the fix, never the key.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StandingKeyError {
    /// The file cannot be read or made.
    #[error("{path}: {error}. Without this file: standing.enabled = false")]
    Io {
        /// Which.
        path: PathBuf,
        /// Why.
        error: io::Error,
    },
    /// Others than the owner may read or write it.
    #[error(
        "{path}: others may access this key (mode {mode:04o}). Run: chmod 600 '{path}'; but if others may have read it, delete it: a new key is made, and standing tokens of the old one no longer count"
    )]
    TooOpen {
        /// Which file.
        path: PathBuf,
        /// Its permission bits.
        mode: u32,
    },
    /// It holds no key.
    #[error("{path}: this is not a key of 32 bytes. Delete the file: a new one will be made")]
    NoKey {
        /// Which file.
        path: PathBuf,
    },
}

impl StandingKeyFile {
    /// The file in the folder at `keys`; neither need exist yet.
    pub fn within(keys: &Path) -> Self {
        Self(keys.join("standing.key"))
    }

    /// Reads the key, and makes one if there is none.
    ///
    /// # Errors
    ///
    /// [`StandingKeyError`].
    pub fn open(&self) -> Result<StandingKey, StandingKeyError> {
        match self.read() {
            Err(StandingKeyError::Io { error, .. }) if error.kind() == io::ErrorKind::NotFound => {
                self.make().map_err(|error| self.failed(error))?;
                self.read()
            }
            read => read,
        }
    }

    fn read(&self) -> Result<StandingKey, StandingKeyError> {
        let bytes = private_file::read(&self.0, KEY_LEN as u64 + 1).map_err(|error| match error {
            PrivateFileError::Io(error) => self.failed(error),
            PrivateFileError::TooOpen { mode } => StandingKeyError::TooOpen { path: self.0.clone(), mode },
        })?;
        let random = |secret: &[u8; KEY_LEN]| secret.iter().any(|byte| *byte != secret[0]);
        let secret = <[u8; KEY_LEN]>::try_from(bytes).ok().filter(random);
        secret.map(|secret| StandingKey::new(&secret)).ok_or_else(|| StandingKeyError::NoKey { path: self.0.clone() })
    }

    /// Writes a new key. If two verifiers start at once, both use the first one's.
    fn make(&self) -> io::Result<()> {
        match private_file::create(&self.0, &crate::entropy::random::<KEY_LEN>()) {
            Err(error) if error.kind() != io::ErrorKind::AlreadyExists => Err(error),
            _ => Ok(()),
        }
    }

    fn failed(&self, error: io::Error) -> StandingKeyError {
        StandingKeyError::Io { path: self.0.clone(), error }
    }
}

const KEY_LEN: usize = 32;

#[cfg(test)]
mod tests {
    use portcullis_challenge::UnixMillis;
    use portcullis_clearance::TokenId;
    use std::os::unix::fs::PermissionsExt;
    use std::time::Duration;

    use super::super::standing::StandingToken;
    use super::*;

    /// A folder still to be made, in one that is gone when it is dropped.
    struct Folder(PathBuf, #[expect(dead_code, reason = "held until the test is over")] tempfile::TempDir);

    impl Folder {
        fn new() -> Self {
            let outer = tempfile::tempdir().unwrap();
            Self(outer.path().join("keys"), outer)
        }
    }

    fn same(one: &StandingKey, other: &StandingKey) -> bool {
        let token = StandingToken::first("login.example", TokenId([1; 16]), UnixMillis(1));
        other.verify(&one.sign(&token), "login.example", Duration::from_secs(3600), UnixMillis(1)).is_some()
    }

    #[test]
    fn a_key_is_made_once_for_its_owner_alone_and_deleting_it_makes_another() {
        let folder = Folder::new();
        let file = StandingKeyFile::within(&folder.0);
        let key = file.open().unwrap();
        assert!(same(&key, &file.open().unwrap()));
        let metadata = std::fs::metadata(&file.0).unwrap();
        assert_eq!((metadata.permissions().mode() & 0o777, metadata.len()), (0o600, 32));
        assert_eq!(std::fs::read_dir(&folder.0).unwrap().count(), 1, "nothing unfinished is left");
        std::fs::remove_file(&file.0).unwrap();
        assert!(!same(&key, &file.open().unwrap()));
    }

    #[test]
    fn verifiers_that_start_at_once_have_one_key() {
        let folder = Folder::new();
        let file = StandingKeyFile::within(&folder.0);
        let keys: Vec<_> = std::thread::scope(|scope| {
            let starts: Vec<_> = (0..8).map(|_| scope.spawn(|| file.open().unwrap())).collect();
            starts.into_iter().map(|start| start.join().unwrap()).collect()
        });
        assert!(keys.iter().all(|key| same(key, &keys[0])));
    }

    #[test]
    fn a_file_that_others_may_read_or_that_is_no_key_is_refused_with_the_fix() {
        let folder = Folder::new();
        let file = StandingKeyFile::within(&folder.0);
        file.open().unwrap();
        let write = |mode, bytes: &[u8]| {
            std::fs::write(&file.0, bytes).unwrap();
            std::fs::set_permissions(&file.0, PermissionsExt::from_mode(mode)).unwrap();
            file.open().map(drop).map_err(|refused| refused.to_string())
        };
        let mut secret = [7; 32];
        secret[0] = 1;
        assert_eq!(write(0o600, &secret), Ok(()));
        for mode in [0o640, 0o604, 0o620] {
            assert!(write(mode, &secret).unwrap_err().contains("chmod 600"));
        }
        for bytes in [&[][..], &secret[..31], &[7; 32], &[1; 33]] {
            assert!(write(0o600, bytes).unwrap_err().contains("Delete the file"), "{bytes:?}");
        }
    }
}
