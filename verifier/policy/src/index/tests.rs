//! What the index finds is what trying each rule finds.

use std::net::IpAddr;

use http::{HeaderMap, HeaderName, HeaderValue, Method};
use portcullis_challenge::UnixMillis;
use proptest::prelude::*;
use proptest::sample::{Index as Place, select, subsequence};
use proptest::test_runner::RngSeed;

use crate::{Decision, Facts, Policy, Signals};

/// Matchers of every kind, of which rules have some. They often match, so that rules differ only a little.
const MATCHERS: [&[&str]; 13] = [
    &["method = [\"GET\", \"HEAD\"]", "method = [\"POST\"]", "method = [\"GET\"]"],
    &["host = [\"a.example\"]", "host = [\"*.example\", \"b.test\"]", "host = [\"*.a.example\"]"],
    &[
        "path = [\"/login\"]",
        "path = [\"/login/*\", \"/\"]",
        "path = [\"/*\"]",
        "path = [\"*.css\", \"*s\", \"*.js\"]",
        "path = [\"/a/b/*\"]",
        "path = [\"/a/b\", \"*b\"]",
    ],
    &["path_regex = [\"^/lo\"]", "path_regex = [\"a.b\", \"s$\"]", "path_regex = [\"//\"]"],
    &["user_agent = [\"Bot\"]", "user_agent = [\"^$\", \"Mozilla\"]", "user_agent = [\"(?i)bot\"]"],
    &[
        "header.x-a = true",
        "header.x-a = false",
        "header.x-a = \"^yes\"",
        "header.x-a = \"o\"\nheader.X-A = \"n\"",
        "header.x-b = \"1\"\nheader.x-a = true",
    ],
    &[
        "network = [\"203.0.113.0/24\"]",
        "network = [\"203.0.113.0/25\", \"2001:db8::/32\"]",
        "network = [\"0.0.0.0/0\"]",
        "network = [\"::/0\", \"203.0.113.128/25\"]",
        "network = [\"255.255.255.255\", \"203.0.113.7\"]",
    ],
    &["ja4 = [\"^t13\"]", "ja4 = [\"h2\"]"],
    &["signal = [\"no-user-agent\"]"],
    &["bot = [\"googlebot\"]", "bot = [\"bingbot\", \"googlebot\"]"],
    &["asn = [64500]", "asn = [64501, 1]"],
    &["country = [\"DE\"]", "country = [\"FR\", \"DE\"]"],
    &[
        "time = [{ days = [\"mon\"], from = \"00:00\", to = \"12:00\" }]",
        "expression = 'weight > 2 && path.startsWith(\"/l\")'",
        "expression = 'userAgent.contains(\"Bot\") || int(headers[\"X-B\"]) > 0'",
    ],
];
const ACTIONS: [&str; 6] = [
    "action = \"allow\"",
    "action = \"deny\"",
    "action = \"challenge\"",
    "action = \"weigh\"\nweight = 3",
    "action = \"weigh\"\nweight = -2",
    "action = \"weigh\"\nweight = 1",
];
const TARGETS: [&str; 22] = [
    "/",
    "/login",
    "/LOGIN",
    "//login",
    "/login/",
    "/login/a.css",
    "/login;a.css",
    "/a/../login",
    "/a/%2e%2e/login",
    "*",
    "",
    "/a/b",
    "/a/b/c?d",
    "/a//b",
    "/axb/s",
    "/A/B/C.JS",
    "/login%2fx",
    "/s",
    "/static/..%2f..%2flogin",
    "\\login",
    "/a/b/",
    "/login?/static/a.css",
];
const VALUES: [&str; 8] = ["yes", "no", "", "1", "Mozilla/5.0", "Googlebot/2.1", "t13d_h2", "x"];
const NAMES: [&str; 5] = ["user-agent", "x-a", "x-b", "x-ja4", "cookie"];
const HOSTS: [&str; 7] = ["a.example", "b.a.example", "example", "b.test", "c.b.test", ".example", ""];
const ADDRESSES: [&str; 8] = [
    "203.0.113.7",
    "203.0.113.200",
    "203.0.114.0",
    "255.255.255.255",
    "0.0.0.0",
    "2001:db8::1",
    "2001:db9::1",
    "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
];

fn rule() -> impl Strategy<Value = String> {
    let kinds = subsequence((0..MATCHERS.len()).collect::<Vec<_>>(), 0..=3);
    (select(&ACTIONS[..]), kinds, any::<[Place; 3]>()).prop_map(|(action, kinds, places)| {
        let matchers = kinds.iter().zip(places).map(|(kind, place)| *place.get(MATCHERS[*kind]));
        std::iter::once(action).chain(matchers).collect::<Vec<_>>().join("\n")
    })
}

