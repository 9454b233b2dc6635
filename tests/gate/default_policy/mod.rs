//! The promises of the default policy, one test each, through the real router with the gate lowered: who goes on without
//! work, and that the trick by which somebody else would slip through the same hole leads to the challenge.

mod bounds;
mod files;
mod guards;
mod programs;

use std::sync::atomic::{AtomicU8, Ordering};

use http::header::{AUTHORIZATION, ORIGIN};
use http::request::Builder;
use http::{Request, StatusCode};
use portcullis_tests::in_process::{Gate, HOST, Origin, from};

/// A site behind the lowered gate.
struct Site {
    origin: Origin,
    gate: Gate,
    networks: AtomicU8,
}

/// What became of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fate {
    /// It came to the origin.
    Passed,
    /// Its client was asked for work.
    Challenged,
}
use Fate::{Challenged, Passed};

impl Site {
    async fn open() -> Self {
        Self::in_mode("challenge-all").await
    }

    async fn in_mode(mode: &str) -> Self {
        let origin = Origin::start().await;
        let gate = Gate::in_front_of(&origin, &[&format!("gate.mode={mode}")]);
        Self { origin, gate, networks: AtomicU8::new(0) }
    }

    /// Sends a request, each from a network of its own.
    async fn fate(&self, request: Builder) -> Fate {
        let network = self.networks.fetch_add(1, Ordering::Relaxed);
        self.fate_from(request, &format!("198.51.{network}.7")).await
    }

    async fn fate_from(&self, request: Builder, address: &str) -> Fate {
        let before = self.origin.arrived().len();
        let status = self.gate.send(from(request, address)).await.status;
        let arrived = self.origin.arrived().len() - before;
        match (status, arrived) {
            (StatusCode::OK, 1) => Passed,
            (StatusCode::FORBIDDEN, 0) => Challenged,
            other => panic!("{other:?}"),
        }
    }

    async fn all(&self, fate: Fate, targets: &[&str], request: impl Fn(&str) -> Builder) {
        for target in targets {
            assert_eq!(self.fate(request(target)).await, fate, "{target}");
        }
    }
}

/// A program's request of any method.
fn ask(method: &str, target: &str) -> Builder {
    Request::builder().method(method).uri(target).header("host", HOST)
}

/// An app's request, with a token of the API's own.
fn with_token(method: &str, target: &str) -> Builder {
    ask(method, target).header(AUTHORIZATION, TOKEN)
}

/// A browser's question before it asks another origin.
fn preflight(target: &str) -> Builder {
    ask("OPTIONS", target).header(ORIGIN, "https://app.example").header("access-control-request-method", "POST")
}

const TOKEN: &str = "Bearer 0123456789abcdef0123";
