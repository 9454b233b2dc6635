//! A rush on a site that lets clients in by turns: so many ask from the visitor's own network that its turn hardly ever
//! comes.

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
    sent_away: Arc<AtomicUsize>,
}

impl Site {
    /// Starts the site in mode `queue`, at a low rate, with no other bound on what a client may ask.
    pub(crate) async fn by_turns() -> Self {
        let queue = [
            ("gate.mode", "\"queue\""),
            ("pressure.requests", "10"),
            // Long enough for a form's turn when nobody else waits.
            ("pressure.turn", "\"500ms\""),
            // A page's own files are asked for as well; a rush with one token is over the usual budget at once.
            ("budget", "[]"),
        ];
        Self::with(|settings| queue.iter().fold(settings, |settings: Settings, (key, value)| settings.set(key, value)))
            .await
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

    /// Begins a rush of cleared clients, and waits until it is in full swing.
    pub(crate) async fn rush(&self) -> Rush {
        let (url, cookie) = (self.url("/login"), self.cookie().await);
        let sent_away = Arc::new(AtomicUsize::new(0));
        let mut clients = JoinSet::new();
        for _ in 0..CLIENTS {
            clients.spawn(ask_again_and_again(url.clone(), cookie.clone(), Arc::clone(&sent_away)));
        }
        let rush = Rush { _clients: clients, sent_away };
        rush.sends_away(2 * CLIENTS).await;
        rush
    }
}

impl Rush {
    /// Waits until so many more requests have been sent away.
    pub(crate) async fn sends_away(&self, more: usize) {
        let enough = self.sent_away.load(Ordering::Relaxed) + more;
        let seen = async || (self.sent_away.load(Ordering::Relaxed) >= enough).then_some(());
        eventually("clients are sent away", LIMIT, seen).await;
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
/// More than a network has room for: whoever comes besides hardly ever finds a place in the line.
const CLIENTS: usize = 80;
const PAUSE: Duration = Duration::from_millis(10);
