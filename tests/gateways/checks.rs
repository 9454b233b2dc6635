//! What every recipe must pass, written once.

use portcullis_challenge::Challenge;
use portcullis_tests::attacker::tokens::Token;
use portcullis_tests::processes::Settings;
use tokio::task::JoinSet;

use crate::answer::Answer;
use crate::client::{HOST, cookie, token_set_by};
pub(crate) use crate::failing::{
    a_frozen_verifier_closes_the_login_and_nothing_else, a_killed_verifier_closes_the_login_and_nothing_else,
    a_verifier_of_garbage_closes_the_login_and_nothing_else,
    a_verifier_that_answers_500_closes_the_login_and_nothing_else,
    a_verifier_that_hangs_up_closes_the_login_and_nothing_else, a_verifier_that_is_back_is_asked_again,
};
use crate::origin::BODY;
use crate::recipe::{Mode, Recipe};
use crate::rules;
use crate::site::Site;
pub(crate) use crate::visit::a_browser_gets_to_the_site_and_so_does_its_form;

/// A test for each check, of one recipe: `checks! { subrequest: SUBREQUEST }` makes a module `subrequest`.
macro_rules! checks {
    ($module:ident: $recipe:ident) => {
        $crate::checks::checks! {
            $module: $recipe,
            without_a_token_the_page_stands_at_the_same_url,
            programs_are_told_what_to_do,
            admits_with_a_token,
            the_origin_never_sees_the_clearance,
            a_form_that_meets_the_gate_is_kept_in_the_page,
            a_form_with_a_token_reaches_the_origin,
            a_token_of_another_network_admits_nobody,
            a_token_of_another_host_admits_nobody,
            a_forged_or_expired_token_admits_nobody,
            a_look_tells_whether_the_cookie_was_kept,
            forged_headers_do_not_admit,
            forged_headers_reach_nobody,
            a_challenge_is_for_the_clients_own_network,
            a_request_the_verifier_cannot_read_admits_nobody,
            budgets_hold_where_the_verifier_is_asked,
            the_default_policy_holds,
            a_browser_raises_no_signal,
            a_visitor_whose_turn_does_not_come_is_told_when_to_come_back,
            a_visitor_who_changed_the_network_does_an_eighth_of_the_work,
            a_browser_gets_to_the_site_and_so_does_its_form,
            a_killed_verifier_closes_the_login_and_nothing_else,
            a_frozen_verifier_closes_the_login_and_nothing_else,
            a_verifier_of_garbage_closes_the_login_and_nothing_else,
            a_verifier_that_hangs_up_closes_the_login_and_nothing_else,
            a_verifier_that_answers_500_closes_the_login_and_nothing_else,
            a_verifier_that_is_back_is_asked_again
        }
    };
    ($module:ident: $recipe:ident, $($check:ident),+) => {
        mod $module {
            $(
                #[tokio::test]
                async fn $check() {
                    $crate::checks::$check(&super::$recipe).await;
                }
            )+
        }
    };
}
pub(crate) use checks;

pub(crate) async fn without_a_token_the_page_stands_at_the_same_url(recipe: &Recipe) {
    let site = Site::behind(recipe).await;
    for target in ["/", "/login?next=%2Fa%2Fb&x=1", "/any/where.png"] {
        shows_the_page(&site.client().navigate(target, "").await);
    }
    assert_eq!(site.origin.count(), 0);
}

/// Beside what every recipe must pass, for gateways whose settings are inherited: nothing of the site's is added to the
/// page, and its script is not taken for one of the site's files.
pub(crate) async fn the_page_has_its_own_headers_and_script(recipe: &Recipe) {
    let site = Site::behind(recipe).await;
    let page = site.client().navigate("/login", "").await;
    assert_eq!(page.head.headers("content-security-policy").count(), 1, "{page:?}");
    let script = page.body.split_once("src=\"").and_then(|(_, rest)| rest.split('"').next());
    let script = script.unwrap_or_else(|| panic!("no script in {page:?}"));
    let answer = site.client().navigate(script, "").await;
    assert_eq!(answer.status, 200, "{script}");
    assert_eq!(answer.head.headers("cache-control").count(), 1, "{:?}", answer.head);
}

