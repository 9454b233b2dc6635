//! What looks at the browser: the module made of `signals-wasm`, and the JavaScript that it needs beside it.
//!
//! Both become part of the page's script: a file of its own would be one more request on each visitor's way. The module's
//! bytes stand there as text, one character a byte, which compresses nearly as well as they do themselves.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::Result;

use super::wasm::{self, Recipe};
use crate::workspace::Workspace;

/// Where what the script joins lies.
pub(super) struct Signals {
    /// What the module imports.
    pub(super) glue: PathBuf,
    /// The module, as a JavaScript module whose default export is its bytes.
    pub(super) module: PathBuf,
}

impl Signals {
    /// Makes both.
    pub(super) fn build(workspace: &Workspace, log: &Path) -> Result<Self> {
        let folder = workspace.scratch().join("wasm/signals");
        let (glue, module) = (folder.join("signals_wasm_bg.js"), folder.join("module.js"));
        let binary = folder.join("signals.wasm");
        RECIPE.build(workspace, &folder, &binary, log)?;
        let bytes = fs::read(binary)?;
        fs::write(&glue, imported(&fs::read_to_string(&glue)?, &bytes))?;
        fs::write(&module, as_module(&bytes))?;
        Ok(Self { glue, module })
    }
}

/// The JavaScript beside a module, without what the module as it is now does not import: that is exported no more, so that
/// it is left out where all this is joined.
fn imported(glue: &str, module: &[u8]) -> String {
    let is_named = |name: &str| module.windows(name.len()).any(|part| part == name.as_bytes());
    let line = |line: &str| {
        let name = line.strip_prefix("export function ").and_then(|rest| rest.split_once('(')).map(|(name, _)| name);
        let is_cut = name.is_some_and(|name| name.starts_with("__wbg_") && name != SET_UP && !is_named(name));
        if is_cut { line.replacen("export ", "", 1) } else { line.to_owned() }
    };
    glue.lines().map(line).collect::<Vec<_>>().join("\n")
}

/// Called like what modules import, and not imported: it tells this JavaScript of its module.
const SET_UP: &str = "__wbg_set_wasm";

/// Lets a command compile for this module.
pub(crate) fn compile(command: &mut Command) -> &mut Command {
    wasm::compile(command, RECIPE.flags)
}

/// A JavaScript module whose default export is a text with a character for each byte.
fn as_module(bytes: &[u8]) -> String {
    let character = |byte: &u8| match byte {
        b'"' | b'\\' | 0..0x20 | 0x7f => format!("\\x{byte:02x}"),
        byte => char::from(*byte).to_string(),
    };
    let text: String = bytes.iter().map(character).collect();
    format!("export default \"{text}\";\n")
}

/// Small rather than fast, and for every browser with WebAssembly.
const RECIPE: Recipe<'_> = Recipe {
    package: "signals-wasm",
    flags: "-C target-cpu=mvp -C strip=symbols",
    target: "bundler",
    optimisation: &["-Oz"],
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_module_does_not_import_is_not_exported_to_it() {
        let glue = "export function signals(a) {\nexport function __wbg_push_1(a) {\nexport function __wbg_throw_2(a) {\nexport function __wbg_set_wasm(val) {";
        let cut = "export function signals(a) {\nexport function __wbg_push_1(a) {\nfunction __wbg_throw_2(a) {\nexport function __wbg_set_wasm(val) {";
        assert_eq!(imported(glue, b"\0asm\x0d__wbg_push_1"), cut);
    }

    #[test]
    fn every_byte_becomes_one_character() {
        assert_eq!(as_module(b"\0asm\"\\\xff"), "export default \"\\x00asm\\x22\\x5cÿ\";\n");
    }
}
