//! Every browser gets in, by the fastest solver it can run: each solver is told of with those above it switched off.

use serde_json::{Value, json};

use crate::browser::Browser;
use crate::chromium::Launch;
use crate::firefox::Firefox;
use crate::relay::{Exchange, Relay};
use crate::site::Site;
use crate::webkit::WebKit;

#[tokio::test]
async fn todays_chromium_solves_with_vector_instructions() {
    let scene = Scene::open().await;
    Launch::default().visit(async |browser| scene.gets_in(browser, ALL, "simd").await).await;
}

#[tokio::test]
async fn todays_firefox_solves_with_vector_instructions() {
    let scene = Scene::open().await;
    Firefox::default().visit(&scene.relay, async |browser| scene.gets_in(browser, ALL, "simd").await).await;
}

#[tokio::test]
async fn todays_webkitgtk_solves_with_vector_instructions() {
    let scene = Scene::open().await;
    WebKit::gtk().visit(&scene.relay, async |browser| scene.gets_in(browser, ALL, "simd").await).await;
}

#[tokio::test]
async fn a_wpe_webkit_of_2022_solves_with_web_assembly_as_it_once_was() {
    let scene = Scene::open().await;
    WebKit::wpe().visit(&scene.relay, async |browser| scene.gets_in(browser, NO_VECTORS, "scalar").await).await;
}

#[tokio::test]
async fn chromium_on_a_processor_without_vectors_solves_with_web_assembly_as_it_once_was() {
    let scene = Scene::open().await;
    Launch::default()
        // Chromium has vectors in WebAssembly where the processor has these instructions.
        .argument("--js-flags=--no-enable-sse4-1")
        .visit(async |browser| scene.gets_in(browser, NO_VECTORS, "scalar").await)
        .await;
}

#[tokio::test]
async fn chromium_without_web_assembly_solves_with_web_crypto() {
    let scene = Scene::open().await;
    Launch::default()
        // As browsers do it whose users ask for more security than speed.
        .argument("--js-flags=--jitless")
        .visit(async |browser| scene.gets_in(browser, NO_WEB_ASSEMBLY, "pbkdf2").await)
        .await;
}

#[tokio::test]
async fn firefox_without_web_assembly_solves_with_web_crypto() {
    let scene = Scene::open().await;
    Firefox::default()
        .preference("javascript.options.wasm", json!(false))
        .visit(&scene.relay, async |browser| scene.gets_in(browser, NO_WEB_ASSEMBLY, "pbkdf2").await)
        .await;
}

#[tokio::test]
async fn webkitgtk_locked_down_solves_with_web_crypto() {
    let scene = Scene::open().await;
    WebKit::gtk()
        // What an iPhone's Lockdown Mode takes away: WebAssembly, and the compiler for JavaScript.
        .engine("JSC_useWasm", "0")
        .engine("JSC_useJIT", "0")
        .visit(&scene.relay, async |browser| scene.gets_in(browser, NO_WEB_ASSEMBLY, "pbkdf2").await)
        .await;
}

#[tokio::test]
async fn chromium_whose_web_assembly_a_gateway_forbids_solves_with_web_crypto() {
    let scene = Scene::behind_a_strict_gateway().await;
    Launch::default().visit(async |browser| scene.gets_in(browser, ALL, "pbkdf2").await).await;
}

#[tokio::test]
async fn firefox_whose_web_assembly_a_gateway_forbids_solves_with_web_crypto() {
    let scene = Scene::behind_a_strict_gateway().await;
    Firefox::default().visit(&scene.relay, async |browser| scene.gets_in(browser, ALL, "pbkdf2").await).await;
}

#[tokio::test]
async fn webkitgtk_whose_web_assembly_a_gateway_forbids_solves_with_web_crypto() {
    let scene = Scene::behind_a_strict_gateway().await;
    WebKit::gtk().visit(&scene.relay, async |browser| scene.gets_in(browser, ALL, "pbkdf2").await).await;
}

#[tokio::test]
async fn chromium_at_an_insecure_address_solves_with_plain_javascript() {
    let scene = Scene::open().await;
    Launch::default()
        .argument("--js-flags=--jitless")
        .argument("--host-resolver-rules=MAP gate.test 127.0.0.1")
        .visit(async |browser| {
            browser.open(&scene.relay.url_as("gate.test", "/login")).await;
            // The verifier is content. Its cookie is not for plain HTTP, and the visitor is told.
            browser.reaches("cookies-blocked").await;
            assert_eq!(browser.ask(ABILITIES).await, Some(json!(NEITHER)));
            assert_eq!(scene.solver(), "js");
        })
        .await;
}

