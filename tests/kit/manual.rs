//! What the pages show between fences, as Markdown has it.

use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};

/// What a page shows between fences.
#[derive(Clone, Debug)]
pub struct Block {
    /// The page, from the top of the checkout.
    pub page: String,
    /// The line of the fence that opens it.
    pub line: usize,
    /// What its fence says it is written in; nothing, when that says nothing.
    pub language: String,
    /// What it shows, without the indentation of its fence.
    pub text: String,
}

impl fmt::Display for Block {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{} ({})", self.page, self.line, self.language)
    }
}

/// The top of the checkout.
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// Every block of the pages at the top, in `docs` and in `deploy`.
///
/// # Panics
///
/// When a page cannot be read.
pub fn all() -> Vec<Block> {
    let mut pages = pages_in(&root(), false);
    pages.extend(["docs", "deploy"].iter().flat_map(|folder| pages_in(&root().join(folder), true)));
    pages.sort();
    let named = pages.iter().map(|page| {
        (page.strip_prefix(root()).expect("pages are below the root").to_string_lossy().into_owned(), page)
    });
    named.flat_map(|(name, page)| blocks(&name, &fs::read_to_string(page).expect("a page can be read"))).collect()
}

fn pages_in(folder: &Path, below: bool) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder)
        .expect("a folder of the manual can be read")
        .map(|entry| entry.expect("an entry can be read").path());
    let (folders, files): (Vec<_>, Vec<_>) = entries.partition(|path| path.is_dir());
    let mut pages: Vec<_> =
        files.into_iter().filter(|file| file.extension().is_some_and(|extension| extension == "md")).collect();
    if below {
        pages.extend(folders.iter().flat_map(|folder| pages_in(folder, true)));
    }
    pages
}

/// The blocks of one page.
pub fn blocks(page: &str, text: &str) -> Vec<Block> {
    let mut blocks = Vec::new();
    let mut lines = text.lines().enumerate();
    while let Some((index, line)) = lines.next() {
        let indentation = line.len() - line.trim_start().len();
        let ticks = line.trim_start().chars().take_while(|&sign| sign == '`').count();
        if ticks < 3 {
            continue;
        }
        let language = line.trim_start()[ticks..].trim().to_owned();
        let inside = lines.by_ref().map(|(_, line)| line).take_while(|line| line.trim() != "`".repeat(ticks));
        let inside = inside.map(|line| line.get(indentation..).unwrap_or_default());
        let text = inside.flat_map(|line| [line, "\n"]).collect();
        blocks.push(Block { page: page.to_owned(), line: index + 1, language, text });
    }
    blocks
}

#[test]
fn blocks_are_found_wherever_they_stand() {
    let page = "# Page\n\n```sh\none\n```\n\n1. step\n\n   ```toml\n   [a]\n   b = 1\n   ```\n\n````text\n```\n````\n";
    let found: Vec<_> = blocks("page.md", page).into_iter().map(|one| (one.line, one.language, one.text)).collect();
    let expected = [(3, "sh", "one\n"), (9, "toml", "[a]\nb = 1\n"), (14, "text", "```\n")];
    assert_eq!(found, expected.map(|(line, language, text)| (line, language.to_owned(), text.to_owned())));
}
