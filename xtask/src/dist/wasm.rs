//! From Rust to a module for browsers: compiled, cut down to what is called, and optimised.

use std::env;
use std::ffi::{OsStr, OsString};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::Result;

use crate::command::must_succeed;
use crate::tools;
use crate::workspace::Workspace;

/// How a module is made.
pub(super) struct Recipe<'a> {
    /// The crate that it is made of. The file of this name in `kept` lists what is kept of the module: wasm-bindgen exports
    /// more, for JavaScript that is not used, and its standard library with it.
    pub(super) package: &'a str,
    /// What the compiler is told.
    pub(super) flags: &'a str,
    /// What wasm-bindgen makes JavaScript for.
    pub(super) target: &'a str,
    /// What wasm-opt is told.
    pub(super) optimisation: &'a [&'a str],
}

impl Recipe<'_> {
    /// Leaves the module at `asset`. What wasm-bindgen wrote for it is in `folder` then.
    pub(super) fn build(&self, workspace: &Workspace, folder: &Path, asset: &Path, log: &Path) -> Result<()> {
        let built = with_bindings(workspace, self.package, self.flags, self.target, folder, log)?;
        let cut = folder.join("cut.wasm");
        let mut metadce = binaryen(workspace, "wasm-metadce")?;
        let kept = format!("--graph-file=xtask/src/dist/kept/{}.json", self.package);
        // Imports written in the short form are too new, also for wasm-opt with the features that it is given.
        metadce.args(["--all-features", "--disable-compact-imports", &kept]);
        metadce.args([built.as_os_str(), OsStr::new("-o"), cut.as_os_str()]);
        must_succeed(&mut metadce, log)?;
        fs::write(&cut, without_panic_texts(fs::read(&cut)?))?;

        let mut optimise = binaryen(workspace, "wasm-opt")?;
        // Nobody reads, after it, who produced the module.
        optimise.args(["--mvp-features", "--strip-producers"]).args(self.optimisation).arg(cut).arg("-o").arg(asset);
        must_succeed(&mut optimise, log)?;
        Ok(())
    }
}

/// Compiles a crate for browsers and puts the module, and JavaScript of this kind for it, into `folder`. Gives the module.
///
/// These are the two steps of `wasm-pack build`, without wasm-pack, which takes longer to install than both.
///
/// # Errors
/// When it does not compile, or wasm-bindgen fails.
pub(crate) fn with_bindings(
    workspace: &Workspace,
    package: &str,
    flags: &str,
    javascript: &str,
    folder: &Path,
    log: &Path,
) -> Result<PathBuf> {
    let mut build = workspace.cargo(&["build", "--locked", "--lib", "--profile", PROFILE, "--package", package]);
    must_succeed(compile(build.args(["--target", tools::WASM_TARGET]), flags), log)?;
    let name = package.replace('-', "_");
    let compiled = workspace.target.join(tools::WASM_TARGET).join(PROFILE).join(&name).with_extension("wasm");
    let mut bindgen = workspace.command("wasm-bindgen");
    bindgen.args(["--target", javascript, "--out-name", &name, "--out-dir"]).arg(folder).arg(compiled);
    must_succeed(&mut bindgen, log)?;
    Ok(folder.join(format!("{name}_bg.wasm")))
}

/// Overwrites the messages of panics in the standard library and js-sys. The code that shows them has been cut off; the
/// texts are data, which no tool removes. Data that ends in zeros then becomes shorter too.
fn without_panic_texts(mut module: Vec<u8>) -> Vec<u8> {
    for text in module.chunk_by_mut(|one, next| is_text(one) && is_text(next)) {
        let beginnings =
            PANIC_TEXTS.iter().filter_map(|part| text.windows(part.len()).position(|found| found == *part));
        if let Some(start) = beginnings.min() {
            text[start..].fill(0);
        }
    }
    module
}

fn is_text(byte: &u8) -> bool {
    matches!(byte, b' '..=b'~')
}

/// How they begin.
const PANIC_TEXTS: [&[u8]; 7] = [
    b"/rustc/",
    b"/rust/deps/",
    b"/cargo/registry/",
    b"assertion failed: ",
    b"capacity overflow",
    b"closure invoked recursively",
    b"RefCell already ",
];

/// Lets a command compile with these flags, whatever flags the environment has. Sources of other crates have the same
/// names on every machine, so that the modules are the same.
pub(super) fn compile<'a>(command: &'a mut Command, flags: &str) -> &'a mut Command {
    let mut flags: Vec<OsString> = flags.split(' ').map(OsString::from).collect();
    if let Some(mut remapping) = cargo_home() {
        remapping.push("=/cargo");
        flags.extend(["--remap-path-prefix".into(), remapping]);
    }
    command.env("CARGO_ENCODED_RUSTFLAGS", flags.join(OsStr::new("\x1f")))
}

/// Where cargo keeps the sources of other crates.
fn cargo_home() -> Option<OsString> {
    let at_home = || env::home_dir().map(|home| home.join(".cargo").into_os_string());
    env::var_os("CARGO_HOME").or_else(at_home)
}

/// A tool of the pinned Binaryen. They are JavaScript, whatever their names say.
fn binaryen(workspace: &Workspace, program: &str) -> Result<Command> {
    let wasm_opt: PathBuf = tools::wasm_opt(workspace)?;
    let mut node = workspace.command("node");
    node.arg(wasm_opt.with_file_name(program));
    Ok(node)
}

/// Defined in the workspace's `Cargo.toml`.
const PROFILE: &str = "solver";
