use std::path::Path;
use std::time::Duration;

use http::{HeaderMap, HeaderName, HeaderValue, Method};
use portcullis_admission::{Allowance, Budget};
use portcullis_challenge::UnixMillis;

use super::*;

fn policy(text: &str) -> Policy {
    Policy::parse(text, Path::new("test.toml")).unwrap()
}

/// `GET` of a target, from 203.0.113.9.
fn facts<'a>(target: &'a str, headers: &'a HeaderMap) -> Facts<'a> {
    Facts {
        method: &Method::GET,
        target,
        host: "login.example",
        headers,
        address: [203, 0, 113, 9].into(),
        from_gateway: false,
        signals: Signals::in_headers(headers, true),
        bot: None,
        now: UnixMillis(1_793_577_600_000),
    }
}

fn headers(headers: &[(&'static str, &'static str)]) -> HeaderMap {
    headers.iter().map(|(name, value)| (HeaderName::from_static(name), HeaderValue::from_static(value))).collect()
}

const ORDERED: &str = r#"
[[level]]
level = 2
difficulty = 4.0

[[threshold]]
weight = 10
action = "challenge"
level = 2

[[threshold]]
weight = -5
action = "allow"

[[threshold]]
weight = 0
action = "challenge"

[[rule]]
name = "odd"
action = "weigh"
weight = 10
header = { x-odd = true }

[[rule]]
name = "known"
action = "weigh"
weight = -5
header = { x-known = "yes" }

[[rule]]
name = "login"
action = "challenge"
path = ["/login/*"]
budget = { requests = 7, refill = "9s" }

[[rule]]
name = "static"
action = "allow"
path = ["/static/*", "*.css"]
budget = { requests = 5, refill = "1s" }

[[rule]]
name = "hidden"
action = "deny"
path = ["/hidden"]
"#;

#[test]
fn the_first_rule_decides_and_the_weight_may_ask_for_more() {
    let policy = policy(ORDERED);
    let (none, odd, known) = (headers(&[]), headers(&[("x-odd", "")]), headers(&[("x-known", "yes")]));
    let challenge =
        |level| Action::Challenge(Challenged { level: Level::new(level).unwrap(), ..Challenged::default() });
    let allowance = Allowance { requests: 7, refill: Duration::from_secs(9) };
    let login = |level| match challenge(level) {
        Action::Challenge(terms) => {
            Action::Challenge(Challenged { budget: Some(Budget::of_a_rule("login", allowance)), ..terms })
        }
        other => other,
    };
    for (target, headers, rule, action) in [
        ("/login", &none, Some("login"), login(1)),
        ("/login", &odd, Some("login"), login(2)),
        ("/login", &known, Some("login"), login(1)),
        ("/login/a.css", &none, Some("login"), login(1)),
        ("/hidden", &odd, Some("hidden"), Action::Deny),
        ("/", &none, None, challenge(1)),
        ("/", &odd, None, challenge(2)),
        ("/", &known, None, Action::Allow(None)),
    ] {
        let decision = policy.decide(&facts(target, headers));
        assert_eq!((decision.rule, decision.action), (rule, action), "{target} {headers:?}");
    }
    assert!(matches!(policy.decide(&facts("/a.css", &odd)).action, Action::Allow(Some(_))));
}

#[test]
fn what_asks_for_less_has_to_hold_for_every_reading() {
    let policy = policy(ORDERED);
    let none = headers(&[]);
    // For one origin a path ends at its first zero byte, for another it does not.
    for target in ["/static/%00/../../login", "/login%00/a.css", "/login%00.css"] {
        assert_eq!(policy.decide(&facts(target, &none)).rule, Some("login"), "{target}");
    }
    for target in ["/static/%2e%2e/login", "/static/../login", "//login", "/login;a.css", "/LOGIN", "/login%2fa.css"] {
        assert_eq!(policy.decide(&facts(target, &none)).rule, Some("login"), "{target}");
    }
    for target in ["/account;.css", "/static/..%2faccount", "/account?.css"] {
        assert_eq!(policy.decide(&facts(target, &none)).rule, None, "{target}");
    }
    let mut twice = headers(&[("x-known", "yes")]);
    twice.append("x-known", HeaderValue::from_static("no"));
    assert_eq!(policy.decide(&facts("/", &twice)).weight, 0);
}

