//! Standing tokens: earned while the gate was up, they let returning visitors past the half-lowered gate.

mod attack;
mod issue;

use std::time::Duration;

use http::header::COOKIE;
use http::request::Builder;
use portcullis_config::{Mode, Setting};
use portcullis_tests::in_process::{Answer, Gate, Origin, navigation};

/// The gate up, in front of an origin.
async fn peace(settings: &[&str]) -> (Gate, Origin) {
    let origin = Origin::start().await;
    let settings = [&["gate.mode=off"], settings].concat();
    (Gate::in_front_of(&origin, &settings), origin)
}

/// Lowers the gate as far as `mode` says, now.
fn lower(gate: &Gate, mode: Mode) {
    gate.verifier.pressure().set(Setting::Forced(mode));
    // A step needs a time to have passed since the last one.
    gate.clock().advance(Duration::from_millis(1));
    gate.verifier.take_pressure();
}

/// The standing token that an answer brings, and whatever is set with it.
fn given(answer: &Answer) -> Option<(String, String)> {
    let value = answer.cookies().into_iter().find_map(|cookie| cookie.strip_prefix("__Host-portcullis-standing="))?;
    let (token, attributes) = value.split_once("; ")?;
    Some((token.to_owned(), attributes.to_owned()))
}

/// The standing token that a new visitor is given.
async fn token(gate: &Gate) -> String {
    let answer = gate.send(navigation("/")).await;
    given(&answer).unwrap_or_else(|| panic!("no token with {answer:?}")).0
}

fn showing(request: Builder, token: &str) -> Builder {
    request.header(COOKIE, format!("__Host-portcullis-standing={token}"))
}

async fn show(gate: &Gate, token: &str) -> Answer {
    gate.send(showing(navigation("/"), token)).await
}

const HOUR: Duration = Duration::from_secs(3600);
