//! Who gets one, when, and how.

use axum::Router;
use axum::routing::get as route;
use http::StatusCode;
use http::header::{ACCEPT, CACHE_CONTROL, COOKIE};
use portcullis_config::Mode;
use portcullis_tests::in_process::{CLIENT, Gate, Origin, from, get, navigation, post};

use super::{HOUR, given, lower, peace, show, showing, token};

#[tokio::test]
async fn a_visitor_who_comes_in_peace_gets_one_and_no_second_one() {
    let (gate, _origin) = peace(&[]).await;
    let answer = gate.send(navigation("/login")).await;
    let (token, attributes) = given(&answer).unwrap();
    assert_eq!((token.len(), answer.text().as_str()), (76, "origin"));
    assert_eq!(attributes, "Path=/; Max-Age=2592000; Secure; HttpOnly; SameSite=Lax");
    assert_eq!(answer.cookies().len(), 1);
    for hours in 0..23 {
        assert_eq!(given(&show(&gate, &token).await), None, "after {hours} hours");
        gate.clock().advance(HOUR);
    }
    assert!(given(&show(&gate, "nonsense").await).is_some(), "an invalid token counts as none");
}

#[tokio::test]
async fn only_pages_bring_one_and_only_in_peace() {
    let (gate, origin) = peace(&[]).await;
    for request in [
        get("/style.css"),
        get("/style.css").header("sec-fetch-mode", "no-cors").header(ACCEPT, "text/html"),
        post("/login"),
        navigation("/frame").header("sec-fetch-dest", "iframe"),
    ] {
        assert_eq!(given(&gate.send(request).await), None);
    }
    assert!(given(&gate.send(navigation("/").header("sec-fetch-dest", "document")).await).is_some());
    assert!(given(&gate.send(get("/").header(ACCEPT, "text/html")).await).is_some(), "an older browser");
    for mode in [Mode::Watch, Mode::ChallengeNew, Mode::ChallengeAll, Mode::Queue] {
        lower(&gate, mode);
        assert_eq!(given(&gate.send(navigation("/")).await), None, "{mode}");
        assert_eq!(given(&gate.send(get("/.portcullis/standing")).await), None, "{mode}");
    }
    assert_eq!(origin.arrived().len(), 7, "among them one while the gate watched");
}

#[tokio::test]
async fn a_network_gets_so_many_an_hour() {
    let (gate, _origin) = peace(&["standing.per_network=5"]).await;
    let taken = async |network: &str| {
        let mut taken = 0;
        for host in 0..20 {
            let visit = from(navigation("/"), &format!("{network}.{host}"));
            taken += usize::from(given(&gate.send(visit).await).is_some());
        }
        taken
    };
    assert_eq!((taken("198.51.100").await, taken("198.51.100").await), (5, 0));
    assert_eq!(taken("192.0.2").await, 5, "others have their own");
    gate.clock().advance(HOUR);
    gate.verifier.tidy_up();
    assert_eq!(taken("198.51.100").await, 5);
}

#[tokio::test]
async fn the_origin_does_not_see_it() {
    let (gate, origin) = peace(&[]).await;
    let token = token(&gate).await;
    let both = format!("a=b; __Host-portcullis-standing={token}; portcullis-standing=x; c=d");
    gate.send(navigation("/").header(COOKIE, both)).await;
    assert_eq!(origin.last().headers[COOKIE], "a=b; c=d");
    show(&gate, &token).await;
    assert!(!origin.last().headers.contains_key(COOKIE));
}

/// Of what the rule says of each header there is a test beside it.
#[tokio::test]
async fn no_answer_that_is_kept_for_others_brings_one() {
    let with = |value: &'static str| route(move || async move { ([(CACHE_CONTROL, value)], "page") });
    let routes = Router::new()
        .route("/private", with("private, max-age=0"))
        .route("/public", with("public, max-age=60"))
        .route("/short", with("max-age=60"))
        .route("/unchanged", route(|| async { StatusCode::NOT_MODIFIED }))
        .route("/broken", route(|| async { StatusCode::INTERNAL_SERVER_ERROR }));
    let origin = Origin::serving(routes).await;
    let gate = Gate::in_front_of(&origin, &["gate.mode=off"]);
    for (target, brings) in [
        ("/private", true),
        ("/", true),
        ("/public", false),
        ("/short", false),
        ("/unchanged", false),
        ("/broken", false),
    ] {
        let answer = gate.send(navigation(target)).await;
        assert_eq!(given(&answer).is_some(), brings, "{target}");
        if target == "/public" {
            assert_eq!(answer.header("cache-control"), "public, max-age=60", "the origin's word stays");
        }
    }
    let unreachable = Gate::with(&["gate.mode=off"]);
    assert_eq!(given(&unreachable.send(navigation("/")).await), None, "no origin was reached");
}

