//! HAProxy: a Lua action that asks, and `jwt_verify`.

use std::fs;
use std::path::Path;
use std::process::Command;

use crate::checks::checks;
use crate::recipe::{Mode, Ports, Recipe};

checks! { subrequest: SUBREQUEST }
checks! { offline: OFFLINE }

pub(super) const SUBREQUEST: Recipe = Recipe {
    folder: "haproxy",
    files: &["subrequest.cfg"],
    mode: Mode::Subrequest,
    ports: Ports::ADDRESSES,
    command: |folder| haproxy(folder, "subrequest.cfg"),
    place: None,
    settings: |settings| settings,
    own_user: false,
    passes_clearance: false,
};

pub(super) const OFFLINE: Recipe = Recipe {
    files: &["offline.cfg"],
    mode: Mode::Offline,
    command: |folder| haproxy(folder, "offline.cfg"),
    ..SUBREQUEST
};

/// One process. The socket it comes to itself by has a name on the machine, not in the folder: each test has its own.
fn haproxy(folder: &Path, file: &str) -> Command {
    let path = folder.join(file);
    let config = fs::read_to_string(&path).expect("the recipe was copied");
    assert!(config.contains(SOCKET), "{SOCKET} is not in {file}");
    let own = format!("abns@{}", folder.file_name().unwrap_or_default().to_string_lossy());
    fs::write(&path, config.replace(SOCKET, &own)).expect("a temporary folder can be written to");
    let mut command = Command::new("haproxy");
    command.args(["-db", "-f", file]);
    command
}

const SOCKET: &str = "abns@portcullis-authorize";
