//! Allow, deny, challenge and weigh, in each mode.

use std::time::Duration;

use portcullis_config::{Mode, Setting};
use portcullis_tests::in_process::{CLIENT, Gate, Origin, from, get, navigation, post};

const POLICY: &str = r#"
[[level]]
level = 2
difficulty = 4.0

[[threshold]]
weight = 10
action = "challenge"
level = 2

[[rule]]
name = "odd"
action = "weigh"
weight = 10
header = { x-odd = true }

[[rule]]
name = "hidden"
action = "deny"
path = ["/hidden/*"]

[[rule]]
name = "feed"
action = "allow"
method = ["GET"]
path = ["/feed"]
budget = { requests = 3, refill = "10s" }

[[rule]]
name = "assets"
action = "allow"
path = ["/assets/*"]

[[rule]]
name = "admin"
action = "challenge"
always = true
path = ["/admin/*"]

[[rule]]
name = "status"
action = "challenge"
fail = "open"
path = ["/status"]
"#;

async fn site(settings: &[&str]) -> (Gate, Origin) {
    let origin = Origin::start().await;
    (Gate::under(POLICY, &origin, settings), origin)
}

async fn statuses(gate: &Gate, target: &str) -> Vec<u16> {
    let mut statuses = Vec::new();
    for mode in Mode::ALL {
        gate.verifier.pressure().set(Setting::Forced(mode));
        statuses.push(gate.send(navigation(target)).await.status.as_u16());
    }
    statuses
}

#[tokio::test]
async fn each_action_means_the_same_in_every_mode() {
    let (gate, _origin) = site(&[]).await;
    // Off, watch, challenge-new, challenge-all, queue.
    for (target, expected) in
        [("/", [200, 200, 403, 403, 403]), ("/hidden/1", [403; 5]), ("/assets/a", [200; 5]), ("/admin", [403; 5])]
    {
        assert_eq!(statuses(&gate, target).await, expected, "{target}");
    }
    gate.verifier.pressure().set(Setting::Forced(Mode::Off));
    assert_eq!(gate.send(navigation("/admin")).await.status, 403);
    assert_eq!(gate.show(&gate.token().await, "/admin").await.status, 200);
}

#[tokio::test]
async fn who_is_denied_is_told_so_as_a_page_or_as_a_problem() {
    let (gate, origin) = site(&[]).await;
    for answer in [
        gate.send(navigation("/hidden")).await,
        gate.show(&gate.token().await, "/hidden").await,
        gate.send(post("/Hidden//x")).await,
    ] {
        assert_eq!((answer.status.as_u16(), answer.header("portcullis-action")), (403, "deny"), "{answer:?}");
        assert!(!answer.is_page() && answer.header("cache-control") == "no-store");
    }
    let page = gate.send(navigation("/hidden")).await;
    assert!(page.text().contains("This page is not open to you"), "{}", page.text());
    assert_eq!(gate.send(get("/hidden")).await.code(), "denied");
    assert!(origin.arrived().is_empty());
}

#[tokio::test]
async fn what_a_rule_allows_is_counted_for_each_network_while_the_gate_is_lowered() {
    let (gate, _origin) = site(&["gate.mode=off"]).await;
    for _ in 0..5 {
        assert_eq!(gate.send(get("/feed")).await.status, 200, "while the gate is up nothing is counted");
    }
    gate.verifier.pressure().set(Setting::Forced(Mode::ChallengeAll));
    let mut passed = 0;
    for number in 0..9 {
        // One network, however many addresses it has.
        passed += usize::from(gate.send(from(get("/feed"), &format!("203.0.113.{number}"))).await.status == 200);
    }
    assert_eq!(passed, 3);
    assert_eq!(gate.send(from(get("/feed"), "198.51.100.1")).await.status, 200, "others have their own");
    assert_eq!(gate.show(&gate.token().await, "/feed").await.status, 200, "work opens it like everything else");
    gate.clock().advance(Duration::from_secs(10));
    assert_eq!(gate.send(from(get("/feed"), CLIENT)).await.status, 200);
    assert_eq!(gate.send(from(get("/feed"), CLIENT)).await.status, 403);
    assert_eq!(gate.send(post("/feed")).await.status, 403, "the rule is for reading");
}

#[tokio::test]
async fn weight_asks_for_more_work_and_never_for_none() {
    let (gate, _origin) = site(&[]).await;
    let level = |page: &str| page.split_once("data-level=\"").and_then(|(_, rest)| rest.chars().next());
    assert_eq!(level(&gate.send(navigation("/")).await.text()), Some('1'));
    let odd = gate.send(navigation("/").header("x-odd", "")).await;
    assert_eq!((odd.status.as_u16(), level(&odd.text())), (403, Some('2')));
    assert_eq!(gate.send(navigation("/assets/a").header("x-odd", "")).await.status, 200);
}

#[tokio::test]
async fn a_route_that_fails_open_opens_when_no_work_can_be_redeemed_and_no_other_does() {
    let (gate, _origin) = site(&["replay.capacity=1"]).await;
    assert_eq!(gate.send(navigation("/status")).await.status, 403);
    gate.token().await;
    assert_eq!(gate.send(navigation("/status")).await.status, 200);
    assert_eq!(gate.send(navigation("/")).await.status, 403);
}

/// In mode `queue` it is not faster than others, or a flood would choose it.
#[tokio::test]
async fn a_route_that_fails_open_takes_its_turn() {
    let queue = ["replay.capacity=1", "gate.mode=queue", "pressure.requests=1", "pressure.turn=100ms"];
    let (gate, _origin) = site(&queue).await;
    gate.token().await;
    gate.verifier.take_pressure();
    let mut statuses = Vec::new();
    for _ in 0..10 {
        statuses.push(gate.send(navigation("/status")).await.status.as_u16());
    }
    assert_eq!((statuses.first(), statuses.last()), (Some(&200), Some(&503)), "{statuses:?}");
}

#[tokio::test]
async fn a_dry_run_tells_of_what_it_would_have_denied() {
    let (gate, _origin) = site(&["gate.dry_run=true"]).await;
    assert_eq!(gate.send(navigation("/hidden")).await.status, 200);
}

#[tokio::test]
async fn a_gateway_is_told_the_same() {
    let settings = ["client_ip.trusted_proxies=[\"192.0.2.1\"]"];
    let (gate, _origin) = site(&settings).await;
    let ask = |route: &str, target: &str| {
        from(get(&format!("/.portcullis/{route}")), "192.0.2.1")
            .header("x-forwarded-for", CLIENT)
            .header("x-forwarded-uri", target)
    };
    for (target, status, action) in [("/assets/a", 200, "admit"), ("/hidden", 403, "deny"), ("/", 403, "challenge")] {
        for route in ["authorize", "forward-auth"] {
            let answer = gate.send(ask(route, target)).await;
            assert_eq!(
                (answer.status.as_u16(), answer.header("portcullis-action")),
                (status, action),
                "{route} {target}"
            );
        }
    }
    assert_eq!(gate.send(ask("page", "/hidden")).await.header("portcullis-action"), "deny");
}