#[tokio::test]
async fn a_page_behind_a_gateway_that_asks_fetches_its_own() {
    let (gate, _origin) = peace(&[]).await;
    for (site, brings) in [
        (None, true),
        (Some("same-origin"), true),
        (Some("same-site"), true),
        (Some("none"), true),
        (Some("cross-site"), false),
    ] {
        let request = get("/.portcullis/standing").header("sec-fetch-mode", "no-cors");
        let request = site.into_iter().fold(request, |request, site| request.header("sec-fetch-site", site));
        let answer = gate.send(request).await;
        assert_eq!((answer.status.as_u16(), answer.header("cache-control")), (204, "no-store"));
        assert_eq!(given(&answer).is_some(), brings, "{site:?}");
    }
    let token = token(&gate).await;
    assert_eq!(given(&gate.send(showing(get("/.portcullis/standing"), &token)).await), None);
}

#[tokio::test]
async fn an_application_in_the_same_process_has_them_too() {
    let gate = Gate::with(&["gate.mode=off"]);
    let application = Router::new().route("/", route(|| async { "application" }));
    let router = portcullis_gate::Gate::around(std::sync::Arc::clone(&gate.verifier), application);
    let peer = portcullis_clearance::client::Peer(std::net::SocketAddr::new(CLIENT.parse().unwrap(), 50_000));
    let request = navigation("/").extension(peer).body(axum::body::Body::empty()).unwrap();
    let answer = tower::ServiceExt::oneshot(router, request).await.unwrap();
    let cookie = answer.headers()["set-cookie"].to_str().unwrap();
    assert!(cookie.starts_with("__Host-portcullis-standing="), "{cookie}");
}

#[tokio::test]
async fn on_plain_loopback_it_is_kept_as_the_clearance_cookie_is() {
    let (gate, _origin) = peace(&["gate.insecure_loopback_cookie=true"]).await;
    let answer =
        gate.send(from(http::Request::get("/").header("host", "localhost"), "127.0.0.1").header(ACCEPT, "text/html"));
    let cookies = answer.await;
    let cookie = cookies.cookies()[0];
    assert!(cookie.starts_with("portcullis-standing=") && !cookie.contains("Secure"), "{cookie}");
}

#[tokio::test]
async fn whoever_has_done_the_work_gets_one_for_the_next_time() {
    let origin = Origin::start().await;
    let gate = Gate::in_front_of(&origin, &["gate.mode=challenge-new"]);
    gate.verifier.take_pressure();
    let answer = gate.redeem(&gate.solved().await).await;
    assert_eq!(answer.cookies().len(), 2);
    let token = given(&answer).unwrap().0;
    assert!(show(&gate, &token).await.is_page());
    gate.clock().advance(3 * HOUR);
    assert!(show(&gate, &token).await.is_page(), "it is from after the gate was lowered");
    lower(&gate, Mode::Off);
    lower(&gate, Mode::ChallengeNew);
    assert_eq!(show(&gate, &token).await.status, 200);
    let request = showing(post("/.portcullis/redeem"), &token);
    assert_eq!(gate.redeem_by(&gate.solved().await, request).await.cookies().len(), 1, "who has one gets no other");
}

#[tokio::test]
async fn turned_off_there_are_none_and_none_count() {
    let (gate, origin) = peace(&[]).await;
    let token = token(&gate).await;
    gate.clock().advance(3 * HOUR);
    let mut plan = gate.plan.clone();
    plan.settings.push("standing.enabled=false".to_owned());
    let without = Gate::start(plan.clone());
    assert_eq!(given(&without.send(navigation("/")).await), None);
    assert_eq!(without.send(get("/.portcullis/standing")).await.status, 204);
    without.send(showing(navigation("/"), &token)).await;
    assert!(!origin.last().headers.contains_key(COOKIE), "the origin sees none even so");
    lower(&without, Mode::ChallengeNew);
    assert!(show(&without, &token).await.is_page());
    plan.keys = std::sync::Arc::new(tempfile::TempDir::new().unwrap());
    Gate::start(plan.clone());
    assert!(!plan.key_folder().join("standing.key").exists(), "and there is no key");
}

#[tokio::test]
async fn values_that_mean_nothing_are_refused() {
    for setting in [
        "standing.lifetime=1h",
        "standing.lifetime=91d",
        "standing.age=25h",
        "standing.requests=0",
        "standing.refill=0s",
        "standing.per_network=0",
        "standing.other=1",
    ] {
        portcullis_tests::in_process::Plan::with(&[setting]).config().expect_err(setting);
    }
    let refused = portcullis_tests::in_process::Plan::with(&["client_ip.asn_database=/nowhere.mmdb"]).verifier().err();
    assert!(refused.is_some_and(|refused| refused.contains("/nowhere.mmdb")), "a database must be there at the start");
}
