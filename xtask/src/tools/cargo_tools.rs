//! Tools built by `cargo install`, at exact versions, into the cache shared by all checkouts.

use std::fs;

use anyhow::Result;

use super::pinned::CargoTool;
use super::version::{Version, version_of};
use crate::command::must_succeed;
use crate::progress::step;
use crate::workspace::Workspace;

/// Builds quickly rather than for speed: 2½ minutes for two tools instead of 12. Set only for these commands, so that
/// the project's own build never sees it.
const FAST_BUILD: [(&str, &str); 4] = [
    ("CARGO_PROFILE_RELEASE_OPT_LEVEL", "0"),
    ("CARGO_PROFILE_RELEASE_DEBUG", "0"),
    ("CARGO_PROFILE_RELEASE_LTO", "off"),
    ("CARGO_PROFILE_RELEASE_CODEGEN_UNITS", "16"),
];

/// Installs those of the tools that are missing or of another version.
pub(super) fn install(workspace: &Workspace, tools: &[&CargoTool]) -> Result<()> {
    let missing: Vec<_> = tools.iter().filter(|tool| !is_installed(workspace, tool)).collect();
    let Some(first) = missing.first() else { return Ok(()) };
    // One folder for all, since they share dependencies; not that of others that are installed at the same time. Removed
    // afterwards, since nothing else will use it.
    let build = workspace.scratch().join(format!("{}-build", first.package));
    for tool in missing {
        let what = format!("installing {} {}, which {}", tool.package, tool.version, tool.why);
        step(&what, tool.usually, || {
            let mut cargo = workspace.cargo(&["install", "--locked", "--force", "--root"]);
            cargo.arg(&workspace.tools).arg(format!("{}@={}", tool.package, tool.version));
            cargo.args(tool.options).envs(FAST_BUILD).env("CARGO_TARGET_DIR", &build).env_remove("RUSTFLAGS");
            must_succeed(&mut cargo, &workspace.fresh_log(tool.package))
        })?;
    }
    fs::remove_dir_all(build)?;
    Ok(())
}

fn is_installed(workspace: &Workspace, tool: &CargoTool) -> bool {
    let program = workspace.tools.join("bin").join(tool.program);
    let found = version_of(&mut workspace.command(&program.to_string_lossy()));
    found.is_some() && found == Version::find_in(tool.version)
}
