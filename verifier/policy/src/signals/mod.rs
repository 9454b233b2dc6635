//! Signals: signs of automation in a request. Each is a yes or no that rules may weigh, and none is stored.
//!
//! None of them proves anything, and none is needed to pass: an honest browser can raise any of them, and a program can
//! avoid them all. `docs/signals.md` says what raises each by mistake, and how long it will be useful.

mod headers;
pub(crate) mod reported;

/// One signal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub enum Signal {
    /// There is no `User-Agent` header.
    NoUserAgent,
    /// There is more than one `User-Agent` header.
    RepeatedUserAgent,
    /// A browser's `User-Agent`, and no `Accept-Language`.
    NoAcceptLanguage,
    /// A browser's `User-Agent`, and no `Accept-Encoding`.
    NoAcceptEncoding,
    /// A browser requests a page, and does not accept HTML.
    AcceptNotOfABrowser,
    /// A browser that states what a request is for (`Sec-Fetch-*`) on a secure site did not.
    NoFetchMetadata,
    /// What a request is for is stated in a way that no browser does.
    FetchMetadataDisagree,
    /// A Chromium that names itself in Client Hints (`Sec-CH-UA`) on a secure site did not.
    NoClientHints,
    /// Client Hints and `User-Agent` name different browsers, versions, systems or kinds of device.
    ClientHintsDisagree,
    /// A browser that names itself headless.
    Headless,
    /// A library or a program for requests, by its own name.
    HttpLibrary,
    /// A solution that came sooner than any browser can work, or sooner than the page that found it says it worked.
    ImpossibleSolveTime,
    /// The page says that its browser is remote-controlled (`navigator.webdriver`).
    Webdriver,
    /// The page contains names that tools of automation leave there.
    AutomationGlobals,
    /// What the page asks its browser about itself has been replaced.
    PatchedNavigator,
    /// The page's browser names one system in its `User-Agent` and another elsewhere.
    PlatformDisagrees,
    /// The page's browser has no languages.
    NoLanguages,
    /// The page's window has no size on the screen.
    NoWindowSize,
}

impl Signal {
    /// All of them.
    pub const ALL: [Self; 18] = [
        Self::NoUserAgent,
        Self::RepeatedUserAgent,
        Self::NoAcceptLanguage,
        Self::NoAcceptEncoding,
        Self::AcceptNotOfABrowser,
        Self::NoFetchMetadata,
        Self::FetchMetadataDisagree,
        Self::NoClientHints,
        Self::ClientHintsDisagree,
        Self::Headless,
        Self::HttpLibrary,
        Self::ImpossibleSolveTime,
        Self::Webdriver,
        Self::AutomationGlobals,
        Self::PatchedNavigator,
        Self::PlatformDisagrees,
        Self::NoLanguages,
        Self::NoWindowSize,
    ];

    /// Its name in policies and metrics.
    pub fn name(self) -> &'static str {
        match self {
            Self::NoUserAgent => "no-user-agent",
            Self::RepeatedUserAgent => "repeated-user-agent",
            Self::NoAcceptLanguage => "no-accept-language",
            Self::NoAcceptEncoding => "no-accept-encoding",
            Self::AcceptNotOfABrowser => "accept-not-of-a-browser",
            Self::NoFetchMetadata => "no-fetch-metadata",
            Self::FetchMetadataDisagree => "fetch-metadata-disagree",
            Self::NoClientHints => "no-client-hints",
            Self::ClientHintsDisagree => "client-hints-disagree",
            Self::Headless => "headless",
            Self::HttpLibrary => "http-library",
            Self::ImpossibleSolveTime => "impossible-solve-time",
            Self::Webdriver => "webdriver",
            Self::AutomationGlobals => "automation-globals",
            Self::PatchedNavigator => "patched-navigator",
            Self::PlatformDisagrees => "platform-disagrees",
            Self::NoLanguages => "no-languages",
            Self::NoWindowSize => "no-window-size",
        }
    }

    /// The signal of this name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|signal| signal.name() == name)
    }

    /// Whether the challenge page reports it, rather than the request showing it.
    pub fn is_of_page(self) -> bool {
        self >= Self::ImpossibleSolveTime
    }
}

/// Some signals.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Signals(u32);

impl Signals {
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

#[cfg(test)]
mod tests;
