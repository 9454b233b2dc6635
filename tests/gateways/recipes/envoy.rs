//! Envoy: `ext_authz` over HTTP and over gRPC, and `jwt_authn`.

use std::path::Path;
use std::process::Command;

use portcullis_tests::processes::installed;

use crate::checks::checks;
use crate::recipe::{Mode, Ports, Recipe};

checks! { ext_authz_http: EXT_AUTHZ_HTTP }
checks! { ext_authz_grpc: EXT_AUTHZ_GRPC }
checks! { jwt_authn: JWT_AUTHN }

const EXT_AUTHZ_HTTP: Recipe = Recipe {
    folder: "envoy",
    files: &["ext-authz-http.yaml"],
    mode: Mode::Subrequest,
    // The verifier's URL in these files is only a name; the port that counts is the cluster's.
    ports: Ports { verifier: "port_value: 8080", origin: "port_value: 3000", gateway: "port_value: 8000" },
    place: None,
    command: |folder| envoy(folder, "ext-authz-http.yaml"),
    settings: |settings| settings,
    // The program is in the user's own cache.
    own_user: true,
    passes_clearance: false,
};

const EXT_AUTHZ_GRPC: Recipe = Recipe {
    files: &["ext-authz-grpc.yaml"],
    command: |folder| envoy(folder, "ext-authz-grpc.yaml"),
    ..EXT_AUTHZ_HTTP
};

const JWT_AUTHN: Recipe = Recipe {
    files: &["jwt-authn.yaml"],
    mode: Mode::Offline,
    command: |folder| envoy(folder, "jwt-authn.yaml"),
    ..EXT_AUTHZ_HTTP
};

/// One worker thread, and no shared memory, by which it would find others of its kind.
fn envoy(folder: &Path, file: &str) -> Command {
    let mut command = installed("envoy");
    command.arg("-c").arg(folder.join(file)).args(["--concurrency", "1", "--disable-hot-restart", "-l", "warning"]);
    command
}
