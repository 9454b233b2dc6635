//! Public types, each of which has a name of its own: two things with one name are mistaken for each other.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use anyhow::{Context, Result};

use super::imports::code;

/// The places of every public type, by its name.
#[derive(Default)]
pub(super) struct Names(BTreeMap<String, Vec<String>>);

impl Names {
    /// Reads the sources below a folder.
    ///
    /// # Errors
    ///
    /// When they cannot be read.
    pub(super) fn read(&mut self, folder: &Path) -> Result<()> {
        let entries = fs::read_dir(folder).with_context(|| format!("could not read {}", folder.display()))?;
        for entry in entries {
            let path = entry?.path();
            if path.is_dir() {
                self.read(&path)?;
            } else if path.extension().is_some_and(|extension| extension == "rs") && !path.ends_with("tests.rs") {
                self.add(&path.display().to_string(), &fs::read_to_string(&path)?);
            }
        }
        Ok(())
    }

    fn add(&mut self, place: &str, source: &str) {
        for line in code(source).lines() {
            let mut words = line.split_whitespace();
            let is_public = words.next() == Some("pub");
            let is_type = words.next().is_some_and(|word| KINDS.contains(&word));
            if let (true, true, Some(name)) = (is_public, is_type, words.next()) {
                let name = name.split(|one: char| !one.is_alphanumeric() && one != '_').next().unwrap_or_default();
                self.0.entry(name.to_owned()).or_default().push(place.to_owned());
            }
        }
    }

    /// The names that several types have, and where those are.
    pub(super) fn shared(&self) -> Vec<String> {
        let shared = self.0.iter().filter(|(_, places)| places.len() > 1);
        shared.map(|(name, places)| format!("{name} is the name of several types: {}", places.join(", "))).collect()
    }
}

/// What makes a type, or a trait.
const KINDS: [&str; 5] = ["struct", "enum", "union", "trait", "type"];

#[cfg(test)]
mod tests {
    use super::*;

    fn shared(files: &[(&str, &str)]) -> Vec<String> {
        let mut names = Names::default();
        files.iter().for_each(|(place, source)| names.add(place, source));
        names.shared()
    }

    #[test]
    fn two_public_types_with_one_name_are_refused_whatever_they_are() {
        let files = [("a.rs", "pub struct Claims(u8);\n"), ("b.rs", "mod inner {\n    pub trait Claims: Send {}\n}\n")];
        assert_eq!(shared(&files), ["Claims is the name of several types: a.rs, b.rs"]);
        assert_eq!(shared(&[("a.rs", "pub enum Rule<'a> {\n"), ("b.rs", "pub type Rule = u8;\n")]).len(), 1);
    }

    #[test]
    fn types_that_are_not_public_and_those_of_tests_do_not_count() {
        let of_tests = "#[cfg(test)]\nmod tests {\n    pub struct Gate;\n}\n";
        let not_public =
            "struct Gate;\npub(crate) enum Gate {}\npub fn gate() {}\n// pub struct Gate;\npub use a::Gate;\n";
        assert_eq!(shared(&[("a.rs", "pub struct Gate;\n"), ("b.rs", of_tests), ("c.rs", not_public)]), [""; 0]);
    }
}
