//! Embeds the browser's files, as `cargo xtask build` leaves them in `www/dist`: the program is one file to copy.
//!
//! Without them the crate still compiles, for `cargo check` and for the tests that need no page; the program then
//! refuses to start and says how to build it.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::{env, fs, io};

use sha2::{Digest, Sha256};

fn main() -> io::Result<()> {
    let crate_dir = PathBuf::from(env::var_os("CARGO_MANIFEST_DIR").unwrap_or_default());
    let dist = crate_dir.join("../../www/dist");
    println!("cargo::rerun-if-changed={}", dist.display());
    let generated = PathBuf::from(env::var_os("OUT_DIR").unwrap_or_default()).join("embedded.rs");
    fs::write(generated, embedded(&dist)?)
}

/// Rust source for the two items `assets.rs` includes.
fn embedded(dist: &Path) -> io::Result<String> {
    let mut files: Vec<PathBuf> = match fs::read_dir(dist) {
        Ok(entries) => entries.map(|entry| entry.map(|entry| entry.path())).collect::<io::Result<_>>()?,
        Err(_) => Vec::new(),
    };
    // Every asset comes in three encodings; anything else in the folder is not an asset.
    files.retain(|path| [".br", ".gz"].iter().all(|suffix| with_suffix(path, suffix).is_file()));
    files.sort();
    let mut hash = Sha256::new();
    let mut source = String::from("static EMBEDDED: &[Asset] = &[\n");
    for path in &files {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let content = fs::read(path)?;
        hash.update(name.as_bytes());
        hash.update((content.len() as u64).to_be_bytes());
        hash.update(&content);
        let include = |suffix: &str| format!("include_bytes!({:?})", with_suffix(path, suffix).display().to_string());
        let (plain, brotli, gzip) = (include(""), include(".br"), include(".gz"));
        let _ = writeln!(source, "    Asset {{ name: {name:?}, plain: {plain}, brotli: {brotli}, gzip: {gzip} }},");
    }
    let version = hash.finalize().iter().take(8).fold(String::new(), |text, byte| format!("{text}{byte:02x}"));
    let _ = writeln!(source, "];\nconst VERSION: &str = {version:?};");
    Ok(source)
}

fn with_suffix(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    name.into()
}
