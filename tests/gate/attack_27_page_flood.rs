//! Attack 27: asking as the attack. Pages, challenges that nobody solves, and junk solutions cost the verifier a constant
//! each, leave nothing in memory, and change nothing of what anybody is asked for.

use std::net::SocketAddr;
use std::time::Duration;

use portcullis_tests::attacker::Submission;
use portcullis_tests::attacker::wire::Connection;
use portcullis_tests::in_process::{Gate, from, get, navigation};
use portcullis_tests::processes::{Settings, Verifier};

#[tokio::test]
async fn pages_junk_and_unsolved_challenges_raise_nobodys_difficulty() {
    let gate = Gate::lowered();
    let least = difficulty(&gate, ELSEWHERE).await;
    let junk = Submission::of(&gate.challenge().await, &[1, 2, 3, 4, 5, 6, 7, 8]);
    for _ in 0..20 {
        for _ in 0..100 {
            assert!(gate.send(from(navigation("/login"), FLOODER)).await.is_page());
            gate.challenge_by(from(get("/.portcullis/challenge"), FLOODER)).await;
            assert_eq!(gate.redeem_from(&junk, FLOODER).await.status, 403);
        }
        gate.clock().advance(Duration::from_secs(1));
        gate.verifier.take_pressure();
        let report = gate.verifier.pressure().report();
        assert_eq!(
            (report.sample.asked_new, report.sample.solved),
            (100.0, 0.0),
            "the flood is seen, and solves nothing"
        );
        assert_eq!((report.survey.pressed, report.stance.bits), (0, 0.0));
        assert_eq!([difficulty(&gate, FLOODER).await, difficulty(&gate, ELSEWHERE).await], [least; 2]);
    }
    assert_eq!(gate.verifier.redeemed(), 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_flood_of_pages_costs_a_constant_each_and_no_memory() {
    let mut verifier = Verifier::start(Settings::in_front_of("http://127.0.0.1:9").set("log.level", "\"info\"")).await;
    let address = verifier.address();
    flood(address, PAGES / 5).await;
    let (mut memory, mut busy) = (Vec::new(), Vec::new());
    while busy.len() < 3 || (costs_more_and_more(&busy) && busy.len() < MOST_FLOODS) {
        let before = verifier.process().busy();
        flood(address, PAGES).await;
        busy.push(verifier.process().busy() - before);
        memory.push(verifier.process().resident_memory());
    }
    println!("again and again {PAGES} pages: {busy:?} of a processor, {memory:?} bytes resident");
    assert!(memory[2].saturating_sub(memory[0]) < 4 << 20, "memory grew: {memory:?}");
    assert!(!costs_more_and_more(&busy), "{busy:?}");
}

/// Whether the same pages never again, from the third time on, cost within twice what they did the first time. Once may be
/// chance, on a machine where others are busy; what grew with the pages would not come down again.
fn costs_more_and_more(busy: &[Duration]) -> bool {
    busy[2..].iter().all(|later| *later >= 2 * busy[0] + Duration::from_millis(100))
}

/// Asks for `count` pages on a few connections, and throws them away.
async fn flood(address: SocketAddr, count: u32) {
    let floods: Vec<_> = (0..CONNECTIONS)
        .map(|_| {
            tokio::spawn(async move {
                let request = format!(
                    "GET /login HTTP/1.1\r\nHost: {address}\r\nAccept: text/html\r\nSec-Fetch-Mode: navigate\r\n\r\n"
                );
                let mut connection = Connection::open(address).await.expect("the verifier listens");
                for _ in 0..count / CONNECTIONS {
                    connection.send(request.as_bytes()).await.expect("the verifier reads");
                    assert_eq!(connection.status().await.expect("the verifier answers"), 403);
                }
            })
        })
        .collect();
    for flood in floods {
        flood.await.expect("no page ends a connection");
    }
}

async fn difficulty(gate: &Gate, address: &str) -> u32 {
    let challenge = gate.challenge_by(from(get("/.portcullis/challenge"), address)).await;
    challenge.fields.difficulty().attempts()
}

const FLOODER: &str = "198.51.100.1";
const ELSEWHERE: &str = "192.0.2.1";
const PAGES: u32 = 20_000;
const MOST_FLOODS: usize = 12;
const CONNECTIONS: u32 = 8;
