//! Names of addresses, true, half true and made up.

use std::collections::BTreeSet;
use std::time::Duration;

use http::header::USER_AGENT;
use portcullis_tests::in_process::{from, get};
use portcullis_tests::name_server::{NameServer, NameServerAnswer, reverse};

use super::{GOOGLEBOT, Site};

/// The names of an address, and the addresses of names: `self` for the one that comes.
type Lie = (&'static [&'static str], &'static [(&'static str, &'static str)]);
const NAME: &str = "crawl-1.googlebot.com.";

/// An address whose names lead back to it.
fn tell_truth(server: &NameServer, address: &str) {
    server.points(address, &[NAME]);
    server.has(NAME, if address.contains(':') { "AAAA" } else { "A" }, &[address]);
}

#[tokio::test]
async fn a_name_that_leads_back_proves_it_from_the_next_request_on() {
    let server = NameServer::start().await;
    let site = Site::asking(&server).await;
    tell_truth(&server, "192.0.2.9");
    assert!(!site.admits_googlebot("192.0.2.9").await, "nothing is known yet");
    site.looked_up("verified", 1, "192.0.2.9").await;
    let asked = server.asked();
    for _ in 0..10 {
        assert!(site.admits_googlebot("192.0.2.9").await);
    }
    assert_eq!(server.asked(), asked, "asked once");
    let kinds: BTreeSet<_> = asked.iter().map(|(_, kind)| kind.as_str()).collect();
    assert_eq!(kinds, ["A", "PTR"].into(), "{asked:?}");
    assert_eq!(site.counted("portcullis_bots_total{bot=\"googlebot\",proof=\"dns\"}").await, 10);
    assert!(!site.admits(from(get("/").header(USER_AGENT, "curl/8"), "192.0.2.9")).await, "it does not say to be one");
    let twice = get("/").header(USER_AGENT, "curl/8").header(USER_AGENT, GOOGLEBOT);
    assert!(!site.admits(from(twice, "192.0.2.9")).await, "it says two things");
}

#[tokio::test]
async fn what_does_not_lead_back_proves_nothing() {
    let server = NameServer::start().await;
    let site = Site::asking(&server).await;
    let of = |number: usize| format!("198.51.{number}.7");
    let lies: [Lie; 10] = [
        // A user agent alone.
        (&[], &[]),
        // No way back, or to somebody else.
        (&["none.googlebot.com."], &[]),
        (&["other.googlebot.com."], &[("other.googlebot.com.", "203.0.113.99")]),
        // Names that look as if they were in the domain.
        (&["googlebot.com.evil.example."], &[("googlebot.com.evil.example.", "self")]),
        (&["evilgooglebot.com."], &[("evilgooglebot.com.", "self")]),
        (&["evil\\.googlebot.com."], &[("evil\\.googlebot.com.", "self")]),
        (&["googlebot.com.evil."], &[("googlebot.com.evil.", "self")]),
        (&["."], &[]),
        // One name is in the domain, and the other leads back.
        (
            &["both.googlebot.com.", "evil.example."],
            &[("evil.example.", "self"), ("both.googlebot.com.", "203.0.113.99")],
        ),
        // More names than are looked at, the good one last.
        (
            &[
                "1.evil.example.",
                "2.evil.example.",
                "3.evil.example.",
                "4.evil.example.",
                "5.evil.example.",
                "6.evil.example.",
                "7.evil.example.",
                "8.evil.example.",
                "ninth.googlebot.com.",
            ],
            &[("ninth.googlebot.com.", "self")],
        ),
    ];
    for (number, (names, forward)) in lies.iter().enumerate() {
        if !names.is_empty() {
            server.points(&of(number), names);
        }
        for (name, address) in *forward {
            let own = of(number);
            server.has(name, "A", &[if *address == "self" { &own } else { address }]);
        }
        assert!(!site.admits_googlebot(&of(number)).await);
        site.looked_up("refused", number as u64 + 1, &of(number)).await;
        assert!(!site.admits_googlebot(&of(number)).await, "{names:?}");
    }
    let asked = server.asked();
    assert!(asked.iter().all(|(name, _)| !name.contains("evil")), "names of the attacker's choice: {asked:?}");
    assert_eq!(site.lookups("verified").await, 0);
}

#[tokio::test]
async fn an_address_of_another_name_in_the_answer_proves_nothing() {
    let server = NameServer::start().await;
    let site = Site::asking(&server).await;
    server.points("192.0.2.9", &[NAME]);
    let records = [(NAME, "A", "203.0.113.99"), ("evil.example.", "A", "192.0.2.9")];
    server.says(
        NAME,
        "A",
        NameServerAnswer::Records(records.map(|(name, kind, value)| (name.into(), kind, value.into())).into()),
    );
    assert!(!site.admits_googlebot("192.0.2.9").await);
    site.looked_up("refused", 1, "192.0.2.9").await;
    assert!(!site.admits_googlebot("192.0.2.9").await);
}

