//! What is guarded: logins and accounts before all else, and what no rule names.

use std::time::Duration;

use http::header::COOKIE;
use http::request::Builder;
use portcullis_tests::in_process::{CLIENT, from, get, navigation, post};

use super::Fate::{Challenged, Passed};
use super::{Site, preflight, with_token};

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
async fn a_token_is_not_worth_a_thousand_guesses_and_reads_on() {
    let site = Site::open().await;
    let token = format!("__Host-portcullis={}", site.gate.token().await);
    let status = async |request: Builder| {
        let shown = from(request.header(COOKIE, &token), CLIENT);
        site.gate.send(shown).await.status.as_u16()
    };
    for guess in 0..30 {
        let target = PASSWORDS[guess % PASSWORDS.len()];
        assert_eq!(status(post(target)).await, 200, "{guess} {target}");
    }
    for target in PASSWORDS {
        assert_eq!(status(post(target)).await, 429, "{target}");
    }
    for target in ["/account/address", "/search", "/comment"] {
        assert_eq!(status(post(target)).await, 200, "no password is in it: {target}");
    }
    assert_eq!(status(navigation("/login")).await, 200);
    site.gate.clock().advance(Duration::from_secs(10));
    assert_eq!([status(post("/login")).await, status(post("/login")).await], [200, 429]);
}

const PASSWORDS: [&str; 6] =
    ["/login", "/api/v1/sign-in", "/users/password/reset", "//x/../LOG%49N", "/wp-login.php", "/account/2fa"];

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
