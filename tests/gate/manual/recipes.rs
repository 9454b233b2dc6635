//! Excerpts of files that are tested as a whole: settings of gateways, which are in the recipes of `deploy/`, and Rust, which
//! is in an example of the crate's documentation.

use std::fs;
use std::path::Path;

use portcullis_tests::manual::{Block, root};

/// Checks that every statement of an excerpt is in one of the files that it is an excerpt of.
pub(super) fn check(block: &Block, folder: &str) -> Result<(), String> {
    let known: Vec<String> = files(&root().join(folder)).iter().flat_map(|file| statements(file)).collect();
    let missing = statements(&block.text).into_iter().find(|statement| !known.contains(statement));
    missing.map_or(Ok(()), |statement| Err(format!("no file in {folder} has `{statement}`")))
}

/// The statements of a text, without comments, with one space between words and no quotes around them.
fn statements(text: &str) -> Vec<String> {
    let text = STAND_INS.iter().fold(text.to_owned(), |text, (theirs, ours)| text.replace(theirs, ours));
    let lines = text.lines().map(|line| {
        let line = line.trim().trim_start_matches("//! ").trim_start_matches("/// ");
        if line.starts_with('#') { "" } else { line.split("    #").next().unwrap_or_default() }
    });
    // A bracket inside a word belongs to it, as in `a::{b}`.
    let lines =
        lines.map(|line| format!(" {line} ").replace("; ", " \n ").replace(" { ", " {\n ").replace(" } ", " \n "));
    let whole = lines.collect::<Vec<_>>().join("\n");
    let plain = whole.lines().map(|line| line.replace('"', "").split_whitespace().collect::<Vec<_>>().join(" "));
    plain.filter(|statement| !statement.is_empty()).collect()
}

/// What the manual says of the reader's own site, and what the recipes have in its place, to be tested on this machine.
const STAND_INS: [(&str, &str); 2] = [("*:443", "127.0.0.1:8000"), ("login.example {", "http://:8000 {")];

fn files(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path());
    let texts = entries
        .flat_map(|path| if path.is_dir() { files(&path) } else { fs::read_to_string(&path).into_iter().collect() });
    texts.collect()
}

#[test]
fn a_statement_that_no_recipe_has_is_refused() {
    let block =
        |text: &str| Block { page: String::new(), line: 1, language: "nginx".to_owned(), text: text.to_owned() };
    assert_eq!(check(&block("# ours\ninclude portcullis/subrequest.conf;    # here\n"), "deploy/nginx"), Ok(()));
    let within = "location @portcullis_open { auth_request off; proxy_pass http://127.0.0.1:3000; }\n";
    assert_eq!(check(&block(within), "deploy/nginx"), Ok(()));
    assert!(check(&block("include portcullis/gone.conf;\n"), "deploy/nginx").is_err());
    assert!(check(&block(&within.replace("off", "on")), "deploy/nginx").is_err());
}
