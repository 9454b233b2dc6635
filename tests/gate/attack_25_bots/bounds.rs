//! A flood of clients that say to be a bot.

use http::header::USER_AGENT;
use portcullis_tests::in_process::{from, get, resident_memory};
use portcullis_tests::name_server::NameServer;

use super::names::until_admitted;
use super::{GOOGLEBOT, Site};

/// Runs by itself, in a process of its own: other tests' memory is none of its business.
#[test]
fn a_hundred_thousand_liars_fill_neither_memory_nor_the_way_of_a_bot() {
    crate::alone::run(
        concat!(module_path!(), "::a_hundred_thousand_liars_fill_neither_memory_nor_the_way_of_a_bot"),
        flood_and_come,
    );
}

async fn flood_and_come() {
    let server = NameServer::start().await;
    let site = Site::asking(&server).await;
    // Each from a network of its own.
    let liar = |number: u32| std::net::Ipv4Addr::from(0x0b00_0001 + (number << 8)).to_string();
    server.hold();
    for number in 0..20_000 {
        assert!(!site.admits_googlebot(&liar(number)).await);
    }
    let before = resident_memory();
    for number in 20_000..100_000 {
        assert!(!site.admits(from(get("/").header(USER_AGENT, GOOGLEBOT), &liar(number))).await);
    }
    let grown = resident_memory().saturating_sub(before);
    assert!(grown < 16 << 20, "{grown} bytes for 80 000 addresses");
    // What waits is what there is room for, and a few were asked about meanwhile.
    assert!(site.lookups("no-room").await > 90_000, "{}", site.lookups("no-room").await);
    assert!(server.asked().len() < 5_000, "{}", server.asked().len());

    server.points("192.0.2.9", &["crawl-1.googlebot.com."]);
    server.has("crawl-1.googlebot.com.", "A", &["192.0.2.9"]);
    server.release();
    until_admitted(&site, "192.0.2.9").await;
}