pub(crate) async fn programs_are_told_what_to_do(recipe: &Recipe) {
    let site = Site::behind(recipe).await;
    let request = format!("GET /login HTTP/1.1\r\nHost: {HOST}\r\nAccept: */*\r\nConnection: close\r\n\r\n");
    let answer = site.client().send(request.as_bytes()).await;
    assert_eq!((answer.status, answer.action()), (403, "challenge"), "{answer:?}");
    assert_eq!(answer.head.header("content-type"), Some("application/problem+json"), "{answer:?}");
    assert!(answer.body.contains("\"challenge-required\""), "{answer:?}");
    assert_eq!(site.origin.count(), 0);
}

pub(crate) async fn admits_with_a_token(recipe: &Recipe) {
    let site = Site::behind(recipe).await;
    let token = site.client().token().await;
    assert_eq!(site.origin.count(), 0, "what is the verifier's went to the origin");
    for target in ["/", "/login?next=%2Fa;b+c&%3F", "/a%2Fb%20c?q=%2e%2E/", "/a//b/?"] {
        is_admitted(&site.client().navigate_with(target, &token).await);
        assert_eq!(site.origin.last().target(), target);
    }
    assert_eq!(site.origin.last().head().header("host"), Some(HOST));
}

pub(crate) async fn the_origin_never_sees_the_clearance(recipe: &Recipe) {
    let site = Site::behind(recipe).await;
    let token = site.client().token().await;
    let (clearance, standing) = (format!("__Host-portcullis={token}"), "__Host-portcullis-standing=c3Rh");
    let either_way = [format!("{clearance}; {standing}"), format!("{standing}; {clearance}")];
    let aside = [["", ""], ["theme=dark; ", ""], ["", "; session=a=b"], ["theme=dark; ", "; session=a=b"]];
    for (ours, [before, after]) in
        either_way.iter().chain([&clearance]).flat_map(|ours| aside.map(|others| (ours, others)))
    {
        is_admitted(&site.client().navigate("/", &format!("Cookie: {before}{ours}{after}\r\n")).await);
        let head = site.origin.last().head();
        let seen = [token.as_str(), "portcullis-standing"].into_iter().any(|ours| head.text().contains(ours));
        assert!(recipe.passes_clearance || !seen, "{head:?}");
        for kept in [before, after].map(|kept| kept.trim_matches([';', ' '])) {
            assert!(head.text().contains(kept), "{kept} is not in {head:?}");
        }
    }
}

pub(crate) async fn a_form_that_meets_the_gate_is_kept_in_the_page(recipe: &Recipe) {
    let site = Site::behind(recipe).await;
    let from_here = "Sec-Fetch-Site: same-origin\r\nSec-Fetch-Mode: navigate\r\n";
    let form = "application/x-www-form-urlencoded";
    let answer = site.client().post("/login", form, from_here, "user=ada%40example&page=7").await;
    shows_the_page(&answer);
    assert!(answer.body.contains("data-form-notice=\"carried\""), "{answer:?}");
    assert!(answer.body.contains("ada@example"), "{answer:?}");
    assert_eq!(site.origin.count(), 0);
}

pub(crate) async fn a_form_with_a_token_reaches_the_origin(recipe: &Recipe) {
    let site = Site::behind(recipe).await;
    let token = site.client().token().await;
    let form = "application/x-www-form-urlencoded";
    is_admitted(&site.client().post("/login", form, &cookie(&token), "user=ada&page=7").await);
    let received = site.origin.last();
    assert_eq!((received.method().as_str(), received.body()), ("POST", b"user=ada&page=7".as_slice()));
}

pub(crate) async fn a_token_of_another_network_admits_nobody(recipe: &Recipe) {
    let site = Site::behind(recipe).await;
    let token = site.client_at([127, 0, 7, 9]).token().await;
    shows_the_page(&site.client_at([127, 0, 8, 9]).navigate_with("/login", &token).await);
    assert_eq!(site.origin.count(), 0);
    is_admitted(&site.client_at([127, 0, 7, 200]).navigate_with("/login", &token).await);
}

