//! What a recipe adds to the time of a request: measured beside the same gateway that only passes requests on, and taken
//! in turns with it. `cargo xtask bench gateway` has the figures written; otherwise a few requests show that a kept
//! connection is served again and again.

use std::env;
use std::fs;
use std::path::PathBuf;
use std::time::Duration;

use portcullis_tests::attacker::wire::Connection;
use serde_json::json;
use tokio::time::Instant;

use crate::client::{HOST, cookie};
use crate::gateway::Gateway;
use crate::recipe::Recipe;
use crate::site::Site;

/// A test for each recipe of a gateway: `added_latency! { PLAIN; subrequest: SUBREQUEST, offline: OFFLINE }`.
macro_rules! added_latency {
    ($plain:ident; $($name:ident: $recipe:ident),+) => {
        mod added_latency {
            $(
                #[tokio::test]
                async fn $name() {
                    $crate::latency::measure(module_path!(), stringify!($name), &super::$recipe, &super::$plain).await;
                }
            )+
        }
    };
}
pub(crate) use added_latency;

/// Sends requests with a good token, one after another on one connection, through `recipe` and through `plain` in turns.
pub(crate) async fn measure(module: &str, mode: &str, recipe: &Recipe, plain: &Recipe) {
    let folder = env::var_os("PORTCULLIS_LATENCIES").map(PathBuf::from);
    let rounds = env::var("PORTCULLIS_ROUNDS").ok().and_then(|rounds| rounds.parse().ok()).unwrap_or(FEW);
    let site = Site::with(recipe, |settings| settings.with_endless_tokens().set("log.level", "\"info\"")).await;
    let without_us = Gateway::start(plain, &site.verifier, site.origin.address()).await;
    let client = site.client_at([127, 0, 0, 1]);
    let cookie = cookie(&client.token().await);
    let request = format!("GET /account?page=1 HTTP/1.1\r\nHost: {HOST}\r\nAccept: text/html\r\n{cookie}\r\n");
    let (mut with, mut without) = (Vec::new(), Vec::new());
    let mut sent = 0;
    while with.len() < rounds {
        let mut others = Connection::open(without_us.address()).await.expect("the gateway listens");
        let mut ours = Connection::open(client.gateway).await.expect("the gateway listens");
        for round in 0..KEPT.min(rounds) + WARM_UP {
            for (connection, times) in [(&mut others, &mut without), (&mut ours, &mut with)] {
                let time = time_of(connection, request.as_bytes()).await;
                times.extend((round >= WARM_UP).then_some(time));
                sent += 1;
            }
        }
    }
    assert_eq!(site.origin.count(), sent, "every request reached the origin");
    if let Some(folder) = folder {
        // `gateways::recipes::nginx::added_latency`
        let gateway = module.split("::").nth(2).unwrap_or(module);
        let name = format!("{gateway}-{}", mode.replace('_', "-"));
        let row = json!({
            "name": name,
            "p50_us": microseconds(&mut with, 0.5),
            "p99_us": microseconds(&mut with, 0.99),
            "plain_p50_us": microseconds(&mut without, 0.5),
            "plain_p99_us": microseconds(&mut without, 0.99),
        });
        let file = folder.join(name).with_extension("json");
        fs::write(&file, row.to_string()).unwrap_or_else(|error| panic!("cannot write {}: {error}", file.display()));
    }
}

#[expect(clippy::disallowed_methods, reason = "what is measured is the time itself")]
async fn time_of(connection: &mut Connection, request: &[u8]) -> Duration {
    let start = Instant::now();
    let exchange = async {
        connection.send(request).await?;
        connection.status().await
    };
    let status = exchange.await.expect("the connection is kept");
    assert_eq!(status, 200);
    start.elapsed()
}

fn microseconds(times: &mut [Duration], quantile: f64) -> f64 {
    times.sort_unstable();
    let last = times.len() - 1;
    times[(quantile * last as f64).round() as usize].as_secs_f64() * 1e6
}

/// Enough to see that it works.
const FEW: usize = 20;
/// Requests on a connection: some gateways end it after a hundred.
const KEPT: usize = 80;
/// Until connections are open and keys known.
const WARM_UP: usize = 10;
