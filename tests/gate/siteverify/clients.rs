//! Published server libraries for reCAPTCHA, hCaptcha and Turnstile, with nothing changed but the URL, against the real
//! program. They lie in `tests/siteverify`, at exact versions.

use std::path::PathBuf;
use std::process::Stdio;

use portcullis_tests::attacker::wire;
use portcullis_tests::processes::{PATIENCE, Settings, Verifier};
use tokio::io::AsyncWriteExt;
use tokio::process::Command;

use super::*;
use crate::program::{challenge, clear};

#[tokio::test]
async fn flask_wtf_for_recaptcha_needs_only_the_url() {
    needs_only_the_url(&Library::Python("flask-wtf")).await;
}

#[tokio::test]
async fn django_hcaptcha_for_hcaptcha_needs_only_the_url() {
    needs_only_the_url(&Library::Python("django-hcaptcha")).await;
}

#[tokio::test]
async fn django_turnstile_for_turnstile_needs_only_the_url() {
    needs_only_the_url(&Library::Python("django-turnstile")).await;
}

#[tokio::test]
async fn cf_turnstile_of_npm_needs_only_the_url_and_understands_every_error() {
    needs_only_the_url(&Library::CfTurnstile).await;
    let site = Site::start().await;
    let good = response(&site.verifier, "login").await;
    let told = site.asks(&Library::CfTurnstile, SECRET, &good).await;
    assert_eq!((&told["valid"], &told["errors"]), (&json!(true), &json!([])), "{told}");
    assert!(told["timestamp"].as_str().is_some_and(|time| time.ends_with('Z')), "{told}");
    let other = response(&site.verifier, "sign-up").await;
    for (secret, response, error) in [
        (SECRET, good.as_str(), "timeout-or-duplicate"),
        (SECRET, "none", "invalid-input-response"),
        ("unknown", &good, "invalid-input-secret"),
        // The library's own refusal: the response is good, and was made for another form.
        (SECRET, &other, "cfts-action-mismatch"),
    ] {
        let told = site.asks(&Library::CfTurnstile, secret, response).await;
        assert_eq!((&told["valid"], &told["errors"]), (&json!(false), &json!([error])));
    }
}

/// A response good once is valid once; nothing else is valid.
async fn needs_only_the_url(library: &Library) {
    let site = Site::start().await;
    let good = response(&site.verifier, "login").await;
    let clearance = clear(site.verifier.address()).await;
    for (what, secret, response, valid) in [
        ("a wrong secret", "wrong-0123456789abcdef0123456789abcdef", good.as_str(), false),
        ("no response", SECRET, "none", false),
        ("a clearance", SECRET, &clearance, false),
        ("a good response", SECRET, &good, true),
        ("a spent response", SECRET, &good, false),
    ] {
        let told = site.asks(library, secret, response).await;
        assert_eq!(told["valid"], valid, "{what}: {told}");
    }
    assert_eq!(site.verifier.log().count("siteverified"), 5);
}

/// A library, and the program that uses it.
enum Library {
    Python(&'static str),
    CfTurnstile,
}

/// A verifier whose secret the form's server knows.
struct Site {
    verifier: Verifier,
    _secrets: Plan,
}

impl Site {
    async fn start() -> Self {
        let plan = Plan::with(&[]);
        let file = secret_file(&plan, SECRET, 0o600);
        let settings = Settings::in_front_of("http://127.0.0.1:9").difficulty(64);
        let settings = settings.set("siteverify.secrets", &format!("{:?}", file.display().to_string()));
        Self { verifier: Verifier::start(settings).await, _secrets: plan }
    }

    /// What the library makes of `response`.
    async fn asks(&self, library: &Library, secret: &str, response: &str) -> Value {
        let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("siteverify");
        let (program, installed) = match library {
            Library::Python(_) => (folder.join(".venv/bin/python"), folder.join(".venv/bin/python")),
            Library::CfTurnstile => ("node".into(), folder.join("node_modules/cf-turnstile")),
        };
        assert!(installed.exists(), "{} is missing: run `cargo xtask test --only gate`", installed.display());
        let mut command = Command::new(program);
        match library {
            Library::Python(name) => command.arg(folder.join("ask.py")).arg(name),
            Library::CfTurnstile => command.arg(folder.join("ask.js")),
        };
        // No proxy and no setting of the user who runs the tests.
        command.env_clear().env("PATH", std::env::var_os("PATH").unwrap_or_default()).kill_on_drop(true);
        let url = self.verifier.url("/.portcullis/siteverify");
        let question = json!({ "url": url, "secret": secret, "response": response, "address": "127.0.0.1" });
        run(command, &question).await
    }
}

async fn run(mut command: Command, question: &Value) -> Value {
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("the library's language runs");
    let mut input = child.stdin.take().expect("standard input is piped");
    input.write_all(question.to_string().as_bytes()).await.expect("the program reads");
    drop(input);
    let ended = tokio::time::timeout(PATIENCE, child.wait_with_output()).await.expect("it ends by itself");
    let ended = ended.expect("its output is read");
    assert!(ended.status.success(), "{}", String::from_utf8_lossy(&ended.stdout));
    serde_json::from_slice(&ended.stdout).expect("it prints JSON")
}

/// A response that this machine earned with work at the real program.
pub(super) async fn response(verifier: &Verifier, action: &str) -> String {
    let solved = Submission::solving(&challenge(verifier.address()).await);
    let body = for_response(&solved, &json!({ "action": action }));
    let answer = post_to(verifier, "redeem", "application/json", &body).await;
    answer["response"].as_str().unwrap_or_else(|| panic!("no response in {answer}")).to_owned()
}

/// What the real program's siteverify says to this form.
pub(super) async fn ask(verifier: &Verifier, form: &str) -> Value {
    post_to(verifier, "siteverify", "application/x-www-form-urlencoded", form).await
}

async fn post_to(verifier: &Verifier, route: &str, content_type: &str, body: &str) -> Value {
    let (address, length) = (verifier.address(), body.len());
    let request = format!(
        "POST /.portcullis/{route} HTTP/1.1\r\nHost: {address}\r\nContent-Type: {content_type}\r\n\
         Content-Length: {length}\r\nConnection: close\r\n\r\n{body}"
    );
    serde_json::from_slice(wire::body(&wire::exchange(address, request.as_bytes()).await)).unwrap_or_default()
}
