//! What browsers, crawlers, monitors and feed readers fetch, and nothing that looks like it.

use portcullis_tests::in_process::{get, navigation, post};

use super::Fate::{Challenged, Passed};
use super::{Site, ask};

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
        // A way out of the folder, and what is not a file.
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
