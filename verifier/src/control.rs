//! Who sets the mode, and what else of the configuration can change while the verifier runs.
//!
//! From the strongest to the weakest: an operator, by `portcullis mode`, for as long as this process runs or a time that was
//! given; `gate.mode` in the configuration; and, where that says `auto`, the pressure, which does not go below what the
//! schedule has.

use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use portcullis_challenge::UnixMillis;
use serde::{Deserialize, Serialize};

use crate::app::App;
use crate::clock::millis;
use crate::config::{Config, Scheduled};
use crate::pressure::{Mode, Setting};

/// Who sets the mode.
#[derive(Debug)]
pub(crate) struct Control {
    state: Mutex<State>,
    dry_run: AtomicBool,
}

#[derive(Debug)]
struct State {
    configured: Setting,
    schedule: Vec<Scheduled>,
    manual: Option<Manual>,
    /// The mode when it was last looked at, and since when it has been that.
    mode: (Mode, UnixMillis),
    /// Since when the setting has been what it is.
    set_at: UnixMillis,
}

/// What an operator has set; until a steady time, if not for good.
#[derive(Clone, Copy, Debug)]
struct Manual {
    setting: Setting,
    until: Option<UnixMillis>,
}

/// Who has set what.
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

/// How it stands with the setting.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Steering {
    /// What holds.
    pub(crate) setting: Setting,
    pub(crate) by: SetBy,
    /// What holds once the operator's setting is over.
    pub(crate) configured: Setting,
    /// For how much longer the operator's setting holds, if it ends by itself.
    pub(crate) remaining: Option<Duration>,
    /// For how long the setting has been this.
    pub(crate) set_for: Duration,
    /// The least mode, after the schedule.
    pub(crate) least: Mode,
    /// For how long the mode has been what it is.
    pub(crate) mode_for: Duration,
}

impl Control {
    /// As configured. `now` is a steady time.
    pub(crate) fn new(config: &Config, now: UnixMillis) -> Self {
        let state = State {
            configured: config.gate.mode,
            schedule: config.schedule.clone(),
            manual: None,
            mode: (Mode::Off, now),
            set_at: now,
        };
        Self { state: Mutex::new(state), dry_run: AtomicBool::new(config.gate.dry_run) }
    }

    /// Whether everything passes, and what would have been asked is only told.
    pub(crate) fn is_dry_run(&self) -> bool {
        self.dry_run.load(Ordering::Relaxed)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // A panic elsewhere leaves it whole: each change of it is one assignment.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn setting(&self) -> (Setting, SetBy) {
        self.manual.map_or((self.configured, SetBy::Configuration), |manual| (manual.setting, SetBy::Operator))
    }
}

impl App {
    /// Sets the mode, as an operator does: for a time, or until it is set again or this process ends. What the configuration
    /// says anyway is no setting of an operator's.
    pub fn set_mode(&self, setting: Setting, period: Option<Duration>) {
        let now = self.clock.steady();
        let mut state = self.control.state();
        let until = period.map(|period| UnixMillis(now.0.saturating_add(millis(period))));
        state.manual = (setting != state.configured).then_some(Manual { setting, until });
        state.set_at = now;
        let period = period.map(|period| humantime::format_duration(period).to_string());
        tracing::warn!(event = "setting", %setting, by = %SetBy::Operator, period);
        self.take_setting(&mut state);
    }

    /// Ends an operator's setting whose time is over, and follows the schedule. About once a second.
    pub fn steer(&self) {
        let now = self.clock.steady();
        let mut state = self.control.state();
        if state.manual.is_some_and(|manual| manual.until.is_some_and(|until| until <= now)) {
            state.manual = None;
            state.set_at = now;
            tracing::warn!(event = "setting", setting = %state.configured, by = %SetBy::Configuration, "the operator's time is over");
            self.take_setting(&mut state);
        }
        self.follow_schedule(&mut state);
    }

    /// Takes over what a new configuration says of the mode. An operator's setting stays.
    pub(crate) fn take_gate(&self, config: &Config) {
        let mut state = self.control.state();
        if state.configured != config.gate.mode {
            state.set_at = self.clock.steady();
        }
        state.configured = config.gate.mode;
        state.schedule.clone_from(&config.schedule);
        self.control.dry_run.store(config.gate.dry_run, Ordering::Relaxed);
        self.take_setting(&mut state);
    }

    /// How it stands with the setting.
    pub(crate) fn steering(&self) -> Steering {
        let now = self.clock.steady();
        let mut state = self.control.state();
        let since = |time: UnixMillis| Duration::from_millis(now.0.saturating_sub(time.0));
        state.note(self.pressure().stance().mode, now);
        let (setting, by) = state.setting();
        let until = state.manual.and_then(|manual| manual.until);
        Steering {
            setting,
            by,
            configured: state.configured,
            remaining: until.map(|until| Duration::from_millis(until.0.saturating_sub(now.0))),
            set_for: since(state.set_at),
            least: Scheduled::least(&state.schedule, self.clock.now()),
            mode_for: since(state.mode.1),
        }
    }

    fn take_setting(&self, state: &mut State) {
        self.pressure().set(state.setting().0);
        self.follow_schedule(state);
    }

    fn follow_schedule(&self, state: &mut State) {
        self.pressure().set_least(Scheduled::least(&state.schedule, self.clock.now()));
        state.note(self.pressure().stance().mode, self.clock.steady());
    }
}

impl State {
    fn note(&mut self, mode: Mode, now: UnixMillis) {
        if self.mode.0 != mode {
            self.mode = (mode, now);
        }
    }
}
