//! The folder that holds the signature keys: one PEM file a key, readable only by its owner.

use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use portcullis_challenge::UnixMillis;
use portcullis_clearance::clock::millis;
use portcullis_clearance::keys::Algorithm;
use portcullis_files::private_file::{self, PrivateFileError};

use super::{KeyMaterial, KeyRing, Phase, SigningKey, SigningKeyError};

/// Where the keys are. Files are named `<algorithm>-<milliseconds since the epoch when made>.pem`; others are ignored.
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
        "{path}: others may access this key (mode {mode:04o}). Run: chmod 600 '{path}'; but if others may have read it, delete it: a new key will be made, and tokens signed with the old one will no longer be accepted"
    )]
    TooOpen {
        /// Which file.
        path: PathBuf,
        /// Its permission bits.
        mode: u32,
    },
    /// A file is not a key that can sign.
    #[error("{path}: this key cannot be used: {reason}. Move the file away; `portcullis keys rotate` makes a new key")]
    Unusable {
        /// Which file.
        path: PathBuf,
        /// Why.
        reason: SigningKeyError,
    },
    /// A key to import that the next rotation would replace at once.
    #[error(
        "{path}: it is a key for {is}, and clearance.algorithm is {wanted}; set clearance.algorithm = \"{is}\" first"
    )]
    OtherAlgorithm {
        /// Which file.
        path: PathBuf,
        /// What it signs with.
        is: &'static str,
        /// What is configured.
        wanted: &'static str,
    },
    /// A key that is there already.
    #[error("this key is in {path} already; nothing was changed")]
    Known {
        /// The folder.
        path: PathBuf,
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

    /// Reads every key; makes the folder and a first key if there is none, and a next one if the newest is due.
    ///
    /// # Errors
    ///
    /// [`KeyFolderError`].
    pub fn open(&self, rotation: Rotation, now: UnixMillis) -> Result<KeyRing, KeyFolderError> {
        match self.existing()? {
            Some(ring) if rotation.is_due(&ring, now) => self.rotate(rotation.algorithm, now),
            Some(ring) => Ok(ring),
            None => self.add(&KeyMaterial::generate(rotation.algorithm), now),
        }
    }

    /// Reads every key; `None` if there is none yet.
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
    pub fn rotate(&self, algorithm: Algorithm, now: UnixMillis) -> Result<KeyRing, KeyFolderError> {
        if let Some(ring) = self.existing()? {
            for (key, _) in ring.phases(now).filter(|(_, phase)| *phase == Phase::Retired) {
                let path = self.file(key.algorithm(), key.created_at());
                std::fs::remove_file(&path).map_err(|error| KeyFolderError::Io { path, error })?;
            }
        }
        self.add(&KeyMaterial::generate(algorithm), now)
    }

    /// Adds a key made elsewhere as the next one.
    ///
    /// # Errors
    ///
    /// [`KeyFolderError`]: for a key that is there already, one that cannot be used, one that others may read, or one
    /// of another algorithm than new keys have.
    pub fn import(&self, file: &Path, algorithm: Algorithm, now: UnixMillis) -> Result<KeyRing, KeyFolderError> {
        let material = read_material(file)?;
        let unusable = |reason| KeyFolderError::Unusable { path: file.to_owned(), reason };
        let key = SigningKey::new(&material, now).map_err(unusable)?;
        if key.algorithm() != algorithm {
            let (is, wanted) = (key.algorithm().name(), algorithm.name());
            return Err(KeyFolderError::OtherAlgorithm { path: file.to_owned(), is, wanted });
        }
        let known = self.existing()?.is_some_and(|ring| ring.phases(now).any(|(other, _)| other.kid() == key.kid()));
        if known {
            return Err(KeyFolderError::Known { path: self.0.clone() });
        }
        self.add(&material, now)
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
            let Some((algorithm, created_at)) = named(&path) else { continue };
            if keys.len() == Self::MAX_KEYS {
                return Err(KeyFolderError::TooMany { path: self.0.clone() });
            }
            keys.push(read_key(&path, algorithm, created_at)?);
        }
        Ok(keys)
    }

    /// Writes a new key. Two rotations at once never lose one: a key replaces none.
    fn add(&self, material: &KeyMaterial, now: UnixMillis) -> Result<KeyRing, KeyFolderError> {
        let path = self.file(material.algorithm(), now);
        let failed = |error| KeyFolderError::Io { path: path.clone(), error };
        private_file::create(&path, material.to_pem().as_bytes()).map_err(failed)?;
        let read = self.existing()?;
        read.ok_or_else(|| failed(io::Error::from(io::ErrorKind::NotFound)))
    }

    fn file(&self, algorithm: Algorithm, created_at: UnixMillis) -> PathBuf {
        self.0.join(format!("{}-{}{FILE_SUFFIX}", algorithm.name(), created_at.0))
    }
}

/// When a next key is made automatically, and of which kind.
#[derive(Clone, Copy, Debug)]
pub struct Rotation {
    /// What new keys sign with.
    pub algorithm: Algorithm,
    /// How old the newest key gets.
    pub every: Duration,
}

impl Rotation {
    /// The newest key is old enough, or signs with another algorithm than configured.
    fn is_due(self, ring: &KeyRing, now: UnixMillis) -> bool {
        let newest = ring.newest();
        newest.algorithm() != self.algorithm || newest.created_at().0.saturating_add(millis(self.every)) <= now.0
    }
}

/// What a file's name says about its key.
fn named(path: &Path) -> Option<(Algorithm, UnixMillis)> {
    let name = path.file_name()?.to_str()?.strip_suffix(FILE_SUFFIX)?;
    let (algorithm, digits) = name.split_once('-')?;
    let algorithm = ALGORITHMS.into_iter().find(|known| known.name() == algorithm)?;
    Some((algorithm, UnixMillis(digits.parse().ok()?)))
}

fn read_key(path: &Path, algorithm: Algorithm, created_at: UnixMillis) -> Result<SigningKey, KeyFolderError> {
    let unusable = |reason| KeyFolderError::Unusable { path: path.to_owned(), reason };
    let material = read_material(path)?;
    if material.algorithm() != algorithm {
        return Err(unusable(SigningKeyError::OtherAlgorithm));
    }
    SigningKey::new(&material, created_at).map_err(unusable)
}

fn read_material(path: &Path) -> Result<KeyMaterial, KeyFolderError> {
    let text = private_file::read_text(path, MAX_FILE_LEN).map_err(|error| match error {
        PrivateFileError::Io(error) => KeyFolderError::Io { path: path.to_owned(), error },
        PrivateFileError::TooOpen { mode } => KeyFolderError::TooOpen { path: path.to_owned(), mode },
    })?;
    KeyMaterial::from_pem(&text).map_err(|reason| KeyFolderError::Unusable { path: path.to_owned(), reason })
}

const ALGORITHMS: [Algorithm; 3] = [Algorithm::Es256, Algorithm::EdDsa, Algorithm::Hs256];
const FILE_SUFFIX: &str = ".pem";
/// A P-256 key in PEM takes about 240 bytes.
const MAX_FILE_LEN: u64 = 4096;
