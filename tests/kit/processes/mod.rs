//! The real programs, each started on a free port and ended by process id when its value is dropped.

mod driver;
mod log;
mod origin;
mod port;
mod verifier;

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, ExitStatus, Stdio};
use std::time::Duration;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

pub use driver::{CHROMIUM, Driver};
pub use log::{Line, LogLines};
pub use origin::Origin;
pub use port::ClaimedPort;
pub use verifier::{Settings, Verifier};

/// How long a program may take to be ready, or to end when asked to. Generous: tests share a machine.
pub const PATIENCE: Duration = Duration::from_secs(30);

/// A running program, killed and waited for when dropped.
#[derive(Debug)]
pub struct Process {
    child: Child,
    name: String,
}

impl Process {
    /// Starts `command`, and gives what it writes to standard output. Its errors go to the test's own.
    ///
    /// # Panics
    ///
    /// When it cannot be started.
    pub fn start(command: &mut Command) -> (Self, ChildStdout) {
        let name = command.get_program().to_string_lossy().into_owned();
        let spawned = command.stdin(Stdio::null()).stdout(Stdio::piped()).spawn();
        let mut child = spawned.unwrap_or_else(|error| panic!("cannot start {name}: {error}"));
        // Piped two lines above.
        let output = child.stdout.take().expect("standard output is piped");
        (Self { child, name }, output)
    }

    /// Its process id.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Its resident memory, in bytes.
    ///
    /// # Panics
    ///
    /// When it has ended.
    pub fn resident_memory(&self) -> u64 {
        let status = fs::read_to_string(format!("/proc/{}/status", self.id())).unwrap_or_default();
        let kibibytes = status
            .lines()
            .find_map(|line| line.strip_prefix("VmRSS:")?.trim().strip_suffix(" kB")?.trim().parse::<u64>().ok());
        kibibytes.unwrap_or_else(|| panic!("{} has ended", self.name)) * 1024
    }

    /// How long it has kept a processor busy since it started; to a hundredth of a second.
    ///
    /// # Panics
    ///
    /// When it has ended.
    pub fn busy(&self) -> Duration {
        let stat = fs::read_to_string(format!("/proc/{}/stat", self.id())).unwrap_or_default();
        // Behind the name, which may hold anything, the twelfth and thirteenth field: in its own code, and in the kernel's.
        let fields = stat.rsplit_once(')').map(|(_, fields)| fields.split_ascii_whitespace().skip(11).take(2));
        let ticks: Option<u64> = fields.and_then(|fields| fields.map(|field| field.parse::<u64>().ok()).sum());
        let ticks = ticks.unwrap_or_else(|| panic!("{} has ended", self.name));
        // A hundred ticks a second, on every Linux (proc(5)).
        Duration::from_millis(ticks * 10)
    }

    /// How it ended, if it has.
    pub fn ended(&mut self) -> Option<ExitStatus> {
        self.child.try_wait().ok().flatten()
    }

