//! Visitors get in while junk rains on the verifier.

use std::net::{Ipv4Addr, SocketAddr};

use bytes::Bytes;
use http::Request;
use http::header::CONTENT_TYPE;
use http_body_util::{BodyExt, Full};
use hyper_util::client::legacy::Client;
use hyper_util::rt::TokioExecutor;
use portcullis_challenge::{ChallengeId, UnixMillis};
use portcullis_clearance::network::{NetworkPrefix, PrefixLengths};
use portcullis_config::Config;
use portcullis_issuer::challenges::issue::{ChallengeKeyRing, Earns};
use portcullis_issuer::challenges::ladder::Solver;
use portcullis_policy::Level;
use portcullis_tests::attacker::Submission;
use tokio::task::JoinSet;

use crate::browser::LIMIT;
use crate::chromium::Launch;
use crate::site::Site;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_visitor_gets_in_under_a_rain_of_junk_solutions() {
    let site = Site::open().await;
    let mut junk = JoinSet::new();
    for _ in 0..4 {
        junk.spawn(post_junk(site.verifier.address()));
    }
    site.log().wait_for("refused", 1000, LIMIT).await;
    Launch::default()
        .visit(async |browser| {
            browser.open(&site.url("/login")).await;
            browser.sees_login().await;
        })
        .await;
    assert_eq!(site.log().count("solved"), 1);
    assert!(junk.try_join_next().is_none(), "the rain ended before the visitor was in");
}

/// Posts solutions of a challenge nobody issued, one after the other, until the story is over.
async fn post_junk(address: SocketAddr) {
    let client = Client::builder(TokioExecutor::new()).build_http::<Full<Bytes>>();
    let junk = Bytes::from(junk());
    loop {
        let request = Request::post(format!("http://{address}/.portcullis/redeem"))
            .header(CONTENT_TYPE, "application/json")
            .body(Full::new(junk.clone()))
            .expect("a request made of constants");
        if let Ok(response) = client.request(request).await {
            let _ = response.into_body().collect().await;
        }
    }
}

/// A solution in the right form for a challenge that another verifier issued.
fn junk() -> String {
    let others = ChallengeKeyRing::random();
    let to = others.recipient(
        "127.0.0.1",
        NetworkPrefix::of(Ipv4Addr::LOCALHOST.into(), PrefixLengths::default()),
        Earns::Token(Level::FIRST),
    );
    let challenge =
        others.issue(Config::default().challenge.0.terms(Solver::Simd, true), to, ChallengeId([0; 16]), UnixMillis(0));
    let nonces: Vec<u32> = (0..u32::from(challenge.fields.shares.count())).collect();
    Submission::of(&challenge, &nonces).to_json()
}
