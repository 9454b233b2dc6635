//! The browsers, each started headless by its driver.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};
use std::thread;

use anyhow::{Context, Result, bail};
use clap::ValueEnum;
use fantoccini::wd::Capabilities;
use fantoccini::{Client, ClientBuilder};
use hyper_util::client::legacy::connect::HttpConnector;
use portcullis_tests::processes::{CHROMIUM, Process};
use serde_json::{Value, json};
use tempfile::TempDir;

/// A browser to measure in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Browser {
    Chromium,
    Firefox,
}

impl Browser {
    /// Its name, as people and the figures write it.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Chromium => "chromium",
            Self::Firefox => "firefox",
        }
    }

    fn driver(self) -> Command {
        let mut command = Command::new(match self {
            Self::Chromium => "chromedriver",
            Self::Firefox => "geckodriver",
        });
        match self {
            Self::Chromium => command.arg("--port=0"),
            Self::Firefox => command.args(["--port", "0", "--log", "info"]),
        };
        command
    }

    /// The port in a line that the driver writes when it is ready.
    fn port(self, line: &str) -> Option<u16> {
        let before = match self {
            Self::Chromium => "started successfully on port ",
            Self::Firefox => "Listening on 127.0.0.1:",
        };
        line.split_once(before)?.1.trim_end_matches('.').parse().ok()
    }

    fn wanted(self, folder: &Path) -> Capabilities {
        let wanted = match self {
            Self::Chromium => {
                let profile = format!("--user-data-dir={}", folder.join("profile").display());
                let arguments: Vec<_> = CHROMIUM.into_iter().chain([profile.as_str()]).collect();
                json!({ "goog:chromeOptions": { "args": arguments } })
            }
            Self::Firefox => json!({ "moz:firefoxOptions": { "args": ["-headless"] } }),
        };
        wanted.as_object().cloned().unwrap_or_default()
    }
}

/// A browser with the page open.
pub(crate) struct Session {
    /// Which browser.
    pub(crate) browser: Browser,
    /// Its name and version.
    pub(crate) version: String,
    client: Client,
    // In this order: the folder goes when nobody writes to it any more.
    _driver: Process,
    _folder: TempDir,
}

impl Session {
    /// Starts the browser, with a fresh profile, and opens a page.
    ///
    /// # Errors
    /// When the driver or its browser does not start.
    pub(crate) async fn open(browser: Browser, url: &str) -> Result<Self> {
        let folder = tempfile::tempdir()?;
        // Browsers write much on standard error that means nothing; what matters is in the driver's answers.
        let (driver, output) = Process::start(browser.driver().env("TMPDIR", folder.path()).stderr(Stdio::null()));
        let mut lines = BufReader::new(output).lines().map_while(Result::ok);
        let port = lines.find_map(|line| browser.port(&line));
        let port = port.with_context(|| format!("the driver of {} did not start", browser.name()))?;
        // Read to its end, so that it never waits for a reader.
        thread::spawn(move || lines.for_each(drop));
        let mut builder = ClientBuilder::new(HttpConnector::new());
        let driven_at = format!("http://127.0.0.1:{port}");
        let client = builder.capabilities(browser.wanted(folder.path())).connect(&driven_at).await;
        let client = client.with_context(|| format!("{} did not start", browser.name()))?;
        let version = version(&client).unwrap_or_else(|| browser.name().to_owned());
        let session = Self { browser, version, client, _driver: driver, _folder: folder };
        if let Err(error) = session.client.goto(url).await {
            session.close().await;
            bail!("the page did not open: {error}");
        }
        Ok(session)
    }

    /// How many workers use all of the machine, as pages are told.
    ///
    /// # Errors
    /// When the browser has gone.
    pub(crate) async fn all_workers(&self) -> Result<u64> {
        let told = self.client.execute("return navigator.hardwareConcurrency", Vec::new()).await?;
        told.as_u64().context("navigator.hardwareConcurrency is a number")
    }

    /// Has the page measure, with what `page/bench.js` takes: millions a second.
    ///
    /// # Errors
    /// When the solver could not be started or failed.
    pub(crate) async fn rate(&self, solver: &str, plan: Value) -> Result<f64> {
        let script = "const [solver, plan, done] = arguments; \
             rate(solver, plan).then((rate) => done({ rate }), (error) => done({ error: String(error) }));";
        let answer = self.client.execute_async(script, vec![json!(solver), plan]).await;
        let answer = answer.with_context(|| format!("{solver} in {}", self.browser.name()))?;
        match answer["rate"].as_f64() {
            Some(rate) => Ok(rate),
            None => bail!("{solver} in {}: {}", self.browser.name(), answer["error"].as_str().unwrap_or("no figure")),
        }
    }

    /// Ends the browser.
    pub(crate) async fn close(self) {
        // One that is gone already is as good.
        let _ = self.client.close().await;
    }
}

fn version(client: &Client) -> Option<String> {
    let capabilities = client.capabilities()?;
    let text = |name: &str| capabilities.get(name)?.as_str().map(str::to_owned);
    let name = match text("browserName")?.as_str() {
        "firefox" => "Firefox",
        _ => "Chromium",
    };
    Some(format!("{name} {}", text("browserVersion")?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_driver_says_its_port() {
        let chromium = "ChromeDriver was started successfully on port 40123.";
        assert_eq!(Browser::Chromium.port(chromium), Some(40123));
        let firefox = "1795612320147\tgeckodriver\tINFO\tListening on 127.0.0.1:41663";
        assert_eq!(Browser::Firefox.port(firefox), Some(41663));
        assert_eq!(Browser::Firefox.port("Starting"), None);
    }
}
