//! The promises of the default policy, one test each, through the real router with the gate lowered: who goes on without
//! work, and that the trick by which somebody else would slip through the same hole leads to the challenge.

use std::sync::atomic::{AtomicU8, Ordering};
use std::time::Duration;

use http::header::{ACCEPT, AUTHORIZATION, ORIGIN, UPGRADE, USER_AGENT};
use http::request::Builder;
use http::{HeaderMap, Method, Request, StatusCode};
use portcullis::policy::{Action, Facts, Policy, Signal, Signals};
use portcullis_tests::in_process::{Gate, HOST, Origin, from, get, navigation, post};

/// A site behind the lowered gate.
struct Site {
    origin: Origin,
    gate: Gate,
    networks: AtomicU8,
}

/// What became of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fate {
    /// It came to the origin.
    Passed,
    /// Its client was asked for work.
    Challenged,
}
use Fate::{Challenged, Passed};

impl Site {
    async fn open() -> Self {
        Self::in_mode("challenge-all").await
    }

    async fn in_mode(mode: &str) -> Self {
        let origin = Origin::start().await;
        let gate = Gate::in_front_of(&origin, &[&format!("gate.mode={mode}")]);
        Self { origin, gate, networks: AtomicU8::new(0) }
    }

    /// Sends a request, each from a network of its own.
    async fn fate(&self, request: Builder) -> Fate {
        let network = self.networks.fetch_add(1, Ordering::Relaxed);
        self.fate_from(request, &format!("198.51.{network}.7")).await
    }

    async fn fate_from(&self, request: Builder, address: &str) -> Fate {
        let before = self.origin.arrived().len();
        let status = self.gate.send(from(request, address)).await.status;
        let arrived = self.origin.arrived().len() - before;
        match (status, arrived) {
            (StatusCode::OK, 1) => Passed,
            (StatusCode::FORBIDDEN, 0) => Challenged,
            other => panic!("{other:?}"),
        }
    }

    async fn all(&self, fate: Fate, targets: &[&str], request: impl Fn(&str) -> Builder) {
        for target in targets {
            assert_eq!(self.fate(request(target)).await, fate, "{target}");
        }
    }
}

/// A program's request of any method.
fn ask(method: &str, target: &str) -> Builder {
    Request::builder().method(method).uri(target).header("host", HOST)
}

/// An app's request, with a token of the API's own.
fn with_token(method: &str, target: &str) -> Builder {
    ask(method, target).header(AUTHORIZATION, TOKEN)
}

/// A browser's question before it asks another origin.
fn preflight(target: &str) -> Builder {
    ask("OPTIONS", target).header(ORIGIN, "https://app.example").header("access-control-request-method", "POST")
}

#[tokio::test]
async fn in_peace_everything_passes() {
    let site = Site::in_mode("off").await;
    site.all(Passed, &["/", "/login", "/api/login", "/search"], get).await;
    site.all(Passed, &["/login"], post).await;
}

#[tokio::test]
async fn what_no_rule_names_is_challenged() {
    let site = Site::open().await;
    site.all(Challenged, &["/", "/search?q=a", "/cart", "/style.css", "/search.css", "/u/ann.png", "/xmlrpc.php"], get)
        .await;
    site.all(Challenged, &["/", "/cart"], navigation).await;
    site.all(Challenged, &["/", "/cart", "/comment"], post).await;
}

#[tokio::test]
async fn logins_and_accounts_are_challenged_wherever_they_are() {
    let site = Site::open().await;
    for target in LOGINS {
        assert_eq!(site.fate(navigation(target)).await, Challenged, "{target}");
        for method in ["GET", "POST", "OPTIONS", "PROPFIND"] {
            assert_eq!(site.fate(with_token(method, target)).await, Challenged, "{method} {target}");
        }
        assert_eq!(site.fate(preflight(target)).await, Challenged, "{target}");
    }
}

