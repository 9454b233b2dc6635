//! What has to be done now and then while the verifier runs.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::{Interval, MissedTickBehavior, interval};

use crate::app::App;
use crate::pressure::Mode;

/// Takes the pressure every second, lets those whose turn has come go on, looks up who says to be a bot, takes up rotated
/// keys, and gives memory back. Runs until it is dropped. Whatever takes long or reads from the disk is done off the async
/// threads, and none of them waits for another.
pub async fn keep_up(app: Arc<App>) {
    let turns = async {
        let mut ticks = every(TURNS);
        loop {
            ticks.tick().await;
            app.let_go_on();
        }
    };
    tokio::join!(
        turns,
        crate::bots::look_up(&app),
        repeat(&app, PRESSURE, App::take_pressure),
        repeat(&app, POLICY, App::watch_policy),
        repeat(&app, OTHERS, App::tidy_up)
    );
}

async fn repeat(app: &Arc<App>, period: Duration, act: fn(&App)) {
    let mut ticks = every(period);
    loop {
        ticks.tick().await;
        let app = Arc::clone(app);
        // A panic in there has been logged, and the next tick tries again.
        let _ = tokio::task::spawn_blocking(move || act(&app)).await;
    }
}

fn every(period: Duration) -> Interval {
    let mut ticks = interval(period);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    ticks
}

impl App {
    /// Tells requests whose turn has come.
    pub fn let_go_on(&self) {
        let stance = self.pressure().stance();
        // Whoever still waits when there are no turns any longer goes on at once.
        if stance.mode == Mode::Queue || self.turns.waiting() > 0 {
            self.turns.release(stance.rate, self.clock.steady());
        }
    }

    /// Takes the pressure, and the stance that it asks for. About once a second.
    pub fn take_pressure(&self) {
        self.control.steer(self.pressure(), self.clock.as_ref());
        self.turns.forget();
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
        if let Err(error) = self.reload_standing_key() {
            tracing::error!(event = "standing-key-not-reloaded", %error, "the key read before stays in use");
        }
        if let Err(error) = self.reload_groups() {
            tracing::error!(event = "asn-database-not-reloaded", %error, "the database read before stays in use");
        }
    }
}

/// Often enough that a turn is not waited for longer than it has to be.
const TURNS: Duration = Duration::from_millis(20);
const PRESSURE: Duration = Duration::from_secs(1);
/// An operator who saves a file wants to see what it does.
const POLICY: Duration = Duration::from_secs(1);
const OTHERS: Duration = Duration::from_secs(10);
