//! Writes the known-answer vectors, which every implementation of the protocol is compared with.
//!
//! With `--check` it writes nothing and fails when a file on disk is not what it would write.

mod format;
mod generate;

use std::process::ExitCode;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        [] => write(),
        ["--check"] => check(),
        _ => {
            eprintln!("usage: {} [-- --check]", generate::COMMAND);
            ExitCode::from(2)
        }
    }
}

fn write() -> ExitCode {
    for file in generate::files() {
        if let Err(error) = std::fs::write(file.path(), &file.content) {
            eprintln!("{}: {error}", file.path().display());
            return ExitCode::FAILURE;
        }
        println!("{}", file.path().display());
    }
    ExitCode::SUCCESS
}

fn check() -> ExitCode {
    let stale: Vec<_> = generate::files().into_iter().filter(|file| !file.is_on_disk()).collect();
    for file in &stale {
        eprintln!("{} is stale: rewrite it with `{}`", file.path().display(), generate::COMMAND);
    }
    if stale.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
