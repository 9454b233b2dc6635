//! Apache: a hook of mod_lua.

use std::path::Path;
use std::process::Command;

use portcullis_tests::processes::installed;

use crate::checks::checks;
use crate::latency::added_latency;
use crate::recipe::{Mode, Ports, Recipe};

checks! { subrequest: SUBREQUEST }
added_latency! { PLAIN; subrequest: SUBREQUEST }

pub(super) const SUBREQUEST: Recipe = Recipe {
    folder: "apache",
    files: &["subrequest.conf", "portcullis/portcullis.conf", "portcullis/portcullis.lua"],
    mode: Mode::Subrequest,
    ports: Ports::ADDRESSES,
    place: Some("/etc/apache2"),
    command: |folder| apache(folder, "subrequest.conf"),
    settings: |settings| settings,
    reads_keys: false,
    own_user: false,
    passes_clearance: false,
};

/// Without us.
const PLAIN: Recipe = Recipe {
    folder: "../tests/gateways/plain",
    files: &["apache.conf"],
    command: |folder| apache(folder, "apache.conf"),
    place: None,
    ..SUBREQUEST
};

fn apache(folder: &Path, file: &str) -> Command {
    let mut command = installed("apache2");
    command.arg("-d").arg(folder).args(["-D", "FOREGROUND", "-f", file]);
    command
}
