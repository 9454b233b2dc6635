//! Signs of automation in the browser that the page runs in, and in how its solution was found: one function,
//! [`signals`].
//!
//! It looks once, when there is a solution, changes nothing, and returns only names: no value that it looked at leaves
//! the page. `docs/signals.md` says what each signal detects, and which browsers raise it by mistake.
//!
//! The module needs JavaScript beside it, which wasm-bindgen writes. Both are in the page's script.

#![no_std]

use core::mem::ManuallyDrop;

use js_sys::{Array, JsString, Object};
use wasm_bindgen::JsCast as _;
use wasm_bindgen::prelude::wasm_bindgen;
use web_sys::Window;

#[wasm_bindgen]
extern "C" {
    /// Anything in the page. Properties are read by name: with a function for each, as in `web_sys`, the page's script
    /// would be a third of a kilobyte longer, and what a browser does not have would be an error and not a "no".
    #[wasm_bindgen(extends = Object)]
    type Thing;
    #[wasm_bindgen(method, structural, indexing_getter)]
    fn thing(this: &Thing, name: &str) -> Thing;
    #[wasm_bindgen(method, structural, indexing_getter)]
    fn number(this: &Thing, name: &str) -> f64;

    /// A list of texts that a name is added to as it is, without a JavaScript value for it here.
    pub type Names;
    #[wasm_bindgen(method)]
    fn push(this: &Names, name: &str);
}

/// Adds the names of the signals that a window raises to a list.
///
/// The solution has this many `shares`, which take as many attempts as `expected` on average. `attempts` is what the
/// page measured: the rate of its workers, times how long they took.
#[wasm_bindgen]
pub fn signals(window: &Window, list: &Names, shares: u32, expected: f64, attempts: f64) {
    let raise_if = |is_raised: bool, name: &str| {
        if is_raised {
            list.push(name);
        }
    };
    let window: &Thing = window.unchecked_ref();
    let (navigator, document) = (window.of("navigator"), window.of("document"));
    raise_if(navigator.is("webdriver", 1.0), "webdriver");
    raise_if(has_traces(window) || has_traces(&document), "automation-globals");
    raise_if(!navigator.own().unchecked_ref::<Thing>().is("length", 0.0), "patched-navigator");
    raise_if(disagrees(&navigator.of("userAgent"), &navigator.of("platform")), "platform-disagrees");
    raise_if(navigator.of("languages").is("length", 0.0), "no-languages");
    // A page in the background may not have been laid out yet.
    let is_seen = document.is("hidden", 0.0);
    raise_if(is_seen && window.is("outerWidth", 0.0) && window.is("outerHeight", 0.0), "no-window-size");
    raise_if(shares >= ENOUGH_SHARES && attempts < expected * POSSIBLE, "impossible-solve-time");
}

impl Thing {
    /// A property that is an object. Never freed: a page looks once for each solution, and the code for freeing is left
    /// out.
    fn of(&self, property: &str) -> ManuallyDrop<Thing> {
        ManuallyDrop::new(self.thing(property))
    }

    /// The names of its own properties, without those of its prototypes, which hold the browser's own.
    fn own(&self) -> ManuallyDrop<Array> {
        ManuallyDrop::new(Object::get_own_property_names(self.unchecked_ref::<Object>()))
    }

    /// Whether a property has a value; 1 for `true`, 0 for `false`. A missing one has none.
    fn is(&self, property: &str, value: f64) -> bool {
        self.number(property) == value
    }
}

/// Whether tools of automation left names in an object.
fn has_traces(object: &Thing) -> bool {
    let names = ManuallyDrop::new(object.own().join(","));
    TRACES.iter().any(|trace| names.includes(trace, 0))
}

/// Whether a `User-Agent` names another system than the platform does. A browser may hide its platform.
fn disagrees(agent: &Thing, platform: &Thing) -> bool {
    let says = |text: &Thing, part: &str| text.unchecked_ref::<JsString>().includes(part, 0);
    let named = SYSTEMS.iter().find(|(system, _)| says(agent, system));
    let fits = |platforms: &[&str]| platforms.iter().any(|one| says(platform, one));
    !platform.is("length", 0.0) && named.is_some_and(|(_, platforms)| !fits(platforms))
}

/// The least part of the expected attempts that this many shares take. With 16, luck does it in less five times in a
/// million; with few shares, often.
const POSSIBLE: f64 = 0.25;
const ENOUGH_SHARES: u32 = 16;

/// Parts of names that Chromedriver, Playwright, Puppeteer, older Selenium, PhantomJS, Nightmare and Chromium's own
/// automation leave.
const TRACES: [&str; 9] = [
    "cdc_",
    "__playwright",
    "__pwInit",
    "__puppeteer",
    "__webdriver",
    "__selenium",
    "domAutomation",
    "_phantom",
    "__nightmare",
];

/// A system as a `User-Agent` names it, and the names of platforms there. The first that is named counts: Android names
/// Linux too. An iPad, and a phone that shows sites for desktops, may call itself a Macintosh.
const SYSTEMS: [(&str, [&str; 3]); 5] = [
    ("Windows NT", ["Win"; 3]),
    ("Android", ["Linux", "Android", "arm"]),
    ("iP", ["iP", "Mac", "Mac"]),
    ("Macintosh", ["Mac", "iP", "iP"]),
    ("Linux", ["Linux", "Android", "arm"]),
];
