//! Traefik: `forwardAuth`, without Traefik, which cannot be installed here. Its documented requests are replayed against
//! the real verifier, with what `deploy/traefik/dynamic.yml` makes of them: this file is what Traefik 3.7 does in
//! `pkg/middlewares/auth/forward.go` with `trustForwardHeader: false`, and not a test of Traefik.

use std::fs;
use std::net::SocketAddr;
use std::path::Path;

use portcullis_tests::attacker::wire;
use portcullis_tests::processes::{Settings, Verifier};

use crate::answer::Answer;
use crate::client::{Client, HOST, cookie};
use crate::rules;

#[tokio::test]
async fn without_a_token_the_clients_answer_is_the_page() {
    let gate = Gate::start("portcullis").await;
    for target in ["/", "/login?next=%2Fa%2Fb&x=1", "/a%2Fb//c/../d"] {
        shows_the_page(&gate.ask(&navigation("GET", target, "")).await);
    }
    let program = TraefikRequest { headers: "Accept: */*\r\n".to_owned(), ..navigation("GET", "/api", "") };
    let answer = gate.ask(&program).await;
    assert_eq!((answer.status, answer.head.header("content-type")), (403, Some("application/problem+json")));
}

#[tokio::test]
async fn a_token_admits_its_own_network_and_host_alone() {
    let gate = Gate::start("portcullis").await;
    let token = cookie(&gate.token().await);
    let own = navigation("GET", "/login", &token);
    is_admitted(&gate.ask(&own).await);
    is_admitted(&gate.ask(&TraefikRequest { client: "127.0.0.200", ..own.clone() }).await);
    shows_the_page(&gate.ask(&TraefikRequest { client: "127.0.8.9", ..own.clone() }).await);
    shows_the_page(&gate.ask(&TraefikRequest { host: "other.example", ..own.clone() }).await);
    is_admitted(&gate.ask(&TraefikRequest { host: "LOGIN.example:8000", ..own }).await);
}

#[tokio::test]
async fn what_a_client_claims_does_not_reach_the_verifier() {
    let gate = Gate::start("portcullis").await;
    let token = cookie(&gate.token().await);
    for claim in [
        "X-Forwarded-For: 127.0.0.9",
        "X-Forwarded-Host: other.example",
        "X-Forwarded-Uri: /.portcullis/authorize",
        "X-Forwarded-Method: OPTIONS",
        "X-Forwarded-Proto: https",
        "X_Forwarded_For: 127.0.0.9",
        "X-Original-URI: /.portcullis/authorize",
        "X-Original-Method: OPTIONS",
        "X-Real-IP: 127.0.0.9",
        "Forwarded: for=127.0.0.9",
        "Portcullis-Action: admit",
        "Connection: X-Forwarded-For, X-Forwarded-Uri",
        "Upgrade: websocket",
        "Transfer-Encoding: chunked",
    ] {
        let claim = format!("{claim}\r\n");
        let thief = TraefikRequest { client: "127.0.8.9", ..navigation("GET", "/login", &format!("{token}{claim}")) };
        assert!(!gate.request(&thief).contains(&claim), "{claim:?} is passed on");
        shows_the_page(&gate.ask(&thief).await);
    }
}

#[tokio::test]
async fn what_traefik_states_is_believed_from_listed_peers_alone() {
    let gate = Gate::start("portcullis").await;
    let token = cookie(&gate.token().await);
    let request = gate.request(&navigation("GET", "/login", &token));
    let unlisted = Client { source: [127, 0, 8, 9].into(), gateway: gate.verifier.address() };
    assert_eq!(unlisted.send(request.as_bytes()).await.status, 403);
}

#[tokio::test]
async fn a_form_comes_along_where_the_middleware_says_so() {
    let from_here = "Content-Type: application/x-www-form-urlencoded\r\nSec-Fetch-Site: same-origin\r\n";
    let form = TraefikRequest { body: "user=ada%40example&page=7", ..navigation("POST", "/login", from_here) };
    let with_body = Gate::start("portcullis-form").await.ask(&form).await;
    shows_the_page(&with_body);
    assert!(with_body.body.contains("data-form-notice=\"carried\"") && with_body.body.contains("ada@example"));
    let without = Gate::start("portcullis").await.ask(&form).await;
    shows_the_page(&without);
    assert!(without.body.contains("data-form-notice=\"lost\""), "the visitor is not told: {without:?}");
}

#[tokio::test]
async fn the_default_policy_holds() {
    let gate = Gate::start("portcullis").await;
    for ruled in rules::all() {
        let answer = gate
            .ask(&TraefikRequest { headers: ruled.headers.clone(), ..navigation(ruled.method, ruled.target, "") })
            .await;
        assert_eq!(answer.status == 200, ruled.passes, "{ruled:?}: {answer:?}");
    }
}

#[tokio::test]
async fn a_browser_raises_no_signal() {
    let gate = Gate::start("portcullis").await;
    let headers = rules::CHROMIUM.split_once("\r\n").map(|(_, headers)| headers.to_owned()).unwrap_or_default();
    let answer = gate.ask(&TraefikRequest { headers, host: "localhost", ..navigation("GET", "/", "") }).await;
    assert_eq!((answer.status, answer.action()), (403, "challenge"), "{answer:?}");
    assert_eq!(gate.verifier.signals().await, Vec::<String>::new());
}

