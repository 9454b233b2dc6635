//! The folder signature keys are kept in: one PKCS#8 PEM file a key, readable by its owner alone.

use std::fs::{DirBuilder, File, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use portcullis_challenge::UnixMillis;

use super::{KeyRing, Phase, SigningKey, UnusableKey};

/// Where the keys are. Files are named `es256-<milliseconds since the epoch when made>.pem`; others are ignored.
#[derive(Clone, Debug)]
pub struct KeyFolder(PathBuf);

/// Why keys cannot be read or written. Names the file and the fix, never a key.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum KeyFolderError {
    /// The folder or a file cannot be read or written.
    #[error("{path}: {error}")]
    Io {
        /// Which.
        path: PathBuf,
        /// Why.
        error: io::Error,
    },
    /// Others than the owner may read or write a key.
    #[error(
        "{path}: others may access this key (mode {mode:04o}). Run: chmod 600 '{path}'; but if others may have read it, delete it: a new key is made, and what the old one signed is no longer honoured"
    )]
    TooOpen {
        /// Which file.
        path: PathBuf,
        /// Its permission bits.
        mode: u32,
    },
    /// A file is no key to sign with.
    #[error("{path}: this key cannot be used: {reason}. Move the file away; `portcullis keys rotate` makes a new key")]
    Unusable {
        /// Which file.
        path: PathBuf,
        /// Why.
        reason: UnusableKey,
    },
    /// Far more keys than rotation ever leaves.
    #[error("{path}: more than {} keys; remove the retired ones", KeyFolder::MAX_KEYS)]
    TooMany {
        /// The folder.
        path: PathBuf,
    },
}

impl KeyFolder {
    /// How many keys a folder may hold.
    pub const MAX_KEYS: usize = 64;

    /// The folder at `path`, which need not exist yet.
    pub fn at(path: impl Into<PathBuf>) -> Self {
        Self(path.into())
    }

    /// Reads every key; makes the folder and a first key where there is none.
    ///
    /// # Errors
    ///
    /// [`KeyFolderError`].
    pub fn open(&self, now: UnixMillis) -> Result<KeyRing, KeyFolderError> {
        match self.existing()? {
            Some(ring) => Ok(ring),
            // The key just made is there.
            None => Ok(KeyRing::new(vec![self.create(now)?]).expect("one key is a ring")),
        }
    }

    /// Reads every key; `None` where there is none yet.
    ///
    /// # Errors
    ///
    /// [`KeyFolderError`].
    pub fn existing(&self) -> Result<Option<KeyRing>, KeyFolderError> {
        Ok(KeyRing::new(self.read()?))
    }

    /// Makes a next key, and removes the files of retired ones.
    ///
    /// # Errors
    ///
    /// [`KeyFolderError`].
    pub fn rotate(&self, now: UnixMillis) -> Result<KeyRing, KeyFolderError> {
        let ring = self.open(now)?;
        for (key, phase) in ring.phases(now) {
            if phase == Phase::Retired {
                let path = self.file(key.created_at());
                std::fs::remove_file(&path).map_err(|error| KeyFolderError::Io { path, error })?;
            }
        }
        self.create(now)?;
        self.open(now)
    }

    /// Reads every key in the folder, in no order.
    fn read(&self) -> Result<Vec<SigningKey>, KeyFolderError> {
        let failed = |error| KeyFolderError::Io { path: self.0.clone(), error };
        let entries = match std::fs::read_dir(&self.0) {
            Ok(entries) => entries,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(failed(error)),
        };
        let mut keys = Vec::new();
        for entry in entries {
            let path = entry.map_err(failed)?.path();
            let Some(created_at) = created_at(&path) else { continue };
            if keys.len() == Self::MAX_KEYS {
                return Err(KeyFolderError::TooMany { path: self.0.clone() });
            }
            keys.push(read_key(&path, created_at)?);
        }
        Ok(keys)
    }

    /// Writes a new key: complete under another name first, so that no reader ever sees half a key.
    fn create(&self, now: UnixMillis) -> Result<SigningKey, KeyFolderError> {
        let path = self.file(now);
        let failed = |error| KeyFolderError::Io { path: path.clone(), error };
        DirBuilder::new().recursive(true).mode(0o700).create(&self.0).map_err(failed)?;
        let pkcs8 = SigningKey::generate();
        let text = pem::encode(&pem::Pem::new("PRIVATE KEY", pkcs8.as_slice()));
        let unfinished = path.with_extension("new");
        let mut file =
            OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&unfinished).map_err(failed)?;
        file.write_all(text.as_bytes()).and_then(|()| file.sync_all()).map_err(failed)?;
        // A hard link fails where a rename would overwrite: two rotations at once never lose a key.
        std::fs::hard_link(&unfinished, &path).and_then(|()| std::fs::remove_file(&unfinished)).map_err(failed)?;
        SigningKey::from_pkcs8(&pkcs8, now).map_err(|reason| KeyFolderError::Unusable { path, reason })
    }

    fn file(&self, created_at: UnixMillis) -> PathBuf {
        self.0.join(format!("{FILE_PREFIX}{}{FILE_SUFFIX}", created_at.0))
    }
}

fn created_at(path: &Path) -> Option<UnixMillis> {
    let name = path.file_name()?.to_str()?;
    let digits = name.strip_prefix(FILE_PREFIX)?.strip_suffix(FILE_SUFFIX)?;
    digits.parse().ok().map(UnixMillis)
}

fn read_key(path: &Path, created_at: UnixMillis) -> Result<SigningKey, KeyFolderError> {
    let failed = |error| KeyFolderError::Io { path: path.to_owned(), error };
    let unusable = |reason| KeyFolderError::Unusable { path: path.to_owned(), reason };
    let mut file = File::open(path).map_err(failed)?;
    let mode = file.metadata().map_err(failed)?.permissions().mode() & 0o777;
    if mode & 0o077 != 0 {
        return Err(KeyFolderError::TooOpen { path: path.to_owned(), mode });
    }
    let mut text = String::new();
    (&mut file).take(MAX_FILE_LEN).read_to_string(&mut text).map_err(failed)?;
    let block = pem::parse(&text).map_err(|_| unusable(UnusableKey::NotP256))?;
    if block.tag() != "PRIVATE KEY" {
        return Err(unusable(UnusableKey::NotP256));
    }
    SigningKey::from_pkcs8(block.contents(), created_at).map_err(unusable)
}

const FILE_PREFIX: &str = "es256-";
const FILE_SUFFIX: &str = ".pem";
/// A P-256 key in PEM takes about 240 bytes.
const MAX_FILE_LEN: u64 = 4096;
