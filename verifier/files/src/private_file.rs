//! Files that hold a secret: read only if nobody but their owner may read or write them, and written so.

use std::fs::{DirBuilder, File};
use std::io::{self, Read, Write};
use std::os::unix::fs::{DirBuilderExt, PermissionsExt};
use std::path::Path;

/// Why a private file is not read. The caller adds the path and the fix when it reports this.
#[derive(Debug, thiserror::Error)]
pub enum PrivateFileError {
    /// It cannot be read.
    #[error(transparent)]
    Io(#[from] io::Error),
    /// Others than the owner may read or write it.
    #[error("others may access this file (mode {mode:04o})")]
    TooOpen {
        /// Its permission bits.
        mode: u32,
    },
}

/// The file's first `most` bytes, which are all of it if there are fewer. To notice a longer file, ask for one byte
/// more than it may have. Blocks on the disk.
///
/// # Errors
///
/// [`PrivateFileError`].
pub fn read(path: &Path, most: u64) -> Result<Vec<u8>, PrivateFileError> {
    let mut bytes = Vec::new();
    open(path)?.take(most).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// The same as [`read`], for text.
///
/// # Errors
///
/// [`PrivateFileError`]; [`io::ErrorKind::InvalidData`] for what is not UTF-8.
pub fn read_text(path: &Path, most: u64) -> Result<String, PrivateFileError> {
    let mut text = String::new();
    open(path)?.take(most).read_to_string(&mut text)?;
    Ok(text)
}

/// Writes a new file, and its folder if there is none, for the owner alone. It is written completely under another name
/// first: nobody ever reads half a secret, and of two that are written at once, the first one stays. Blocks on the disk.
///
/// # Errors
///
/// [`io::ErrorKind::AlreadyExists`] if there is a file of this name, which is left as it is; those of writing.
pub fn create(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let folder = path.parent().unwrap_or(Path::new("."));
    DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
    let mut unfinished = tempfile::Builder::new().suffix(UNFINISHED).tempfile_in(folder)?;
    unfinished.write_all(bytes)?;
    unfinished.as_file().sync_all()?;
    unfinished.persist_noclobber(path).map(drop).map_err(|failed| failed.error)
}

/// These are the permissions of the file that is read: they are asked for after it is open.
fn open(path: &Path) -> Result<File, PrivateFileError> {
    let file = File::open(path)?;
    let mode = file.metadata()?.permissions().mode() & 0o777;
    if mode & OF_OTHERS != 0 { Err(PrivateFileError::TooOpen { mode }) } else { Ok(file) }
}

/// The end of the name of a file that is being written; what a crash leaves behind has it.
const UNFINISHED: &str = ".new";

/// Every permission of the group and of everybody else.
const OF_OTHERS: u32 = 0o077;

#[cfg(test)]
mod tests {
    use std::fs::{self, Permissions};

    use super::*;

    #[test]
    fn a_file_is_read_as_far_as_asked_and_only_if_it_is_its_owner_s_alone() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("key");
        fs::write(&path, b"secret\xff").unwrap();
        for mode in [0o640, 0o604, 0o620, 0o602, 0o610, 0o601] {
            fs::set_permissions(&path, Permissions::from_mode(mode)).unwrap();
            let refused = read(&path, 100);
            assert!(matches!(refused, Err(PrivateFileError::TooOpen { mode: is }) if is == mode), "{mode:o}");
        }
        fs::set_permissions(&path, Permissions::from_mode(0o600)).unwrap();
        assert_eq!(read(&path, 100).unwrap(), b"secret\xff");
        assert_eq!(read(&path, 3).unwrap(), b"sec");
        assert_eq!(read_text(&path, 6).unwrap(), "secret");
        assert!(
            matches!(read_text(&path, 7), Err(PrivateFileError::Io(error)) if error.kind() == io::ErrorKind::InvalidData)
        );
        fs::remove_file(&path).unwrap();
        assert!(matches!(read(&path, 1), Err(PrivateFileError::Io(error)) if error.kind() == io::ErrorKind::NotFound));
    }

    #[test]
    fn a_new_file_is_its_owner_s_alone_and_replaces_none() {
        let folder = tempfile::tempdir().unwrap();
        let inner = folder.path().join("keys");
        let path = inner.join("key");
        create(&path, b"first").unwrap();
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!((mode(&inner), mode(&path)), (0o700, 0o600));
        assert_eq!(create(&path, b"second").unwrap_err().kind(), io::ErrorKind::AlreadyExists);
        assert_eq!(read(&path, 10).unwrap(), b"first");
        assert_eq!(fs::read_dir(&inner).unwrap().count(), 1, "nothing unfinished is left");
    }

    #[test]
    fn of_files_written_at_once_one_stays_as_a_whole() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("key");
        let start = std::sync::Barrier::new(4);
        let created: Vec<_> = std::thread::scope(|scope| {
            let write = |byte: u8| {
                start.wait();
                create(&path, &[byte; 1000]).is_ok().then_some(byte)
            };
            let threads: Vec<_> = (0..4).map(|byte| scope.spawn(move || write(byte))).collect();
            threads.into_iter().filter_map(|thread| thread.join().unwrap()).collect()
        });
        let [byte] = created[..] else { panic!("{created:?} were written") };
        assert_eq!(read(&path, 2000).unwrap(), [byte; 1000]);
    }
}