    /// Kills it, as a power cut would, and waits until it is gone. Nothing happens if it has ended before.
    pub fn kill_9(&mut self) {
        // Fails only for a process that has ended: good.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }

    /// Asks it to end (SIGTERM).
    pub fn ask_to_end(&self) {
        self.signal(Signal::SIGTERM);
    }

    /// Tells it to read its configuration again (SIGHUP).
    pub fn hang_up(&self) {
        self.signal(Signal::SIGHUP);
    }

    /// Stops it where it is (SIGSTOP): its sockets stay, and it does not answer.
    ///
    /// # Panics
    ///
    /// When it has not stopped after [`PATIENCE`].
    pub async fn freeze(&self) {
        self.signal(Signal::SIGSTOP);
        // On a busy machine, threads go on for a moment after the signal.
        let what = format!("{} stops", self.name);
        eventually(&what, PATIENCE, async || self.is_stopped().then_some(())).await;
    }

    /// Whether each of its threads has stopped.
    fn is_stopped(&self) -> bool {
        let threads = fs::read_dir(format!("/proc/{}/task", self.id())).into_iter().flatten().flatten();
        let mut states = threads.map(|thread| fs::read_to_string(thread.path().join("status")).unwrap_or_default());
        states.all(|status| status.lines().any(|line| line.starts_with("State:\tT")))
    }

    /// Lets it go on after [`freeze`](Self::freeze).
    pub fn thaw(&self) {
        self.signal(Signal::SIGCONT);
    }

    fn signal(&self, signal: Signal) {
        // Not waited for yet, so the id is still this program's.
        if let Ok(id) = i32::try_from(self.id()) {
            let _ = kill(Pid::from_raw(id), signal);
        }
    }

    /// Asks it to end, and waits until it has.
    ///
    /// # Panics
    ///
    /// When it has not after [`PATIENCE`].
    pub async fn terminate(&mut self) -> ExitStatus {
        self.ask_to_end();
        let name = self.name.clone();
        eventually(&format!("{name} ends"), PATIENCE, async || self.ended()).await
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.kill_9();
    }
}

/// Asks again and again until `ask` has something to give.
///
/// # Panics
///
/// When it has nothing for `limit`; says what did not happen.
pub async fn eventually<T>(what: &str, limit: Duration, ask: impl AsyncFnMut() -> Option<T>) -> T {
    within(limit, ask).await.unwrap_or_else(|| panic!("not within {} s: {what}", limit.as_secs()))
}

/// Asks again and again until `ask` has something to give, or `limit` is over.
pub async fn within<T>(limit: Duration, mut ask: impl AsyncFnMut() -> Option<T>) -> Option<T> {
    let asked = tokio::time::timeout(limit, async {
        loop {
            if let Some(given) = ask().await {
                return given;
            }
            tokio::time::sleep(PAUSE).await;
        }
    });
    asked.await.ok()
}

/// A program of the workspace, as `cargo xtask build` leaves it, free of variables that would configure it.
///
/// # Panics
///
/// When it has not been built.
pub fn program(name: &str) -> Command {
    let path = target_folder().join(name);
    assert!(path.is_file(), "{} is missing: run `cargo xtask build` first", path.display());
    unconfigured(&path)
}

/// The program in a file, free of variables that would configure it.
fn unconfigured(file: &Path) -> Command {
    let mut command = Command::new(file);
    for (variable, _) in env::vars_os() {
        if variable.to_string_lossy().starts_with("PORTCULLIS_") {
            command.env_remove(variable);
        }
    }
    command
}

/// A program of the system or of the tools that `cargo xtask test` installs: from PATH, from where Debian has only root
/// look, or from the cache of the tools.
///
/// # Panics
///
/// When it is nowhere.
pub fn installed(name: &str) -> Command {
    let path = env::var_os("PATH").unwrap_or_default();
    let cache = env::var_os("XDG_CACHE_HOME").map(PathBuf::from).filter(|folder| folder.is_absolute());
    let cache = cache.or_else(|| env::var_os("HOME").map(|home| PathBuf::from(home).join(".cache")));
    let tools = cache.map(|cache| cache.join("portcullis/tools/bin"));
    let folders = env::split_paths(&path).chain(["/usr/sbin".into()]).chain(tools);
    let mut found = folders.map(|folder| folder.join(name)).filter(|program| program.is_file());
    Command::new(found.next().unwrap_or_else(|| panic!("{name} is missing: run `cargo xtask test` first")))
}

/// Where Cargo puts the programs it builds as it built this test, or this program: `target/debug`, say.
///
/// # Panics
///
/// When it lies in no folder.
pub fn target_folder() -> PathBuf {
    let myself = env::current_exe().unwrap_or_default();
    let folder = myself.parent().unwrap_or_else(|| panic!("{} is in no target folder", myself.display()));
    // Tests lie in `deps`, one below.
    if folder.ends_with("deps") { folder.parent().unwrap_or(folder).to_owned() } else { folder.to_owned() }
}

const PAUSE: Duration = Duration::from_millis(20);
