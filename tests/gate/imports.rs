//! `portcullis import`: policies of other programs decide the same as ours.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::process::Output;

use http::{HeaderMap, HeaderName, HeaderValue, Method};
use ipnet::IpNet;
use portcullis_challenge::UnixMillis;
use portcullis_policy::{Action, Facts, Policy, Signals};
use portcullis_tests::processes::program;
use regex::Regex;
use serde::Deserialize;
use serde_json::Value;

/// A request, and what becomes of it.
#[derive(Debug, Deserialize)]
struct Request {
    what: String,
    #[serde(default = "root")]
    path: String,
    user_agent: Option<String>,
    #[serde(default = "somewhere")]
    address: IpAddr,
    #[serde(default)]
    headers: BTreeMap<String, String>,
    confirmed_by_dns: Option<String>,
    anubis: String,
    by: String,
    ours: Option<String>,
    why: Option<String>,
}

#[derive(Deserialize)]
struct Requests {
    request: Vec<Request>,
}

fn root() -> String {
    "/".to_owned()
}

fn somewhere() -> IpAddr {
    [198, 51, 100, 7].into()
}

fn fixture() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/anubis")
}

fn requests() -> Vec<Request> {
    let text = std::fs::read_to_string(fixture().join("requests.toml")).expect("the table of requests can be read");
    toml::from_str::<Requests>(&text).expect("the table of requests is in form").request
}

fn import(arguments: &[&str]) -> Output {
    program("portcullis").arg("import").args(arguments).output().expect("portcullis can be started")
}

/// Imports the fixture and reads what comes of it.
fn imported() -> (Policy, String) {
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    let (data, file) = (fixture().join("data"), folder.path().join("policy.toml"));
    let source = data.join("botPolicies.yaml");
    let output = import(&[
        "anubis",
        source.to_str().expect("paths here are text"),
        "--data",
        data.to_str().expect("paths here are text"),
        "-o",
        file.to_str().expect("paths here are text"),
    ]);
    let said = String::from_utf8(output.stderr).expect("it speaks in text");
    assert!(output.status.success(), "{said}");
    (Policy::read(Some(&file)).expect("what is imported is a policy"), said)
}

/// What our policy makes of a request, in the words of Anubis.
fn ours(policy: &Policy, request: &Request) -> String {
    let mut headers = HeaderMap::new();
    for (name, value) in &request.headers {
        headers.append(
            name.parse::<HeaderName>().expect("a row has good headers"),
            HeaderValue::from_str(value).expect("a row has good headers"),
        );
    }
    if let Some(agent) = &request.user_agent {
        headers.append("user-agent", HeaderValue::from_str(agent).expect("a row has a good user agent"));
    }
    let decision = policy.decide(&Facts {
        method: &Method::GET,
        target: &request.path,
        host: "git.example",
        headers: &headers,
        address: request.address,
        from_gateway: true,
        signals: Signals::in_headers(&headers, true),
        bot: request.confirmed_by_dns.as_deref(),
        now: UnixMillis(1_793_577_600_000),
    });
    match decision.action {
        Action::Allow(_) => "ALLOW".to_owned(),
        Action::Deny => "DENY".to_owned(),
        Action::Challenge(terms) => {
            let works = ["metarefresh 1", "fast 2", "fast 4", "fast 6"];
            format!("CHALLENGE {}", works[usize::from(terms.level.number()) - 1])
        }
        Action::Weigh(_) => panic!("nothing is left to weigh"),
    }
}

#[test]
fn the_default_policy_of_anubis_decides_the_same_here() {
    let (policy, _) = imported();
    let requests = requests();
    assert!(requests.len() >= 60, "{}", requests.len());
    for request in &requests {
        let expected = request.ours.as_ref().unwrap_or(&request.anubis);
        assert_eq!(&ours(&policy, request), expected, "{}", request.what);
        assert_eq!(request.ours.is_some(), request.why.is_some(), "{}: a difference has its reason", request.what);
        assert_ne!(request.ours.as_ref(), Some(&request.anubis), "{}: no difference", request.what);
    }
}

