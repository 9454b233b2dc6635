//! `[[schedule]]`: times of the week in which the gate is lowered at least this far.

use portcullis_challenge::UnixMillis;
use serde::Deserialize;

use super::week_time::{Day, WeekTime};
use crate::pressure::Mode;

/// A time that comes back every week, in UTC, and the least mode in it.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "RawScheduled")]
pub struct Scheduled {
    time: WeekTime,
    mode: Mode,
}

impl Scheduled {
    /// The least mode at `now` by all of `schedule`.
    pub fn least(schedule: &[Self], now: UnixMillis) -> Mode {
        schedule
            .iter()
            .filter(|scheduled| scheduled.time.holds(now))
            .map(|scheduled| scheduled.mode)
            .max()
            .unwrap_or_default()
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawScheduled {
    #[serde(default = "Day::every")]
    days: Vec<Day>,
    from: String,
    to: String,
    mode: Mode,
}

impl TryFrom<RawScheduled> for Scheduled {
    type Error = String;

    fn try_from(raw: RawScheduled) -> Result<Self, String> {
        Ok(Self { time: WeekTime::new(raw.days, &raw.from, &raw.to)?, mode: raw.mode })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Minutes.
    const DAY: u64 = 24 * 60;

    fn scheduled(text: &str) -> Result<Scheduled, String> {
        toml::from_str(text).map_err(|error| error.message().to_owned())
    }

    /// Minutes after Monday, 2 November 2026, 00:00 UTC.
    fn monday(minutes: u64) -> UnixMillis {
        UnixMillis(1_793_577_600_000 + minutes * 60_000)
    }

    #[test]
    fn a_time_holds_on_its_days_from_its_first_minute_to_before_its_last() {
        let time = scheduled("days = [\"mon\", \"wed\"]\nfrom = \"08:00\"\nto = \"10:00\"\nmode = \"challenge-new\"");
        let time = [time.unwrap()];
        for (minutes, mode) in [
            (8 * 60 - 1, Mode::Off),
            (8 * 60, Mode::ChallengeNew),
            (10 * 60 - 1, Mode::ChallengeNew),
            (10 * 60, Mode::Off),
            (DAY + 9 * 60, Mode::Off),
            (2 * DAY + 9 * 60, Mode::ChallengeNew),
        ] {
            assert_eq!(Scheduled::least(&time, monday(minutes)), mode, "{minutes}");
        }
    }

    #[test]
    fn a_time_over_midnight_belongs_to_the_day_it_begins_on() {
        let time = scheduled("days = [\"mon\"]\nfrom = \"22:00\"\nto = \"02:00\"\nmode = \"watch\"");
        let time = [time.unwrap()];
        for (minutes, holds) in [(60, false), (23 * 60, true), (DAY + 60, true), (DAY + 2 * 60, false)] {
            assert_eq!(Scheduled::least(&time, monday(minutes)) == Mode::Watch, holds, "{minutes}");
        }
    }

    #[test]
    fn the_most_of_what_holds_counts_and_every_day_is_the_default() {
        let whole = scheduled("from = \"00:00\"\nto = \"24:00\"\nmode = \"watch\"").unwrap();
        let noon = scheduled("from = \"12:00\"\nto = \"13:00\"\nmode = \"queue\"").unwrap();
        let both = [whole, noon];
        for day in 0..7 {
            assert_eq!(Scheduled::least(&both, monday(day * DAY)), Mode::Watch);
            assert_eq!(Scheduled::least(&both, monday(day * DAY + 12 * 60)), Mode::Queue);
        }
    }

    #[test]
    fn what_is_no_time_is_refused_with_the_fix() {
        for (from, to) in [("8:00", "10:00"), ("08:60", "10:00"), ("08:00", "24:01"), ("+8:00", "10:00")] {
            let text = format!("from = {from:?}\nto = {to:?}\nmode = \"watch\"");
            assert!(scheduled(&text).unwrap_err().contains("08:00"), "{text}");
        }
        let never = scheduled("from = \"08:00\"\nto = \"08:00\"\nmode = \"watch\"");
        assert!(never.unwrap_err().contains("24:00"));
        let nobody = scheduled("days = [\"noday\"]\nfrom = \"08:00\"\nto = \"09:00\"\nmode = \"watch\"");
        assert!(nobody.is_err());
    }
}
