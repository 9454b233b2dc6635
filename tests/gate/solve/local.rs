//! Challenges from files and standard input.

use std::fs;

use portcullis_challenge::{Kind, UnixMillis};
use serde_json::json;

use super::{challenge, issued_at, solve, solve_input, text};

#[tokio::test]
async fn a_file_or_standard_input_holds_a_challenge_or_the_json_around_it() {
    let challenge = challenge(Kind::Sha256, 32, 50_000, 60_000);
    let text = text(&challenge);
    let json = json!({ "challenge": text, "kind": "sha256", "shares": 32, "news": [], "redeem": "/r" }).to_string();
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    for (name, content) in [("text", format!("{text}\n")), ("json", format!("  {json}\r\n"))] {
        let file = folder.path().join(name);
        fs::write(&file, &content).expect("the folder can be written to");
        let file = file.to_str().expect("a path of ASCII");
        assert_eq!(solve(&[file]).await.nonces_for(&challenge).len(), 32);
        assert_eq!(solve_input(&["-"], content.as_bytes()).await.nonces_for(&challenge).len(), 32);
    }
}

#[tokio::test]
async fn any_number_of_threads_finds_the_work_asked_for() {
    for (shares, attempts) in [(1, 1_000), (1, 2), (64, 65), (64, 300_000)] {
        let challenge = challenge(Kind::Sha256, shares, attempts, 60_000);
        for threads in ["1", "3", "16"] {
            let ended = solve_input(&["-", "--threads", threads], text(&challenge).as_bytes()).await;
            ended.nonces_for(&challenge);
        }
    }
}

#[tokio::test]
async fn progress_is_told_on_standard_error_and_quiet_says_nothing() {
    let challenge = challenge(Kind::Sha256, 8, 1_000, 60_000);
    let told = solve_input(&["-", "--threads", "2"], text(&challenge).as_bytes()).await;
    let lines: Vec<&str> = told.said.lines().collect();
    assert_eq!(lines.len(), 2, "{}", told.said);
    assert_eq!(lines[0], "solving: 8 shares, about 1.00 k attempts, on 2 threads");
    assert!(lines[1].starts_with("solved: ") && lines[1].ends_with(" attempts/s"), "{}", lines[1]);
    assert!(!told.said.contains('\x1b'), "no terminal, no escapes");
    assert_eq!(solve_input(&["-", "--quiet"], text(&challenge).as_bytes()).await.said, "");
}

#[tokio::test]
async fn what_is_no_challenge_is_refused_with_what_should_be_there() {
    let too_hard = |bytes: &mut [u8]| bytes[4..8].copy_from_slice(&[0, 0, 0, 7]);
    let no_work = |bytes: &mut [u8]| bytes[4..8].copy_from_slice(&[0xff; 4]);
    let other_version = |bytes: &mut [u8]| bytes[0] = 2;
    let changed = |change: &dyn Fn(&mut [u8])| {
        let mut bytes = challenge(Kind::Sha256, 32, 1_000, 60_000).encode();
        change(&mut bytes);
        portcullis_tests::attacker::challenge_text(&bytes)
    };
    let secret = "c2VjcmV0c2VjcmV0";
    for (input, why) in [
        (String::new(), "it is empty"),
        (secret.to_owned(), "expected the 139 characters of a challenge, or the JSON"),
        (json!({ "challenge": secret }).to_string(), "expected the 139 characters"),
        (json!({ "token": secret }).to_string(), "not that of /.portcullis/challenge"),
        (json!({ "challenge": [secret] }).to_string(), "not that of /.portcullis/challenge"),
        (format!("{{\"{secret}"), "not that of /.portcullis/challenge"),
        (secret.repeat(2_000), "longer than 16384 bytes"),
        (changed(&too_hard), "more or longer than the protocol allows"),
        (changed(&no_work), "it asks for no work"),
        (changed(&other_version), "unknown protocol version"),
    ] {
        let ended = solve_input(&["-"], input.as_bytes()).await;
        ended.failed(3, &["portcullis: standard input is not a challenge: ", why]);
        assert!(!ended.said.contains(secret), "it repeats what it read: {}", ended.said);
    }
}

#[tokio::test]
async fn what_cannot_be_read_is_named() {
    solve(&["/no/such/file"]).await.failed(1, &["cannot read /no/such/file: No such file"]);
    solve(&["/"]).await.failed(1, &["cannot read /: "]);
    // It never ends; only a bounded part of it is read.
    solve(&["/dev/zero"]).await.failed(3, &["/dev/zero is not a challenge: it is longer than"]);
    solve(&["-", "--solver", "pbkdf2"]).await.failed(1, &["need the address of a site"]);
    solve(&["--threads", "0", "-"]).await.failed(2, &["--threads"]);
}

#[tokio::test]
async fn an_expired_challenge_is_not_begun_and_one_that_expires_is_given_up() {
    let long_ago = issued_at(UnixMillis(1_700_000_000_000), Kind::Sha256, 1, 2, 60_000);
    let ended = solve_input(&["-"], text(&long_ago).as_bytes()).await;
    ended.failed(4, &["the challenge has expired", "get a fresh one"]);

    for lifetime in [1_000, 5_000, 20_000] {
        let endless = challenge(Kind::Sha256, 64, 1 << 30, lifetime);
        let ended = solve_input(&["-"], text(&endless).as_bytes()).await;
        // On a busy machine it may have expired before the program had read it.
        if ended.said.contains("solving: ") {
            return ended.failed(4, &["the challenge expired after ", "before it was solved", "challenge.difficulty"]);
        }
        ended.failed(4, &["the challenge has expired"]);
    }
    panic!("no challenge was begun");
}