#[tokio::test]
async fn one_good_name_among_several_and_aliases_on_both_ways_prove_it() {
    let server = NameServer::start().await;
    let site = Site::asking(&server).await;
    server.points("192.0.2.9", &["evil.example.", "gone.googlebot.com.", NAME]);
    server.has(NAME, "A", &["203.0.113.99", "192.0.2.9"]);
    // As RFC 2317 hands on a part of a network.
    let (names_of, alias) = (reverse("198.51.100.9"), "9.0-63.100.51.198.in-addr.arpa.");
    let records = |records: [(&str, &'static str, &str); 2]| {
        NameServerAnswer::Records(records.map(|(name, kind, value)| (name.to_owned(), kind, value.to_owned())).into())
    };
    server.says(&names_of, "PTR", records([(&names_of, "CNAME", alias), (alias, "PTR", "alias.google.com.")]));
    let forward = [("alias.google.com.", "CNAME", "real.example."), ("real.example.", "A", "198.51.100.9")];
    server.says("alias.google.com.", "A", records(forward));
    for (address, count) in [("192.0.2.9", 1), ("198.51.100.9", 2)] {
        assert!(!site.admits_googlebot(address).await);
        site.looked_up("verified", count, address).await;
        assert!(site.admits_googlebot(address).await, "{address}");
    }
}

#[tokio::test]
async fn ipv6_and_mapped_addresses_are_known_by_their_own_names() {
    let server = NameServer::start().await;
    let site = Site::asking(&server).await;
    tell_truth(&server, "2001:db8::9");
    assert!(!site.admits_googlebot("2001:db8::9").await);
    site.looked_up("verified", 1, "2001:db8::9").await;
    assert!(site.admits_googlebot("2001:db8::9").await);
    assert!(!site.admits_googlebot("2001:db8::a").await, "its neighbour");

    tell_truth(&server, "192.0.2.9");
    assert!(!site.admits_googlebot("::ffff:192.0.2.9").await);
    site.looked_up("verified", 2, "192.0.2.9").await;
    assert!(site.admits_googlebot("::ffff:192.0.2.9").await && site.admits_googlebot("192.0.2.9").await);
    // The name has an address that is the mapped one, and none that is its own.
    server.points("198.51.100.9", &["mapped.googlebot.com."]);
    server.has("mapped.googlebot.com.", "AAAA", &["::ffff:198.51.100.9"]);
    let refused = site.lookups("refused").await;
    assert!(!site.admits_googlebot("198.51.100.9").await);
    site.looked_up("refused", refused + 1, "198.51.100.9").await;
    assert!(!site.admits_googlebot("198.51.100.9").await);
}

#[tokio::test]
async fn no_request_waits_for_a_name_server() {
    let server = NameServer::start().await;
    let site = Site::asking(&server).await;
    tell_truth(&server, "192.0.2.9");
    server.hold();
    // All of these are answered before the name server says anything.
    for _ in 0..20 {
        assert!(!site.admits_googlebot("192.0.2.9").await);
        assert!(!site.admits_googlebot("198.51.100.9").await);
        assert!(!site.admits(get("/")).await);
    }
    assert_eq!(site.lookups("verified").await + site.lookups("refused").await, 0);
    server.release();
    until_admitted(&site, "192.0.2.9").await;
}

#[tokio::test]
async fn a_failing_name_server_proves_nothing_and_is_asked_again() {
    for says in [
        NameServerAnswer::Failure,
        NameServerAnswer::Nothing,
        NameServerAnswer::OtherId,
        NameServerAnswer::LyingCount,
        NameServerAnswer::Junk(Vec::new()),
        NameServerAnswer::Junk(vec![0xff; 4000]),
    ] {
        let server = NameServer::start().await;
        let site = Site::asking(&server).await;
        server.says(&reverse("192.0.2.9"), "PTR", says.clone());
        server.points("198.51.100.9", &[NAME]);
        server.says(NAME, "A", says.clone());
        assert!(!site.admits_googlebot("192.0.2.9").await && !site.admits_googlebot("198.51.100.9").await);
        site.looked_up("failed", 2, "192.0.2.9").await;
        tell_truth(&server, "192.0.2.9");
        assert!(!site.admits_googlebot("192.0.2.9").await, "{says:?}: not at once");
        site.gate.clock().advance(Duration::from_secs(60));
        until_admitted(&site, "192.0.2.9").await;
    }
}

#[tokio::test]
async fn a_verified_bot_outlives_a_failure_of_its_name_servers_for_its_hour() {
    let server = NameServer::start().await;
    let site = Site::asking(&server).await;
    tell_truth(&server, "192.0.2.9");
    until_admitted(&site, "192.0.2.9").await;
    server.says(&reverse("192.0.2.9"), "PTR", NameServerAnswer::Failure);
    let failed = site.lookups("failed").await;
    site.gate.clock().advance(Duration::from_secs(55 * 60));
    assert!(site.admits_googlebot("192.0.2.9").await);
    site.looked_up("failed", failed + 1, "192.0.2.9").await;
    assert!(site.admits_googlebot("192.0.2.9").await);
    site.gate.clock().advance(Duration::from_secs(60 * 60));
    assert!(!site.admits_googlebot("192.0.2.9").await);
}

/// Comes again and again, a minute later each time: a busy machine may have let a lookup fail.
pub(super) async fn until_admitted(site: &Site, address: &str) {
    for _ in 0..50 {
        for _ in 0..200 {
            if site.admits_googlebot(address).await {
                return;
            }
            tokio::time::sleep(super::PAUSE).await;
        }
        site.gate.clock().advance(Duration::from_secs(61));
    }
    panic!("{address} is never verified: {}", site.admin.get("/metrics").await);
}
