//! What the verifier does by itself while it runs.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::{Interval, MissedTickBehavior, interval};

use crate::verifier::Verifier;
use portcullis_admission::pressure::Mode;

/// Takes the pressure every second, lets requests go on when their turn comes, looks up clients that claim to be bots,
/// reads rotated keys, and frees memory. Runs until it is dropped. Anything that takes long or reads from the disk is
/// done off the async threads, and no task waits for another.
pub async fn keep_up(verifier: Arc<Verifier>) {
    let turns = async {
        let mut ticks = every(TURNS);
        loop {
            ticks.tick().await;
            verifier.let_go_on();
        }
    };
    tokio::join!(
        turns,
        portcullis_bots::look_up(&verifier.bots, &verifier.clock),
        repeat(&verifier, PRESSURE, Verifier::take_pressure),
        repeat(&verifier, POLICY, Verifier::watch_policy),
        repeat(&verifier, OTHERS, Verifier::tidy_up)
    );
}

async fn repeat(verifier: &Arc<Verifier>, period: Duration, act: fn(&Verifier)) {
    let mut ticks = every(period);
    loop {
        ticks.tick().await;
        let verifier = Arc::clone(verifier);
        // A panic in there has been logged, and the next tick tries again.
        let _ = tokio::task::spawn_blocking(move || act(&verifier)).await;
    }
}

fn every(period: Duration) -> Interval {
    let mut ticks = interval(period);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    ticks
}

impl Verifier {
    /// Tells requests whose turn has come.
    pub fn let_go_on(&self) {
        let stance = self.pressure().stance();
        // If there are no turns any longer, waiting requests go on at once.
        if stance.mode == Mode::Queue || self.queue.waiting() > 0 {
            self.queue.release(stance.rate, self.clock.steady());
        }
    }

    /// Reads the policy again if one of its files has changed. Blocks on the disk.
    pub fn watch_policy(&self) {
        self.rules.watch();
    }

    /// Frees the memory of solutions, responses and budgets that no longer matter.
    pub fn forget_expired(&self) {
        let now = self.clock.steady();
        self.claims.forget_before(now);
        self.admission.ledger.forget(now, self.clock.now());
        self.standing.forget(now);
        self.bots.forget(now);
    }

    /// Takes the pressure, and the stance that it asks for. About once a second.
    pub fn take_pressure(&self) {
        self.control.steer(self.pressure(), self.clock.as_ref());
        self.queue.forget();
        self.rules.measure(self.clock.steady());
        if let Some((before, mode)) = self.pressure().step(self.clock.steady()) {
            let report = self.pressure().report();
            let to_a_tenth = |number: f64| (number * 10.0).round() / 10.0;
            let [strain, asked, capacity] = [report.strain, report.sample.asked(), report.capacity].map(to_a_tenth);
            tracing::warn!(event = "mode", %mode, %before, setting = %report.setting, strain, asked, capacity);
        }
    }

    /// Forgets what has expired, and reads keys, secrets and the database of autonomous systems again. About every ten seconds.
    pub fn tidy_up(&self) {
        self.forget_expired();
        if let Err(error) = self.reload_keys() {
            tracing::error!(event = "keys-not-reloaded", %error, "the keys read before stay in use");
        }
        if let Err(error) = self.reload_secrets() {
            tracing::error!(event = "secrets-not-reloaded", %error, "the secrets read before stay in use");
        }
        if let Err(error) = self.standing.reload() {
            tracing::error!(event = "standing-key-not-reloaded", %error, "the key read before stays in use");
        }
        if let Err(error) = self.clients.reload_systems() {
            tracing::error!(event = "asn-database-not-reloaded", %error, "the database read before stays in use");
        }
    }
}

/// Often enough that nobody waits longer for a turn than necessary.
const TURNS: Duration = Duration::from_millis(20);
const PRESSURE: Duration = Duration::from_secs(1);
/// An operator who saves a file wants to see what it does.
const POLICY: Duration = Duration::from_secs(1);
const OTHERS: Duration = Duration::from_secs(10);
