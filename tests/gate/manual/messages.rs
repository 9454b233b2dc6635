//! Refusals that the manual shows: each is what the program says to a mistake that is written down here.

use std::path::{Path, PathBuf};

use portcullis_config::Layers;
use portcullis_policy::Policy;
use portcullis_tests::manual::Block;

/// Checks that the program says every line of a block.
pub(super) fn check(block: &Block) -> Result<(), String> {
    let real: Vec<String> = MISTAKES.iter().map(refusal).collect();
    let invented = block.text.lines().find(|line| !real.iter().any(|one| one == line));
    invented.map_or(Ok(()), |line| {
        Err(format!("no mistake in messages.rs is answered by\n{line}\nbut\n{}", real.join("\n")))
    })
}

enum Mistake {
    /// In `portcullis.toml`.
    File(&'static str),
    /// In a variable of the environment, beside a site.
    Variable(&'static str, &'static str),
    /// In a flag.
    Flag(&'static str),
    /// In `policy.toml`.
    Policy(&'static str),
}

const MISTAKES: &[Mistake] = &[
    Mistake::File("origin = \"http://127.0.0.1:3000\"\n\n[gate]\nmode = \"challange\"\n"),
    Mistake::File("origin = \"http://127.0.0.1:3000\"\n[gate]\nmood = \"auto\"\n"),
    Mistake::File("origin = \"http://127.0.0.1:3000\"\n[clearance]\nlifetime = \"2days\"\n"),
    Mistake::Variable("PORTCULLIS_CLEARANCE__LIFETIME", "1s"),
    Mistake::Flag("origin=https://10.0.0.1"),
    Mistake::Flag("gate.mode=auto"),
    Mistake::Policy(
        "# Logins\n#\n#\n\n\n\n[[rule]]\nname = \"login-posts\"\naction = \"challenge\"\nlevel = 2\npath = [\"/login\"]\n",
    ),
];

fn refusal(mistake: &Mistake) -> String {
    let file = |text: &str| Some((PathBuf::from("portcullis.toml"), text.to_owned()));
    let site = "origin = \"http://127.0.0.1:3000\"\n";
    let layers = match *mistake {
        Mistake::File(text) => Layers { file: file(text), ..Layers::default() },
        Mistake::Variable(name, value) => {
            Layers { file: file(site), environment: vec![(name.to_owned(), value.to_owned())], flags: vec![] }
        }
        Mistake::Flag(flag) => Layers { flags: vec![flag.to_owned()], ..Layers::default() },
        Mistake::Policy(text) => {
            return format!(
                "portcullis: {}",
                Policy::parse(text, Path::new("policy.toml")).expect_err("the mistake is refused")
            );
        }
    };
    format!("portcullis: {}", layers.parse().expect_err("the mistake is refused"))
}
