//! Where the figures come from: machine, versions, command.

use std::fs;
use std::thread;

use serde_json::Value;
use toml::Table;

/// What a reader has to know beside the figures.
pub(crate) struct Setting {
    /// Processor and number of cores.
    pub(crate) machine: String,
    /// Every browser measured in, with its version.
    pub(crate) browsers: Vec<String>,
    /// Every package measured, with its version.
    pub(crate) packages: Vec<String>,
    /// What to type for other figures.
    pub(crate) command: String,
}

impl Setting {
    /// All but the browsers, which tell their version when they run. `command` is what was typed.
    pub(crate) fn of_this_machine(command: String) -> Self {
        let cores = thread::available_parallelism().map_or(1, usize::from);
        let machine = format!("{}, {cores} cores", processor().unwrap_or("unknown processor".to_owned()));
        Self { machine, browsers: Vec::new(), packages: packages(), command }
    }
}

fn processor() -> Option<String> {
    let information = fs::read_to_string("/proc/cpuinfo").ok()?;
    let line = information.lines().find(|line| line.starts_with("model name"))?;
    Some(line.split_once(':')?.1.trim().to_owned())
}

/// From the files that pin them.
fn packages() -> Vec<String> {
    let ours = format!("portcullis {}", env!("CARGO_PKG_VERSION"));
    let sha2 = compiled_in(include_str!("../../../Cargo.lock"), "sha2-wasm", "sha2");
    let peers: Value = serde_json::from_str(include_str!("package-lock.json")).unwrap_or_default();
    let names = peers["packages"][""]["dependencies"].as_object().into_iter().flatten().map(|(name, _)| name);
    let version = |name| peers["packages"][format!("node_modules/{name}")]["version"].as_str().unwrap_or_default();
    let peers = names.map(|name| format!("{name} {}", version(name)));
    [Some(ours), sha2.map(|version| format!("sha2 {version}"))].into_iter().flatten().chain(peers).collect()
}

/// The version of the crate `dependency` that `package` is compiled with: others may use others.
fn compiled_in(lock: &str, package: &str, dependency: &str) -> Option<String> {
    let lock: Table = lock.parse().ok()?;
    let packages = lock.get("package")?.as_array()?;
    let text = |entry: &toml::Value, key: &str| Some(entry.get(key)?.as_str()?.to_owned());
    let named = |name: &str| packages.iter().find(|entry| text(entry, "name").as_deref() == Some(name));
    let mut uses = named(package)?.get("dependencies")?.as_array()?.iter().filter_map(toml::Value::as_str);
    // `name version` where the lock has several of that name; `name` where it has one.
    let of_that_name = |uses: &str| uses.split(' ').next() == Some(dependency);
    match uses.find(|uses| of_that_name(uses))?.split(' ').nth(1) {
        Some(version) => Some(version.to_owned()),
        None => text(named(dependency)?, "version"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_package_is_named_with_its_version() {
        let packages = packages();
        for name in
            ["portcullis 0", "sha2 0", "@cap.js/wasm 0", "@mcaptcha/pow-wasm 0", "altcha 3", "friendly-challenge 0"]
        {
            assert!(packages.iter().any(|package| package.starts_with(name)), "{name} in {packages:?}");
        }
    }

    #[test]
    fn of_several_versions_the_one_compiled_in_is_named() {
        let lock = r#"
            [[package]]
            name = "sha2"
            version = "0.10.9"
            [[package]]
            name = "sha2"
            version = "0.11.1"
            [[package]]
            name = "wide"
            version = "1.7.0"
            [[package]]
            name = "yardstick"
            version = "0.1.0"
            dependencies = ["sha2 0.11.1", "wide"]
        "#;
        assert_eq!(compiled_in(lock, "yardstick", "sha2").as_deref(), Some("0.11.1"));
        assert_eq!(compiled_in(lock, "yardstick", "wide").as_deref(), Some("1.7.0"));
        assert_eq!(compiled_in(lock, "yardstick", "altcha"), None);
    }
}