#[test]
fn the_table_says_what_anubis_does() {
    let anubis = anubis::Policy::read(&fixture().join("data"));
    for request in requests() {
        assert_eq!(anubis.decide(&request), (request.anubis.clone(), request.by.clone()), "{}", request.what);
    }
}

#[test]
fn what_is_not_carried_over_is_said_and_stands_at_its_place() {
    let (_, said) = imported();
    for missed in [
        "countries-with-aggressive-scrapers",
        "aggressive-asns-without-functional-abuse-contact",
        "honeypot",
        "status_codes",
    ] {
        assert!(
            said.lines().any(|line| line.starts_with("Not carried over: ") && line.contains(missed)),
            "{missed}: {said}"
        );
    }
    let data = fixture().join("data");
    let source = data.join("botPolicies.yaml");
    let without = import(&["anubis", source.to_str().unwrap()]);
    let (text, said) = (String::from_utf8(without.stdout).unwrap(), String::from_utf8(without.stderr).unwrap());
    assert!(said.contains("(data)/crawlers/_allow-good.yaml") && said.contains("--data"), "{said}");
    let place = text.find("Not carried over: import \"(data)/common/keep-internet-working.yaml\"").unwrap();
    assert!(text.find("name = \"generic-browser\"").unwrap() > place, "{text}");
}

#[test]
fn every_kind_of_rule_is_carried_over_or_named() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("bots.yaml");
    std::fs::write(folder.path().join("more.yaml"), "- name: more\n  action: DENY\n  path_regex: ^/more\n").unwrap();
    std::fs::write(&file, EVERY_KIND).unwrap();
    let output = import(&["anubis", file.to_str().unwrap(), "--always"]);
    let (text, said) = (String::from_utf8(output.stdout).unwrap(), String::from_utf8(output.stderr).unwrap());
    assert!(output.status.success(), "{said}");
    let written = folder.path().join("policy.toml");
    std::fs::write(&written, &text).unwrap();
    let policy = Policy::read(Some(&written)).unwrap();
    let names: Vec<_> = policy.rules().iter().map(|rule| rule.name.as_str()).collect();
    assert_eq!(names, ["more", "deny-me", "deny-me-2", "heavy", "light"], "{text}");
    assert_eq!(policy.highest().number(), 2);
    assert!(text.contains("always = true") && text.contains("weight = 5"), "{text}");
    for missed in ["\"bench\"", "\"loaded\"", "\"odd\"", "\"nowhere\"", "\"fingerprint\"", "frobnicate", "everything"] {
        assert!(said.contains(missed), "{missed}: {said}");
    }
    // A rule that is named twice, one with unknown keys and a file that is not a policy are reported too.
    assert!(!import(&["anubis", folder.path().join("none.yaml").to_str().unwrap()]).status.success());
}

const EVERY_KIND: &str = r#"
bots:
  - import: more.yaml
  - {name: Deny me, action: DENY, headers_regex: {X-Odd: "^(a|b)$"}}
  - {name: deny-me, action: DENY, remote_addresses: ["10.0.0.0/8", "2001:db8::/32"]}
  - {name: heavy, action: CHALLENGE, path_regex: "^/heavy", challenge: {algorithm: fast, difficulty: 5}}
  - {name: light, action: WEIGH, user_agent_regex: "\\w+"}
  - {name: bench, action: DEBUG_BENCHMARK, path_regex: "^/bench"}
  - {name: loaded, action: WEIGH, expression: "load_1m > 5.0", weight: {adjust: 5}}
  - {name: odd, action: ALLOW, path_regex: "^/", frobnicate: true}
  - {name: nowhere, action: WEIGH, geoip: {countries: ["NO"]}}
  - {name: fingerprint, action: DENY, headers_regex: {X-Http-Fingerprint-JA4H: "^ge11"}}
  - {name: everything, action: DENY, headers_regex: {X-Maybe: "^$"}}
"#;