#[tokio::test]
async fn what_a_header_names_opens_nothing() {
    let site = Site::open().await;
    for (name, value) in [
        ("x-original-url", "/login"),
        ("x-rewrite-url", "/login"),
        ("x-http-method-override", "POST"),
        ("upgrade", "websocket"),
    ] {
        for target in ["/robots.txt", "/health", "/static/a.css", "/feed", "/api/posts"] {
            assert_eq!(site.fate(get(target)).await, Passed, "{target}");
            assert_eq!(site.fate(get(target).header(name, value)).await, Challenged, "{name} {target}");
        }
    }
    let hooked = post("/webhooks/github").header("x-original-url", "/login");
    assert_eq!(site.fate(hooked).await, Challenged);
}

#[tokio::test]
async fn well_known_files_are_for_everybody_and_lead_nowhere_else() {
    let site = Site::open().await;
    let files = [
        "/robots.txt",
        "/favicon.ico",
        "/site.webmanifest",
        "/apple-touch-icon.png",
        "/.well-known/acme-challenge/Zx_9-a",
        "/.well-known/security.txt",
        "/.well-known/openid-configuration",
        "/.well-known/oauth-authorization-server",
        "/.well-known/assetlinks.json",
        "/.well-known/webauthn",
        "/.well-known/webfinger?resource=acct:ann@login.example",
    ];
    site.all(Passed, &files, get).await;
    site.all(Passed, &files, |target| ask("HEAD", target)).await;
    site.all(Passed, &files, navigation).await;
    site.all(Challenged, &files, post).await;
    let tricks = [
        "/.well-known/../cart",
        "/.well-known/%2e%2e/cart",
        "/.well-known/..%2fcart",
        "/.well-known/x/..;/../cart",
        "/.well-known/%252e%252e%252fcart",
        "/.well-known/..%5ccart",
        "/.well-known-x/a",
        "/cart/robots.txt",
        "/robots.txt/cart",
        "/cart;/robots.txt",
        "/cart?/robots.txt",
        "/cart%3f/robots.txt",
    ];
    site.all(Challenged, &tricks, get).await;
}

#[tokio::test]
async fn crawlers_get_sitemaps_and_nothing_that_looks_like_one() {
    let site = Site::open().await;
    site.all(Passed, &["/sitemap.xml", "/sitemap_index.xml", "/sitemap-12.xml.gz", "/sitemaps/posts.xml"], get).await;
    site.all(
        Challenged,
        &["/search/sitemap.xml", "/sitemap.xml/x", "/sitemap/a/b.xml", "/sitemap.xml%2f..%2fcart"],
        get,
    )
    .await;
    site.all(Challenged, &["/sitemap.xml"], post).await;
}

#[tokio::test]
async fn monitors_get_health_checks() {
    let site = Site::open().await;
    let checks = ["/health", "/healthz", "/readyz", "/livez", "/ping", "/up", "/status", "/status/"];
    site.all(Passed, &checks, get).await;
    site.all(Passed, &checks, |target| ask("HEAD", target)).await;
    site.all(Challenged, &checks, post).await;
    site.all(Challenged, &["/status/../cart", "/health/db", "/healthy", "/cart/ping", "/upload"], get).await;
}

#[tokio::test]
async fn assets_are_files_in_folders_of_files() {
    let site = Site::open().await;
    let files = [
        "/static/app.css?v=3",
        "/assets/jquery-3.7.1/jquery.min.js",
        "/_next/static/chunks/app-1a2b.js",
        "/images/logo@2x.png",
        "/fonts/inter.woff2",
        "/wp-content/themes/x/style.css",
        "/build/app.mjs",
    ];
    site.all(Passed, &files, get).await;
    site.all(Challenged, &files, post).await;
    let pages = [
        // A lenient framework takes the ending for a format, or for nothing.
        "/cart.css",
        "/cart/x.css",
        "/users/1.png",
        "/cart;x.css",
        "/cart%2fx.css",
        "/cart%00.css",
        "/cart%0a.css",
        // A script with more of a path behind it.
        "/wp-content/plugins/x/x.php/y.css",
        "/assets/index.php/cart.css",
        // A way out of the folder, and what is no file.
        "/static/../cart.css",
        "/static/..%2fcart.css",
        "/static/%2e%2e/cart.css",
        "/static//../../cart.css",
        "/static/..;/cart.css",
        "/static/app.css/../../cart",
        "/static/cart",
        "/static/",
        "/statics/app.css",
        "/static/app.css;/../../cart",
        "/wp-content/plugins/x/x.php",
    ];
    site.all(Challenged, &pages, get).await;
}

