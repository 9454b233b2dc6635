//! Attack 5: guessable, published, leaked or broken secrets. No key of the configuration takes a secret: challenge keys come
//! from the operating system, and signature keys are made by the program. What lies in their folder is used only if it is a
//! key of its owner's, and everybody's example key is nobody's. The secrets of forms' servers are in `siteverify`.

mod keys;

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use base64ct::{Base64, Base64UrlUnpadded, Encoding};
use http::StatusCode;
use portcullis_tests::attacker::tokens::fresh_pkcs8;
use portcullis_tests::in_process::{Gate, Plan, get};
use portcullis_tests::processes::{PATIENCE, Settings, Verifier, program};

#[test]
fn no_key_of_the_configuration_takes_a_secret() {
    for setting in [
        "secret=changeme",
        "challenge.secret=changeme",
        "challenge.key=00000000000000000000000000000000",
        "clearance.secret=",
        "clearance.key=-----BEGIN PRIVATE KEY-----",
        "gate.password=changeme",
    ] {
        let refused = Plan::with(&[setting]).config().expect_err(setting);
        assert!(refused.contains("unknown field"), "{refused}");
    }
}

#[test]
fn a_file_that_is_no_key_of_ours_stops_the_start_and_is_named_with_the_fix() {
    let plan = Plan::with(&[]);
    for (what, content) in keys::unusable() {
        let path = place(&plan, &content, 0o600);
        let refused = plan.verifier().err().unwrap_or_else(|| panic!("started with {what}"));
        assert!(refused.contains(&path.display().to_string()), "{what}: {refused}");
        assert!(refused.contains("Move the file away") && refused.contains("keys rotate"), "{what}: {refused}");
        assert_eq!(refused.contains("published standard"), what.contains("RFC"), "{what}: {refused}");
    }
    place(&plan, &keys::pem("PRIVATE KEY", &fresh_pkcs8()), 0o600);
    assert!(plan.verifier().is_ok());
}

#[test]
fn a_key_that_others_may_read_or_write_stops_the_start() {
    let plan = Plan::with(&[]);
    let good = keys::pem("PRIVATE KEY", &fresh_pkcs8());
    for mode in [0o644, 0o640, 0o604, 0o620, 0o602, 0o660, 0o601, 0o777] {
        let path = place(&plan, &good, mode);
        let refused = plan.verifier().err().unwrap_or_else(|| panic!("started with mode {mode:o}"));
        assert!(refused.contains(&format!("chmod 600 '{}'", path.display())), "{refused}");
        assert!(refused.contains(&format!("{mode:04o}")) && refused.contains("new key"), "{refused}");
    }
    for mode in [0o600, 0o400] {
        place(&plan, &good, mode);
        assert!(plan.verifier().is_ok(), "mode {mode:o}");
    }
}

#[test]
fn keys_are_made_for_their_owner_alone() {
    let gate = Gate::lowered();
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    let folder = gate.plan.key_folder();
    let (signature, standing) = (only_signature_key(&folder), folder.join("standing.key"));
    assert_eq!((mode(&folder), mode(&signature), mode(&standing)), (0o700, 0o600, 0o600));
}

#[tokio::test]
async fn the_private_half_of_a_key_is_nowhere_but_in_its_file() {
    let gate = Gate::lowered();
    let private = private_half(&only_signature_key(&gate.plan.key_folder()));
    let published = gate.send(get("/.portcullis/jwks.json")).await;
    assert_eq!(published.status, StatusCode::OK);
    assert_eq!(published.json()["keys"].as_array().map(Vec::len), Some(1));
    assert!(published.json()["keys"][0].get("d").is_none());
    for shown in [
        published.text(),
        gate.verifier.with_signing_keys(|ring| format!("{ring:?}")),
        gate.verifier.with_signing_keys(|ring| format!("{:?}", ring.current(portcullis_tests::in_process::START))),
        format!("{:?}", gate.key_folder()),
        format!("{:?}", gate.plan.config().unwrap()),
        gate.token().await,
    ] {
        assert_shows_nothing(&shown, &private);
    }
}

#[test]
fn challenge_keys_are_not_shown_either() {
    let ring = portcullis_issuer::challenges::issue::ChallengeKeyRing::new(&[[0xa5; 32]]).unwrap();
    assert_shows_nothing(&format!("{ring:?} {ring:#?}"), &[0xa5; 32]);
}

