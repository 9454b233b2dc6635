//! The part that looks at the browser: the module made from `signals-wasm`, and the JavaScript that it needs beside it.
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
        let bytes = without_hashes(fs::read(binary)?);
        let text = String::from_utf8(without_hashes(fs::read(&glue)?))?;
        fs::write(&glue, imported(&text, &bytes))?;
        fs::write(&module, as_module(&bytes))?;
        Ok(Self { glue, module })
    }
}

/// Makes the hashes at the end of imported names equal, in the module and in the JavaScript. Random digits do not
/// compress: they were a hundred bytes of every visitor's script. If a name occurs twice without its hash, the bundler
/// reports an error.
fn without_hashes(mut text: Vec<u8>) -> Vec<u8> {
    let is_of_name = |byte: &u8| byte.is_ascii_alphanumeric() || *byte == b'_';
    for name in text.chunk_by_mut(|one, next| is_of_name(one) && is_of_name(next)) {
        let is_imported = name.windows(IMPORTED.len()).any(|part| part == IMPORTED.as_bytes());
        if let Some((_, [b'_', hash @ ..])) = name.split_last_chunk_mut::<17>()
            && is_imported
            && hash.iter().all(u8::is_ascii_hexdigit)
        {
            hash.fill(b'0');
        }
    }
    text
}

/// The JavaScript beside a module, without what the finished module does not import: that is no longer exported, so
/// that bundling leaves it out.
fn imported(glue: &str, module: &[u8]) -> String {
    let is_named = |name: &str| module.windows(name.len()).any(|part| part == name.as_bytes());
    let line = |line: &str| {
        let name = line.strip_prefix("export function ").and_then(|rest| rest.split_once('(')).map(|(name, _)| name);
        let is_cut = name.is_some_and(|name| name.starts_with(IMPORTED) && name != SET_UP && !is_named(name));
        if is_cut { line.replacen("export ", "", 1) } else { line.to_owned() }
    };
    glue.lines().map(line).collect::<Vec<_>>().join("\n")
}

/// How the names of what modules import begin.
const IMPORTED: &str = "__wbg_";

/// Named like imports, but not imported: it tells this JavaScript about its module.
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
    fn imported_names_differ_in_no_hash() {
        let hashed = b"\x1b__wbg_push_260179cb4d8df72e\0 0__wbg_a_0123456789abcdef a_0123456789abcdef __wbg_set_wasm";
        let equal = b"\x1b__wbg_push_0000000000000000\0 0__wbg_a_0000000000000000 a_0123456789abcdef __wbg_set_wasm";
        assert_eq!(without_hashes(hashed.to_vec()), equal);
    }

    #[test]
    fn every_byte_becomes_one_character() {
        assert_eq!(as_module(b"\0asm\"\\\xff"), "export default \"\\x00asm\\x22\\x5cÿ\";\n");
    }
}
