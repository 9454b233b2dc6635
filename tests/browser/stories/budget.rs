//! What one solved challenge costs a visitor on the wire, with nothing in the cache.
//!
//! Counted are the bodies of all answers, coded as they went, up to the one that redeems the solution. Heads are shown
//! and not counted: HTTP/2 and HTTP/3, which visitors mostly get from the gateway in front, pack them.
//!
//! Counted are the requests without which nothing is solved: page, style sheet, script, solver, redemption. Two more are
//! not among them:
//!
//! - The icon. A browser asks for one when the page is there already, or does not; nothing waits for it, and without the
//!   page's own it would ask for `/favicon.ico` instead. Its bytes are counted.
//! - `authorize`, by which the page sees whether the browser kept the cookie. That is after the solving, and cannot be folded
//!   into the redemption: the answer to that comes before the cookie is kept, and the page cannot read it (`HttpOnly`).

use std::fmt::Write as _;

use http::header::{ACCEPT_ENCODING, ACCEPT_LANGUAGE};
use portcullis_tests::in_process::{Gate, navigation};

use super::access::translations;
use crate::chromium::Launch;
use crate::relay::{Exchange, Relay};
use crate::site::Site;

#[tokio::test]
async fn a_solved_challenge_takes_at_most_15_kilobytes_and_5_requests() {
    let site = Site::open().await;
    let relay = Relay::start(site.verifier.address()).await;
    let language = longest_page().await;
    Launch::default()
        .visit(async |browser| {
            browser.reads(&language).await;
            browser.open(&relay.url("/login")).await;
            browser.sees_login().await;
        })
        .await;

    let mut exchanges = relay.exchanges();
    let redeemed = exchanges.iter().position(|exchange| exchange.request == "POST /.portcullis/redeem");
    exchanges.truncate(redeemed.expect("the solution was redeemed") + 1);
    let table = table(&exchanges, &language);
    println!("{table}");
    assert_eq!((exchanges[0].status, exchanges[0].coding.as_str()), (403, "gzip"), "the page comes first\n{table}");
    assert!(exchanges.iter().all(|exchange| exchange.status != 0), "every answer was counted\n{table}");
    let bytes: usize = exchanges.iter().map(|exchange| exchange.body).sum();
    let requests = exchanges.iter().filter(|exchange| !exchange.request.ends_with("/icon.svg")).count();
    assert!(bytes <= MOST_BYTES, "{bytes} bytes\n{table}");
    assert!(requests <= MOST_REQUESTS, "{requests} requests\n{table}");
}

/// The language whose page takes the most bytes.
async fn longest_page() -> String {
    let gate = Gate::lowered();
    let mut longest = (0, String::new());
    for (language, _) in translations() {
        let page = navigation("/").header(ACCEPT_LANGUAGE, &language).header(ACCEPT_ENCODING, "gzip");
        let length = gate.send(page).await.body.len();
        longest = longest.max((length, language));
    }
    longest.1
}

fn table(exchanges: &[Exchange], language: &str) -> String {
    let mut table = format!("One solved challenge, page in {language:?}:\n  body   head  coding  status  request\n");
    let sum = |of: fn(&Exchange) -> usize| exchanges.iter().map(of).sum::<usize>();
    for Exchange { request, status, coding, head, body } in exchanges {
        // Writing to a string cannot fail.
        let _ = writeln!(table, "{body:>6} {head:>6}  {coding:6}  {status:6}  {request}");
    }
    let _ = writeln!(table, "{:>6} {:>6}", sum(|exchange| exchange.body), sum(|exchange| exchange.head));
    table
}

const MOST_BYTES: usize = 15_000;
const MOST_REQUESTS: usize = 5;
