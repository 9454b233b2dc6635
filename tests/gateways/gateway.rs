//! A running gateway.

use std::fs::{self, File};
use std::net::{SocketAddr, TcpStream};
use std::os::unix::fs::{MetadataExt, chown};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::Command;
use std::{io, thread};

use nix::sys::signal::{Signal, killpg};
use nix::unistd::Pid;
use portcullis_tests::processes::{ClaimedPort, PATIENCE, Process, Verifier, within};
use tempfile::TempDir;

use crate::recipe::{Addresses, Recipe};

/// A gateway that follows a recipe, in a temporary folder, ended with all its children when dropped.
pub(crate) struct Gateway {
    process: Process,
    folder: TempDir,
    port: ClaimedPort,
}

impl Gateway {
    /// Starts it, and waits until it listens.
    ///
    /// # Panics
    ///
    /// When it does not.
    pub(crate) async fn start(recipe: &Recipe, verifier: &Verifier, origin: SocketAddr) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder can be made");
        let port = ClaimedPort::claim();
        let address = port.address();
        recipe.copy_to(folder.path(), Addresses { verifier: verifier.address(), origin, gateway: address });
        if recipe.reads_keys {
            verifier.write_public_keys(&folder.path().join("keys"));
        }
        let unprivileged = is_root() && !recipe.own_user;
        let mut command = bound_to_the_test(&(recipe.command)(folder.path()), unprivileged);
        let log = File::create(folder.path().join(LOG)).expect("a temporary folder can be written to");
        command.current_dir(folder.path()).stderr(log.try_clone().expect("a file has two handles"));
        // Of its own, so that its children end with it.
        command.process_group(0);
        if unprivileged {
            give_away(folder.path());
        }
        let (process, mut output) = Process::start(&mut command);
        thread::spawn(move || io::copy(&mut output, &mut &log));
        let mut gateway = Self { process, folder, port };
        let listens = within(PATIENCE, async || {
            let ended = gateway.process.ended().map(Err);
            ended.or_else(|| TcpStream::connect(address).ok().map(Ok))
        });
        match listens.await {
            Some(Ok(_)) => gateway,
            Some(Err(status)) => panic!("the gateway ended at once: {status}"),
            None => panic!("the gateway does not listen"),
        }
    }

    /// Where it listens.
    pub(crate) fn address(&self) -> SocketAddr {
        self.port.address()
    }
}

impl Drop for Gateway {
    fn drop(&mut self) {
        if thread::panicking() {
            // Shown with the failed test.
            let log = fs::read_to_string(self.folder.path().join(LOG)).unwrap_or_default();
            println!("The gateway said:\n{log}");
        }
        // Not waited for yet, so the id is still this group's and nobody else's.
        if let Ok(id) = i32::try_from(self.process.id()) {
            let _ = killpg(Pid::from_raw(id), Signal::SIGKILL);
        }
    }
}

fn is_root() -> bool {
    fs::metadata("/proc/self").is_ok_and(|myself| myself.uid() == 0)
}

/// The command, asked to end when the test's thread does: a test that is killed drops nothing.
fn bound_to_the_test(command: &Command, unprivileged: bool) -> Command {
    let mut bound = Command::new("setpriv");
    bound.args(["--pdeathsig", "TERM"]);
    if unprivileged {
        bound.args(["--reuid", &NOBODY.to_string(), "--regid", &NOBODY.to_string(), "--clear-groups"]);
    }
    bound.arg(command.get_program()).args(command.get_args());
    bound.envs(command.get_envs().filter_map(|(name, value)| Some((name, value?))));
    bound
}

/// Makes the folder and all in it nobody's own.
fn give_away(path: &Path) {
    let children = fs::read_dir(path).into_iter().flatten().flatten();
    children.for_each(|child| give_away(&child.path()));
    chown(path, Some(NOBODY), Some(NOBODY)).expect("root may give files away");
}

/// Debian's `nobody` and `nogroup`.
const NOBODY: u32 = 65_534;
/// What the gateway writes to its outputs.
const LOG: &str = "gateway.log";
