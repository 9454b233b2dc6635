//! A rush on a site that lets clients in one after another: clients of the visitor's own network ask until its line has
//! no place left. A client with a place keeps it until the rush is over, or for longer than a story takes.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use bytes::Bytes;
use http::Request;
use http::header::{CONTENT_TYPE, COOKIE};
use http_body_util::{BodyExt, Full};
use hyper_util::client::legacy::Client;
use hyper_util::rt::TokioExecutor;
use portcullis_tests::processes::{Settings, eventually, program};
use tokio::task::JoinSet;

use crate::browser::LIMIT;
use crate::site::Site;

/// A rush. It is over when dropped.
pub(crate) struct Rush {
    _clients: JoinSet<()>,
}

impl Site {
    /// Starts the site in mode `queue`, at a low rate, with no other bound on what a client may ask.
    pub(crate) async fn by_turns() -> Self {
        let queue = [
            ("gate.mode", "\"queue\""),
            // A place in a line becomes free once in four seconds, and is taken at once.
            ("pressure.requests", "1"),
            // Nobody loses a place for having waited too long, and a visitor who has one gets in.
            ("pressure.turn", "\"1m\""),
            // However much a network asks for, a new client of it is done at once.
            ("pressure.most_difficulty", "65536"),
        ];
        // A page's own files are asked for as well; a rush with one token is over the usual budget at once.
        let set = |settings: Settings, (key, value): &(&str, &str)| settings.set(key, value);
        Self::with(|settings| queue.iter().fold(settings.with_endless_tokens(), set)).await
    }

    /// Earns a clearance token for this machine, as a `Cookie` header has it.
    pub(crate) async fn cookie(&self) -> String {
        let mut solve = program("portcullis");
        solve.args(["solve", "--quiet", "--threads", "1"]).arg(self.url("/"));
        let solved = tokio::task::spawn_blocking(move || solve.output()).await.expect("solving does not panic");
        let solved = solved.expect("portcullis can be started");
        assert!(solved.status.success(), "{}", String::from_utf8_lossy(&solved.stderr));
        String::from_utf8_lossy(&solved.stdout).trim().to_owned()
    }

    /// Begins a rush of cleared clients, and waits until the line is full.
    pub(crate) async fn rush(&self) -> Rush {
        let (url, cookie) = (self.url("/login"), self.cookie().await);
        let sent_away = Arc::new(AtomicUsize::new(0));
        let mut clients = JoinSet::new();
        for _ in 0..CLIENTS {
            clients.spawn(ask_again_and_again(url.clone(), cookie.clone(), Arc::clone(&sent_away)));
        }
        // A client that is sent away so soon found no place.
        let full = async || (sent_away.load(Ordering::Relaxed) >= CLIENTS).then_some(());
        eventually("the line is full", LIMIT, full).await;
        Rush { _clients: clients }
    }
}

/// Posts a form, which costs a turn more than a page does, until the rush is over.
async fn ask_again_and_again(url: String, cookie: String, sent_away: Arc<AtomicUsize>) {
    let client = Client::builder(TokioExecutor::new()).build_http::<Full<Bytes>>();
    loop {
        let request = Request::post(&url).header(COOKIE, &cookie).header(CONTENT_TYPE, FORM);
        let request = request.body(Full::from("user=rush&password=x")).expect("a request made of constants");
        if let Ok(answer) = client.request(request).await {
            sent_away.fetch_add(usize::from(answer.status() == 503), Ordering::Relaxed);
            let _ = answer.into_body().collect().await;
        }
        // The verifier, the browser and the rush share a machine.
        tokio::time::sleep(PAUSE).await;
    }
}

const FORM: &str = "application/x-www-form-urlencoded";
/// More than a network has places for, which are 32: the others ask so often that no place stays free.
const CLIENTS: usize = 48;
const PAUSE: Duration = Duration::from_millis(10);