fn policy_of(rules: &[String]) -> Policy {
    let folder = crate::tests::places();
    let mut text =
        "asn_database = \"asn.mmdb\"\ncountry_database = \"country.mmdb\"\nja4_header = \"x-ja4\"\n".to_owned();
    for bot in ["googlebot", "bingbot"] {
        text += &format!("[[bot]]\nname = \"{bot}\"\nnetwork = [\"192.0.2.0/24\"]\n");
    }
    text += "[[threshold]]\nweight = 4\naction = \"deny\"\n";
    for (number, rule) in rules.iter().enumerate() {
        text += &format!("[[rule]]\nname = \"rule-{number}\"\n{rule}\n");
    }
    Policy::parse(&text, &folder.path().join("policy.toml")).unwrap_or_else(|refused| panic!("{refused}:\n{text}"))
}

/// A request as a client may write it.
#[derive(Clone, Debug)]
struct Written {
    method: Method,
    target: String,
    host: &'static str,
    headers: HeaderMap,
    address: IpAddr,
    from_gateway: bool,
    bot: Option<&'static str>,
    hour: u64,
}

fn written() -> impl Strategy<Value = Written> {
    let method = select(vec![Method::GET, Method::HEAD, Method::POST, Method::from_bytes(b"get").unwrap()]);
    let target = prop_oneof![4 => select(&TARGETS[..]).prop_map(str::to_owned), 1 => "[/.a-z;%2eEfF?\\\\A-Z]{0,40}"];
    let value = prop_oneof![6 => select(&VALUES[..]).prop_map(str::to_owned), 1 => "[ -~\u{e9}]{0,9000}"];
    let headers = prop::collection::vec((select(&NAMES[..]), value), 0..6);
    let bot = select(vec![None, Some("googlebot"), Some("bingbot"), Some("other")]);
    let address = select(&ADDRESSES[..]);
    (method, target, select(&HOSTS[..]), headers, address, any::<bool>(), bot, 0..48_u64).prop_map(
        |(method, target, host, written, address, from_gateway, bot, hour)| {
            let mut headers = HeaderMap::new();
            for (name, value) in written {
                headers.append(HeaderName::from_static(name), HeaderValue::from_bytes(value.as_bytes()).unwrap());
            }
            Written { method, target, host, headers, address: address.parse().unwrap(), from_gateway, bot, hour }
        },
    )
}

impl Written {
    fn facts(&self) -> Facts<'_> {
        Facts {
            method: &self.method,
            target: &self.target,
            host: self.host,
            headers: &self.headers,
            address: self.address,
            from_gateway: self.from_gateway,
            signals: Signals::in_headers(&self.headers, false),
            bot: self.bot,
            now: UnixMillis(1_793_577_600_000 + self.hour * 3_600_000),
        }
    }
}

/// Trying each rule.
fn linear<'p>(policy: &'p Policy, facts: &Facts<'_>) -> Decision<'p> {
    let mut rules = policy.rules().iter();
    policy.decide_by(|weight| rules.find(|rule| rule.holds(facts, weight)))
}

proptest! {
    // The same cases on every run.
    #![proptest_config(ProptestConfig {
        cases: 400,
        rng_seed: RngSeed::Fixed(0x696e),
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn every_request_is_decided_on_as_by_trying_each_rule(
        rules in prop::collection::vec(rule(), 0..12),
        requests in prop::collection::vec(written(), 30),
    ) {
        let policy = policy_of(&rules);
        for request in &requests {
            let facts = request.facts();
            prop_assert_eq!(policy.decide(&facts), linear(&policy, &facts), "{:?}", request);
        }
    }
}

#[test]
fn rules_that_hold_are_found_among_more_than_a_word_of_them() {
    let rules: Vec<String> = (0..300).map(|n| format!("action = \"weigh\"\nweight = 1\npath = [\"/{n}\"]")).collect();
    let policy = policy_of(&rules);
    let headers = HeaderMap::new();
    for number in [0, 63, 64, 65, 127, 128, 299] {
        let target = format!("/{number}");
        let written = Written {
            method: Method::GET,
            target,
            host: "a.example",
            headers: headers.clone(),
            address: [192, 0, 2, 1].into(),
            from_gateway: false,
            bot: None,
            hour: 0,
        };
        assert_eq!(policy.decide(&written.facts()).weight, 1, "{number}");
    }
}
