//! What the page's browser raises, in windows put together for each case, and in the one that the test runs in.

#![cfg(target_arch = "wasm32")]
#![allow(
    clippy::unwrap_used,
    reason = "a test that cannot go on fails; clippy does not know `wasm_bindgen_test` as one"
)]

use js_sys::{Array, JSON, Object, Reflect};
use signals_wasm::signals;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_test::{wasm_bindgen_test, wasm_bindgen_test_configure};

wasm_bindgen_test_configure!(run_in_browser);

const WINDOWS: &str =
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0";
const ANDROID: &str =
    "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Mobile";
const IPHONE: &str = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko)";
const MAC: &str =
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.1";
const LINUX: &str = "Mozilla/5.0 (X11; Linux x86_64; rv:133.0) Gecko/20100101 Firefox/133.0";

/// A browser that nothing is wrong with.
struct Fake {
    window: JsValue,
    navigator: JsValue,
    document: JsValue,
}

impl Fake {
    fn of(agent: &str, platform: &str) -> Self {
        let parse = |json: &str| JSON::parse(json).unwrap();
        let inherited = parse(r#"{ "webdriver": false, "languages": ["de"] }"#);
        set(&inherited, "userAgent", agent.into());
        set(&inherited, "platform", platform.into());
        let navigator: JsValue = Object::<JsValue>::create(inherited.unchecked_ref()).into();
        let document = parse(r#"{ "hidden": false }"#);
        let window = parse(r#"{ "outerWidth": 1280, "outerHeight": 800, "fetch": true }"#);
        set(&window, "navigator", navigator.clone());
        set(&window, "document", document.clone());
        Self { window, navigator, document }
    }

    fn raises(&self) -> String {
        raised(&self.window)
    }
}

fn set(object: &JsValue, name: &str, value: JsValue) {
    assert!(Reflect::set(object, &name.into(), &value).unwrap());
}

/// Names, in order and with commas between them, beside a solution that came as it should.
fn raised(window: &JsValue) -> String {
    raised_with(window, (32, 1.5e6, 1.4e6))
}

/// The same beside a solution of this many shares, which took this many attempts instead of the expected ones.
fn raised_with(window: &JsValue, (shares, expected, attempts): (u32, f64, f64)) -> String {
    let list = Array::new();
    signals(window.unchecked_ref(), list.unchecked_ref(), shares, expected, attempts);
    list.join(",").into()
}

#[wasm_bindgen_test]
fn nothing_is_wrong_with_a_browser_on_any_system() {
    for (agent, platform) in [
        (WINDOWS, "Win32"),
        (ANDROID, "Linux armv81"),
        (ANDROID, "Linux aarch64"),
        (IPHONE, "iPhone"),
        (MAC, "MacIntel"),
        (LINUX, "Linux x86_64"),
        (LINUX, "Linux armv8l"),
        ("Mozilla/5.0 (X11; FreeBSD amd64; rv:133.0) Gecko/20100101 Firefox/133.0", "FreeBSD amd64"),
        (WINDOWS, ""),
    ] {
        assert_eq!(Fake::of(agent, platform).raises(), "", "{agent}, {platform}");
    }
}

#[wasm_bindgen_test]
fn systems_that_differ_are_seen() {
    for (agent, platform) in [
        (WINDOWS, "Linux x86_64"),
        (MAC, "Linux x86_64"),
        (IPHONE, "Linux x86_64"),
        (ANDROID, "Win32"),
        (LINUX, "Win32"),
    ] {
        assert_eq!(Fake::of(agent, platform).raises(), "platform-disagrees", "{agent}, {platform}");
    }
}

#[wasm_bindgen_test]
fn each_signal_is_raised_by_what_it_is_about() {
    let fake = || Fake::of(LINUX, "Linux x86_64");
    let trace = |name: &str| {
        let of_window = fake();
        set(&of_window.window, name, JsValue::TRUE);
        let of_document = fake();
        set(&of_document.document, name, JsValue::TRUE);
        [of_window.raises(), of_document.raises()]
    };
    for name in ["cdc_adoQpoasnfa76pfcZLmcfl_Array", "$cdc_a", "__playwright__binding__", "domAutomationController"] {
        assert_eq!(trace(name), ["automation-globals"; 2], "{name}");
    }

    let patched = fake();
    set(&patched.navigator, "plugins", JsValue::NULL);
    assert_eq!(patched.raises(), "patched-navigator");

    let driven = fake();
    set(&Object::get_prototype_of(&driven.navigator), "webdriver", JsValue::TRUE);
    set(&Object::get_prototype_of(&driven.navigator), "languages", Array::new().into());
    assert_eq!(driven.raises(), "webdriver,no-languages");

    let small = fake();
    set(&small.window, "outerWidth", 0.into());
    assert_eq!(small.raises(), "");
    set(&small.window, "outerHeight", 0.into());
    assert_eq!(small.raises(), "no-window-size");
    set(&small.document, "hidden", JsValue::TRUE);
    assert_eq!(small.raises(), "");
}

#[wasm_bindgen_test]
fn a_solution_that_so_few_attempts_cannot_have_found_came_from_elsewhere() {
    let raised = |found| raised_with(&Fake::of(LINUX, "Linux x86_64").window, found);
    for found in [(32, 1.5e6, 0.4e6), (16, 1.5e6, 0.4e6), (32, 1.5e6, 9e6), (15, 1.5e6, 32.0), (1, 1.5e6, 1.0)] {
        assert_eq!(raised(found), "", "{found:?}");
    }
    for found in [(32, 1.5e6, 32.0), (16, 1.5e6, 0.3e6), (64, 1.5e6, 0.0)] {
        assert_eq!(raised(found), "impossible-solve-time", "{found:?}");
    }
}

/// Its driver says so, and hides nothing else.
#[wasm_bindgen_test]
fn the_browser_that_runs_this_is_driven() {
    let names = raised(&js_sys::global());
    assert!(names.starts_with("webdriver"), "{names}");
    for name in ["patched-navigator", "platform-disagrees", "no-languages", "no-window-size"] {
        assert!(!names.contains(name), "{names}");
    }
}
