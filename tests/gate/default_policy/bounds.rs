//! How much passes, and how much more weight asks for.

use std::time::Duration;

use http::header::{UPGRADE, USER_AGENT};
use http::request::Builder;
use http::{HeaderMap, Method};
use portcullis_policy::{Action, Facts, Policy, Signal, Signals};
use portcullis_tests::in_process::{HOST, get, post};

use super::Fate::{Challenged, Passed};
use super::{Site, preflight, with_token};

#[tokio::test]
async fn every_hole_has_a_budget_for_each_network() {
    let site = Site::open().await;
    let minute = Duration::from_secs(60);
    for (request, address) in [
        (get as fn(&str) -> Builder, "/robots.txt"),
        (get, "/sitemap.xml"),
        (get, "/health"),
        (get, "/static/app.css"),
        (get, "/feed"),
        (preflight, "/api/posts"),
        (get, "/api/posts"),
        (|target| with_token("POST", target), "/api/posts"),
        (post, "/webhooks/github"),
    ]
    .into_iter()
    .map(|(request, target)| (move || request(target), target))
    {
        let one = "192.0.2.1";
        let mut passed = 0;
        while site.fate_from(request(), one).await == Passed {
            passed += 1;
            assert!(passed <= MOST_AT_ONCE, "{address}");
        }
        assert!(passed >= LEAST_AT_ONCE, "{passed}: {address}");
        // Clients in the same network wait with it, and nobody else.
        assert_eq!(site.fate_from(request(), "192.0.2.200").await, Challenged, "{address}");
        assert_eq!(site.fate_from(request(), "192.0.3.1").await, Passed, "{address}");
        site.gate.clock().advance(minute);
        let mut after = 0;
        while site.fate_from(request(), one).await == Passed {
            after += 1;
            assert!(after <= MOST_A_MINUTE, "{address}");
        }
        assert!(after > 0, "{address}");
    }
    let policy = Policy::read(None).unwrap();
    for rule in policy.rules() {
        assert!(!matches!(rule.action, Action::Allow(None)), "{}", rule.name);
    }
}

#[test]
fn no_signal_asks_for_more_by_itself_and_all_of_them_refuse_nobody() {
    let policy = Policy::read(None).unwrap();
    let headers = HeaderMap::new();
    let decide = |signals| {
        let method = Method::GET;
        let facts = Facts {
            method: &method,
            target: "/login",
            host: HOST,
            headers: &headers,
            address: [203, 0, 113, 7].into(),
            from_gateway: false,
            signals,
            bot: None,
            now: portcullis_tests::in_process::START,
        };
        match policy.decide(&facts).action {
            Action::Challenge(asked) => asked.level.number(),
            other => panic!("{other:?}"),
        }
    };
    for signal in Signal::ALL {
        assert_eq!(decide([signal].into_iter().collect()), 1, "{}", signal.name());
    }
    assert!(decide(Signal::ALL.into_iter().collect::<Signals>()) <= 2);
}

#[tokio::test]
async fn a_client_without_a_name_meets_the_usual_work() {
    let site = Site::open().await;
    let answer = site.gate.send(get("/login")).await;
    assert!(!answer.text().contains("level=2"), "{}", answer.text());
    let named = site.gate.send(get("/login").header(USER_AGENT, "Mozilla/5.0")).await;
    assert_eq!(answer.status, named.status);
    // Nothing that a client says of itself opens anything.
    for agent in ["Googlebot/2.1 (+http://www.google.com/bot.html)", "UptimeRobot/2.0", "GitHub-Hookshot/1f", ""] {
        assert_eq!(site.fate(get("/cart").header(USER_AGENT, agent)).await, Challenged, "{agent}");
        assert_eq!(site.fate(get("/login").header(UPGRADE, "h2c").header(USER_AGENT, agent)).await, Challenged);
    }
}

const LEAST_AT_ONCE: usize = 20;
const MOST_AT_ONCE: usize = 120;
const MOST_A_MINUTE: usize = 120;
