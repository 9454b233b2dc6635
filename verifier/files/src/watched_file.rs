//! Files that may change while the verifier runs: what tells one state of a file from another.
//!
//! A stamp is taken *before* the file is read. Anything written meanwhile then differs from the stamp, and is read
//! again; a stamp taken afterwards would be that of bytes nobody has read.

use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

/// One state of a file: which file it is, how long, and when its bytes and its entry last changed.
///
/// The file is the one that a symbolic link leads to, so pointing the link elsewhere is a change too, as when an
/// orchestrator swaps a folder of configuration. Programs cannot set the time of the entry's change, so a file that is
/// replaced by one of the same length and age is noticed all the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stamp {
    device: u64,
    inode: u64,
    len: u64,
    /// Seconds and nanoseconds since 1970.
    modified: (i64, i64),
    /// Seconds and nanoseconds since 1970.
    changed: (i64, i64),
}

impl Stamp {
    /// The state of the file at `path` as it is now. Blocks on the disk.
    ///
    /// # Errors
    ///
    /// Those of looking at the file.
    pub fn of(path: &Path) -> io::Result<Self> {
        let file = std::fs::metadata(path)?;
        Ok(Self {
            device: file.dev(),
            inode: file.ino(),
            len: file.len(),
            modified: (file.mtime(), file.mtime_nsec()),
            changed: (file.ctime(), file.ctime_nsec()),
        })
    }
}

#[cfg(test)]
mod tests {
    use std::fs::{self, File};
    use std::os::unix::fs::symlink;

    use super::*;

    #[test]
    fn every_way_to_change_a_file_changes_its_stamp() {
        let folder = tempfile::tempdir().unwrap();
        let [file, other, link, next] = ["file", "other", "link", "next"].map(|name| folder.path().join(name));
        fs::write(&file, "one").unwrap();
        fs::write(&other, "two").unwrap();
        symlink(&file, &link).unwrap();
        let first = Stamp::of(&link).unwrap();
        assert_eq!(Stamp::of(&file).unwrap(), first);

        let modified = fs::metadata(&file).unwrap().modified().unwrap();
        for path in [&file, &other] {
            File::options().write(true).open(path).unwrap().set_modified(modified).unwrap();
        }
        let before = Stamp::of(&link).unwrap();
        symlink(&other, &next).unwrap();
        fs::rename(&next, &link).unwrap();
        let swapped = Stamp::of(&link).unwrap();
        assert_eq!((before.len, before.modified), (swapped.len, swapped.modified));
        assert_ne!(before, swapped, "the link leads elsewhere");

        fs::write(&other, "three").unwrap();
        let longer = Stamp::of(&link).unwrap();
        assert_ne!(longer, swapped);
        folder.close().unwrap();
        assert!(Stamp::of(&link).is_err(), "it is gone");
    }
}
