//! The reader of a command's output may stop early, as `head` does: that is not an error, and not a panic.

use std::process::Stdio;

use portcullis_tests::processes::{Origin, Settings, Verifier, program};

#[tokio::test]
async fn no_command_minds_a_reader_that_is_gone() {
    let origin = Origin::start();
    let verifier = Verifier::start(Settings::in_front_of(origin.url())).await;
    let (config, admin) = (verifier.config(), format!("admin.listen={}", verifier.admin().await));
    let site = verifier.url("/");
    for command in [
        &["check-config"][..],
        &["check-config", "--explain", "/login"],
        &["keys", "list"],
        &["mode"],
        &["top", "--once"],
        &["import", "robots", "/dev/null"],
        &["solve", "--quiet", &site],
    ] {
        let (reader, writer) = std::io::pipe().expect("there are pipes");
        drop(reader);
        let mut running = program("portcullis");
        running.args(command).stdout(writer).stderr(Stdio::piped());
        if !["import", "solve"].contains(&command[0]) {
            running.arg("--config").arg(&config).args(["--set", &admin]);
        }
        let ended = tokio::task::spawn_blocking(move || running.output()).await.expect("the task ends");
        let ended = ended.expect("portcullis can be started");
        let said = String::from_utf8_lossy(&ended.stderr);
        assert!(ended.status.success() && !said.contains("panicked"), "{command:?}: {} {said}", ended.status);
    }
}
