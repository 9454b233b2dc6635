//! The example policies of the manual: each decides on a table of requests as its text promises, and what the manual shows of
//! `--explain` is what the program says.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::path::{Path, PathBuf};

use http::{HeaderMap, HeaderName, HeaderValue, Method};
use portcullis_challenge::UnixMillis;
use portcullis_policy::{Action, Facts, Policy, Signals};
use portcullis_tests::processes::program;

const BROWSER: &str =
    "user-agent: Mozilla/5.0 (X11; Linux x86_64; rv:133.0) Gecko/20100101 Firefox/133.0\naccept-language: en";
const CURL: &str = "user-agent: curl/8.5.0";
const GIT: &str = "user-agent: git/2.47.0";
const KEY: &str = "user-agent: app/1\nauthorization: Bearer 0123456789abcdef0123456789";
const ANYWHERE: &str = "198.18.0.7";

/// A request, where it comes from, its headers; the action, and the rule that decides, if one does.
type Row = (&'static str, &'static str, &'static str, &'static str, Option<&'static str>);

const BANK: &[Row] = &[
    ("GET /login", ANYWHERE, BROWSER, "challenge 1", None),
    ("POST /login", ANYWHERE, BROWSER, "challenge 2 always", Some("login-posts")),
    ("POST /LOGIN/", ANYWHERE, BROWSER, "challenge 2 always", Some("login-posts")),
    ("POST /assets/..%2flogin", ANYWHERE, BROWSER, "challenge 2 always", Some("login-posts")),
    ("POST /login", ANYWHERE, CURL, "challenge 3 always", Some("login-posts")),
    ("POST /login", ANYWHERE, "", "challenge 3 always", Some("login-posts")),
    ("GET /login", ANYWHERE, CURL, "challenge 3", None),
    ("GET /admin/users", "203.0.113.70", BROWSER, "challenge 1", Some("office")),
    ("GET /admin/users", ANYWHERE, BROWSER, "deny", Some("admin-from-elsewhere")),
    ("GET /Admin;a/users", ANYWHERE, BROWSER, "deny", Some("admin-from-elsewhere")),
    ("POST /hooks/cards", "198.51.100.20", CURL, "allow", Some("card-network")),
    ("POST /hooks/cards", ANYWHERE, CURL, "challenge 3", None),
    ("HEAD /health", "203.0.113.10", CURL, "allow", Some("monitoring")),
    ("GET /assets/style.css", ANYWHERE, BROWSER, "allow", Some("assets")),
    ("GET /assets/../account", ANYWHERE, BROWSER, "challenge 1", None),
];

const SHOP: &[Row] = &[
    ("GET /product/7", ANYWHERE, BROWSER, "challenge 1", None),
    ("GET /product/7", ANYWHERE, CURL, "challenge 2", None),
    ("GET /search?q=a&size=1&colour=2&price=3&brand=4", ANYWHERE, BROWSER, "challenge 2", None),
    ("GET /search?q=a&size=1&colour=2&price=3&brand=4", ANYWHERE, CURL, "challenge 3", None),
    ("GET /search?q=a", ANYWHERE, BROWSER, "challenge 1", None),
    ("POST /checkout/return", ANYWHERE, BROWSER, "allow", Some("payment-return")),
    ("POST /hooks/payment", "192.0.2.5", "", "allow", Some("payment-webhook")),
    ("POST /hooks/payment", "192.0.2.200", "", "challenge 2", None),
    ("GET /products.xml", ANYWHERE, "user-agent: comparison", "allow", Some("feeds")),
    ("GET /pictures/7.webp", ANYWHERE, BROWSER, "allow", Some("pictures")),
    ("GET /account;a.jpg", ANYWHERE, BROWSER, "challenge 1", None),
    ("POST /gift-card", ANYWHERE, BROWSER, "challenge 2 always", Some("gift-cards")),
    ("GET /basket", ANYWHERE, BROWSER, "challenge 1 open", Some("checkout")),
    ("GET /basket", ANYWHERE, CURL, "challenge 2", Some("checkout")),
];

const FORGE: &[Row] = &[
    ("GET /a/b.git/info/refs?service=git-upload-pack", ANYWHERE, GIT, "allow", Some("git-clone")),
    ("POST /a/b.git/git-upload-pack", ANYWHERE, GIT, "allow", Some("git-clone")),
    ("POST /a/b.git/git-upload-pack", ANYWHERE, BROWSER, "challenge 1", None),
    (
        "POST /a/b.git/git-receive-pack",
        ANYWHERE,
        "user-agent: git/2.47.0\nauthorization: Basic YTpi",
        "allow",
        Some("git-with-password"),
    ),
    ("GET /a/b?go-get=1", ANYWHERE, "user-agent: Go-http-client/1.1", "allow", Some("go-get")),
    ("GET /a/b?go-get=0", ANYWHERE, "user-agent: Go-http-client/1.1", "challenge 1", None),
    ("GET /a/b/raw/branch/main/install.sh", ANYWHERE, CURL, "allow", Some("raw-files")),
    ("GET /a/b/commits/branch/main.atom", ANYWHERE, "user-agent: reader", "allow", Some("feeds-and-files")),
    ("GET /a/b/archive/main.tar.gz", ANYWHERE, BROWSER, "challenge 2", Some("archives")),
    ("GET /a/b/archive/main.tar.gz", ANYWHERE, "user-agent: Python-urllib/3", "challenge 2", Some("archives")),
    ("GET /a/b/issues/7", ANYWHERE, BROWSER, "challenge 1", None),
    ("GET /a/b/blame/branch/main/x.c", ANYWHERE, BROWSER, "challenge 2", None),
    ("GET /a/b/blame/branch/main/x.c", ANYWHERE, "user-agent: SomeBot", "challenge 3", None),
    ("GET /a/b", ANYWHERE, "user-agent: Mozilla/5.0 (compatible; GPTBot/1.2)", "deny", Some("crawlers-that-were-told")),
    ("POST /user/login", ANYWHERE, BROWSER, "challenge 2 always", Some("login")),
];

const API: &[Row] = &[
    ("GET /v2/orders", ANYWHERE, KEY, "allow", Some("callers-with-a-key")),
    ("GET /v2/orders", ANYWHERE, "authorization: Bearer short", "challenge 1", None),
    ("GET /v2/orders", ANYWHERE, CURL, "challenge 1", None),
    ("GET /v2/orders", "192.0.2.9", CURL, "allow", Some("partner")),
    ("POST /v2/token", "192.0.2.9", KEY, "challenge 2 always", Some("new-tokens")),
    ("GET /v1/orders", ANYWHERE, KEY, "deny", Some("version-1")),
    ("GET /v2/../v1/orders", ANYWHERE, KEY, "deny", Some("version-1")),
    ("GET /v2/%2e%2e/docs", ANYWHERE, KEY, "challenge 1", None),
    (
        "OPTIONS /v2/orders",
        ANYWHERE,
        "origin: https://app.example\naccess-control-request-method: PUT",
        "allow",
        Some("preflight"),
    ),
    ("OPTIONS /v2/orders", ANYWHERE, "", "challenge 1", None),
    ("GET /health", ANYWHERE, CURL, "allow", Some("health")),
    ("TRACE /", ANYWHERE, CURL, "deny", Some("no-such-method")),
    ("GET /docs", ANYWHERE, BROWSER, "challenge 1", None),
];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// Monday at noon.
const NOON: UnixMillis = UnixMillis(1_793_620_800_000);

fn decided(policy: &Policy, (request, from, lines, ..): Row, now: UnixMillis) -> (String, Option<String>) {
    let (method, target) = request.split_once(' ').expect("a row is in form");
    let mut headers = HeaderMap::new();
    for (name, value) in lines.lines().filter_map(|line| line.split_once(": ")) {
        headers.append(
            name.parse::<HeaderName>().expect("a row is in form"),
            HeaderValue::from_str(value).expect("a row is in form"),
        );
    }
    let decision = policy.decide(&Facts {
        method: &method.parse::<Method>().expect("a row is in form"),
        target,
        host: "shop.example",
        headers: &headers,
        address: from.parse::<IpAddr>().expect("a row is in form"),
        from_gateway: true,
        signals: Signals::in_headers(&headers, true),
        bot: None,
        now,
    });
    let action = match decision.action {
        Action::Allow(_) => "allow".to_owned(),
        Action::Deny => "deny".to_owned(),
        Action::Challenge(terms) => {
            let (always, open) =
                (if terms.always { " always" } else { "" }, if terms.fail_open { " open" } else { "" });
            format!("challenge {}{always}{open}", terms.level)
        }
        Action::Weigh(_) => panic!("nothing is left to weigh"),
    };
    (action, decision.rule.map(ToOwned::to_owned))
}

#[test]
fn the_examples_decide_as_they_promise() {
    for (file, rows) in [("bank", BANK), ("shop", SHOP), ("forge", FORGE), ("api", API)] {
        let policy = Policy::read(Some(&root().join(format!("docs/policies/{file}.toml")))).unwrap();
        let mut used = BTreeMap::new();
        for row in rows {
            let (action, rule) = decided(&policy, *row, NOON);
            assert_eq!((action.as_str(), rule.as_deref()), (row.3, row.4), "{file}: {} with {:?}", row.0, row.2);
            *used.entry(rule.unwrap_or_default()).or_insert(0) += 1;
        }
        let decides = |action| !matches!(action, Action::Weigh(_));
        for rule in policy.rules().iter().filter(|rule| decides(rule.action)) {
            assert!(used.contains_key(&rule.name), "{file}: no request in the table meets rule {}", rule.name);
        }
    }
}

#[test]
fn the_shop_weighs_the_night() {
    let policy = Policy::read(Some(&root().join("docs/policies/shop.toml"))).unwrap();
    let night = UnixMillis(NOON.0 - 9 * 3_600_000);
    let row = |agent| ("GET /product/7", ANYWHERE, agent, "", None);
    assert_eq!(decided(&policy, row(CURL), NOON).0, "challenge 2");
    assert_eq!(decided(&policy, row(CURL), night).0, "challenge 3");
    assert_eq!(decided(&policy, row(BROWSER), night).0, "challenge 1");
}

#[test]
fn what_the_manual_shows_of_the_program_is_what_it_says() {
    let read = |page: &str| std::fs::read_to_string(root().join("docs").join(page)).unwrap();
    let manual = ["policy.md", "configuration.md"].map(read).concat();
    let mut shown = 0;
    for block in manual.split("```console\n$ portcullis ").skip(1) {
        let (command, output) = block.split("\n```").next().unwrap().split_once('\n').unwrap();
        let said = program("portcullis").args(words(command)).current_dir(root()).output().unwrap();
        let said = String::from_utf8([said.stdout, said.stderr].concat()).unwrap();
        assert_eq!(said.trim_end(), output.trim_end(), "portcullis {command}");
        shown += 1;
    }
    assert!(shown >= 4, "{shown}");
}

#[test]
fn every_rule_that_the_manual_shows_can_be_read() {
    const LEVELS: &str = "[[level]]\nlevel = 2\ndifficulty = 2.0\n";
    let mut shown = 0;
    for page in ["policy.md", "signals.md"] {
        let manual = std::fs::read_to_string(root().join("docs").join(page)).unwrap();
        let blocks = manual.split("```toml\n").skip(1).filter_map(|rest| rest.split("\n```").next());
        for block in blocks.filter(|block| block.contains("[[rule]]") || block.contains("[[level]]")) {
            let text = if block.contains("[[level]]") { block.to_owned() } else { format!("{LEVELS}{block}") };
            let read = Policy::parse(&text, &root().join("docs").join(page));
            assert!(read.is_ok(), "{page}: {}", read.unwrap_err());
            shown += 1;
        }
    }
    assert!(shown >= 4, "{shown}");
}

/// The words of a command, of which some are in quotes.
fn words(command: &str) -> Vec<String> {
    let outside_and_inside = command.split('\'').enumerate();
    let mut words: Vec<String> = Vec::new();
    for (index, part) in outside_and_inside {
        if index % 2 == 1 {
            words.push(part.to_owned());
        } else {
            words.extend(part.split_whitespace().map(ToOwned::to_owned));
        }
    }
    words
}

#[test]
fn an_explanation_as_json_is_whole() {
    let arguments = ["check-config", "--policy", "docs/policies/forge.toml", "--json", "--explain"];
    let request = ["GET /a/b/blame/x", "--header", "User-Agent: SomeBot", "--at", "2026-11-02T12:00Z"];
    let output = program("portcullis").args(arguments).args(request).current_dir(root()).output().unwrap();
    let said: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(said["decision"]["action"], "challenge at level 3");
    assert_eq!(said["decision"]["rule"], serde_json::Value::Null);
    assert_eq!(
        (&said["weight"], &said["threshold"]["weight"], &said["not_tried"]),
        (&20.into(), &20.into(), &0.into())
    );
    let rules = said["rules"].as_array().unwrap();
    let weighed = rules.iter().find(|rule| rule["name"] == "deep-pages").unwrap();
    assert!(weighed["holds"] == true && weighed["conditions"][0]["has"][0] == "/a/b/blame/x", "{weighed}");
    assert_eq!(said["modes"]["off"], "passes");
}

#[test]
fn a_request_that_is_none_is_refused() {
    for arguments in [
        ["--explain", "GET login"],
        ["--explain", "G\u{e9}T /"],
        ["--explain=/", "--header=nothing"],
        ["--explain=/", "--at=tomorrow"],
        ["--explain=/", "--signal=bad-mood"],
        ["--from=203.0.113.9", "--json"],
    ] {
        let policy = ["check-config", "--policy", "docs/policies/forge.toml"];
        let output = program("portcullis").args(policy).args(arguments).current_dir(root()).output().unwrap();
        assert!(!output.status.success() && output.stdout.is_empty(), "{arguments:?}");
    }
}
