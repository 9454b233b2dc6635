//! The two solvers: one source, compiled with and without vector instructions.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::Result;

use crate::command::must_succeed;
use crate::tools;
use crate::workspace::Workspace;

/// One of the modules made from `challenge-wasm`.
pub(crate) struct Solver {
    /// Its name among the page's solvers.
    pub(crate) name: &'static str,
    /// What the compiler is told, for the module and for its tests.
    flags: &'static str,
    /// What wasm-opt lets the module use besides WebAssembly 1.0; it refuses the module when there is more.
    extensions: &'static [&'static str],
}

/// Both start from a machine that knows WebAssembly 1.0 alone: by itself the compiler assumes an engine of 2022.
///
/// `strip=symbols` drops, with the names, the list of features that the linker gathers. The standard library's are in it,
/// used or not; wasm-bindgen would read there that it may pass references, and add a table for them.
pub(crate) const SOLVERS: [Solver; 2] = [
    // Chrome 91, Firefox 89, Safari 16.4 and later.
    Solver {
        name: "simd",
        flags: "-C target-cpu=mvp -C target-feature=+simd128 -C strip=symbols",
        extensions: &["--enable-simd"],
    },
    // Every browser with WebAssembly. With one lane, a loop written out is a quarter faster; with four it is slower.
    Solver {
        name: "scalar",
        flags: "-C target-cpu=mvp -C strip=symbols -C llvm-args=--unroll-threshold=20000",
        extensions: &[],
    },
];

impl Solver {
    /// Lets a command compile for this solver, whatever flags the environment has.
    pub(crate) fn compile<'a>(&self, command: &'a mut Command) -> &'a mut Command {
        command.env("RUSTFLAGS", self.flags).env_remove("CARGO_ENCODED_RUSTFLAGS")
    }

    /// The name of the asset.
    pub(super) fn file_name(&self) -> String {
        format!("solver-{}.wasm", self.name)
    }

    /// Compiles the module, cuts it down to what the page calls, optimises it, and leaves it at `asset`.
    pub(super) fn build(&self, workspace: &Workspace, asset: &Path, log: &Path) -> Result<()> {
        let folder = workspace.scratch().join("wasm").join(self.name);
        let mut build = workspace.command("wasm-pack");
        build.args(["build", "challenge-wasm", "--target", "web", "--profile", PROFILE, "--mode", "no-install"]);
        build.args(["--no-opt", "--no-pack", "--out-dir"]).arg(&folder).args(["--", "--locked"]);
        must_succeed(self.compile(&mut build), log)?;

        let built = folder.join("challenge_wasm_bg.wasm");
        let cut = folder.join("cut.wasm");
        let mut metadce = binaryen(workspace, "wasm-metadce")?;
        metadce.args([
            OsStr::new("--all-features"),
            OsStr::new(KEPT),
            built.as_os_str(),
            OsStr::new("-o"),
            cut.as_os_str(),
        ]);
        must_succeed(&mut metadce, log)?;

        let mut optimise = binaryen(workspace, "wasm-opt")?;
        optimise.arg("--mvp-features").args(self.extensions).args(OPTIMISATION).arg(cut).arg("-o").arg(asset);
        must_succeed(&mut optimise, log)?;
        Ok(())
    }
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

/// What is kept of a module: the function `search` and what it reaches. wasm-bindgen exports more, for JavaScript that
/// is not used, and its standard library with it.
const KEPT: &str = "--graph-file=xtask/src/dist/kept.json";

/// What makes the code fastest. Nobody reads, after it, who produced the module.
const OPTIMISATION: [&str; 2] = ["-O3", "--strip-producers"];