pub(crate) async fn a_token_of_another_host_admits_nobody(recipe: &Recipe) {
    let site = Site::behind(recipe).await;
    let token = site.client().token().await;
    let cookie = cookie(&token);
    let at = |line: &str, host: &str| {
        format!("GET {line} HTTP/1.1\r\nHost: {host}\r\nAccept: text/html\r\n{cookie}Connection: close\r\n\r\n")
    };
    for (line, host) in [("/login", "other.example"), ("http://login.example/login", "other.example")] {
        let answer = site.client().send(at(line, host).as_bytes()).await;
        let to_other = || site.origin.last().head().header("host") == Some("other.example");
        assert!(answer.status >= 400 || !to_other(), "{line} at {host} was admitted: {answer:?}");
    }
    // Case, port and a dot at the end do not make another host.
    for host in ["LOGIN.example", "login.example:8000"] {
        is_admitted(&site.client().send(at("/login", host).as_bytes()).await);
    }
}

pub(crate) async fn a_forged_or_expired_token_admits_nobody(recipe: &Recipe) {
    let site = Site::behind(recipe).await;
    let token = site.client().token().await;
    let genuine = Token::parse(&token);
    let key = portcullis_tests::attacker::tokens::newest_key(&site.verifier.keys());
    let times = serde_json::json!({ "iat": 1_000_000_000, "nbf": 1_000_000_000, "exp": 1_000_000_900 });
    let expired = genuine.clone().claims_with(times).signed(&key).to_string();
    let (signed, signature) = token.rsplit_once('.').expect("a token has three parts");
    let changed = format!("{signed}.{}", signature.chars().rev().collect::<String>());
    let long = format!("{token}{}", "A".repeat(2000));
    for bad in [expired.as_str(), &changed, "", "a.b.c", &format!("{signed}."), &long] {
        shows_the_page(&site.client().navigate_with("/login", bad).await);
    }
    assert_eq!(site.origin.count(), 0);
}

pub(crate) async fn a_look_tells_whether_the_cookie_was_kept(recipe: &Recipe) {
    let site = Site::behind(recipe).await;
    let token = site.client().token().await;
    assert_eq!(site.client().navigate_with("/.portcullis/authorize", &token).await.status, 200);
    assert_eq!(site.client().navigate("/.portcullis/authorize", "").await.status, 403);
    assert_eq!(site.client().navigate("/.portcullis/jwks.json", "").await.status, 200);
    assert_eq!(site.origin.count(), 0);
}

pub(crate) async fn forged_headers_do_not_admit(recipe: &Recipe) {
    let site = Site::behind(recipe).await;
    let token = cookie(&site.client_at([127, 0, 8, 9]).token().await);
    let thief = site.client_at([127, 0, 9, 9]);
    for forged in [
        "X-Forwarded-For: 127.0.8.9\r\n",
        "X-Forwarded-For: 127.0.8.9\r\nX-Forwarded-For: 127.0.8.9\r\n",
        "X-Real-IP: 127.0.8.9\r\nForwarded: for=127.0.8.9\r\nX-Client-IP: 127.0.8.9\r\n",
        "X-Original-URI: /.portcullis/authorize\r\nX-Forwarded-Uri: /.portcullis/authorize\r\n",
        "X-Original-Method: OPTIONS\r\nX-Forwarded-Method: OPTIONS\r\nPortcullis-Action: admit\r\n",
        "Connection: X-Forwarded-For, X-Original-URI\r\n",
    ] {
        let answer = thief.navigate("/login", &format!("{token}{forged}")).await;
        assert!(answer.status == 403 || answer.status == 400, "{forged:?}: {answer:?}");
    }
    assert_eq!(site.origin.count(), 0);
}

