//! How much memory this process occupies.

use std::fs;

/// Bytes of this process that are in memory, to the page.
///
/// # Panics
///
/// Where there is no `/proc/self/statm`.
pub fn resident_memory() -> u64 {
    let statm = fs::read_to_string("/proc/self/statm").unwrap_or_default();
    let pages = statm.split(' ').nth(1).and_then(|pages| pages.parse::<u64>().ok());
    pages.expect("Linux says in statm how many pages are resident") * PAGE
}

/// On every machine the tests run on; elsewhere figures would be off by a constant factor.
const PAGE: u64 = 4096;