#[test]
fn expressions_are_asked_one_by_one_and_so_are_few() {
    let rule =
        |number| format!("[[rule]]\nname = \"e-{number}\"\naction = \"deny\"\nexpression = 'path == \"/{number}\"'\n");
    let of = |count: usize| Policy::parse(&(0..count).map(rule).collect::<String>(), Path::new("test.toml"));
    assert_eq!(of(256).unwrap().rules().len(), 256);
    assert!(of(257).unwrap_err().problem().starts_with("257 expressions are too many; write at most 256"));
}

#[test]
fn a_policy_that_cannot_be_meant_is_refused_with_line_and_fix() {
    for (text, says) in [
        ("[[rule]]\nname = \"A\"\naction = \"allow\"", "test.toml:1: rule \"A\": this is not a name"),
        ("\n[[rule]]\nname = \"a\"\naction = \"block\"", "test.toml:4"),
        ("[[rule]]\nname = \"a\"\naction = \"deny\"\nlevel = 2", "`level` says nothing"),
        ("[[rule]]\nname = \"a\"\naction = \"weigh\"", "needs a weight"),
        (
            "[[rule]]\nname = \"a\"\naction = \"deny\"\nbudget = { requests = 1, refill = \"1s\" }",
            "`budget` says nothing",
        ),
        ("[[rule]]\nname = \"a\"\naction = \"challenge\"\nbudget = { requests = 0, refill = \"1s\" }", "1 to 1000000"),
        (
            "[[threshold]]\nweight = 1\naction = \"challenge\"\nbudget = { requests = 1, refill = \"1s\" }",
            "unknown field",
        ),
        ("[[rule]]\nname = \"a\"\naction = \"challenge\"\nlevel = 2", "no level 2"),
        ("[[rule]]\nname = \"a\"\naction = \"deny\"\npath = []", "`path` is empty"),
        ("[[rule]]\nname = \"a\"\naction = \"deny\"\npath = [\"login\"]", "/login"),
        ("[[rule]]\nname = \"a\"\naction = \"deny\"\nuser_agent = [\"(\"]", "not a regular expression"),
        ("[[rule]]\nname = \"a\"\naction = \"deny\"\nnetwork = [\"10.0.0.0/33\"]", "10.0.0.0/33"),
        ("[[rule]]\nname = \"a\"\naction = \"deny\"\nja4 = [\"t13\"]", "ja4_header"),
        ("[[rule]]\nname = \"a\"\naction = \"deny\"\npaths = [\"/a\"]", "unknown field"),
        (
            "[[rule]]\nname = \"a\"\naction = \"deny\"\n[[rule]]\nname = \"a\"\naction = \"deny\"",
            "test.toml:4: two rules",
        ),
        (
            "[[rule]]\nname = \"a\"\naction = \"allow\"\nbot = [\"x\"]",
            "test.toml:1: rule \"a\": bot: there is no bot \"x\"",
        ),
        ("[[bot]]\nname = \"A\"\nnetwork = [\"192.0.2.1\"]", "test.toml:1: bot \"A\": this is not a name"),
        ("\n[[bot]]\nname = \"a\"\nuser_agent = [\"a\"]", "test.toml:2: bot \"a\": nothing proves"),
        ("[[bot]]\nname = \"a\"\ndns = [\"a.example\"]", "`dns` needs `user_agent`"),
        ("[[bot]]\nname = \"a\"\nuser_agent = [\"a\"]\ndns = [\"com\"]", "not a domain"),
        ("[[bot]]\nname = \"a\"\nnetwork = [\"0.0.0.0/0\"]", "all addresses"),
        ("[[bot]]\nname = \"a\"\nnetwork_file = [\"/nowhere/a.json\"]", "cannot read /nowhere/a.json"),
        ("[[bot]]\nname = \"a\"\nkeys = \"/nowhere/a.json\"", "cannot read /nowhere/a.json"),
        (
            "[[bot]]\nname = \"a\"\nnetwork = [\"192.0.2.1\"]\n[[bot]]\nname = \"a\"\nnetwork = [\"192.0.2.1\"]",
            "test.toml:4: bot \"a\": give each its own name",
        ),
        ("dns_resolver = \"127.0.0.1\"", "address with a port"),
        ("[[level]]\nlevel = 3\ndifficulty = 2.0", "the next is 2"),
        ("[[level]]\nlevel = 2\ndifficulty = 0.5", "costs no less"),
        (
            "[[threshold]]\nweight = 1\naction = \"deny\"\n[[threshold]]\nweight = 1\naction = \"allow\"",
            "two thresholds",
        ),
    ] {
        let error = Policy::parse(text, Path::new("test.toml")).unwrap_err().to_string();
        assert!(error.contains(says), "{error}");
    }
}

