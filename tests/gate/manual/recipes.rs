//! Excerpts of files that are tested as a whole: settings of gateways, which are in the recipes of `deploy/`, and Rust, which
//! is in an example of the crate's documentation.

use std::fs;
use std::path::Path;

use portcullis_tests::manual::{Block, root};

/// Checks that every line of an excerpt is in one of the files that it is an excerpt of.
pub(super) fn check(block: &Block, folder: &str) -> Result<(), String> {
    let known: Vec<String> =
        files(&root().join(folder)).iter().flat_map(|file| file.lines().map(plain).collect::<Vec<_>>()).collect();
    let missing = block.text.lines().map(plain).find(|line| !line.is_empty() && !known.contains(line));
    missing.map_or(Ok(()), |line| Err(format!("no file in {folder} has the line `{line}`")))
}

/// A line without its comment, the marks of a comment of documentation, and the marks of what that hides.
fn plain(line: &str) -> String {
    let line = line.trim().trim_start_matches("//! ").trim_start_matches("/// ");
    let line = line.strip_prefix("# ").filter(|_| line.ends_with([';', '{', '}'])).unwrap_or(line);
    let code = if line.starts_with('#') { "" } else { line.split("    #").next().unwrap_or_default() };
    code.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn files(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path());
    let texts = entries
        .flat_map(|path| if path.is_dir() { files(&path) } else { fs::read_to_string(&path).into_iter().collect() });
    texts.collect()
}

#[test]
fn a_line_that_no_recipe_has_is_refused() {
    let block =
        |text: &str| Block { page: String::new(), line: 1, language: "nginx".to_owned(), text: text.to_owned() };
    assert_eq!(check(&block("# ours\ninclude portcullis/subrequest.conf;    # here\n"), "deploy/nginx"), Ok(()));
    assert!(check(&block("include portcullis/gone.conf;\n"), "deploy/nginx").is_err());
}
