//! The manual's lines that begin with `cargo xtask` are commands of this program.

use std::fs;
use std::path::PathBuf;

use clap::Parser;

use crate::Arguments;
use crate::workspace::Workspace;

/// The commands in a page: lines of their own, without what a comment says of them.
fn commands(page: &str) -> Vec<Vec<&str>> {
    let lines = page.lines().map(|line| line.trim().trim_start_matches("$ "));
    let ours = lines.filter(|line| line.starts_with("cargo xtask "));
    ours.map(|line| line.split_whitespace().take_while(|word| !word.starts_with('#')).collect()).collect()
}

/// The pages at the top, and those in `docs`.
fn pages() -> Vec<PathBuf> {
    let root = Workspace::from_environment().root;
    let entries = [root.clone(), root.join("docs")].map(|folder| fs::read_dir(folder).unwrap());
    let files = entries.into_iter().flatten().map(|entry| entry.unwrap().path());
    files.filter(|file| file.extension().is_some_and(|extension| extension == "md")).collect()
}

fn read(words: &[&str]) -> Result<Arguments, clap::Error> {
    // The program's own name stands for `cargo xtask`.
    Arguments::try_parse_from(&words[1..])
}

#[test]
fn every_command_that_the_manual_shows_is_known() {
    let mut shown = 0;
    for page in pages() {
        for words in commands(&fs::read_to_string(&page).unwrap()) {
            let refused = read(&words).err();
            assert!(refused.is_none(), "{}: `{}`: {}", page.display(), words.join(" "), refused.unwrap());
            shown += 1;
        }
    }
    assert!(shown > 10, "{shown}");
}

#[test]
fn a_command_that_is_not_known_is_refused() {
    let page = "```sh\ncargo xtask test --onyl fmt   # some\n$ cargo xtask walk\n```\n`cargo xtask` alone, in text\n";
    let found = commands(page);
    assert_eq!(found, [vec!["cargo", "xtask", "test", "--onyl", "fmt"], vec!["cargo", "xtask", "walk"]]);
    assert!(found.iter().all(|words| read(words).is_err()));
}
