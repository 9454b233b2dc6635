//! Attack 27: verification as the attack. Against the real program: two hundred thousand junk submissions on keep-alive
//! connections, while good clients go on redeeming.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::time::Duration;

use portcullis_challenge::Challenge;
use portcullis_clearance::clock::{Clock, SystemClock};
use portcullis_tests::attacker::wire::{self, Connection};
use portcullis_tests::attacker::{Submission, changed};
use portcullis_tests::processes::{PATIENCE, Settings, Verifier};

use crate::program;

const CONNECTIONS: u32 = 16;
/// Requests sent before their answers are read.
const AT_ONCE: u32 = 50;
const JUNK: u32 = 200_000;
/// Shorter than its challenges are good for.
const LIMIT: Duration = Duration::from_secs(240);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn junk_at_full_rate_takes_no_memory_and_keeps_nobody_out() {
    let settings = Settings::in_front_of("http://127.0.0.1:9").difficulty(1024).set("challenge.lifetime", "\"5m\"");
    let mut verifier = Verifier::start(settings).await;
    let address = verifier.address();
    assert_is_junk(address).await;
    let started = verifier.process().resident_memory();
    flood(address, JUNK / 10).await;
    let warm = verifier.process().resident_memory();

    let over = Arc::new(AtomicBool::new(false));
    let redeemed = Arc::new(AtomicU32::new(0));
    let good = tokio::spawn(redeem_until(address, Arc::clone(&over), Arc::clone(&redeemed)));
    let clock = SystemClock::start();
    let begun = clock.steady().0;
    let refused = tokio::time::timeout(LIMIT, flood(address, JUNK)).await.expect("the flood is answered in time");
    let took = (clock.steady().0 - begun).max(1);
    over.store(true, Ordering::SeqCst);
    good.await.expect("good clients keep redeeming");

    let after = verifier.process().resident_memory();
    let redeemed = redeemed.load(Ordering::SeqCst);
    println!(
        "{refused:?} of {JUNK} junk submissions refused as malformed, forged and insufficient work in {took} ms \
         ({} a second); {redeemed} good ones redeemed meanwhile; resident memory {} KiB at start, {} KiB warm, {} KiB after",
        u64::from(JUNK) * 1000 / took,
        started / 1024,
        warm / 1024,
        after / 1024
    );
    // All but the rounding of thirds, on each connection.
    assert!(refused.iter().all(|count| count.abs_diff(JUNK / 3) <= CONNECTIONS), "{refused:?}");
    assert!(redeemed >= 10, "good clients were kept out");
    assert!(after.saturating_sub(warm) < 4 << 20, "memory grew by {} bytes", after - warm);
    let ready = program::get(address, "/.portcullis/readyz", None).await;
    assert_eq!(wire::status(&ready), 200);
    assert_eq!(verifier.log().of("panicked").len(), 0);
}

/// Asserts that each kind of junk is refused for what is wrong with it.
async fn assert_is_junk(address: SocketAddr) {
    let junk = junk(&program::challenge(address).await);
    for (submission, code) in junk.iter().zip(["malformed", "forged", "insufficient-work"]) {
        let refused = wire::exchange(address, &program::post(address, submission, "Connection: close\r\n")).await;
        let body = String::from_utf8_lossy(wire::body(&refused)).into_owned();
        assert!(body.contains(&format!("\"code\":\"{code}\"")), "{body}");
    }
}

/// Sends `count` junk submissions and returns how many were refused with 400, and with 403 for either reason.
async fn flood(address: SocketAddr, count: u32) -> [u32; 3] {
    let floods: Vec<_> =
        (0..CONNECTIONS).map(|_| tokio::spawn(flood_connection(address, count / CONNECTIONS))).collect();
    let mut refused = [0; 3];
    for flood in floods {
        let statuses = flood.await.expect("no junk ends a connection");
        for (total, count) in refused.iter_mut().zip(statuses) {
            *total += count;
        }
    }
    refused
}

async fn flood_connection(address: SocketAddr, count: u32) -> [u32; 3] {
    let challenge = program::challenge(address).await;
    let junk = junk(&challenge).map(|submission| program::post(address, &submission, ""));
    let expected = [400, 403, 403];
    let mut connection = Connection::open(address).await.expect("the verifier listens");
    let mut refused = [0; 3];
    let mut sent = 0;
    while sent < count {
        let batch: Vec<usize> = (sent..count.min(sent + AT_ONCE)).map(|number| number as usize % 3).collect();
        let bytes: Vec<u8> = batch.iter().flat_map(|kind| &junk[*kind]).copied().collect();
        connection.send(&bytes).await.expect("the verifier reads");
        for kind in &batch {
            assert_eq!(connection.status().await.expect("the verifier answers"), expected[*kind]);
            refused[*kind] += 1;
        }
        sent += AT_ONCE;
    }
    refused
}

/// A bad form, a bad tag, and bad work at a challenge that was really issued.
fn junk(challenge: &Challenge) -> [Submission; 3] {
    let good = Submission::solving(challenge);
    let malformed = Submission { challenge: good.challenge[1..].to_owned(), ..good.clone() };
    let forged = good.with_challenge(&changed(challenge, |bytes| bytes[103] ^= 1));
    let all_but_the_last_are_shares: Vec<u32> = {
        let mut nonces = portcullis_tests::attacker::shares(challenge, usize::from(challenge.fields.shares.count()));
        let last = nonces.pop().unwrap_or_default();
        nonces.push((last + 1..).find(|nonce| !is_share(challenge, *nonce)).unwrap_or_default());
        nonces
    };
    [malformed, forged, Submission::of(challenge, &all_but_the_last_are_shares)]
}

fn is_share(challenge: &Challenge, nonce: u32) -> bool {
    challenge.puzzle().is_share(nonce)
}

/// A visitor after the other, none of whom is kept out.
async fn redeem_until(address: SocketAddr, over: Arc<AtomicBool>, redeemed: Arc<AtomicU32>) {
    while !over.load(Ordering::SeqCst) {
        tokio::time::timeout(PATIENCE, program::clear(address)).await.expect("a visitor is cleared");
        redeemed.fetch_add(1, Ordering::SeqCst);
    }
}