#[tokio::test]
async fn feed_readers_get_feeds() {
    let site = Site::open().await;
    site.all(Passed, &["/feed", "/feed/", "/rss.xml", "/atom.xml", "/feed.json", "/blog/feed", "/feed/atom/"], get)
        .await;
    let others = ["/feeds", "/feed/../cart", "/cart.atom", "/users/1.rss", "/a/b/feed", "/feed/home", "/account/feed"];
    site.all(Challenged, &others, get).await;
    site.all(Challenged, &["/feed"], post).await;
}

#[tokio::test]
async fn browsers_may_ask_an_api_of_another_origin_whether_they_may_ask() {
    let site = Site::open().await;
    site.all(Passed, &["/api/posts", "/api/v1/posts?page=2"], preflight).await;
    site.all(Challenged, &["/posts", "/api/login", "/api/../cart", "/api/v1/session"], preflight).await;
    // What is no such question, but an OPTIONS that an origin may serve as it likes.
    site.all(Challenged, &["/api/posts"], |target| ask("OPTIONS", target)).await;
    site.all(Challenged, &["/api/posts"], |target| ask("OPTIONS", target).header(ORIGIN, "https://app.example")).await;
}

#[tokio::test]
async fn apps_read_and_write_by_an_api() {
    let site = Site::open().await;
    let resources = ["/api/posts", "/api/v1/posts/7?page=2", "/api/projects/a%2Fb/issues", "/api/users/5"];
    site.all(Passed, &resources, get).await;
    site.all(Passed, &resources, |target| get(target).header(ACCEPT, "application/json")).await;
    for method in ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"] {
        site.all(Passed, &resources, |target| with_token(method, target)).await;
    }
    // Letters that an origin may take for others: a wide `l`, a long `s`, and what ends a text early.
    let letters = ["/api/%ef%bd%8cogin", "/api/%c5%bfignin", "/api/x%00/../login", "/api/posts%0a", "/api/posts%20x"];
    site.all(Challenged, &letters, get).await;
    site.all(Challenged, &["/apis/posts", "/api", "/api/", "/API/../cart", "/v1/api/posts"], get).await;
}

#[tokio::test]
async fn an_api_takes_no_writes_without_a_token_and_no_passwords() {
    let site = Site::open().await;
    site.all(Challenged, &["/api/posts"], post).await;
    for credentials in [
        // Each makes the origin check a password.
        "Basic YW5uOnBhc3N3b3JkMTIzNDU2Nzg5MA==",
        "Digest username=\"ann\", realm=\"api\"",
        "Negotiate YIIJvwYGKwYBBQUCoIIJszCCCa8=",
        "Bearer",
        "Bearer x",
        "",
        "bearer",
        "Basic YW5uOnB3 Bearer 0123456789abcdef0123",
    ] {
        for method in ["GET", "POST"] {
            let request = ask(method, "/api/posts").header(AUTHORIZATION, credentials);
            assert_eq!(site.fate(request).await, Challenged, "{method} {credentials}");
        }
    }
    // The origin may read the other one of two.
    let two = with_token("GET", "/api/posts").header(AUTHORIZATION, "Basic YW5uOnBhc3N3b3JkMTIzNDU2Nzg5MA==");
    assert_eq!(site.fate(two).await, Challenged);
    // Methods that an origin may serve as it likes.
    for method in ["TRACE", "PROPFIND", "post", "LOGIN"] {
        assert_eq!(site.fate(with_token(method, "/api/posts")).await, Challenged, "{method}");
    }
}

