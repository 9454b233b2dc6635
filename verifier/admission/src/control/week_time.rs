//! Times that come back every week, in UTC.

use std::fmt;

use portcullis_challenge::UnixMillis;
use serde::{Deserialize, Serialize};

/// A time that comes back every week, in UTC.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "RawWeekTime")]
pub struct WeekTime {
    days: Vec<Day>,
    from: Minute,
    to: Minute,
}

impl WeekTime {
    /// From a time of day, `08:00`, to before another, on some days.
    ///
    /// # Errors
    ///
    /// What is wrong with it, and the fix.
    pub fn new(days: Vec<Day>, from: &str, to: &str) -> Result<Self, String> {
        let time = |key: &str, text: &str| {
            let problem = || format!("{key} = {text:?} is not a time; write one such as \"08:00\", in UTC");
            Minute::parse(text).ok_or_else(problem)
        };
        let (begin, end) = (time("from", from)?, time("to", to)?);
        if begin == end || u64::from(begin.0) == DAY {
            return Err(format!(
                "from = {from:?} to {to:?} is an empty time; for whole days write \"00:00\" to \"24:00\""
            ));
        }
        if days.is_empty() {
            return Err("days is empty; leave it out for every day".to_owned());
        }
        Ok(Self { days, from: begin, to: end })
    }

    /// Whether `now` is within. A time that ends before it begins goes on past midnight, and belongs to the day on
    /// which it begins.
    pub fn holds(&self, now: UnixMillis) -> bool {
        let minutes = now.0 / 60_000;
        let (day, minute) = (minutes / DAY, Minute((minutes % DAY) as u16));
        let begins_on = |day: u64| self.days.contains(&Day::of(day));
        if self.from < self.to {
            return begins_on(day) && (self.from..self.to).contains(&minute);
        }
        (begins_on(day) && minute >= self.from) || (minute < self.to && day.checked_sub(1).is_some_and(begins_on))
    }
}

impl WeekTime {
    /// A moment, as these times are written: `mon 08:00`.
    pub fn shown(now: UnixMillis) -> String {
        let minutes = now.0 / 60_000;
        format!("{} {}", Day::of(minutes / DAY), Minute((minutes % DAY) as u16))
    }
}

impl fmt::Display for WeekTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if Day::ALL.iter().all(|day| self.days.contains(day)) {
            f.write_str("every day")?;
        } else {
            f.write_str(&self.days.iter().map(ToString::to_string).collect::<Vec<_>>().join(" "))?;
        }
        write!(f, " {} to {}", self.from, self.to)
    }
}

/// A day of the week.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Day {
    /// Monday.
    Mon,
    /// Tuesday.
    Tue,
    /// Wednesday.
    Wed,
    /// Thursday.
    Thu,
    /// Friday.
    Fri,
    /// Saturday.
    Sat,
    /// Sunday.
    Sun,
}

impl Day {
    const ALL: [Self; 7] = [Self::Mon, Self::Tue, Self::Wed, Self::Thu, Self::Fri, Self::Sat, Self::Sun];

    /// All of them.
    pub fn every() -> Vec<Self> {
        Self::ALL.to_vec()
    }

    /// The day this many days after 1 January 1970, which was a Thursday.
    fn of(days: u64) -> Self {
        // A remainder of the length.
        Self::ALL[((days + 3) % 7) as usize]
    }
}

impl fmt::Display for Day {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];
        f.write_str(names[*self as usize])
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

impl fmt::Display for Minute {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:02}:{:02}", self.0 / 60, self.0 % 60)
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawWeekTime {
    #[serde(default = "Day::every")]
    days: Vec<Day>,
    from: String,
    to: String,
}

impl TryFrom<RawWeekTime> for WeekTime {
    type Error = String;

    fn try_from(raw: RawWeekTime) -> Result<Self, String> {
        Self::new(raw.days, &raw.from, &raw.to)
    }
}

/// Minutes.
const DAY: u64 = 24 * 60;
