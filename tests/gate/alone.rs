//! Tests that measure a whole process run in one of their own.

use std::env;
use std::process::Command;

/// Runs `test` in a new process of this test program, which runs the one test `name` (as `module_path!` and the
/// function's name) and nothing beside it.
pub(crate) fn run<F: Future<Output = ()>>(name: &str, test: impl FnOnce() -> F) {
    if env::var_os(ALONE).is_some() {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        runtime.expect("a runtime can be built").block_on(test());
        return;
    }
    // The first part of a module path is the program's own name.
    let name = name.split_once("::").map_or(name, |(_, name)| name);
    let program = env::current_exe().expect("a running test has a path");
    let ended = Command::new(program).args(["--exact", name, "--nocapture"]).env(ALONE, "1").output();
    let ended = ended.expect("this program can be started again");
    let said = String::from_utf8_lossy(&ended.stdout);
    print!("{said}");
    assert!(ended.status.success(), "{}", String::from_utf8_lossy(&ended.stderr));
    assert!(said.contains("1 passed"), "no test is called {name}");
}

const ALONE: &str = "PORTCULLIS_TEST_ALONE";