#[tokio::test]
async fn no_page_sends_its_visitors_browsers_through_the_holes_for_programs() {
    let site = Site::open().await;
    for mode in ["navigate", "no-cors", "cors", "same-origin"] {
        let by_browser = |request: Builder| request.header("sec-fetch-mode", mode);
        assert_eq!(site.fate(by_browser(get("/api/posts"))).await, Challenged, "{mode}");
        assert_eq!(site.fate(by_browser(with_token("POST", "/api/posts"))).await, Challenged, "{mode}");
        assert_eq!(site.fate(by_browser(post("/webhooks/github"))).await, Challenged, "{mode}");
    }
    // Browsers from before Sec-Fetch-Mode name the page in each POST.
    assert_eq!(site.fate(post("/webhooks/github").header(ORIGIN, "https://other.example")).await, Challenged);
    assert_eq!(site.fate(post("/webhooks/github").header(ORIGIN, "null")).await, Challenged);
}

#[tokio::test]
async fn other_services_notify_the_site() {
    let site = Site::open().await;
    let hooks = ["/webhooks/github", "/webhook/stripe", "/hooks/1f", "/api/webhooks/paypal", "/web-hook/x"];
    site.all(Passed, &hooks, post).await;
    site.all(Challenged, &hooks[..3], get).await;
    let others =
        ["/webhooks", "/webhooks/", "/webhooks/../cart", "/webhooks/..%2fcart", "/webhooks/login", "/a/hooks/1"];
    site.all(Challenged, &others, post).await;
    site.all(Challenged, &["/webhooks/graphql", "/hooks/session"], post).await;
}

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
        // Whoever is in the same network waits with it, and nobody else.
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

const TOKEN: &str = "Bearer 0123456789abcdef0123";
const LEAST_AT_ONCE: usize = 20;
const MOST_AT_ONCE: usize = 120;
const MOST_A_MINUTE: usize = 120;

/// Logins and accounts, on the site and by its API, and spellings of them that an origin may take for the same.
const LOGINS: [&str; 65] = [
    "/login",
    "/login/",
    "/LOGIN",
    "/login.css",
    "/login/x.css",
    "/login.php/static/a.css",
    "/log-in",
    "/signin",
    "/sign-up",
    "/sign_in",
    "/users/sign_in",
    "/wp-login.php",
    "/wp-admin/",
    "/admin",
    "/account",
    "/account/feed",
    "/accounts/7",
    "/account/x.css",
    "/password/reset",
    "/register",
    "/oauth/token",
    "/oauth2/authorize",
    "/sso/callback",
    "/saml/acs",
    "/saml2",
    "/auth/callback",
    "/mfa",
    "/session",
    "/.well-known/login",
    "/.well-known/../login",
    "/static/login/x.css",
    "/static/account/x.css",
    "/static/../login",
    "/blog/login/feed",
    "/health/../login",
    "/api/login",
    "/api/v1/login.json",
    "/api/LOGIN",
    "/api/%6cogin",
    "/api/%256cogin",
    "/api/x/../login",
    "/api//login",
    "/api/login;x=1",
    "/api/;/login",
    "/api/login%20",
    "/api/userLogin",
    "/api/session",
    "/api/v2/session?x",
    "/api/createSession",
    "/api/sessions/new",
    "/api/auth",
    "/api/auth/token",
    "/api/authenticate",
    "/api/oauth2/token",
    "/api/token",
    "/api/password",
    "/api/account",
    "/api/graphql",
    "/api/jsonrpc",
    "/api/admin/users",
    "/api/webauthn/finish",
    "/api/mfa",
    "/api/v1/totp",
    "/api/oidc/callback",
    "/api/batch",
];