#[test]
fn crawlers_that_a_robots_txt_disallows_are_denied() {
    let folder = tempfile::tempdir().unwrap();
    let (file, written) = (folder.path().join("robots.txt"), folder.path().join("policy.toml"));
    std::fs::write(&file, ROBOTS).unwrap();
    let output = import(&["robots", file.to_str().unwrap(), "-o", written.to_str().unwrap()]);
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(output.status.success(), "{said}");
    assert!(said.contains("crawl-delay: 10 of gptbot") && said.contains("User-agent: *"), "{said}");
    let policy = Policy::read(Some(&written)).unwrap();
    for (agent, path, denied) in [
        ("Mozilla/5.0 (compatible; GPTBot/1.2)", "/", true),
        ("CCBot/2.0", "/anything", true),
        ("bingbot", "/search?q=a", true),
        ("bingbot", "/a.pdf", true),
        ("bingbot", "/a.pdfx", false),
        ("bingbot", "/", false),
        ("Spider", "/", true),
        ("Spider", "/public/a", false),
        ("Spider", "/public/", false),
        ("Spider", "/public/not/a", true),
        ("Mozilla/5.0 Firefox/133.0", "/private", false),
    ] {
        let request = Request { path: path.to_owned(), user_agent: Some(agent.to_owned()), ..blank() };
        assert_eq!(ours(&policy, &request) == "DENY", denied, "{agent} {path}");
    }
    // A file that is there is not overwritten by mistake.
    assert!(!import(&["robots", file.to_str().unwrap(), "-o", written.to_str().unwrap()]).status.success());
}

fn blank() -> Request {
    toml::from_str("what = \"\"\nanubis = \"\"\nby = \"\"").expect("the fixture is of this form")
}

const ROBOTS: &str = "User-agent: GPTBot\nUser-agent: CCBot\nDisallow: /\nCrawl-delay: 10\n\n\
    User-agent: bingbot\nDisallow: /search\nDisallow: /*.pdf$\nDisallow:\n\n\
    User-agent: Spider\nDisallow: /\nAllow: /public/\nDisallow: /public/not/\n\n\
    User-agent: *\nDisallow: /private\n";

/// What Anubis does, as its documentation and source have it: rules in order; those that weigh add up; the first other one
/// that matches decides, else the first threshold whose expression holds.
mod anubis {
    use super::*;

    pub(super) struct Policy {
        rules: Vec<Value>,
        thresholds: Vec<Value>,
    }

    impl Policy {
        pub(super) fn read(data: &Path) -> Self {
            let policy = read(&data.join("botPolicies.yaml"));
            let mut rules = Vec::new();
            flatten(data, &policy["bots"], &mut rules);
            Self { rules, thresholds: policy["thresholds"].as_array().expect("the fixture is of this form").clone() }
        }

        /// The action, and the rule or threshold that says so.
        pub(super) fn decide(&self, request: &Request) -> (String, String) {
            let mut weight = 0;
            for rule in self.rules.iter().filter(|rule| matches(rule, request)) {
                match text(&rule["action"]) {
                    "WEIGH" => weight += rule["weight"]["adjust"].as_i64().expect("the fixture is of this form"),
                    action => return (action.to_owned(), format!("bot/{}", text(&rule["name"]))),
                }
            }
            let reached = self
                .thresholds
                .iter()
                .find(|threshold| holds(&threshold["expression"], weight))
                .expect("the fixture is of this form");
            let (name, action, challenge) = (text(&reached["name"]), text(&reached["action"]), &reached["challenge"]);
            let work = challenge
                .is_object()
                .then(|| format!(" {} {}", text(&challenge["algorithm"]), challenge["difficulty"]));
            (format!("{action}{}", work.unwrap_or_default()), format!("threshold/{name}"))
        }
    }

    fn read(file: &Path) -> Value {
        serde_saphyr::from_str(&std::fs::read_to_string(file).expect("the fixture can be read and is YAML"))
            .expect("the fixture can be read and is YAML")
    }

    fn text(value: &Value) -> &str {
        value.as_str().expect("the fixture is of this form")
    }

