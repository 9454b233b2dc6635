//! Who may ask: those who know a secret that nobody could guess, from a file that nobody else can read.

use portcullis_tests::processes::{PATIENCE, Settings, Verifier, program};

use super::*;

const NEXT: &str = "next-91b2a7c4d8e3f60517293a4b5c6d7e8f";

#[test]
fn a_file_that_others_may_read_or_write_stops_the_start() {
    let plan = plan(&[]);
    for mode in [0o644, 0o640, 0o604, 0o620, 0o602, 0o601, 0o777] {
        let file = secret_file(&plan, SECRET, mode);
        let refused = plan.verifier().err().unwrap_or_else(|| panic!("started with mode {mode:o}"));
        assert!(refused.contains(&format!("chmod 600 '{}'", file.display())), "{refused}");
        assert!(refused.contains(&format!("{mode:04o}")) && !refused.contains(SECRET), "{refused}");
    }
    for mode in [0o600, 0o400] {
        secret_file(&plan, SECRET, mode);
        assert!(plan.verifier().is_ok(), "mode {mode:o}");
    }
}

#[test]
fn what_is_no_secret_stops_the_start_with_its_line_and_is_not_repeated() {
    let plan = plan(&[]);
    for (text, place, fix) in [
        ("", "form-servers: ", "one secret a line"),
        ("# nothing\n\n", "form-servers: ", "one secret a line"),
        ("short-one", "form-servers:1: ", "openssl rand"),
        (&format!("# two\n{SECRET}\nchangeme-changeme-changeme-changeme-0123\n"), "form-servers:3: ", "openssl rand"),
        ("6LeIxAcTAAAAAGG-vFI1TnRWxMZNFuojJ4WifJWe", "form-servers:1: ", "openssl rand"),
        ("0x0000000000000000000000000000000000000000", "form-servers:1: ", "openssl rand"),
        ("0123456789abcdef 0123456789abcdef", "form-servers:1: ", "openssl rand"),
        (&format!("{SECRET}\n").repeat(17), "form-servers: ", "1 to 16"),
        (&format!("#{}\n{SECRET}", "x".repeat(17_000)), "form-servers: ", "too much"),
    ] {
        secret_file(&plan, text, 0o600);
        let refused = plan.verifier().err().unwrap_or_else(|| panic!("started with {text:.60}"));
        assert!(refused.contains(place) && refused.contains(fix), "{refused}");
        for word in text.split_whitespace().filter(|word| word.len() >= 8) {
            assert!(!refused.contains(word), "{refused}");
        }
    }
    let missing = Plan::with(&["siteverify.secrets=/nonexistent/form-servers"]);
    assert!(missing.verifier().err().unwrap().contains("/nonexistent/form-servers"));
}

#[tokio::test]
async fn secrets_are_exchanged_without_a_restart() {
    let gate = gate(&[]);
    let with = async |secret: &str| {
        let good = response(&gate).await;
        is_good(&ask(&gate, &[("secret", secret), ("response", &good)]).await)
    };
    assert!(with(SECRET).await && !with(NEXT).await);
    secret_file(&gate.plan, &format!("# until Monday\n{SECRET}\n\n  {NEXT}  \n"), 0o600);
    gate.verifier.reload_secrets().unwrap();
    assert!(with(SECRET).await && with(NEXT).await);
    secret_file(&gate.plan, &format!("{NEXT}\r\n"), 0o600);
    gate.verifier.reload_secrets().unwrap();
    assert!(!with(SECRET).await && with(NEXT).await);
    // A file that is broken meanwhile changes nothing.
    secret_file(&gate.plan, "short", 0o600);
    assert!(gate.verifier.reload_secrets().is_err());
    assert!(!with("short").await && with(NEXT).await);
}

#[tokio::test]
async fn the_program_does_not_start_with_bad_secrets_and_says_why() {
    let plan = plan(&[]);
    for (text, mode, fix) in [(SECRET, 0o644, "chmod 600"), ("0123456789-too-short", 0o600, "at least 32")] {
        let file = secret_file(&plan, text, mode);
        let mut command = tokio::process::Command::from(program("portcullis"));
        command.args(["run", "--set", "origin=http://127.0.0.1:9", "--set", "listen=127.0.0.1:0"]);
        command.args(["--set", &format!("clearance.keys={}", plan.key_folder().display())]);
        command.args(["--set", &format!("siteverify.secrets={}", file.display())]).kill_on_drop(true);
        let ended = tokio::time::timeout(PATIENCE, command.output()).await.expect("it ends by itself").unwrap();
        let said = String::from_utf8_lossy(&ended.stderr);
        assert_eq!(ended.status.code(), Some(1), "{said}");
        assert!(said.contains(&file.display().to_string()) && said.contains(fix) && !said.contains(text), "{said}");
    }
}

#[tokio::test]
async fn the_program_logs_what_it_told_and_neither_secret_nor_response() {
    let folder = tempfile::tempdir().unwrap();
    let plan = Plan { keys: folder.into(), ..Plan::with(&[]) };
    let file = secret_file(&plan, SECRET, 0o600);
    let settings = Settings::in_front_of("http://127.0.0.1:9").difficulty(64);
    let settings = settings.set("siteverify.secrets", &format!("{:?}", file.display().to_string()));
    let verifier = Verifier::start(settings).await;
    let good = clients::response(&verifier, "login").await;
    for secret in [NEXT, SECRET, SECRET] {
        clients::ask(&verifier, &format!("secret={secret}&response={good}")).await;
    }
    verifier.log().wait_for("siteverified", 3, PATIENCE).await;
    let told: Vec<_> = verifier.log().of("siteverified").iter().map(|line| line["code"].clone()).collect();
    assert_eq!(told, ["invalid-input-secret", "good", "timeout-or-duplicate"]);
    let log = format!("{:?}", verifier.log().all());
    for unseen in [SECRET, NEXT, good.as_str(), good.rsplit('.').next().unwrap(), "127.0.0.1/", "127.0.0.0/"] {
        assert!(!log.contains(unseen), "{unseen} is in the log: {log}");
    }
}
