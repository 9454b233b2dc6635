//! The ear of browsers whose drivers do not tell what is on the console: the relay gives every page one more script,
//! which tells the relay. The page's own policy allows that, since the script is of its own origin.

use std::mem;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use axum::Router;
use axum::extract::State;
use axum::routing::{get, post};
use bytes::Bytes;
use http::header::{ACCEPT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE};
use http::{Request, Response, StatusCode};
use parking_lot::Mutex;
use serde_json::Value;

use crate::browser::Logged;
use crate::trace;

/// What pages tell. They do so once somebody listens.
#[derive(Default)]
pub(crate) struct Witness {
    is_called: AtomicBool,
    told: Mutex<Vec<Logged>>,
}

impl Witness {
    /// Lets pages tell what happens in them, from now on.
    pub(crate) fn call(&self) {
        self.is_called.store(true, Ordering::Relaxed);
    }

    /// What pages told since it was last asked for.
    pub(crate) fn take(&self) -> Vec<Logged> {
        mem::take(&mut self.told.lock())
    }

    /// Where pages get the script, and where it tells.
    pub(crate) fn routes(self: &Arc<Self>) -> Router {
        let script = format!("{{ {SCRIPT} {} }}", trace::SCRIPT);
        Router::new()
            .route(SCRIPT_PATH, get(async || ([(CONTENT_TYPE, "text/javascript")], script)))
            .route(TELL_PATH, post(hear))
            .with_state(Arc::clone(self))
    }

    /// Sees to it that a page comes in a form that can be changed.
    pub(crate) fn before<B>(&self, request: &mut Request<B>) {
        let is_page = !request.uri().path().starts_with("/.portcullis/");
        if is_page && self.is_called.load(Ordering::Relaxed) {
            request.headers_mut().remove(ACCEPT_ENCODING);
        }
    }

    /// Gives a page the script, before its own.
    pub(crate) fn after(&self, answer: Response<Bytes>) -> Response<Bytes> {
        let is_html = |kind: &http::HeaderValue| kind.as_bytes().starts_with(b"text/html");
        if !self.is_called.load(Ordering::Relaxed) || !answer.headers().get(CONTENT_TYPE).is_some_and(is_html) {
            return answer;
        }
        let (mut head, body) = answer.into_parts();
        let html = String::from_utf8_lossy(&body);
        let html = html.replacen("<head>", &format!("<head><script src=\"{SCRIPT_PATH}\"></script>"), 1);
        head.headers.insert(CONTENT_LENGTH, html.len().into());
        Response::from_parts(head, html.into())
    }
}

async fn hear(State(witness): State<Arc<Witness>>, body: Bytes) -> StatusCode {
    let said: Value = serde_json::from_slice(&body).unwrap_or_default();
    let text = |name: &str| said[name].as_str().unwrap_or_default().to_owned();
    let logged = Logged { level: text("level"), source: text("source"), message: text("message") };
    witness.told.lock().push(logged);
    StatusCode::NO_CONTENT
}

const SCRIPT_PATH: &str = "/.witness.js";
const TELL_PATH: &str = "/.witness";

/// Sends on what is said on the console, and what would stand there without anyone saying it.
const SCRIPT: &str = r#"
    const witness = (level, source, message) => {
      navigator.sendBeacon("/.witness", JSON.stringify({ level, source, message: String(message) }));
    };
    for (const [method, level] of [["info", "INFO"], ["error", "SEVERE"]]) {
      const say = console[method];
      console[method] = (...words) => {
        witness(level, "console-api", words.join(" "));
        say.apply(console, words);
      };
    }
    addEventListener("error", ({ message }) => witness("SEVERE", "javascript", message));
    addEventListener("unhandledrejection", ({ reason }) => witness("SEVERE", "javascript", reason));
    addEventListener("securitypolicyviolation", ({ effectiveDirective, blockedURI }) => {
      witness("SEVERE", "security", `${effectiveDirective} forbids ${blockedURI}`);
    });
"#;
