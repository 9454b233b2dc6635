//! Metrics: in the form Prometheus reads, adding up, and of the same names whatever clients send.

use std::collections::{BTreeMap, BTreeSet};

use http::header::COOKIE;
use portcullis_tests::attacker::Submission;
use portcullis_tests::in_process::{Gate, Origin, from, get, navigation, post};

use crate::admin::Admin;

/// Every series and its value.
struct Scrape(BTreeMap<String, f64>);

impl Scrape {
    async fn of(admin: &Admin) -> Self {
        let text = admin.get("/metrics").await;
        let (mut helped, mut typed, mut series) = (BTreeSet::new(), BTreeMap::new(), BTreeMap::new());
        for line in text.lines() {
            if let Some(rest) = line.strip_prefix("# HELP ") {
                assert!(helped.insert(rest.split(' ').next().unwrap_or_default().to_owned()), "twice: {line}");
            } else if let Some(rest) = line.strip_prefix("# TYPE ") {
                let (name, kind) = rest.split_once(' ').unwrap_or_default();
                assert!(["counter", "gauge", "histogram"].contains(&kind), "{line}");
                typed.insert(name.to_owned(), kind.to_owned());
            } else {
                let (name, value) = line.rsplit_once(' ').unwrap_or_else(|| panic!("no sample: {line:?}"));
                let value: f64 = value.parse().unwrap_or_else(|_| panic!("no number: {line:?}"));
                assert!(value.is_finite() && value >= 0.0, "{line}");
                let family = name.split('{').next().unwrap_or_default();
                let base = ["_bucket", "_sum", "_count"].iter().find_map(|suffix| family.strip_suffix(suffix));
                let kind = typed.get(family).or_else(|| typed.get(base.unwrap_or_default()));
                let kind = kind.unwrap_or_else(|| panic!("no type: {line}"));
                assert_eq!(kind == "counter", family.ends_with("_total"), "{line}");
                assert!(name.len() == family.len() || name.ends_with("\"}"), "{line}");
                assert!(family.starts_with("portcullis_"), "{line}");
                assert!(series.insert(name.to_owned(), value).is_none(), "twice: {line}");
            }
        }
        assert!(typed.keys().all(|name| helped.contains(name)));
        Self(series)
    }

    fn value(&self, series: &str) -> f64 {
        *self.0.get(series).unwrap_or_else(|| panic!("no {series}"))
    }

    fn sum(&self, family: &str) -> f64 {
        self.0.iter().filter(|(name, _)| name.split('{').next() == Some(family)).map(|(_, value)| value).sum()
    }

    fn names(&self) -> BTreeSet<&String> {
        self.0.keys().collect()
    }
}

#[tokio::test]
async fn the_funnel_adds_up() {
    let origin = Origin::start().await;
    let gate = Gate::in_front_of(&origin, &["clearance.requests=2", "clearance.refill=1h"]);
    let admin = Admin::of(&gate);
    for _ in 0..3 {
        assert_eq!(gate.send(navigation("/")).await.status, 403);
    }
    assert_eq!(gate.send(get("/")).await.status, 403);
    let solved = gate.solved().await;
    let token = gate.redeem(&solved).await.json()["token"].as_str().unwrap().to_owned();
    assert_eq!(gate.redeem(&solved).await.status, 409);
    for status in [200, 200, 429] {
        assert_eq!(gate.show(&token, "/").await.status, status);
    }
    let scrape = Scrape::of(&admin).await;
    for (series, value) in [
        ("portcullis_requests_total{verdict=\"admit\"}", 2.0),
        ("portcullis_requests_total{verdict=\"challenge\"}", 4.0),
        ("portcullis_requests_total{verdict=\"budget\"}", 1.0),
        ("portcullis_requests_total{verdict=\"overload\"}", 0.0),
        ("portcullis_pages_total", 4.0),
        ("portcullis_challenges_total", 5.0),
        ("portcullis_solutions_total{kind=\"sha256\"}", 1.0),
        ("portcullis_redeemed_total{for=\"clearance\"}", 1.0),
        ("portcullis_refused_total{code=\"replayed\"}", 1.0),
        ("portcullis_solve_seconds_count{kind=\"sha256\"}", 1.0),
        ("portcullis_store_entries{store=\"replay\"}", 1.0),
        ("portcullis_token_lookups_total{result=\"miss\"}", 1.0),
        ("portcullis_mode{mode=\"challenge-all\"}", 1.0),
        ("portcullis_setting{setting=\"challenge-all\"}", 1.0),
    ] {
        assert_eq!(scrape.value(series), value, "{series}");
    }
    assert_eq!(scrape.sum("portcullis_requests_total"), 7.0);
    assert_eq!(scrape.sum("portcullis_solutions_total"), scrape.sum("portcullis_redeemed_total"));
    assert_eq!(scrape.sum("portcullis_mode"), 1.0, "one mode holds");
    assert_eq!(scrape.sum("portcullis_setting"), 1.0);
    assert_eq!(origin.arrived().len(), 2);
}

