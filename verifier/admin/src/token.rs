//! The token with which the mode can be set: a file beside the signature keys, only for their owner. A user who can
//! read it can sign clearance tokens as well, so it gives nobody more than they had.

use std::io;
use std::path::{Path, PathBuf};

use aws_lc_rs::constant_time::verify_slices_are_equal;
use base64ct::{Base64UrlUnpadded, Encoding};
use http::{HeaderMap, header};
use portcullis_files::private_file::{self, PrivateFileError};
use sha2::{Digest, Sha256};

/// 256 random bits as 43 characters.
#[derive(Clone)]
pub struct Token(String);

/// Why the token cannot be used. Names the file and the fix, never the token.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AdminTokenError {
    /// The file cannot be read or made.
    #[error("{path}: {error}")]
    Io {
        /// Which.
        path: PathBuf,
        /// Why.
        error: io::Error,
    },
    /// Others than the owner may read or write it.
    #[error(
        "{path}: others may access this token (mode {mode:04o}). Delete the file: a new one is made at the next start"
    )]
    TooOpen {
        /// Which.
        path: PathBuf,
        /// Its permission bits.
        mode: u32,
    },
    /// It is not what we write.
    #[error("{path}: this is not a token. Delete the file: a new one is made at the next start")]
    Unusable {
        /// Which.
        path: PathBuf,
    },
    /// The process is ending.
    #[error("reading the token was interrupted")]
    Interrupted,
}

/// The token's file, in the folder of the signature keys.
pub fn token_file(keys: &Path) -> PathBuf {
    keys.join(FILE)
}

impl Token {
    /// Reads the token in the folder of the signature keys, and makes it if there is none. Blocks on the disk.
    ///
    /// # Errors
    ///
    /// [`AdminTokenError`].
    pub fn open(keys: &Path) -> Result<Self, AdminTokenError> {
        match Self::existing(keys) {
            Err(AdminTokenError::Io { error, .. }) if error.kind() == io::ErrorKind::NotFound => Self::make(keys),
            result => result,
        }
    }

    /// Reads the token. Blocks on the disk.
    ///
    /// # Errors
    ///
    /// [`AdminTokenError`].
    pub fn existing(keys: &Path) -> Result<Self, AdminTokenError> {
        let path = token_file(keys);
        let failed = |error| AdminTokenError::Io { path: path.clone(), error };
        let text = private_file::read_text(&path, MAX_FILE_LEN).map_err(|error| match error {
            PrivateFileError::Io(error) => failed(error),
            PrivateFileError::TooOpen { mode } => AdminTokenError::TooOpen { path: path.clone(), mode },
        })?;
        let text = text.trim_end();
        match Base64UrlUnpadded::decode_vec(text) {
            Ok(bytes) if bytes.len() == LEN => Ok(Self(text.to_owned())),
            _ => Err(AdminTokenError::Unusable { path }),
        }
    }

    fn make(keys: &Path) -> Result<Self, AdminTokenError> {
        let path = token_file(keys);
        let failed = |error| AdminTokenError::Io { path: path.clone(), error };
        let token = Base64UrlUnpadded::encode_string(&portcullis_issuer::entropy::random::<LEN>());
        match private_file::create(&path, format!("{token}\n").as_bytes()) {
            // If two start at once, both use the first one's.
            Err(error) if error.kind() != io::ErrorKind::AlreadyExists => Err(failed(error)),
            _ => Self::existing(keys),
        }
    }

    /// The value of an `Authorization` header that shows it.
    pub fn authorization(&self) -> String {
        format!("{SCHEME}{}", self.0)
    }

    /// Whether a request shows it, once. Takes the same time, whatever is shown.
    pub(super) fn is_shown_in(&self, headers: &HeaderMap) -> bool {
        let mut shown = headers.get_all(header::AUTHORIZATION).iter();
        let (Some(shown), None) = (shown.next(), shown.next()) else { return false };
        let [shown, own] = [shown.as_bytes(), self.authorization().as_bytes()].map(Sha256::digest);
        verify_slices_are_equal(&shown, &own).is_ok()
    }
}

impl std::fmt::Debug for Token {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Token(…)")
    }
}

const FILE: &str = "admin.token";
const SCHEME: &str = "Bearer ";
/// Bytes.
const LEN: usize = 32;
const MAX_FILE_LEN: u64 = 256;

#[cfg(test)]
mod tests {
    use std::fs::{self, Permissions};
    use std::os::unix::fs::PermissionsExt;

    use http::HeaderValue;

    use super::*;

    /// A folder still to be made, and the one that it is in, which is gone when it is dropped.
    fn folder() -> (PathBuf, tempfile::TempDir) {
        let outer = tempfile::tempdir().unwrap();
        (outer.path().join("keys"), outer)
    }

    #[test]
    fn a_token_is_made_once_for_its_owner_alone_and_kept() {
        let (folder, _outer) = folder();
        let token = Token::open(&folder).unwrap();
        assert_eq!(Token::open(&folder).unwrap().0, token.0);
        assert_eq!(fs::metadata(token_file(&folder)).unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(fs::read_dir(&folder).unwrap().count(), 1, "nothing unfinished is left");
        assert!(!format!("{token:?}").contains(&token.0));
    }

    #[test]
    fn a_token_that_others_may_read_or_that_is_none_is_refused() {
        let (folder, _outer) = folder();
        Token::open(&folder).unwrap();
        fs::set_permissions(token_file(&folder), Permissions::from_mode(0o640)).unwrap();
        assert!(matches!(Token::open(&folder), Err(AdminTokenError::TooOpen { mode: 0o640, .. })));
        fs::set_permissions(token_file(&folder), Permissions::from_mode(0o600)).unwrap();
        fs::write(token_file(&folder), "changeme\n").unwrap();
        assert!(matches!(Token::open(&folder), Err(AdminTokenError::Unusable { .. })));
    }

    #[test]
    fn only_the_whole_token_shown_once_is_good() {
        let (folder, _outer) = folder();
        let token = Token::open(&folder).unwrap();
        let shown = |values: &[String]| {
            let mut headers = HeaderMap::new();
            for value in values {
                headers.append(header::AUTHORIZATION, HeaderValue::from_str(value).unwrap());
            }
            token.is_shown_in(&headers)
        };
        let good = token.authorization();
        assert!(shown(std::slice::from_ref(&good)));
        for bad in [good[..good.len() - 1].to_owned(), format!("{good}A"), token.0.clone(), "Bearer ".to_owned()] {
            assert!(!shown(std::slice::from_ref(&bad)), "{bad}");
        }
        assert!(!shown(&[]) && !shown(&[good.clone(), good]));
    }
}
