//! Versions as tools print them.

use std::process::Command;

use crate::command::output_of;

/// Major, minor and patch; missing parts are 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Version(pub(crate) u32, pub(crate) u32, pub(crate) u32);

impl Version {
    /// Reads the first word that starts with a number, after an optional `v`: `wasm-pack 0.15.1`, `v18.20.4`.
    pub(crate) fn find_in(text: &str) -> Option<Self> {
        text.split_whitespace().find_map(|word| Self::parse(word.strip_prefix('v').unwrap_or(word)))
    }

    fn parse(word: &str) -> Option<Self> {
        let mut parts = word.split(['.', '-', '+']).map(|part| part.parse().ok());
        let major = parts.next()??;
        let mut next = || parts.next().flatten().unwrap_or(0);
        Some(Self(major, next(), next()))
    }
}

/// The version a command reports of itself, or nothing when it is missing.
pub(crate) fn version_of(command: &mut Command) -> Option<Version> {
    Version::find_in(&output_of(command.arg("--version"))?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_found_as_tools_print_them() {
        assert_eq!(Version::find_in("wasm-bindgen 0.2.129"), Some(Version(0, 2, 129)));
        assert_eq!(Version::find_in("v18.20.4\n"), Some(Version(18, 20, 4)));
        assert_eq!(Version::find_in("wasm-opt version 132 (version_132)"), Some(Version(132, 0, 0)));
        assert_eq!(Version::find_in("cargo-deny 0.20.2-rc.1"), Some(Version(0, 20, 2)));
        assert_eq!(Version::find_in("no version here"), None);
    }

    #[test]
    fn versions_are_ordered_by_number_not_by_letter() {
        assert!(Version(0, 2, 129) > Version(0, 2, 13));
        assert!(Version(9, 0, 0) < Version(18, 0, 0));
    }
}
