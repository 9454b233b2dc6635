//! The known-answer files say what the generator says, and the protocol crate and the MAC agree with them.

mod check;
mod format;
mod generate;

use format::{ChallengeVector, Hex, SolvedVector};

fn on_disk(name: &str) -> String {
    let file = generate::files().into_iter().find(|file| file.name == name).expect("a file the generator makes");
    std::fs::read_to_string(file.path()).expect("the file is on disk")
}

#[test]
fn the_files_are_what_the_generator_writes() {
    for file in generate::files() {
        assert!(file.is_on_disk(), "{} is stale: rewrite it with `{}`", file.path().display(), generate::COMMAND);
    }
}

#[test]
fn the_folder_holds_no_other_files_of_vectors() {
    let folder = std::fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/vectors")).expect("the folder of vectors");
    let mut found: Vec<_> = folder.map(|entry| entry.expect("an entry").file_name()).collect();
    found.retain(|name| name.to_string_lossy().ends_with(".json"));
    found.sort();
    let mut made: Vec<_> = generate::files().iter().map(|file| file.name).collect();
    made.sort_unstable();
    assert_eq!(found, made);
}

#[test]
fn the_specification_s_example_is_a_vector() {
    let specification = include_str!("../../docs/protocol.md");
    let example = &check::read::<SolvedVector>(&on_disk("solved-challenges.json"))[0];
    let challenge = portcullis_challenge::Challenge::parse(example.challenge.as_bytes()).expect("a challenge");
    let fields = challenge.fields.encode();
    let parts = [4..8, 12..20, 20..24, 24..40, 40..56, 56..72].map(|part| Hex(fields[part].into()).to_string());
    let texts = [example.challenge.clone(), example.solution.clone(), Hex(challenge.tag.0.into()).to_string()];
    for quoted in texts.iter().chain(&parts) {
        assert!(specification.contains(quoted), "docs/protocol.md does not say {quoted}");
    }
}

#[test]
fn tags_of_genuine_challenges_are_right_and_of_forged_ones_are_not() {
    for (file, genuine) in [("challenges.json", true), ("forged-challenges.json", false)] {
        for vector in check::read::<ChallengeVector>(&on_disk(file)) {
            let right = generate::tag(&vector.key.0, &vector.mac_input.0);
            assert_eq!(vector.tag.0 == right, genuine, "{}", vector.name);
        }
    }
}

#[test]
fn challenges() {
    check::challenges(&on_disk("challenges.json"));
}

#[test]
fn forged_challenges_are_in_form() {
    check::challenges(&on_disk("forged-challenges.json"));
}

#[test]
fn attack_01_and_04_malformed_challenges_are_refused() {
    check::malformed_challenges(&on_disk("malformed-challenges.json"));
}

#[test]
fn attack_06_malformed_solutions_are_refused() {
    check::malformed_solutions(&on_disk("malformed-solutions.json"));
}

#[test]
fn difficulties() {
    check::difficulties(&on_disk("difficulties.json"));
}

#[test]
fn thresholds() {
    check::thresholds(&on_disk("thresholds.json"));
}

#[test]
fn shares() {
    check::shares(&on_disk("shares.json"));
}

#[test]
fn solved_challenges() {
    check::solved_challenges(&on_disk("solved-challenges.json"));
}

#[test]
fn attack_06_wrong_solutions_are_refused() {
    check::wrong_solutions(&on_disk("wrong-solutions.json"));
}
