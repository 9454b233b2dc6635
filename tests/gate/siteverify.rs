//! Responses for forms, and siteverify, where a form's server asks about them in the words of reCAPTCHA, hCaptcha and
//! Turnstile.

mod answers;
mod clients;
mod forged;
mod once;
mod purpose;
mod secrets;

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;

use http::header::{CONTENT_TYPE, HOST as HOST_HEADER};
use http::{Request, StatusCode};
use portcullis_tests::attacker::Submission;
use portcullis_tests::in_process::{Answer, CLIENT, Gate, HOST, Plan, from, get, post};
use serde_json::{Value, json};

/// The secret of the tests' form server.
const SECRET: &str = "0x4f1c8e0b7a6d2395c7e1f08b5a4d3c2b1a097e6f";

/// A gate that gives responses, and answers servers that show [`SECRET`].
fn gate(settings: &[&str]) -> Gate {
    Gate::start(plan(settings))
}

fn plan(settings: &[&str]) -> Plan {
    let mut plan = Plan::with(settings);
    let file = secret_file(&plan, &format!("{SECRET}\n"), 0o600);
    plan.settings.push(format!("siteverify.secrets={}", file.display()));
    plan
}

/// Writes the plan's file of secrets.
fn secret_file(plan: &Plan, text: &str, mode: u32) -> PathBuf {
    let file = plan.keys.path().join("form-servers");
    // Not there the first time; and one that is may be read-only.
    let _ = fs::remove_file(&file);
    fs::write(&file, text).expect("a temporary folder takes a file");
    fs::set_permissions(&file, fs::Permissions::from_mode(mode)).expect("the file is the test's own");
    file
}

/// What is posted to redeem a solution for a response.
fn for_response(submission: &Submission, purpose: &Value) -> String {
    json!({ "challenge": submission.challenge, "solution": submission.solution, "response": purpose }).to_string()
}

/// Redeems fresh work, as [`CLIENT`] at [`HOST`], for a response with this purpose.
async fn redeem(gate: &Gate, purpose: &Value) -> Answer {
    let body = for_response(&gate.solved().await, purpose);
    gate.send_with(post("/.portcullis/redeem").header(CONTENT_TYPE, "application/json"), body).await
}

/// A response that [`CLIENT`] earned with work at [`HOST`] for the action `login`.
async fn response(gate: &Gate) -> String {
    let answer = redeem(gate, &json!({ "action": "login" })).await;
    answer.json()["response"].as_str().unwrap_or_else(|| panic!("no response in {answer:?}")).to_owned()
}

/// A response earned from `address`.
async fn response_from(gate: &Gate, address: &str) -> String {
    let submission = Submission::solving(&gate.challenge_by(from(get("/.portcullis/challenge"), address)).await);
    let request = from(post("/.portcullis/redeem"), address).header(CONTENT_TYPE, "application/json");
    let answer = gate.send_with(request, for_response(&submission, &json!({}))).await;
    answer.json()["response"].as_str().unwrap_or_else(|| panic!("no response in {answer:?}")).to_owned()
}

/// What siteverify says to a form of these fields.
async fn ask(gate: &Gate, fields: &[(&str, &str)]) -> Value {
    let form: String = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
    ask_with(gate, "application/x-www-form-urlencoded", form).await
}

/// What siteverify says to this body. The status is 200, whatever it says.
async fn ask_with(gate: &Gate, content_type: &str, body: impl Into<axum::body::Body>) -> Value {
    // As a form's server would: under another name, and from another address.
    let request = Request::post("/.portcullis/siteverify").header(HOST_HEADER, "127.0.0.1:8080");
    let answer = gate.send_with(from(request, "127.0.0.1").header(CONTENT_TYPE, content_type), body).await;
    assert_eq!(answer.status, StatusCode::OK, "{answer:?}");
    assert_eq!((answer.header("content-type"), answer.header("cache-control")), ("application/json", "no-store"));
    answer.json()
}

/// What it says about `response` alone.
async fn about(gate: &Gate, response: &str) -> Value {
    ask(gate, &[("secret", SECRET), ("response", response)]).await
}

/// What it says when the answer is no.
fn no(code: &str) -> Value {
    json!({ "success": false, "error-codes": [code] })
}

fn is_good(answer: &Value) -> bool {
    answer["success"] == true && answer["hostname"] == HOST
}