    fn flatten(data: &Path, entries: &Value, rules: &mut Vec<Value>) {
        for entry in entries.as_array().expect("the fixture is of this form") {
            match entry["import"].as_str() {
                Some(import) => flatten(
                    data,
                    &read(&data.join(import.strip_prefix("(data)/").expect("the fixture is of this form"))),
                    rules,
                ),
                None => rules.push(entry.clone()),
            }
        }
    }

    fn header<'a>(request: &'a Request, name: &str) -> Option<&'a str> {
        let mut headers = request.headers.iter();
        headers.find(|(other, _)| other.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }

    fn is_match(pattern: &str, text: &str) -> bool {
        Regex::new(pattern.trim()).expect("its patterns are regular expressions").is_match(text)
    }

    fn matches(rule: &Value, request: &Request) -> bool {
        // Skipped by an Anubis without a subscription to its database.
        if rule.get("geoip").is_some() || rule.get("asns").is_some() {
            return false;
        }
        let agent = request.user_agent.as_deref().unwrap_or_default();
        let path = request.path.split('?').next().expect("the fixture is of this form");
        let networks = rule["remote_addresses"].as_array();
        networks.is_none_or(|networks| {
            networks
                .iter()
                .any(|one| text(one).parse::<IpNet>().expect("the fixture is of this form").contains(&request.address))
        }) && rule["user_agent_regex"].as_str().is_none_or(|pattern| is_match(pattern, agent))
            && rule["path_regex"].as_str().is_none_or(|pattern| is_match(pattern, path))
            && rule["headers_regex"].as_object().is_none_or(|headers| {
                headers.iter().all(|(name, pattern)| match text(pattern) {
                    ".*" => header(request, name).is_some_and(|value| !value.is_empty()),
                    pattern => is_match(pattern, header(request, name).unwrap_or_default()),
                })
            })
            && rule.get("expression").is_none_or(|expression| expressed(expression, request, agent))
    }

    fn expressed(expression: &Value, request: &Request, agent: &str) -> bool {
        let all = |text: &str| text.split(" && ").all(|part| predicate(part.trim(), request, agent));
        match expression {
            Value::String(one) => all(one),
            lists => match (lists["any"].as_array(), lists["all"].as_array()) {
                (Some(any), None) => any.iter().any(|one| all(text(one))),
                (None, Some(every)) => every.iter().all(|one| all(text(one))),
                _ => panic!("{lists}"),
            },
        }
    }

    /// The forms that the default policy uses.
    fn predicate(text: &str, request: &Request, agent: &str) -> bool {
        let within =
            |before: &str, after: &str| Some(text.strip_prefix(before)?.strip_suffix(after)?.replace("\\\\", "\\"));
        if let Some(name) = within("\"", "\" in headers") {
            header(request, &name).is_some()
        } else if let Some(part) = within("userAgent.contains(\"", "\")") {
            agent.contains(&part)
        } else if let Some(pattern) = within("userAgent.matches(\"", "\")") {
            is_match(&pattern, agent)
        } else if let Some(rest) = within("headers[\"", "\")") {
            let (name, pattern) = rest.split_once("\"].matches(\"").expect("the fixture is of this form");
            is_match(pattern, header(request, name).unwrap_or_default())
        } else if text.starts_with("verifyFCrDNS(remoteAddress, ") {
            request.confirmed_by_dns.is_some()
        } else {
            panic!("{text} is not of the forms known here")
        }
    }

    fn holds(expression: &Value, weight: i64) -> bool {
        let one = |text: &str| {
            let parts: Vec<_> = text.split(' ').collect();
            let ["weight", operator, number] = parts[..] else { panic!("{text}") };
            let number: i64 = number.parse().expect("the fixture is of this form");
            match operator {
                "<=" => weight <= number,
                "<" => weight < number,
                ">=" => weight >= number,
                ">" => weight > number,
                other => panic!("{other}"),
            }
        };
        match expression {
            Value::String(text) => one(text),
            lists => lists["all"].as_array().expect("the fixture is of this form").iter().all(|part| one(text(part))),
        }
    }
}
