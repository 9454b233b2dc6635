//! Apache: a hook of mod_lua.

use std::path::Path;
use std::process::Command;

use portcullis_tests::processes::installed;

use crate::checks::checks;
use crate::recipe::{Mode, Ports, Recipe};

checks! { subrequest: SUBREQUEST }

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

fn apache(folder: &Path, file: &str) -> Command {
    let mut command = installed("apache2");
    command.arg("-d").arg(folder).args(["-D", "FOREGROUND", "-f", file]);
    command
}