#[tokio::test]
async fn the_rates_are_those_of_the_last_second() {
    let origin = Origin::start().await;
    let gate = Gate::in_front_of(&origin, &["gate.mode=auto"]);
    let admin = Admin::of(&gate);
    gate.verifier.take_pressure();
    for _ in 0..10 {
        assert_eq!(gate.send(get("/")).await.status, 200);
    }
    gate.clock().advance(std::time::Duration::from_secs(2));
    gate.verifier.take_pressure();
    let scrape = Scrape::of(&admin).await;
    assert_eq!(scrape.value("portcullis_asked_rate{shown=\"nothing\"}"), 5.0);
    assert_eq!(scrape.value("portcullis_passed_rate"), 5.0);
    assert_eq!(scrape.value("portcullis_answered_rate{result=\"well\"}"), 5.0);
    assert_eq!(scrape.value("portcullis_networks{state=\"active\"}"), 1.0);
}

#[tokio::test]
async fn nothing_that_clients_send_makes_a_new_series_or_is_repeated() {
    let gate = Gate::lowered();
    let admin = Admin::of(&gate);
    let before = Scrape::of(&admin).await;
    let marks = ["zebra", "giraffe", "okapi"];
    for (number, mark) in marks.iter().enumerate() {
        let address = format!("198.51.{number}.77");
        for target in
            [format!("/{mark}?{mark}"), format!("/.portcullis/challenge?solver={mark}"), format!("/.portcullis/{mark}")]
        {
            gate.send(from(navigation(&target).header(COOKIE, format!("__Host-portcullis={mark}")), &address)).await;
            let elsewhere = http::Request::get(&target).header("host", format!("{mark}.example"));
            gate.send(from(elsewhere.header(*mark, *mark), &address)).await;
        }
        let submission = Submission { challenge: mark.to_string(), solution: mark.to_string() };
        gate.redeem_by(&submission, from(post("/.portcullis/redeem"), &address)).await;
    }
    let after = Scrape::of(&admin).await;
    assert_eq!(before.names(), after.names());
    let text = admin.get("/metrics").await;
    for mark in marks.into_iter().chain(["198.51", "203.0.113"]) {
        assert!(!text.contains(mark), "{mark}");
    }
}

/// Names such as `portcullis_strain` in a text.
fn named_in(text: &str) -> BTreeSet<String> {
    let word = |byte: char| byte.is_ascii_lowercase() || byte == '_';
    let names = text.match_indices("portcullis_").map(|(at, _)| text[at..].chars().take_while(|c| word(*c)).collect());
    names.collect()
}

#[tokio::test]
async fn the_manual_names_every_metric_and_alarms_and_dashboard_no_other() {
    let gate = Gate::lowered();
    let text = Admin::of(&gate).get("/metrics").await;
    let there_is: BTreeSet<_> =
        text.lines().filter_map(|line| line.strip_prefix("# TYPE ")?.split(' ').next()).map(str::to_owned).collect();
    let manual = include_str!("../../docs/operating.md");
    let table = manual.split("## Metrics").nth(1).unwrap().split("## The admin listener").next().unwrap();
    let mut in_manual = named_in(table);
    // Which version runs is seen elsewhere.
    in_manual.insert("portcullis_build_info".to_owned());
    // It has a series for each bot that was seen, and here there was none.
    assert!(in_manual.remove("portcullis_bots_total"));
    assert_eq!(in_manual, there_is);
    let alarms = named_in(include_str!("../../deploy/prometheus/portcullis-alerts.yml"));
    assert!(alarms.len() > 5 && alarms.is_subset(&there_is), "{alarms:?}");
    let dashboard = include_str!("../../deploy/grafana/portcullis.json");
    let panels: Vec<serde_json::Value> =
        serde_json::from_value(serde_json::from_str::<serde_json::Value>(dashboard).unwrap()["panels"].clone())
            .unwrap();
    assert!(panels.len() > 5);
    // The buckets of a histogram have a name of their own.
    let shown: BTreeSet<_> =
        named_in(dashboard).into_iter().map(|name| name.trim_end_matches("_bucket").to_owned()).collect();
    assert!(shown.is_subset(&there_is), "{shown:?}");
}