#[tokio::test]
async fn the_program_does_not_start_with_a_bad_key_and_says_why() {
    let plan = Plan::with(&[]);
    let good = keys::pem("PRIVATE KEY", &fresh_pkcs8());
    for (content, mode, fix) in [
        (good.as_str(), 0o644, "chmod 600"),
        (good.as_str(), 0o640, "chmod 600"),
        ("", 0o600, "keys rotate"),
        ("changeme\n", 0o600, "keys rotate"),
        (&good[..good.len() / 2], 0o600, "keys rotate"),
        (&keys::rfc_7515_a_3(), 0o600, "published standard"),
    ] {
        let path = place(&plan, content, mode);
        let mut command = tokio::process::Command::from(program("portcullis"));
        command.args(["run", "--set", "origin=http://127.0.0.1:9", "--set", "listen=127.0.0.1:0", "--set"]);
        command.arg(format!("clearance.keys={}", plan.key_folder().display())).kill_on_drop(true);
        let ended = tokio::time::timeout(PATIENCE, command.output()).await.expect("it ends by itself").unwrap();
        let said = String::from_utf8_lossy(&ended.stderr);
        assert_eq!(ended.status.code(), Some(1), "{said}");
        assert!(said.contains(&path.display().to_string()) && said.contains(fix), "{said}");
        if content == good {
            assert_shows_nothing(&said, &private_half(&path));
        }
    }
}

#[tokio::test]
async fn the_program_logs_no_key_and_no_token() {
    let verifier = Verifier::start(Settings::in_front_of("http://127.0.0.1:9").difficulty(64)).await;
    let private = private_half(&only_signature_key(&verifier.keys()));
    let token = crate::program::clear(verifier.address()).await;
    crate::program::get(verifier.address(), "/secret-path?password=hunter2", Some(&token)).await;
    verifier.log().wait_for("admitted", 1, PATIENCE).await;
    let log = format!("{:?}", verifier.log().all());
    assert!(log.contains("solved"), "{log}");
    assert_shows_nothing(&log, &private);
    for unseen in [token.as_str(), token.rsplit('.').next().unwrap(), "hunter2", "secret-path"] {
        assert!(!log.contains(unseen), "{unseen} is in the log: {log}");
    }
}

/// Makes `content` the only file in the plan's key folder.
fn place(plan: &Plan, content: &str, mode: u32) -> PathBuf {
    let folder = plan.key_folder();
    // Not there the first time.
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).expect("a temporary folder takes a folder");
    let path = folder.join("es256-1700000000000.pem");
    fs::write(&path, content).expect("a temporary folder takes a file");
    fs::set_permissions(&path, fs::Permissions::from_mode(mode)).expect("the file is the test's own");
    path
}

fn only_signature_key(folder: &Path) -> PathBuf {
    let files = fs::read_dir(folder).into_iter().flatten().filter_map(Result::ok).map(|file| file.path());
    let keys: Vec<_> = files.filter(|path| path.extension().is_some_and(|ending| ending == "pem")).collect();
    let [key] = keys.as_slice() else { panic!("{} holds {} keys", folder.display(), keys.len()) };
    key.clone()
}

/// The 32 secret bytes in a PKCS#8 file: an octet string (tag 4, length 32), the first of that length.
fn private_half(path: &Path) -> [u8; 32] {
    let pem = fs::read_to_string(path).expect("the key's file can be read");
    let pkcs8 = portcullis_tests::attacker::tokens::pem_contents(&pem);
    let at = pkcs8.windows(2).position(|window| window == [4, 32]).expect("a P-256 key has 32 secret bytes");
    pkcs8[at + 2..at + 34].try_into().expect("a PKCS#8 key is longer than that")
}

/// Asserts that `text` holds `secret` in no common notation, nor half of it.
fn assert_shows_nothing(text: &str, secret: &[u8; 32]) {
    let hex: String = secret.iter().map(|byte| format!("{byte:02x}")).collect();
    let listed = format!("{secret:?}");
    for shown in [
        &hex[..32],
        &hex.to_uppercase()[..32],
        // 24 characters of base64 are 18 bytes.
        &Base64::encode_string(secret)[..24],
        &Base64UrlUnpadded::encode_string(secret)[..24],
        &listed[1..48],
        "PRIVATE KEY",
    ] {
        assert!(!text.contains(shown), "a secret is shown in {text}");
    }
}
