//! The two solvers: one source, compiled with and without vector instructions.

use std::path::Path;
use std::process::Command;

use anyhow::Result;

use super::wasm::{Recipe, compile};
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

/// Both start from a machine that knows only WebAssembly 1.0: by itself the compiler assumes an engine of 2022.
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
        compile(command, self.flags)
    }

    /// The name of the asset.
    pub(super) fn file_name(&self) -> String {
        format!("solver-{}.wasm", self.name)
    }

    /// Compiles the module, cuts it down to what the page calls, optimises it, and leaves it at `asset`.
    pub(super) fn build(&self, workspace: &Workspace, asset: &Path, log: &Path) -> Result<()> {
        let folder = workspace.scratch().join("wasm").join(self.name);
        let optimisation = [self.extensions, &OPTIMISATION].concat();
        let recipe =
            Recipe { package: "challenge-wasm", flags: self.flags, target: "web", optimisation: &optimisation };
        recipe.build(workspace, &folder, asset, log)
    }
}

/// What makes the code fastest.
const OPTIMISATION: [&str; 1] = ["-O3"];