pub(crate) async fn forged_headers_reach_nobody(recipe: &Recipe) {
    let site = Site::behind(recipe).await;
    let token = cookie(&site.client().token().await);
    let forged: String = CLAIMS.iter().map(|name| format!("{name}: {FORGED}\r\n")).collect();
    is_admitted(&site.client().navigate("/login", &format!("{token}{forged}")).await);
    let received = site.origin.last();
    let head = received.head();
    assert_eq!(received.target(), "/login");
    assert!(!head.text().contains(FORGED), "{head:?}");
    // If the gateway states the client, it states it itself.
    if let Some(from) = head.header("x-forwarded-for") {
        assert_eq!(from, "127.0.7.9");
    }
}

pub(crate) async fn a_challenge_is_for_the_clients_own_network(recipe: &Recipe) {
    let site = Site::behind(recipe).await;
    let client = site.client();
    let forged: String = CLAIMS.iter().map(|name| format!("{name}: {FORGED}\r\n")).collect();
    let challenge = client.challenge(&forged).await;
    assert_eq!(site.client_at([127, 0, 8, 9]).redeem(&challenge).await.status, 403);
    assert_eq!(client.redeem(&challenge).await.status, 200);
}

/// A gateway may take more headers, and longer ones, than the verifier. What it answers to those, or how it hangs up, must
/// not pass for a verifier that is down, or every open route is open to anybody who sends them.
pub(crate) async fn a_request_the_verifier_cannot_read_admits_nobody(recipe: &Recipe) {
    let site = Site::behind(recipe).await;
    let many = |count: usize| (0..count).map(|number| format!("X-Header-{number}: a\r\n")).collect::<String>();
    let long = |count: usize, length: usize| -> String {
        (0..count).map(|number| format!("X-Long-{number}: {}\r\n", "a".repeat(length))).collect()
    };
    let requests = [many(90), many(96), many(100), many(150), many(1000), long(1, 4000), long(1, 7800), long(3, 7800)];
    for headers in requests.into_iter().chain([long(8, 7800), long(40, 7800), long(60, 7800), long(130, 7800)]) {
        let answer = site.client().navigate("/", &headers).await;
        assert_ne!(answer.status, 200, "{} bytes of headers: {answer:?}", headers.len());
    }
    for length in [4000, 7000, 30_000, 60_000, 70_000, 100_000, 1_000_000] {
        let answer = site.client().navigate(&format!("/?{}", "a".repeat(length)), "").await;
        assert_ne!(answer.status, 200, "a target of {length} bytes: {answer:?}");
    }
    assert_eq!(site.origin.count(), 0);
}

pub(crate) async fn budgets_hold_where_the_verifier_is_asked(recipe: &Recipe) {
    let site = Site::with(recipe, Settings::with_few_logins).await;
    let token = cookie(&site.client().token().await);
    let form = "application/x-www-form-urlencoded";
    for _ in 0..2 {
        is_admitted(&site.client().post("/login", form, &token, "user=ada").await);
    }
    let third = site.client().post("/login", form, &token, "user=ada").await;
    if recipe.mode == Mode::Offline {
        // A signature does not tell how often it was shown.
        return is_admitted(&third);
    }
    assert_eq!((third.status, third.action()), (429, "budget"), "{third:?}");
    assert!(third.head.header("retry-after").is_some(), "{third:?}");
    assert_eq!(site.origin.count(), 2);
    is_admitted(&site.client().navigate("/login", &token).await);
}

/// Mode `queue`: of many at once few have their turn, and nobody passes without, on an open route neither.
/// What a rule reads has to arrive, or it closes no hole and knows no caller.
pub(crate) async fn the_default_policy_holds(recipe: &Recipe) {
    let site = Site::behind(recipe).await;
    for ruled in rules::all() {
        let before = site.origin.count();
        let answer = site.client().send(&ruled.bytes()).await;
        let passed = (answer.status == 200, site.origin.count() > before);
        assert_eq!(passed, (ruled.passes, ruled.passes), "{ruled:?}: {answer:?}");
    }
}

