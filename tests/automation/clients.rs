//! The clients. Each opens the guarded page as anybody would with it, and does nothing to be seen or not to be.

use std::ffi::OsStr;
use std::path::Path;
use std::process::{Output, Stdio};
use std::time::Duration;

use portcullis_tests::processes::{CHROMIUM, Driver, Process, eventually, installed, program};
use serde_json::{Value, json};
use tokio::process::Command;

use crate::seen;
use crate::site::Site;

/// curl, without a word about itself.
pub(crate) async fn curl(site: &Site) {
    curl_with(site, &[]).await;
}

/// curl with the headers of a browser, as they are copied from its developers' tools.
pub(crate) async fn curl_in_disguise(site: &Site) {
    let version = version_of_chromium().await;
    let agent = format!(
        "User-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/{version}.0.0.0 Safari/537.36"
    );
    let brands = format!("sec-ch-ua: \"Not:A-Brand\";v=\"8\", \"Chromium\";v=\"{version}\"");
    let headers = [
        &*agent,
        &*brands,
        "sec-ch-ua-mobile: ?0",
        "sec-ch-ua-platform: \"Linux\"",
        "Upgrade-Insecure-Requests: 1",
        "Accept: text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8",
        "Sec-Fetch-Site: none",
        "Sec-Fetch-Mode: navigate",
        "Sec-Fetch-User: ?1",
        "Sec-Fetch-Dest: document",
        "Accept-Encoding: gzip, deflate, br, zstd",
        "Accept-Language: en-GB,en;q=0.9",
    ];
    curl_with(site, &headers).await;
}

/// Our own solver for programs, and its cookie.
pub(crate) async fn portcullis_solve(site: &Site) {
    let mut solve = Command::from(program("portcullis"));
    let cookie = stdout(run(solve.args(["solve", "--quiet", &site.home()])).await);
    curl_with(site, &[&format!("Cookie: {cookie}")]).await;
}

/// The client that the manual prints, and its cookie.
pub(crate) async fn the_manuals(site: &Site) {
    let mut client = Command::from(installed("python3"));
    let cookie = stdout(run(client.arg(in_the_project("docs/client.py")).arg(site.home())).await);
    curl_with(site, &[&format!("Cookie: {cookie}")]).await;
}

async fn curl_with(site: &Site, headers: &[&str]) {
    let mut curl = Command::from(installed("curl"));
    // No settings of the user who runs the tests.
    curl.args(["--disable", "--silent", "--show-error", "--output"]).arg(site.folder.path().join("page"));
    for header in headers {
        curl.args(["--header", header]);
    }
    run(curl.arg(site.page())).await;
}

/// Chromium as people have it, on a screen that nobody sees.
pub(crate) async fn chromium_with_a_window(site: &Site) {
    let mut screen = installed("Xvfb");
    screen.args(["-displayfd", "1", "-nolisten", "tcp", "-screen", "0", "1280x800x24"]);
    let (_screen, display) = Process::start(&mut screen);
    let display = tokio::task::spawn_blocking(move || first_line(display)).await.expect("the task ends");
    let mut chromium = chromium(site, &CHROMIUM[1..]);
    chromium.env("DISPLAY", format!(":{display}"));
    is_let_through(site, chromium).await;
}

/// Chromium without a window.
pub(crate) async fn chromium_without_a_window(site: &Site) {
    is_let_through(site, chromium(site, &CHROMIUM)).await;
}

fn chromium(site: &Site, arguments: &[&str]) -> std::process::Command {
    let mut chromium = installed("chromium");
    chromium.args(arguments).arg(format!("--user-data-dir={}", site.folder.path().join("profile").display()));
    chromium.args(["--no-default-browser-check", &site.page()]).envs(own_folders(site)).stderr(Stdio::null());
    chromium
}

/// Where a client may leave what it likes: it goes with the site.
fn own_folders(site: &Site) -> [(&'static str, &Path); 2] {
    ["HOME", "TMPDIR"].map(|variable| (variable, site.folder.path()))
}

/// Lets a browser run until the gate has let it pass.
async fn is_let_through(site: &Site, mut browser: std::process::Command) {
    let (_browser, _output) = Process::start(&mut browser);
    passes(site).await;
}

/// The driver that Chromium comes with, by WebDriver.
pub(crate) async fn chromedriver(site: &Site) {
    let driver = Driver::of_chromium(site.folder.path());
    let options = json!({ "args": CHROMIUM });
    driven(site, &driver, json!({ "goog:chromeOptions": options })).await;
}

/// Firefox's, by WebDriver.
pub(crate) async fn geckodriver(site: &Site) {
    let mut command = installed("geckodriver");
    command.arg("--port=0").arg("--profile-root").arg(site.folder.path()).envs(own_folders(site));
    let driver = Driver::that_says_its_port(&mut command, "Listening on 127.0.0.1:");
    driven(site, &driver, json!({ "moz:firefoxOptions": { "args": ["-headless"] } })).await;
}

async fn driven(site: &Site, driver: &Driver, wanted: Value) {
    let browser = driver.browser(wanted).await;
    browser.goto(&site.page()).await.expect("the page opens");
    passes(site).await;
}

/// A tool from npm that drives Chromium.
pub(crate) async fn tool(name: &str, site: &Site) {
    let mut node = Command::from(installed("node"));
    node.arg(in_the_project("tests/automation/visit.js")).args([name, &site.page()]);
    node.arg(installed("chromium").get_program()).envs(own_folders(site));
    assert_eq!(stdout(run(&mut node).await), "arrived");
}

async fn passes(site: &Site) {
    eventually("the gate lets it pass", LIMIT, async || seen::admitted(site).await).await;
}

/// The number in front of `chromium --version`.
async fn version_of_chromium() -> u32 {
    let said = stdout(run(Command::from(installed("chromium")).arg("--version")).await);
    let version = said.split_ascii_whitespace().find_map(|word| word.split('.').next()?.parse().ok());
    version.unwrap_or_else(|| panic!("no version in {said:?}"))
}

/// Runs a program to its end.
async fn run(command: &mut Command) -> Output {
    let running = command.stdin(Stdio::null()).kill_on_drop(true).output();
    let output = tokio::time::timeout(LIMIT, running).await.expect("it ends in time").expect("it can be started");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{:?}: {said}", command.as_std().get_program());
    output
}

fn stdout(output: Output) -> String {
    String::from_utf8_lossy(&output.stdout).trim().to_owned()
}

fn first_line(output: impl std::io::Read) -> String {
    let mut line = String::new();
    let read = std::io::BufRead::read_line(&mut std::io::BufReader::new(output), &mut line);
    assert!(read.is_ok() && !line.is_empty(), "the screen says its number");
    line.trim().to_owned()
}

fn in_the_project(path: impl AsRef<OsStr>) -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(Path::new(path.as_ref()))
}

/// Generous: two cores are shared by browsers, tests and verifiers.
const LIMIT: Duration = Duration::from_secs(120);