#[tokio::test]
async fn a_spent_budget_is_the_clients_answer_too() {
    let gate = Gate::with("portcullis", Settings::with_few_logins).await;
    let token = cookie(&gate.token().await);
    let post = navigation("POST", "/login", &token);
    is_admitted(&gate.ask(&post).await);
    is_admitted(&gate.ask(&post).await);
    let over = gate.ask(&post).await;
    assert_eq!((over.status, over.action()), (429, "budget"), "{over:?}");
    assert!(over.head.header("retry-after").is_some(), "{over:?}");
    is_admitted(&gate.ask(&navigation("GET", "/login", &token)).await);
}

/// The real verifier, and one of the two middlewares.
struct Gate {
    verifier: Verifier,
    middleware: Middleware,
}

/// A request as it comes to Traefik.
#[derive(Clone, Debug)]
struct TraefikRequest {
    method: &'static str,
    target: &'static str,
    host: &'static str,
    client: &'static str,
    /// Each ended by CR LF.
    headers: String,
    body: &'static str,
}

/// What the file says of a middleware.
struct Middleware {
    path: String,
    allowed: Vec<String>,
    forward_body: bool,
}

impl Gate {
    async fn start(middleware: &str) -> Self {
        Self::with(middleware, |settings| settings).await
    }

    async fn with(middleware: &str, change: impl FnOnce(Settings) -> Settings) -> Self {
        let verifier = Verifier::start(change(Settings::asked_by_gateways().difficulty(1024))).await;
        Self { verifier, middleware: Middleware::read(middleware) }
    }

    /// A token for a client at 127.0.0.1, as the router of `/.portcullis/` would get it.
    async fn token(&self) -> String {
        Client { source: [127, 0, 0, 1].into(), gateway: self.verifier.address() }.token().await
    }

    async fn ask(&self, asked: &TraefikRequest) -> Answer {
        Answer::of(&wire::exchange(self.verifier.address(), self.request(asked).as_bytes()).await)
    }

    /// The request to the verifier. A GET to the address as configured, whose host is the verifier's own; the client's
    /// headers without those of its connection and without X-Forwarded-…, of them those that are allowed; then
    /// Traefik's statements. Without a User-Agent of the client's there is none.
    fn request(&self, asked: &TraefikRequest) -> String {
        let verifier: SocketAddr = self.verifier.address();
        let Middleware { path, allowed, forward_body } = &self.middleware;
        let fields = asked.headers.lines().filter_map(|line| line.split_once(": "));
        let is_allowed = |name: &str| allowed.iter().any(|allowed| allowed.eq_ignore_ascii_case(name));
        let passed = fields.filter(|(name, _)| !HOP_BY_HOP.contains(name) && is_allowed(name));
        let passed: String = passed.map(|(name, value)| format!("{name}: {value}\r\n")).collect();
        let (host, method, target, client) = (asked.host, asked.method, asked.target, asked.client);
        let body = if *forward_body { asked.body } else { "" };
        let length = if body.is_empty() { String::new() } else { format!("Content-Length: {}\r\n", body.len()) };
        format!(
            "GET {path} HTTP/1.1\r\nHost: {verifier}\r\n{passed}{length}X-Forwarded-For: {client}\r\n\
             X-Forwarded-Host: {host}\r\nX-Forwarded-Method: {method}\r\nX-Forwarded-Port: 80\r\nX-Forwarded-Proto: http\r\n\
             X-Forwarded-Uri: {target}\r\nConnection: close\r\n\r\n{body}"
        )
    }
}

impl Middleware {
    /// Reads a middleware of the recipe, line by line.
    fn read(name: &str) -> Self {
        let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../deploy/traefik/dynamic.yml");
        let text = fs::read_to_string(file).expect("the recipe is there");
        let start = format!("\n    {name}:\n      forwardAuth:\n");
        let (_, section) = text.split_once(&start).unwrap_or_else(|| panic!("no middleware {name}"));
        let lines: Vec<&str> = section.lines().take_while(|line| line.starts_with("        ")).map(str::trim).collect();
        assert!(lines.contains(&"trustForwardHeader: false"), "{lines:?}");
        let address = lines.iter().find_map(|line| line.strip_prefix("address: \"http://127.0.0.1:8080"));
        let list = lines.iter().skip_while(|line| **line != "authRequestHeaders:").skip(1);
        Self {
            path: address.expect("the address is the verifier's").trim_end_matches('"').to_owned(),
            allowed: list.map_while(|line| line.strip_prefix("- ")).map(str::to_owned).collect(),
            forward_body: lines.contains(&"forwardBody: true"),
        }
    }
}

/// A browser that goes to a page, at an address of the verifier's own network.
fn navigation(method: &'static str, target: &'static str, headers: &str) -> TraefikRequest {
    let headers = format!("Accept: text/html\r\nSec-Fetch-Mode: navigate\r\nUser-Agent: test\r\n{headers}");
    TraefikRequest { method, target, host: HOST, client: "127.0.0.9", headers, body: "" }
}

fn shows_the_page(answer: &Answer) {
    assert_eq!((answer.status, answer.action()), (403, "challenge"), "{answer:?}");
    assert!(answer.body.contains("/.portcullis/assets/"), "no page: {answer:?}");
}

fn is_admitted(answer: &Answer) {
    assert_eq!((answer.status, answer.action(), answer.body.as_str()), (200, "admit", ""), "{answer:?}");
}

/// What Traefik never passes on.
const HOP_BY_HOP: [&str; 6] = ["Connection", "Keep-Alive", "Te", "Trailers", "Transfer-Encoding", "Upgrade"];
