//! Where the figures come from: machine, versions, command.

use std::fs;
use std::thread;

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
    let sha2 = crate_version(include_str!("../../../Cargo.lock"), "sha2");
    let peers: serde_json::Value = serde_json::from_str(include_str!("package.json")).unwrap_or_default();
    let peers = peers["dependencies"].as_object().into_iter().flatten();
    let peers = peers.map(|(name, version)| format!("{name} {}", version.as_str().unwrap_or_default()));
    [Some(ours), sha2.map(|version| format!("sha2 {version}"))].into_iter().flatten().chain(peers).collect()
}

fn crate_version<'a>(lock: &'a str, name: &str) -> Option<&'a str> {
    let entry = lock.split_once(&format!("name = \"{name}\"\nversion = \""))?.1;
    entry.split('"').next()
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
}