#[test]
fn the_default_policy_is_good() {
    assert!(!Policy::read(None).unwrap().rules().is_empty());
}

/// A folder with databases in it, gone when it is dropped.
pub(super) struct Folder(tempfile::TempDir);

impl Folder {
    fn with(files: &[(&str, &[u8])]) -> Self {
        let folder = Self(tempfile::tempdir().unwrap());
        files.iter().for_each(|(name, bytes)| std::fs::write(folder.path().join(name), bytes).unwrap());
        folder
    }

    pub(super) fn path(&self) -> &Path {
        self.0.path()
    }

    fn policy(&self, text: &str) -> Result<Policy, String> {
        Policy::parse(text, &self.path().join("policy.toml")).map_err(|refused| refused.to_string())
    }
}

pub(super) fn places() -> Folder {
    let systems =
        crate::databases::writer::systems("Test-ASN", &[("203.0.113.0/24", 64_500), ("2001:db8::/32", 64_501)]);
    let countries = crate::databases::writer::countries("Test-Country", &[("203.0.113.0/25", "DE")]);
    Folder::with(&[("asn.mmdb", &systems), ("country.mmdb", &countries), ("empty.txt", b"# none yet\n")])
}

const PLACES: &str = "asn_database = \"asn.mmdb\"\ncountry_database = \"country.mmdb\"\n";

#[test]
fn systems_countries_and_times_are_matched_by_rules_and_expressions() {
    let folder = places();
    let none = headers(&[]);
    let rule = |matcher: &str| format!("{PLACES}[[rule]]\nname = \"a\"\naction = \"deny\"\n{matcher}");
    // The facts' time is midnight on a Monday.
    for (matcher, address, holds) in [
        ("asn = [1, 64500]", "203.0.113.9", true),
        ("asn = [64500]", "192.0.2.1", false),
        ("asn = [64501]", "2001:db8::1", true),
        ("country = [\"FR\", \"DE\"]", "203.0.113.9", true),
        ("country = [\"DE\"]", "203.0.113.200", false),
        ("country = [\"DE\"]", "2001:db8::1", false),
        ("expression = 'asn == 64500 && country == \"DE\"'", "203.0.113.9", true),
        ("expression = 'asn == 0 && country == \"\"'", "192.0.2.1", true),
        ("time = [{ days = [\"mon\"], from = \"00:00\", to = \"00:01\" }]", "192.0.2.1", true),
        ("time = [{ days = [\"tue\"], from = \"00:00\", to = \"24:00\" }]", "192.0.2.1", false),
        ("time = [{ from = \"22:00\", to = \"01:00\" }]", "192.0.2.1", true),
        ("network = [\"::ffff:203.0.113.0/120\"]", "203.0.113.9", true),
        ("network_file = [\"empty.txt\"]", "203.0.113.9", false),
    ] {
        let policy = folder.policy(&rule(matcher)).unwrap();
        let mut facts = facts("/", &none);
        facts.address = address.parse().unwrap();
        assert_eq!(policy.decide(&facts).action == Action::Deny, holds, "{matcher} {address}");
        assert_eq!(policy.sources().first(), Some(&folder.path().join("asn.mmdb")));
    }
}

#[test]
fn a_matcher_without_its_database_or_a_wrong_value_is_refused() {
    let folder = places();
    for (text, says) in [
        ("[[rule]]\nname = \"a\"\naction = \"deny\"\nasn = [1]", "`asn_database`"),
        ("[[rule]]\nname = \"a\"\naction = \"deny\"\ncountry = [\"DE\"]", "`country_database`"),
        (
            "country_database = \"country.mmdb\"\n[[rule]]\nname = \"a\"\naction = \"deny\"\ncountry = [\"de\"]",
            "\"DE\"",
        ),
        ("asn_database = \"country.mmdb\"", "names no autonomous systems"),
        ("country_database = \"asn.mmdb\"", "names no countries"),
        ("asn_database = \"nowhere.mmdb\"", "Put the file there"),
        ("[[rule]]\nname = \"a\"\naction = \"deny\"\ntime = [{ from = \"8\", to = \"09:00\" }]", "08:00"),
        ("[[rule]]\nname = \"a\"\naction = \"deny\"\nexpression = 'nobody'", "rule \"a\": expression:"),
    ] {
        let refused = folder.policy(text).unwrap_err();
        assert!(refused.contains(says), "{refused}");
    }
}