#[tokio::test]
async fn chromium_with_neither_web_assembly_nor_web_crypto_solves_with_plain_javascript() {
    let scene = Scene::open().await;
    Launch::default()
        .argument("--js-flags=--jitless")
        .visit(async |browser| {
            browser.runs_first("Object.defineProperty(crypto, 'subtle', { value: undefined })").await;
            scene.gets_in(browser, NEITHER, "js").await;
        })
        .await;
}

#[tokio::test]
async fn chromium_that_only_claims_to_run_web_assembly_solves_with_web_crypto() {
    let scene = Scene::open().await;
    Launch::default()
        .visit(async |browser| {
            browser.runs_first(BROKEN_MODULES).await;
            scene.gets_in(browser, ALL, "pbkdf2").await;
        })
        .await;
}

#[tokio::test]
async fn chromium_whose_workers_all_die_says_that_it_failed() {
    let scene = Scene::open().await;
    Launch::default()
        .visit(async |browser| {
            browser.runs_first(STILLBORN_WORKERS).await;
            browser.open(&scene.relay.url("/login")).await;
            browser.reaches("failed").await;
            browser.has_said("no worker came to life").await;
        })
        .await;
}

/// A site behind a relay, and a ladder whose rungs can be told apart by their work.
struct Scene {
    site: Site,
    relay: Relay,
}

impl Scene {
    async fn open() -> Self {
        let site = Self::site().await;
        let relay = Relay::start(site.verifier.address()).await;
        Self { site, relay }
    }

    /// Behind a gateway that adds the policy many sites have for all their pages.
    async fn behind_a_strict_gateway() -> Self {
        let site = Self::site().await;
        let relay = Relay::with_policy(site.verifier.address(), Some("default-src 'self'")).await;
        Self { site, relay }
    }

    async fn site() -> Site {
        let fractions = [("challenge.scalar_fraction", "0.5"), ("challenge.javascript_fraction", "0.25")];
        Site::with(|settings| fractions.iter().fold(settings, |settings, (key, fraction)| settings.set(key, fraction)))
            .await
    }

    /// A browser with these abilities comes to the login page, by this solver.
    async fn gets_in(&self, browser: &Browser, abilities: [bool; 3], solver: &str) {
        browser.open(&self.relay.url("/login")).await;
        browser.sees_login().await;
        assert_eq!(browser.ask(ABILITIES).await, Some(json!(abilities)), "the browser is not as the story wants it");
        assert_eq!(self.solver(), solver);
        // Whichever it is, the visitor meets the challenge page once, and no solution is refused.
        let pages = self.relay.exchanges().iter().filter(|exchange| exchange.request == "GET /login").count();
        assert_eq!((pages, self.site.log().count("refused")), (2, 0));
    }

    /// What the one challenge redeemed was solved with: the relay saw which was asked for, and the verifier tells by kind
    /// and difficulty which was redeemed.
    fn solver(&self) -> String {
        let solved = self.site.log().of("solved");
        assert_eq!(solved.len(), 1, "{solved:?}");
        let exchanges = self.relay.exchanges();
        let asked = |exchange: &Exchange| Some(exchange.request.split_once("&solver=")?.1.to_owned());
        // The challenge that comes with the page is for vector instructions.
        let solver = exchanges.iter().rev().find_map(asked).unwrap_or("simd".to_owned());
        assert_eq!(solver, redeemed(&solved[0]), "{solved:?}");
        solver
    }
}

/// The solver that a challenge redeemed was for.
fn redeemed(solved: &Value) -> &'static str {
    match (solved["kind"].as_str(), solved["difficulty"].as_u64().unwrap_or(0)) {
        (Some("pbkdf2"), _) => "pbkdf2",
        (_, 60_000..) => "simd",
        (_, 30_000..) => "scalar",
        (_, 15_000..) => "js",
        _ => "nothing that was asked for",
    }
}

/// Whether a browser has vector instructions in WebAssembly (told by a function that makes a vector and counts its
/// bits), WebAssembly, and WebCrypto.
const ABILITIES: &str = "
    const counts = [0, 97, 115, 109, 1, 0, 0, 0, 1, 5, 1, 96, 0, 1, 123, 3, 2, 1, 0, 10, 10, 1, 8, 0, 65, 0, 253, 15, 253, 98, 11];
    const wasm = typeof WebAssembly === 'object';
    return [wasm && WebAssembly.validate(new Uint8Array(counts)), wasm, typeof crypto.subtle === 'object'];
";

/// No module compiles in a worker.
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

const ALL: [bool; 3] = [true, true, true];
const NO_VECTORS: [bool; 3] = [false, true, true];
const NO_WEB_ASSEMBLY: [bool; 3] = [false, false, true];
const NEITHER: [bool; 3] = [false, false, false];
