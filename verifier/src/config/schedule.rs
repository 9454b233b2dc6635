//! `[[schedule]]`: times of the week in which the gate is lowered at least so far.

use portcullis_challenge::UnixMillis;
use serde::{Deserialize, Serialize};

use crate::pressure::Mode;

/// A time that comes back every week, in UTC, and the least mode in it.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "RawScheduled")]
pub struct Scheduled {
    days: Vec<Day>,
    from: Minute,
    to: Minute,
    mode: Mode,
}

impl Scheduled {
    /// The least mode at `now` after all of `schedule`.
    pub fn least(schedule: &[Self], now: UnixMillis) -> Mode {
        schedule.iter().filter(|time| time.holds(now)).map(|time| time.mode).max().unwrap_or_default()
    }

    /// Whether `now` is within. A time that ends before it begins goes on over midnight, and is of the day it begins on.
    fn holds(&self, now: UnixMillis) -> bool {
        let minutes = now.0 / 60_000;
        let (day, minute) = (minutes / DAY, Minute((minutes % DAY) as u16));
        let begins_on = |day: u64| self.days.contains(&Day::of(day));
        if self.from < self.to {
            return begins_on(day) && (self.from..self.to).contains(&minute);
        }
        (begins_on(day) && minute >= self.from) || (minute < self.to && day.checked_sub(1).is_some_and(begins_on))
    }
}

/// A day of the week.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Day {
    Mon,
    Tue,
    Wed,
    Thu,
    Fri,
    Sat,
    Sun,
}

impl Day {
    const ALL: [Self; 7] = [Self::Mon, Self::Tue, Self::Wed, Self::Thu, Self::Fri, Self::Sat, Self::Sun];

    /// The day so many days after 1 January 1970, which was a Thursday.
    fn of(days: u64) -> Self {
        // A remainder of the length.
        Self::ALL[((days + 3) % 7) as usize]
    }
}

/// Minutes since midnight.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Minute(u16);

impl Minute {
    /// From `08:00`; `24:00` is the end of the day.
    fn parse(text: &str) -> Option<Self> {
        let (hours, minutes) = text.split_once(':').filter(|_| text.len() == 5)?;
        let number = |digits: &str| digits.bytes().all(|byte| byte.is_ascii_digit()).then(|| digits.parse().ok())?;
        let (hours, minutes): (u16, u16) = (number(hours)?, number(minutes)?);
        let minute = hours * 60 + minutes;
        (minutes < 60 && u64::from(minute) <= DAY).then_some(Self(minute))
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawScheduled {
    #[serde(default = "every_day")]
    days: Vec<Day>,
    from: String,
    to: String,
    mode: Mode,
}

fn every_day() -> Vec<Day> {
    Day::ALL.to_vec()
}

impl TryFrom<RawScheduled> for Scheduled {
    type Error = String;

    fn try_from(raw: RawScheduled) -> Result<Self, String> {
        let time = |key: &str, text: &str| {
            let problem = || format!("{key} = {text:?} is no time; write one such as \"08:00\", in UTC");
            Minute::parse(text).ok_or_else(problem)
        };
        let (from, to) = (time("from", &raw.from)?, time("to", &raw.to)?);
        if from == to || u64::from(from.0) == DAY {
            return Err(format!(
                "from = {:?} to {:?} is no time at all; for whole days write \"00:00\" to \"24:00\"",
                raw.from, raw.to
            ));
        }
        if raw.days.is_empty() {
            return Err("days is empty; leave it out for every day".to_owned());
        }
        Ok(Self { days: raw.days, from, to, mode: raw.mode })
    }
}

/// Minutes.
const DAY: u64 = 24 * 60;

#[cfg(test)]
mod tests {
    use super::*;

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
