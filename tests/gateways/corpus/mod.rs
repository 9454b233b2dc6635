//! One corpus, every gateway: the same requests to each recipe, and to the verifier's own proxy, and what became of them as
//! a matrix in the manual.
//!
//! `docs/gateway-matrix.md` is written by this test when `PORTCULLIS_WRITE_MATRIX=1`, and compared otherwise. The columns
//! of gateways that are not installed are left as they are.

mod http2;
mod matrix;
mod outcome;
mod rows;
mod tokens;

use std::path::Path;

use futures_util::{StreamExt, stream};
use portcullis_tests::attacker::tokens::newest_key;
use portcullis_tests::processes::{Settings, installed};
use serde_json::Value;

use self::matrix::Column;
use self::outcome::Outcome;
use self::rows::{Corpus, Fate, Row};
use self::tokens::Tokens;
use crate::answer::Answer;
use crate::origin::Received;
use crate::recipe::Recipe;
use crate::recipes;
use crate::site::Site;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_gateway_does_with_every_request_what_the_manual_says() {
    let corpus: Corpus = toml::from_str(include_str!("corpus.toml")).expect("the corpus is TOML");
    let is_installed = |program| Path::new(installed(program).get_program()).is_file();
    let at_hand = recipes::ALL.iter().filter(|(_, program, _)| is_installed(program));
    let own = async { Column { name: OWN, outcomes: outcomes(&corpus.row, None).await, recipe: None } };
    let others = at_hand.map(|(name, _, recipe)| {
        let rows = &corpus.row;
        async move { Column { name, outcomes: outcomes(rows, Some(recipe)).await, recipe: Some(*recipe) } }
    });
    // A few at a time: gateways give a verifier two seconds, and all at once would take them from each other.
    let others = stream::iter(others).buffered(AT_ONCE).collect::<Vec<_>>();
    let (own, others) = tokio::join!(own, others);
    let columns: Vec<_> = std::iter::once(own).chain(others).collect();
    matrix::settle(&corpus.row, &columns, 1 + recipes::ALL.len());
}

/// Recipes that meet the corpus at the same time.
const AT_ONCE: usize = 3;
/// The name of the column without a gateway.
const OWN: &str = "own proxy";

/// What becomes of every row; `None` where there is nothing to be asked of this recipe.
async fn outcomes(rows: &[Row], recipe: Option<&Recipe>) -> Vec<Option<Outcome>> {
    let mut outcomes = vec![None; rows.len()];
    for fate in [None, Some(Fate::Killed), Some(Fate::Frozen), Some(Fate::Garbage)] {
        // Our own proxy is the verifier: when it fails, there is nobody to decide and nobody to pass on.
        if fate.is_some() && recipe.is_none() {
            continue;
        }
        let mut site = site(recipe).await;
        let tokens = all_tokens(&site).await;
        let _failed = match fate {
            Some(fate) => Some(fate.failure().befall(&mut site.verifier).await),
            None => None,
        };
        let before = site.origin.count();
        let mut answers = Vec::new();
        for (number, row) in rows.iter().enumerate().filter(|(_, row)| row.verifier == fate) {
            answers.push((number, ask(&site, number, row, &tokens).await));
        }
        // Only now: a gateway may have answered before it passed on.
        let reached = by_row(site.end().await.split_off(before), rows.len());
        for (number, answer) in answers {
            outcomes[number] = Some(Outcome::of(answer.as_ref(), &reached[number], rows[number].target()));
        }
    }
    outcomes
}

/// The requests that reached the origin, by the row that sent them.
fn by_row(reached: Vec<Received>, rows: usize) -> Vec<Vec<Received>> {
    let mut by_row = vec![Vec::new(); rows];
    for request in reached {
        let row = rows::mark_of(&request).and_then(|row| by_row.get_mut(row));
        row.unwrap_or_else(|| panic!("no row sent what reached the origin: {request:?}")).push(request);
    }
    by_row
}

async fn site(recipe: Option<&Recipe>) -> Site {
    match recipe {
        Some(recipe) => Site::with(recipe, Settings::with_few_logins).await,
        None => Site::of_own_proxy(Settings::with_few_logins).await,
    }
}

async fn all_tokens(site: &Site) -> Tokens {
    let client = site.client();
    let (good, spent) = (client.token().await, client.token().await);
    for _ in 0..2 {
        let cookie = crate::client::cookie(&spent);
        client.post("/login", "text/plain", &cookie, "").await;
    }
    let published = client.navigate("/.portcullis/jwks.json", "").await.body;
    let published: Value = serde_json::from_str(&published).unwrap_or_default();
    tokens::all(good, spent, &newest_key(&site.verifier.keys()), &published["keys"][0])
}

/// Sends a row's request. The answer, unless it is in HTTP/2.
async fn ask(site: &Site, number: usize, row: &Row, tokens: &Tokens) -> Option<Answer> {
    let (client, bytes) = (site.client_at(row.source()), row.bytes(number, tokens));
    if row.is_http2() {
        let is_over = |received: &[u8]| received.starts_with(b"HTTP/") || http2::is_over(received);
        client.send_until(&bytes, is_over).await;
        return None;
    }
    Some(client.send(&bytes).await)
}
