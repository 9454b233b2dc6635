//! Published ranges, from files as search engines publish them.

use http::header::USER_AGENT;
use portcullis_tests::in_process::{from, get, post};

use super::{GOOGLEBOT, RULE, Site};

const BY_RANGE: &str = r#"
[[bot]]
name = "googlebot"
user_agent = ["Googlebot"]
network = ["192.0.2.0/28"]
network_file = ["googlebot.json"]
"#;
const PUBLISHED: &str = r#"{"creationTime": "2026-01-01T00:00:00.000000", "prefixes": [
    {"ipv6Prefix": "2001:db8:4860::/64"}, {"ipv4Prefix": "198.51.100.64/27"}]}"#;

#[tokio::test]
async fn an_address_in_a_published_range_proves_it_and_no_name_is_asked_for() {
    let site = Site::with(&format!("{BY_RANGE}{RULE}"), &[("googlebot.json", PUBLISHED)]).await;
    for address in ["192.0.2.15", "198.51.100.64", "::ffff:198.51.100.95", "2001:db8:4860::1"] {
        assert!(site.admits_googlebot(address).await, "{address}");
        assert!(!site.admits(from(get("/").header(USER_AGENT, "curl/8"), address)).await, "{address}");
        assert!(!site.admits(from(get("/"), address)).await, "{address}");
    }
    for address in ["192.0.2.16", "198.51.100.63", "198.51.100.96", "2001:db8:4860:1::1", "2001:db8::192.0.2.1"] {
        assert!(!site.admits_googlebot(address).await, "{address}");
    }
    assert_eq!(site.counted("portcullis_bots_total{bot=\"googlebot\",proof=\"network\"}").await, 4);
    for outcome in ["verified", "refused", "failed", "no-room"] {
        assert_eq!(site.lookups(outcome).await, 0, "{outcome}");
    }
}

#[tokio::test]
async fn an_address_that_a_client_claims_in_a_header_proves_nothing() {
    let site = Site::with(&format!("{BY_RANGE}{RULE}"), &[("googlebot.json", PUBLISHED)]).await;
    for header in ["x-forwarded-for", "x-real-ip", "forwarded", "cf-connecting-ip"] {
        let request = get("/").header(USER_AGENT, GOOGLEBOT).header(header, "192.0.2.1");
        assert!(!site.admits(from(request, "203.0.113.50")).await, "{header}");
    }
}

#[tokio::test]
async fn a_list_that_is_fetched_anew_is_taken_up_and_half_of_one_is_not() {
    let site = Site::with(&format!("{BY_RANGE}{RULE}"), &[("googlebot.json", PUBLISHED)]).await;
    let publish = |text: &str| {
        std::fs::write(site.folder().join("googlebot.json"), text).unwrap();
        // Once to see that it has changed, and once to see that it has stopped changing.
        (0..2).for_each(|_| site.gate.verifier.watch_policy());
    };
    assert!(!site.admits_googlebot("203.0.113.77").await);
    let more = PUBLISHED.replace("]}", ", {\"ipv4Prefix\": \"203.0.113.77/32\"}]}");
    publish(&more[..more.len() / 2]);
    assert!(!site.admits_googlebot("203.0.113.77").await && site.admits_googlebot("198.51.100.64").await);
    publish(&more);
    assert!(site.admits_googlebot("203.0.113.77").await && site.admits_googlebot("198.51.100.64").await);
}

/// The policy of the manual, with a short list in place of each that is published.
#[tokio::test]
async fn the_example_of_the_manual_lets_bots_read_and_not_log_in() {
    let policy = include_str!("../../../docs/policies/good-bots.toml");
    let key = r#"{"keys": [{"kty": "OKP", "crv": "Ed25519", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}]}"#;
    let lists = ["google-common-crawlers.json", "bingbot.json", "applebot.json", "duckduckbot.json"];
    let mut files = lists.map(|name| (name, PUBLISHED)).to_vec();
    files.push(("own-monitor.json", key));
    let site = Site::with(policy, &files).await;
    for agent in ["Googlebot/2.1", "bingbot/2.0", "Applebot/0.1", "DuckDuckBot/1.1"] {
        let visit = |target| from(get(target).header(USER_AGENT, agent), "198.51.100.64");
        assert!(site.admits(visit("/news")).await, "{agent}");
        assert!(!site.admits(visit("/login")).await && !site.admits(visit("/account/close")).await, "{agent}");
        let post = from(post("/news").header(USER_AGENT, agent), "198.51.100.64");
        assert!(!site.admits(post).await, "{agent}");
    }
    assert!(!site.admits(from(get("/news").header(USER_AGENT, "Googlebot/2.1"), "203.0.113.50")).await);
}
