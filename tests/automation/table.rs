//! The table in `docs/bots.md`. With `PORTCULLIS_WRITE_BOTS=1` each test writes its own row; otherwise it compares it.

use std::fs;
use std::path::{Path, PathBuf};

use parking_lot::Mutex;

use crate::seen::Seen;

/// The clients, in the order of the table.
pub(crate) const NAMES: [&str; 11] = [
    "curl",
    "curl with Chromium's headers",
    "`portcullis solve`, then curl",
    "`docs/client.py`, then curl",
    "Chromium with a window, driven by nobody",
    "headless Chromium, driven by nobody",
    "ChromeDriver, headless Chromium",
    "geckodriver, headless Firefox",
    "Playwright, headless Chromium",
    "Puppeteer, headless Chromium",
    "Puppeteer with its stealth plugin, headless Chromium",
];

/// Writes the row of a client, or compares it.
///
/// # Panics
///
/// When the manual says otherwise.
pub(crate) fn settle(name: &str, seen: &Seen) {
    let row = format!("| {name} | {seen}");
    println!("{row}");
    if std::env::var_os("PORTCULLIS_WRITE_BOTS").is_some() {
        write(name, row);
        return;
    }
    let manual = rows();
    let there = manual.iter().find(|row| name_of(row) == Some(name)).cloned().unwrap_or_default();
    assert_eq!(
        there, row,
        "docs/bots.md says otherwise (left); look at what changed, and rewrite it with\n    \
         PORTCULLIS_WRITE_BOTS=1 cargo xtask test --only automation"
    );
}

/// The clients that the manual has rows of.
pub(crate) fn names_in_the_manual() -> Vec<String> {
    rows().iter().filter_map(|row| name_of(row)).map(str::to_owned).collect()
}

fn name_of(row: &str) -> Option<&str> {
    row.strip_prefix("| ")?.split(" | ").next()
}

fn rows() -> Vec<String> {
    let (_, rows, _) = parts();
    rows
}

fn write(name: &str, row: String) {
    static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());
    let _guard = ONE_AT_A_TIME.lock();
    let (before, mut rows, after) = parts();
    rows.retain(|row| name_of(row) != Some(name));
    rows.push(row);
    rows.sort_by_key(|row| NAMES.iter().position(|name| name_of(row) == Some(name)));
    let rows: String = rows.iter().map(|row| format!("{row}\n")).collect();
    fs::write(path(), format!("{before}{BEGIN}{rows}{END}{after}")).expect("the manual can be written to");
}

/// The manual before the rows, the rows, and what follows them.
fn parts() -> (String, Vec<String>, String) {
    let manual = fs::read_to_string(path()).expect("the manual is there");
    let (before, rest) = manual.split_once(BEGIN).expect("the manual has a table");
    let (rows, after) = rest.split_once(END).expect("the table has an end");
    (before.to_owned(), rows.lines().map(str::to_owned).collect(), after.to_owned())
}

fn path() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/bots.md")
}

const BEGIN: &str = "<!-- seen -->\n\n| client | signals it raises | did work of | gets through |\n|---|---|---|---|\n";
const END: &str = "\n<!-- end -->\n";
