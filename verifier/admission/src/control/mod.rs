//! Who sets the mode, and the other settings that can change while the verifier runs.
//!
//! From the strongest to the weakest: an operator, by `portcullis mode`, for a given time or for as long as this
//! process runs; `gate.mode` in the configuration; and, if that says `auto`, the pressure, which does not go below the
//! schedule.

pub mod schedule;
pub mod week_time;

use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use parking_lot::{Mutex, MutexGuard};
use portcullis_challenge::UnixMillis;
use portcullis_clearance::clock::{Clock, millis};
use serde::{Deserialize, Serialize};

use crate::pressure::{Mode, Pressure, Setting};
use schedule::Scheduled;

/// What the configuration says about the mode.
#[derive(Clone, Debug)]
pub struct ControlTerms {
    /// `gate.mode`.
    pub setting: Setting,
    /// `[[schedule]]`.
    pub schedule: Vec<Scheduled>,
    /// `gate.dry_run`.
    pub dry_run: bool,
}

/// Who sets the mode.
#[derive(Debug)]
pub struct Control {
    state: Mutex<State>,
    dry_run: AtomicBool,
}

#[derive(Debug)]
struct State {
    configured: Setting,
    schedule: Vec<Scheduled>,
    manual: Option<Manual>,
    /// The mode at the last look, and since when it has been that.
    mode: (Mode, UnixMillis),
    /// Since when the setting has been what it is.
    set_at: UnixMillis,
}

/// What an operator has set, and the steady time at which it ends, if it does.
#[derive(Clone, Copy, Debug)]
struct Manual {
    setting: Setting,
    until: Option<UnixMillis>,
}

/// The source of a setting.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SetBy {
    /// `gate.mode`.
    Configuration,
    /// `portcullis mode`.
    Operator,
}

impl SetBy {
    /// Its name in metrics and the log.
    pub fn name(self) -> &'static str {
        match self {
            Self::Configuration => "configuration",
            Self::Operator => "operator",
        }
    }
}

impl fmt::Display for SetBy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// The setting, and how long it lasts.
#[derive(Clone, Copy, Debug)]
pub struct Steering {
    /// The current setting.
    pub setting: Setting,
    /// Its source.
    pub by: SetBy,
    /// The setting after the operator's has ended.
    pub configured: Setting,
    /// For how much longer the operator's setting holds, if it ends by itself.
    pub remaining: Option<Duration>,
    /// For how long the setting has been this.
    pub set_for: Duration,
    /// The least mode by the schedule.
    pub least: Mode,
    /// For how long the mode has been what it is.
    pub mode_for: Duration,
}

impl Control {
    /// As configured. `now` is a steady time.
    pub fn new(terms: ControlTerms, now: UnixMillis) -> Self {
        let state = State {
            configured: terms.setting,
            schedule: terms.schedule,
            manual: None,
            mode: (Mode::Off, now),
            set_at: now,
        };
        Self { state: Mutex::new(state), dry_run: AtomicBool::new(terms.dry_run) }
    }

    /// Whether this is a dry run: everything passes, and verdicts are only reported.
    pub fn is_dry_run(&self) -> bool {
        self.dry_run.load(Ordering::Relaxed)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock()
    }
}

impl State {
    fn setting(&self) -> (Setting, SetBy) {
        self.manual.map_or((self.configured, SetBy::Configuration), |manual| (manual.setting, SetBy::Operator))
    }
}

impl Control {
    /// Sets the mode, as an operator does: for a time, or until it is set again or this process ends. A setting that is
    /// the configured one does not count as the operator's.
    pub fn set_mode(&self, pressure: &Pressure, clock: &dyn Clock, setting: Setting, period: Option<Duration>) {
        let now = clock.steady();
        let mut state = self.state();
        let until = period.map(|period| UnixMillis(now.0.saturating_add(millis(period))));
        state.manual = (setting != state.configured).then_some(Manual { setting, until });
        state.set_at = now;
        let period = period.map(|period| humantime::format_duration(period).to_string());
        tracing::warn!(event = "setting", %setting, by = %SetBy::Operator, period);
        state.take_setting(pressure, clock);
    }

    /// Ends an operator's setting when its time is over, and follows the schedule. Called about once a second.
    pub fn steer(&self, pressure: &Pressure, clock: &dyn Clock) {
        let now = clock.steady();
        let mut state = self.state();
        if state.manual.is_some_and(|manual| manual.until.is_some_and(|until| until <= now)) {
            state.manual = None;
            state.set_at = now;
            tracing::warn!(event = "setting", setting = %state.configured, by = %SetBy::Configuration, "the operator's time is over");
            state.take_setting(pressure, clock);
        }
        state.follow_schedule(pressure, clock);
    }

    /// Takes over what a new configuration says about the mode. An operator's setting stays.
    pub fn take(&self, terms: ControlTerms, pressure: &Pressure, clock: &dyn Clock) {
        let mut state = self.state();
        if state.configured != terms.setting {
            state.set_at = clock.steady();
        }
        state.configured = terms.setting;
        state.schedule = terms.schedule;
        self.dry_run.store(terms.dry_run, Ordering::Relaxed);
        state.take_setting(pressure, clock);
    }

    /// The setting, and how long it lasts.
    pub fn steering(&self, pressure: &Pressure, clock: &dyn Clock) -> Steering {
        let now = clock.steady();
        let mut state = self.state();
        let since = |time: UnixMillis| Duration::from_millis(now.0.saturating_sub(time.0));
        state.note(pressure.stance().mode, now);
        let (setting, by) = state.setting();
        let until = state.manual.and_then(|manual| manual.until);
        Steering {
            setting,
            by,
            configured: state.configured,
            remaining: until.map(|until| Duration::from_millis(until.0.saturating_sub(now.0))),
            set_for: since(state.set_at),
            least: Scheduled::least(&state.schedule, clock.now()),
            mode_for: since(state.mode.1),
        }
    }
}

impl State {
    fn take_setting(&mut self, pressure: &Pressure, clock: &dyn Clock) {
        pressure.set(self.setting().0);
        self.follow_schedule(pressure, clock);
    }

    fn follow_schedule(&mut self, pressure: &Pressure, clock: &dyn Clock) {
        pressure.set_least(Scheduled::least(&self.schedule, clock.now()));
        self.note(pressure.stance().mode, clock.steady());
    }

    fn note(&mut self, mode: Mode, now: UnixMillis) {
        if self.mode.0 != mode {
            self.mode = (mode, now);
        }
    }
}