pub(crate) async fn a_browser_raises_no_signal(recipe: &Recipe) {
    let site = Site::behind(recipe).await;
    let answer = site.client().send(rules::CHROMIUM.as_bytes()).await;
    assert_eq!(answer.status, 403, "{answer:?}");
    assert_eq!(site.verifier.signals().await, Vec::<String>::new());
}

pub(crate) async fn a_visitor_whose_turn_does_not_come_is_told_when_to_come_back(recipe: &Recipe) {
    let queue = [("gate.mode", "\"queue\""), ("pressure.requests", "1"), ("pressure.turn", "\"100ms\"")];
    let site = Site::with(recipe, |settings| queue.iter().fold(settings, |settings, (key, to)| settings.set(key, to)));
    let site = site.await;
    let (client, token) = (site.client(), site.client().token().await);
    let all = async |target: &str| -> Vec<Answer> {
        let mut asking: JoinSet<Answer> = JoinSet::new();
        for _ in 0..AT_ONCE {
            let (target, token) = (target.to_owned(), token.clone());
            asking.spawn(async move { client.navigate_with(&target, &token).await });
        }
        asking.join_all().await
    };
    for target in ["/", "/login"] {
        let before = site.origin.count();
        let (admitted, sent_away): (Vec<_>, Vec<_>) =
            all(target).await.into_iter().partition(|answer| answer.status == 200);
        assert_eq!(site.origin.count() - before, admitted.len(), "{target}");
        if recipe.mode == Mode::Offline {
            // A signature does not tell how many there are.
            assert_eq!(admitted.len(), AT_ONCE, "{target}");
            continue;
        }
        assert!(admitted.len() < AT_ONCE / 2, "{target}: {} were admitted", admitted.len());
        for answer in sent_away {
            // Envoy hands no 503 on that it is told over HTTP.
            assert!(matches!(answer.status, 503 | 429), "{target}: {answer:?}");
            assert_eq!(answer.action(), "overload", "{target}: {answer:?}");
            assert!(answer.head.header("retry-after").is_some(), "{answer:?}");
            assert!(answer.body.contains("data-retry-in-ms=\""), "{answer:?}");
        }
    }
}

pub(crate) async fn a_visitor_who_changed_the_network_does_an_eighth_of_the_work(recipe: &Recipe) {
    let site = Site::behind(recipe).await;
    let token = site.client().token().await;
    let moved = site.client_at([127, 0, 8, 9]);
    let full = moved.challenge("").await;
    let small = moved.challenge(&cookie(&token)).await;
    let attempts = |challenge: &Challenge| challenge.fields.difficulty().attempts();
    assert_eq!(attempts(&small) * 8, attempts(&full));
    let answer = moved.redeem_with(&small, &cookie(&token)).await;
    is_admitted(&moved.navigate_with("/login", &token_set_by(&answer)).await);
    shows_the_page(&moved.navigate_with("/login", &token).await);
}

fn shows_the_page(answer: &Answer) {
    assert_eq!((answer.status, answer.action()), (403, "challenge"), "{answer:?}");
    let html = answer.head.header("content-type").is_some_and(|kind| kind.starts_with("text/html"));
    assert!(html && answer.body.contains("/.portcullis/assets/"), "no page: {answer:?}");
    assert!(answer.head.header("location").is_none(), "{answer:?}");
    assert_eq!(answer.head.header("cache-control"), Some("no-store"), "{answer:?}");
}

pub(crate) fn is_admitted(answer: &Answer) {
    assert_eq!((answer.status, answer.body.as_str()), (200, BODY), "{answer:?}");
}

/// Requests of one client at once: as many as a network has room for, and few of them have their turn in time.
const AT_ONCE: usize = 30;

/// What no client may claim.
const CLAIMS: [&str; 10] = [
    "X-Forwarded-For",
    "X-Forwarded-Proto",
    "X-Forwarded-Host",
    "X-Forwarded-Uri",
    "X-Forwarded-Method",
    "X-Original-URI",
    "X-Original-Method",
    "X-Real-IP",
    "Forwarded",
    "Portcullis-Action",
];
const FORGED: &str = "192.0.2.66";
