//! What speaks for automation in the browser that the page is in: one function, [`signals`].
//!
//! It looks once, changes nothing, and gives names and nothing else: no value that it looked at leaves the page. What each
//! sees, and who raises it wrongly, is in `docs/signals.md`.

use core::mem::ManuallyDrop;

use wasm_bindgen::prelude::wasm_bindgen;

#[wasm_bindgen]
extern "C" {
    /// Anything in the page. Properties are asked for by name: with a function for each, as `web_sys` has them, the page's
    /// script would be a third of a kilobyte longer.
    pub type Thing;
    #[wasm_bindgen(method, structural, indexing_getter)]
    fn thing(this: &Thing, name: &str) -> Thing;
    #[wasm_bindgen(method, structural, indexing_getter)]
    fn number(this: &Thing, name: &str) -> f64;
    #[wasm_bindgen(method)]
    fn join(this: &Thing) -> Thing;
    #[wasm_bindgen(method)]
    fn includes(this: &Thing, part: &str) -> bool;
    #[wasm_bindgen(method)]
    fn push(this: &Thing, name: &str);
    #[wasm_bindgen(js_namespace = Object, js_name = getOwnPropertyNames)]
    fn own_names(of: &Thing) -> Thing;
}

/// Adds the names of the signals that a window raises to a list.
#[wasm_bindgen]
pub fn signals(window: &Thing, list: &Thing) {
    let raise_if = |is_raised: bool, name: &str| {
        if is_raised {
            list.push(name);
        }
    };
    let (navigator, document) = (window.of("navigator"), window.of("document"));
    raise_if(navigator.is("webdriver", 1.0), "webdriver");
    raise_if(has_traces(window) || has_traces(&document), "automation-globals");
    raise_if(!navigator.own().is("length", 0.0), "patched-navigator");
    raise_if(disagrees(&navigator.of("userAgent"), &navigator.of("platform")), "platform-disagrees");
    raise_if(navigator.of("languages").is("length", 0.0), "no-languages");
    // A page in the background may not have been laid out yet.
    let is_seen = document.is("hidden", 0.0);
    raise_if(is_seen && window.is("outerWidth", 0.0) && window.is("outerHeight", 0.0), "no-window-size");
}

impl Thing {
    /// A property that is a thing. Never let go: this looks once in a page's life, and the code for that is left out.
    fn of(&self, property: &str) -> ManuallyDrop<Thing> {
        ManuallyDrop::new(self.thing(property))
    }

    /// The names of what it has itself, and not from its prototypes, where all is that is the browser's own.
    fn own(&self) -> ManuallyDrop<Thing> {
        ManuallyDrop::new(own_names(self))
    }

    /// Whether a property has a value; 1 for `true`, 0 for `false`. One that is not there has none.
    fn is(&self, property: &str, value: f64) -> bool {
        self.number(property) == value
    }
}

/// Whether tools of automation left names in an object.
fn has_traces(object: &Thing) -> bool {
    let names = ManuallyDrop::new(object.own().join());
    TRACES.iter().any(|trace| names.includes(trace))
}

/// Whether a `User-Agent` names another system than the platform. A browser may keep its platform to itself.
fn disagrees(agent: &Thing, platform: &Thing) -> bool {
    let named = SYSTEMS.iter().find(|(system, _)| agent.includes(system));
    let fits = |platforms: &[&str]| platforms.iter().any(|one| platform.includes(one));
    !platform.is("length", 0.0) && named.is_some_and(|(_, platforms)| !fits(platforms))
}

/// What is in names that Chromedriver, Playwright, Puppeteer, older Selenium, PhantomJS, Nightmare and Chromium's own
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

/// A system as a `User-Agent` names it, and what platforms there are called. The first that is named counts: Android names
/// Linux too. An iPad, and a phone that shows sites for desktops, may call itself a Macintosh.
const SYSTEMS: [(&str, [&str; 3]); 5] = [
    ("Windows NT", ["Win"; 3]),
    ("Android", ["Linux", "Android", "arm"]),
    ("iP", ["iP", "Mac", "Mac"]),
    ("Macintosh", ["Mac", "iP", "iP"]),
    ("Linux", ["Linux", "Android", "arm"]),
];
