//! nginx: `auth_request`, to the verifier or to njs.

use std::path::Path;
use std::process::Command;

use portcullis_tests::processes::installed;

use crate::checks::checks;
use crate::recipe::{Mode, Ports, Recipe};

checks! { subrequest: SUBREQUEST }
checks! { offline: OFFLINE }

pub(super) const SUBREQUEST: Recipe = Recipe {
    folder: "nginx",
    files: &["subrequest.conf", "portcullis/http.conf"],
    mode: Mode::Subrequest,
    ports: Ports::ADDRESSES,
    place: Some("/var/lib/nginx"),
    command: |folder| nginx(folder, "subrequest.conf"),
    settings: |settings| settings,
    reads_keys: false,
    own_user: false,
    passes_clearance: false,
};

pub(super) const OFFLINE: Recipe = Recipe {
    files: &["offline.conf", "portcullis/http.conf"],
    mode: Mode::Offline,
    command: |folder| nginx(folder, "offline.conf"),
    ..SUBREQUEST
};

/// One process, so that no worker outlives it.
fn nginx(folder: &Path, file: &str) -> Command {
    let mut command = installed("nginx");
    command.arg("-p").arg(folder).args(["-e", "stderr", "-g", "daemon off; master_process off;", "-c", file]);
    command
}
