//! How files of an operator are read and written.
//!
//! * [`private_file`]: files that nobody but their owner may read, such as keys and secrets.
//! * [`watched_file`]: files that are read again when they have changed.

pub mod private_file;
pub mod watched_file;
