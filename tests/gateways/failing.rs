//! What every recipe must pass with a verifier that fails: its routes are open or closed as they say.

use std::time::Duration;

use portcullis_tests::processes::PATIENCE;

use crate::answer::Answer;
use crate::checks::is_admitted;
use crate::failure::Failure;
use crate::recipe::{Mode, Recipe};
use crate::site::Site;

pub(crate) async fn a_killed_verifier_closes_the_login_and_nothing_else(recipe: &Recipe) {
    fails_as_stated(recipe, Failure::Killed).await;
}

pub(crate) async fn a_frozen_verifier_closes_the_login_and_nothing_else(recipe: &Recipe) {
    fails_as_stated(recipe, Failure::Frozen).await;
}

pub(crate) async fn a_verifier_of_garbage_closes_the_login_and_nothing_else(recipe: &Recipe) {
    fails_as_stated(recipe, Failure::Garbage).await;
}

pub(crate) async fn a_verifier_that_hangs_up_closes_the_login_and_nothing_else(recipe: &Recipe) {
    fails_as_stated(recipe, Failure::HangsUp).await;
}

pub(crate) async fn a_verifier_that_answers_500_closes_the_login_and_nothing_else(recipe: &Recipe) {
    fails_as_stated(recipe, Failure::ServerError).await;
}

pub(crate) async fn a_verifier_that_is_back_is_asked_again(recipe: &Recipe) {
    let mut site = Site::behind(recipe).await;
    let token = site.client().token().await;
    drop(Failure::Killed.befall(&mut site.verifier).await);
    let closed = site.client().navigate("/login", "").await;
    assert_eq!(closed.status, 503, "{closed:?}");
    site.verifier.restart().await;
    let answered = tokio::time::timeout(PATIENCE, async {
        while site.client().navigate("/login", "").await.status != 403 {
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
    });
    assert!(answered.await.is_ok(), "the gateway does not find the verifier again");
    is_admitted(&site.client().navigate_with("/login", &token).await);
}

/// Each route as its recipe says; a client with a good token passes if the gateway checks tokens itself.
async fn fails_as_stated(recipe: &Recipe, failure: Failure) {
    let mut site = Site::behind(recipe).await;
    let token = site.client().token().await;
    // The gateway is not cold: it has had an answer, and in the offline mode the keys.
    is_admitted(&site.client().navigate_with("/login", &token).await);
    let _failed = failure.befall(&mut site.verifier).await;
    let client = site.client();
    for target in ["/login", "/login?next=/", "/login/reset", "/%6cogin", "//login", "/x/../login", "/LOGIN"] {
        let before = site.origin.count();
        let closed = in_time(client.navigate(target, "")).await;
        assert_eq!(closed.status, 503, "{target}: {closed:?}");
        assert!(closed.head.header("retry-after").is_some(), "{closed:?}");
        assert_eq!(site.origin.count(), before, "{target} reached the origin");
        let with_token = in_time(client.navigate_with(target, &token)).await;
        match recipe.mode {
            Mode::Subrequest => assert_eq!(with_token.status, 503, "{target}: {with_token:?}"),
            Mode::Offline => is_admitted(&with_token),
        }
    }
    for target in ["/", "/a%2Fb?c=d"] {
        is_admitted(&in_time(client.navigate(target, "")).await);
        assert_eq!(site.origin.last().target(), target);
    }
    let form = "application/x-www-form-urlencoded";
    is_admitted(&in_time(client.post("/search", form, "", "q=a")).await);
    assert_eq!((site.origin.last().method().as_str(), site.origin.last().body()), ("POST", b"q=a".as_slice()));
}

/// An answer within what a gateway may wait, 1 s to connect and 2 s for a verdict, and what a busy machine may add to it.
/// Gateways wait for longer where no recipe bounds it.
async fn in_time(answer: impl Future<Output = Answer>) -> Answer {
    tokio::time::timeout(Duration::from_secs(9), answer).await.expect("the gateway answers within 9 s")
}
