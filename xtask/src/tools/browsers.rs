//! The browsers that the tests drive, from the distribution's packages. Chromium must be available. If a system does
//! not offer one of the others, its tests are skipped, and the summary says why.

use std::process::Command;

use anyhow::{Result, bail};

use super::debian::{self, on_path};
use super::version::Version;
use super::{Missing, Need};
use crate::command::output_of;
use crate::workspace::Workspace;

/// A browser, with the program that drives it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Browser {
    /// The one in which every story is tested.
    Chromium,
    /// Firefox with long-term support. Its driver is a tool of cargo's: Debian has none.
    Firefox,
    /// What Safari is built on, as it is today; needs a screen, which Xvfb emulates.
    WebKitGtk,
    /// The same from 2022: an old Safari, whose WebAssembly has no vector instructions.
    WpeWebKit,
}

impl Browser {
    /// All of them, in the order in which people meet them.
    const ALL: [Self; 4] = [Self::Chromium, Self::Firefox, Self::WebKitGtk, Self::WpeWebKit];

    /// Those that are needed, each once.
    pub(super) fn among(needs: &[Need]) -> Vec<Self> {
        Self::ALL.into_iter().filter(|browser| needs.contains(&Need::Browser(*browser))).collect()
    }

    /// Its name.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Chromium => "Chromium",
            Self::Firefox => "Firefox",
            Self::WebKitGtk => "WebKitGTK",
            Self::WpeWebKit => "WPE WebKit",
        }
    }

    /// The word that all tests driving it, and no others, have in their names.
    pub(crate) fn word_in_tests(self) -> &'static str {
        match self {
            Self::Chromium => "chromium",
            Self::Firefox => "firefox",
            Self::WebKitGtk => "webkitgtk",
            Self::WpeWebKit => "wpe_webkit",
        }
    }

    fn packages(self) -> &'static [&'static str] {
        match self {
            Self::Chromium => &["chromium", "chromium-driver"],
            Self::Firefox => &["firefox-esr"],
            Self::WebKitGtk => &["webkit2gtk-driver", "xvfb"],
            Self::WpeWebKit => &["wpewebkit-driver", "cog"],
        }
    }

    fn is_installed(self) -> bool {
        match self {
            Self::Chromium => on_path("chromedriver") && (on_path("chromium") || on_path("google-chrome")),
            Self::Firefox => on_path("firefox-esr") || on_path("firefox"),
            Self::WebKitGtk => on_path("WebKitWebDriver") && on_path("Xvfb"),
            Self::WpeWebKit => on_path("WPEWebDriver") && on_path("cog"),
        }
    }
}

/// Installs the browsers that are missing. Returns those that cannot be installed here.
///
/// # Errors
/// When Chromium is not available, or an installation fails.
pub(super) fn install(workspace: &Workspace, wanted: &[Browser]) -> Result<Vec<Missing>> {
    let mut missing = Vec::new();
    let mut to_install = Vec::new();
    for &browser in wanted {
        if browser.is_installed() {
            continue;
        }
        if browser == Browser::Chromium || debian::offers(workspace, browser.packages()) {
            to_install.push(browser);
        } else {
            missing.push(Missing {
                need: Need::Browser(browser),
                reason: "not offered by this system's packages".to_owned(),
            });
        }
    }
    let packages: Vec<&str> = to_install.iter().flat_map(|browser| browser.packages()).copied().collect();
    if !packages.is_empty() {
        debian::install(workspace, &packages, "browsers the tests drive", "2 minutes")?;
    }
    if let Some(browser) = to_install.iter().find(|browser| !browser.is_installed()) {
        bail!("{} is still missing after its packages were installed", browser.name());
    }
    if wanted.contains(&Browser::WpeWebKit) {
        missing.extend(modern_wpe_webkit());
    }
    Ok(missing)
}

/// WPE WebKit is here because it is old. A later version would not serve the purpose.
fn modern_wpe_webkit() -> Option<Missing> {
    let said = output_of(Command::new("cog").arg("--version"))?;
    // `0.16.1 (WPE WebKit 2.38.6)`
    let version = Version::find_in(said.split_once("WPE WebKit")?.1)?;
    let reason = format!("this system's {}.{} is not the old browser wanted", version.0, version.1);
    (version >= FIRST_WITH_VECTORS).then_some(Missing { need: Need::Browser(Browser::WpeWebKit), reason })
}

/// The first WebKit whose WebAssembly has vector instructions.
const FIRST_WITH_VECTORS: Version = Version(2, 40, 0);
