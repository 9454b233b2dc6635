//! Blocks of TOML: configurations and policies, read by what reads them in the program.

use std::path::{Path, PathBuf};

use portcullis_config::Layers;
use portcullis_policy::Policy;
use portcullis_tests::manual::{Block, root};
use tempfile::TempDir;
use toml::Table;

/// Reads a block as what it is.
pub(super) fn check(block: &Block) -> Result<(), String> {
    match kind(&block.text)? {
        Kind::Policy => policy(block),
        Kind::Configuration => configuration(&block.text),
        Kind::Manifest => manifest(&block.text),
    }
}

/// Whether a block is a whole file, to which nothing needs to be added.
pub(super) fn stands_alone(block: &Block) -> bool {
    match kind(&block.text) {
        Ok(Kind::Policy) => Policy::parse(&block.text, Path::new("policy.toml")).is_ok(),
        Ok(Kind::Configuration) => {
            let file = Some((PathBuf::from("portcullis.toml"), block.text.clone()));
            Layers { file, ..Layers::default() }.parse().is_ok()
        }
        _ => false,
    }
}

/// What a block of TOML is a part of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Policy,
    Configuration,
    /// A `Cargo.toml`.
    Manifest,
}

/// Tells by the tables in it.
pub(super) fn kind(text: &str) -> Result<Kind, String> {
    let table: Table = text.parse().map_err(|error| format!("{error}"))?;
    let has = |keys: &[&str]| keys.iter().any(|key| table.contains_key(*key));
    Ok(if has(&["rule", "level", "threshold"]) {
        Kind::Policy
    } else if has(&["dependencies"]) {
        Kind::Manifest
    } else {
        Kind::Configuration
    })
}

/// A policy is read as it stands: a reader who copies it finds that it works. Fragments are completed first.
fn policy(block: &Block) -> Result<(), String> {
    let folder = TempDir::new().map_err(|error| error.to_string())?;
    for (name, text) in LISTS {
        std::fs::write(folder.path().join(name), text).map_err(|error| error.to_string())?;
    }
    let fragment = FRAGMENTS.iter().find(|one| one.page == block.page && block.text.starts_with(one.begins));
    let text = fragment.map_or_else(|| block.text.clone(), |one| format!("{}{}", one.with, block.text));
    Policy::parse(&text, &folder.path().join("policy.toml")).map(drop).map_err(|error| error.to_string())
}

/// What operators of good bots publish, beside the policy that names it.
const LISTS: [(&str, &str); 2] = [
    ("google-common-crawlers.json", r#"{"prefixes": [{"ipv4Prefix": "192.0.2.0/24"}]}"#),
    (
        "googlebot-keys.json",
        r#"{"keys": [{"kty": "OKP", "crv": "Ed25519", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}]}"#,
    ),
];

/// A configuration needs a site, or a gateway that asks; a block that is about something else is given one.
fn configuration(text: &str) -> Result<(), String> {
    let site = "origin=http://127.0.0.1:3000".to_owned();
    let flags = if text.contains("origin") || text.contains("trusted_proxies") { vec![] } else { vec![site] };
    let layers = Layers { file: Some((PathBuf::from("portcullis.toml"), text.to_owned())), environment: vec![], flags };
    layers.parse().map(drop).map_err(|error| error.to_string())
}

/// A service's dependencies on us exist, with the features that it asks for.
fn manifest(text: &str) -> Result<(), String> {
    let table: Table = text.parse().map_err(|error| format!("{error}"))?;
    let dependencies = table.get("dependencies").and_then(|dependencies| dependencies.as_table());
    let ours = dependencies.into_iter().flatten().filter_map(|(name, wanted)| {
        let folder = root().join(name.strip_prefix("portcullis-")?);
        Some((name, wanted, folder.join("Cargo.toml")))
    });
    let mut found = 0;
    for (name, wanted, file) in ours {
        let crate_: Table = std::fs::read_to_string(&file)
            .map_err(|error| format!("{name}: {error}"))?
            .parse()
            .expect("a manifest is TOML");
        let features = wanted.get("features").and_then(|features| features.as_array()).into_iter().flatten();
        for feature in features.filter_map(|feature| feature.as_str()) {
            let known = crate_.get("features").is_some_and(|features| features.get(feature).is_some());
            known.then_some(()).ok_or_else(|| format!("{name} has no feature {feature}"))?;
        }
        found += 1;
    }
    if found == 0 { Err("none of the dependencies is ours".to_owned()) } else { Ok(()) }
}

/// A block that is not meant to stand alone, and what stands around it on its page.
struct Fragment {
    page: &'static str,
    begins: &'static str,
    with: &'static str,
}

const LEVEL: &str = "[[level]]\nlevel = 2\ndifficulty = 4.0\n";

/// Only on the page that explains the policy, one table after the other.
const FRAGMENTS: &[Fragment] = &[
    Fragment { page: "docs/policy.md", begins: "[[rule]]\nname = \"login-posts\"", with: LEVEL },
    Fragment { page: "docs/policy.md", begins: "[[threshold]]", with: LEVEL },
];

#[test]
fn a_policy_that_names_a_level_it_does_not_have_is_refused() {
    let block = |page: &str| Block {
        page: page.to_owned(),
        line: 1,
        language: "toml".to_owned(),
        text: "[[rule]]\nname = \"transfers\"\naction = \"challenge\"\nlevel = 2\npath = [\"/transfer/*\"]\n"
            .to_owned(),
    };
    assert!(check(&block("README.md")).unwrap_err().contains("there is no level 2"));
    assert!(check(&block("docs/policy.md")).unwrap_err().contains("there is no level 2"));
}

#[test]
fn a_configuration_with_a_mistake_is_refused() {
    for text in
        ["[gate]\nmood = \"auto\"\n", "[gate]\nmode = \"challange\"\n", "origin = \"https://10.0.0.1\"\n", "[gate\n"]
    {
        assert!(kind(text).and_then(|_| configuration(text)).is_err(), "{text}");
    }
    assert_eq!(configuration("[gate]\nmode = \"auto\"\n"), Ok(()));
    assert_eq!(manifest("[dependencies]\nportcullis-clearance = { features = [\"axum\"] }\n"), Ok(()));
    assert!(manifest("[dependencies]\nportcullis-clearance = { features = [\"magic\"] }\n").is_err());
}
