//! Signals: what speaks for automation in a request. Each is a yes or no, weighed by rules, and none is kept.

use http::HeaderMap;

/// One signal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub enum Signal {
    /// There is no `User-Agent` header.
    NoUserAgent,
}

impl Signal {
    /// All of them.
    pub const ALL: [Self; 1] = [Self::NoUserAgent];

    /// Its name in policies and metrics.
    pub fn name(self) -> &'static str {
        match self {
            Self::NoUserAgent => "no-user-agent",
        }
    }

    /// The signal of this name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|signal| signal.name() == name)
    }
}

/// Some signals.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Signals(u32);

impl Signals {
    /// What a request's headers show. Over plain HTTP (not `secure`) browsers leave out several headers.
    pub fn in_headers(headers: &HeaderMap, _secure: bool) -> Self {
        let mut signals = Self::default();
        if !headers.contains_key(http::header::USER_AGENT) {
            signals.raise(Signal::NoUserAgent);
        }
        signals
    }

    /// Adds one.
    pub fn raise(&mut self, signal: Signal) {
        self.0 |= 1 << signal as u8;
    }

    /// These and those.
    #[must_use]
    pub fn and(self, others: Self) -> Self {
        Self(self.0 | others.0)
    }

    /// Whether they have any signal of `others`.
    pub fn any_of(self, others: Self) -> bool {
        self.0 & others.0 != 0
    }

    /// Each of them.
    pub fn iter(self) -> impl Iterator<Item = Signal> {
        Signal::ALL.into_iter().filter(move |signal| self.0 & 1 << *signal as u8 != 0)
    }
}

impl FromIterator<Signal> for Signals {
    fn from_iter<I: IntoIterator<Item = Signal>>(signals: I) -> Self {
        let mut all = Self::default();
        signals.into_iter().for_each(|signal| all.raise(signal));
        all
    }
}
