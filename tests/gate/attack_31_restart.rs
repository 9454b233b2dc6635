//! Attack 31: the program stopped, killed, and started again. Tokens stay good, for their key is on the disk;
//! challenges do not, for theirs was in memory: what a lost replay store had recorded can never be redeemed again.

use portcullis_tests::attacker::{Submission, wire};
use portcullis_tests::processes::{PATIENCE, Settings, Verifier};

use crate::program;

#[tokio::test]
async fn after_kill_9_tokens_are_good_and_challenges_are_not() {
    let mut verifier = Verifier::start(Settings::in_front_of("http://127.0.0.1:9").difficulty(1024)).await;
    let address = verifier.address();
    let token = program::clear(address).await;
    let redeemed = Submission::solving(&program::challenge(address).await);
    let open = Submission::solving(&program::challenge(address).await);
    assert_eq!(wire::status(&submit(&verifier, &redeemed).await), 200);

    verifier.restart().await;
    for submission in [&redeemed, &open] {
        let refused = String::from_utf8_lossy(&submit(&verifier, submission).await).into_owned();
        assert!(refused.contains("\"code\":\"forged\""), "{refused}");
    }
    let shown = program::get(address, "/.portcullis/authorize", Some(&token)).await;
    assert_eq!(wire::status(&shown), 200, "the token is as good as before");
    program::clear(address).await;
}

#[tokio::test]
async fn asked_to_end_it_ends_well_and_says_so() {
    let mut verifier = Verifier::start(Settings::in_front_of("http://127.0.0.1:9")).await;
    let status = verifier.process().terminate().await;
    assert!(status.success(), "{status}");
    verifier.log().wait_for("stopped", 1, PATIENCE).await;
}

async fn submit(verifier: &Verifier, submission: &Submission) -> Vec<u8> {
    let request = program::post(verifier.address(), submission, "Connection: close\r\n");
    wire::exchange(verifier.address(), &request).await
}
