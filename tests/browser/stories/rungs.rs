//! Browsers that lack what the fastest solver needs get in by a slower one, and their visitors hear nothing of it.

use serde_json::{Value, json};

use crate::chromium::Launch;
use crate::site::Site;

#[tokio::test]
async fn a_browser_without_vector_instructions_solves_with_web_assembly_of_old() {
    let solved = visit(Launch::default(), "WebAssembly.validate = () => false").await;
    assert_eq!(solved["kind"], "sha256");
    assert!(work(&solved) < DIFFICULTY, "{solved}");
}

#[tokio::test]
async fn a_browser_without_web_assembly_solves_with_its_own_cryptography() {
    // As browsers do it whose users ask for more security than speed.
    let solved = visit(Launch::default().argument("--js-flags=--jitless"), "").await;
    assert_eq!(solved["kind"], "pbkdf2");
}

#[tokio::test]
async fn a_browser_with_nothing_but_java_script_solves_with_that() {
    let solved = visit(Launch::default(), WITHOUT_CRYPTOGRAPHY).await;
    assert_eq!(solved["kind"], "sha256");
    assert!(work(&solved) < DIFFICULTY / 5, "{solved}");
}

#[tokio::test]
async fn a_browser_that_only_claims_to_run_web_assembly_goes_down_by_itself() {
    let solved = visit(Launch::default(), BROKEN_MODULES).await;
    assert_eq!(solved["kind"], "pbkdf2");
}

#[tokio::test]
async fn a_browser_whose_workers_all_die_is_told_that_it_failed() {
    let site = Site::open().await;
    Launch::default()
        .visit(async |browser| {
            browser.devtools("Page.addScriptToEvaluateOnNewDocument", json!({ "source": STILLBORN_WORKERS })).await;
            browser.open(&site.url("/login")).await;
            browser.reaches("failed").await;
            browser.has_said("no worker came to life").await;
        })
        .await;
}

/// Visits with a browser from which `script` takes something away, and gives what the verifier logged of the solution.
async fn visit(launch: Launch, script: &str) -> Value {
    let site = Site::with(|settings| settings.difficulty(DIFFICULTY)).await;
    launch
        .visit(async |browser| {
            browser.devtools("Page.addScriptToEvaluateOnNewDocument", json!({ "source": script })).await;
            browser.open(&site.url("/login")).await;
            browser.sees_login().await;
            let trace = browser.trace().await;
            assert!(trace.goes_through(&["challenge page", "working", "redeeming", "done", "site"]), "{trace}");
            assert_eq!(trace.count("challenge page"), 1, "{trace}");
        })
        .await;
    let mut solved = site.log().of("solved");
    assert_eq!((solved.len(), site.log().count("refused")), (1, 0));
    solved.remove(0)
}

/// The attempts that a logged solution took, as expected.
fn work(solved: &Value) -> u32 {
    u32::try_from(solved["difficulty"].as_u64().expect("the difficulty is logged")).expect("at most 2^30")
}

/// Of the challenge for the fastest solver.
const DIFFICULTY: u32 = 1 << 20;

/// As at an address that is not secure, in a browser without WebAssembly.
const WITHOUT_CRYPTOGRAPHY: &str = "
    delete globalThis.WebAssembly;
    Object.defineProperty(crypto, 'subtle', { value: undefined });
";

/// No module compiles in a worker, as where a policy forbids it.
const BROKEN_MODULES: &str = "
    const { postMessage } = Worker.prototype;
    Worker.prototype.postMessage = function (request) {
      postMessage.call(this, { ...request, modules: request.modules.map(() => new ArrayBuffer(8)) });
    };
";

/// Every worker dies before it has loaded.
const STILLBORN_WORKERS: &str = "
    globalThis.Worker = class extends Worker {
      constructor() {
        super('/.portcullis/assets/none.js');
      }
    };
";
