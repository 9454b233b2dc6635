//! Two WebKits: GTK's is what Safari is made of today; WPE's is of 2022, an old Safari.

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::thread;
use std::time::Duration;

use portcullis_tests::processes::Process;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::browser::{Browser, Ear};
use crate::relay::Relay;
use portcullis_tests::processes::Driver;

/// How a WebKit is started. It keeps nothing: a browser under automation has a profile in memory.
#[derive(Clone, Debug)]
pub(crate) struct WebKit {
    kind: Kind,
    variables: Vec<(&'static str, &'static str)>,
}

#[derive(Clone, Copy, Debug)]
enum Kind {
    Gtk,
    Wpe,
}

impl WebKit {
    /// WebKitGTK, in the small browser that comes with it.
    pub(crate) fn gtk() -> Self {
        Self { kind: Kind::Gtk, variables: Vec::new() }
    }

    /// WPE WebKit, in the browser Cog.
    pub(crate) fn wpe() -> Self {
        Self { kind: Kind::Wpe, variables: Vec::new() }
    }

    /// One more setting of its JavaScript engine, as `Options.h` of JavaScriptCore has them, with `JSC_` before it.
    pub(crate) fn engine(mut self, name: &'static str, value: &'static str) -> Self {
        self.variables.push((name, value));
        self
    }

    /// Starts it, tells a story with it, all of it through `relay`, and makes sure that no page had an error.
    pub(crate) async fn visit(self, relay: &Relay, story: impl AsyncFnOnce(&Browser)) {
        let folder = tempfile::tempdir().expect("a temporary folder can be made");
        let screen = match self.kind {
            Kind::Gtk => Some(Screen::start()),
            Kind::Wpe => None,
        };
        let mut command = self.driver(&folder);
        command.envs(screen.iter().map(|screen| ("DISPLAY", &screen.name)));
        let driver = Driver::that_is_told_its_port(&mut command).await;
        let client = driver.browser(self.capabilities()).await;
        let browser = Browser::new(client, Ear::Witness(relay.witness()), driver, folder);
        story(&browser).await;
        browser.had_no_errors().await;
    }

    fn driver(&self, folder: &TempDir) -> Command {
        let mut command = Command::new(match self.kind {
            Kind::Gtk => "WebKitWebDriver",
            Kind::Wpe => "WPEWebDriver",
        });
        for variable in ["HOME", "TMPDIR", "XDG_RUNTIME_DIR", "XDG_CACHE_HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME"] {
            command.env(variable, folder.path());
        }
        // Fewer lines on standard error that nobody can do anything about.
        command.env("MESA_SHADER_CACHE_DISABLE", "true").env("NO_AT_BRIDGE", "1");
        command.envs(self.variables.iter().copied());
        command
    }

    fn capabilities(&self) -> Value {
        match self.kind {
            Kind::Gtk => json!({ "webkitgtk:browserOptions": { "binary": mini_browser(), "args": ["--automation"] } }),
            Kind::Wpe => {
                let arguments = ["--automation", "-P", "headless"];
                json!({ "wpe:browserOptions": { "binary": "cog", "args": arguments } })
            }
        }
    }
}

/// A screen that exists in memory only.
struct Screen {
    name: String,
    process: Process,
}

impl Screen {
    fn start() -> Self {
        let mut command = Command::new("Xvfb");
        command.args(["-displayfd", "1", "-screen", "0", "1280x800x24", "-nolisten", "tcp"]);
        let (process, output) = Process::start(&mut command);
        let mut number = String::new();
        let read = BufReader::new(output).read_line(&mut number);
        assert!(read.is_ok() && !number.is_empty(), "Xvfb does not say its number");
        Self { name: format!(":{}", number.trim()), process }
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        // Killed, it would leave its lock behind.
        self.process.ask_to_end();
        for _ in 0..MAX_LOOKS {
            if self.process.ended().is_some() {
                break;
            }
            thread::sleep(PAUSE);
        }
    }
}

/// The browser that comes with the library, in a folder that is named after the machine and the library's version.
fn mini_browser() -> PathBuf {
    let folders = |folder: &Path| fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path());
    let mut found = folders(Path::new("/usr/lib"))
        .flat_map(|machine| folders(&machine).collect::<Vec<_>>())
        .map(|library| library.join("MiniBrowser"))
        .filter(|program| program.is_file());
    found.next().expect("WebKitGTK's MiniBrowser is installed: `cargo xtask test --only browser` does that")
}

/// Between looks at a screen that was asked to end.
const PAUSE: Duration = Duration::from_millis(10);
/// One that does not end in five seconds is killed.
const MAX_LOOKS: u32 = 500;
