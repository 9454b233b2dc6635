//! What every refused submission has in common.

use http::StatusCode;
use portcullis_tests::attacker::Submission;
use portcullis_tests::in_process::{Answer, Gate};

/// Submits `wrong` and asserts that it is refused with one of `codes`, that nothing is recorded for it, and that no
/// cookie is set.
pub(crate) async fn assert_refused(gate: &Gate, wrong: &Submission, codes: &[&str]) {
    let before = gate.verifier.redeemed();
    let answer = gate.redeem(wrong).await;
    assert_is_refusal(&answer, codes);
    assert_eq!(gate.verifier.redeemed(), before, "a refused submission was recorded: {wrong:?}");
}

/// Asserts that `answer` is a refusal with one of `codes`, in the form all refusals have.
pub(crate) fn assert_is_refusal(answer: &Answer, codes: &[&str]) {
    let code = answer.code();
    assert!(codes.contains(&code.as_str()), "not one of {codes:?}: {answer:?}");
    let status = match code.as_str() {
        "malformed" => StatusCode::BAD_REQUEST,
        "replayed" => StatusCode::CONFLICT,
        "unavailable" => StatusCode::SERVICE_UNAVAILABLE,
        _ => StatusCode::FORBIDDEN,
    };
    assert_eq!(answer.status, status, "{answer:?}");
    assert_eq!(answer.header("cache-control"), "no-store");
    assert!(answer.cookies().is_empty(), "a refusal sets a cookie: {answer:?}");
}

/// Asserts that `good` is worth a token, whatever was tried before.
pub(crate) async fn assert_still_good(gate: &Gate, good: &Submission) {
    let answer = gate.redeem(good).await;
    assert_eq!(answer.status, StatusCode::OK, "a good solution was spoilt: {answer:?}");
}
