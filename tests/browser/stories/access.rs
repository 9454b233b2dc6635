//! Everyone can read and use the page: by keyboard, by ear, on a small screen, in large print, in their language.

use std::fs;
use std::path::Path;

use serde_json::{Value, json};

use crate::browser::Browser;
use crate::chromium::Launch;
use crate::site::Site;

#[tokio::test]
async fn every_state_fits_a_small_screen_in_every_language_and_in_large_print() {
    let site = Site::with_endless_work().await;
    Launch::default()
        .visit(async |browser| {
            browser.becomes_phone(320, 640).await;
            for (language, direction) in translations() {
                browser.reads(&language).await;
                browser.open(&site.url("/login")).await;
                browser.presses("cancel").await;
                let read = browser.ask("const { lang, dir } = document.documentElement; return [lang, dir]").await;
                assert_eq!(read, Some(json!([language, direction])));
                for (print, size) in [("normal", 16), ("large", 32)] {
                    browser.devtools("Page.setFontSizes", json!({ "fontSizes": { "standard": size } })).await;
                    let problems = browser.ask(LAYOUT_PROBLEMS).await;
                    assert_eq!(problems, Some(json!([])), "{language}, {print} print");
                }
            }
        })
        .await;
}

#[tokio::test]
async fn text_stands_out_from_its_background_by_day_and_by_night() {
    let site = Site::with_endless_work().await;
    Launch::default()
        .visit(async |browser| {
            browser.open(&site.url("/login")).await;
            browser.presses("cancel").await;
            for scheme in ["light", "dark"] {
                browser.prefers(scheme).await;
                let contrasts = browser.ask(CONTRASTS).await.unwrap_or_default();
                let contrasts = contrasts.as_array().expect("a list of texts and contrasts");
                assert!(contrasts.len() > 10, "{contrasts:?}");
                let faint: Vec<_> = contrasts.iter().filter(|of| of["contrast"].as_f64() < Some(4.5)).collect();
                assert!(faint.is_empty(), "{scheme}: {faint:?}");
            }
        })
        .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_page_of_a_busy_site_fits_and_stands_out_too() {
    let site = Site::by_turns().await;
    Launch::default()
        .visit(async |browser| {
            browser.open(&site.url("/login?first")).await;
            browser.sees_login().await;
            let _rush = site.rush().await;
            browser.becomes_phone(320, 640).await;
            for (language, direction) in translations() {
                browser.reads(&language).await;
                browser.open(&site.url("/login")).await;
                browser.presses("cancel").await;
                browser.ask("document.querySelector('main').dataset.formNotice = 'carried'").await;
                let read = browser.ask("const { lang, dir } = document.documentElement; return [lang, dir]").await;
                assert_eq!(read, Some(json!([language, direction])));
                for (print, size) in [("normal", 16), ("large", 32)] {
                    browser.devtools("Page.setFontSizes", json!({ "fontSizes": { "standard": size } })).await;
                    let script = LAYOUT_PROBLEMS.replace("'working'", "'waiting'");
                    assert_eq!(browser.ask(&script).await, Some(json!([])), "{language}, {print} print");
                }
            }
            for scheme in ["light", "dark"] {
                browser.prefers(scheme).await;
                let contrasts = browser.ask(&CONTRASTS.replace("'working'", "'waiting'")).await.unwrap_or_default();
                let contrasts = contrasts.as_array().expect("a list of texts and contrasts");
                assert!(contrasts.len() > 10, "{contrasts:?}");
                let faint: Vec<_> = contrasts.iter().filter(|of| of["contrast"].as_f64() < Some(4.5)).collect();
                assert!(faint.is_empty(), "{scheme}: {faint:?}");
            }
        })
        .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_listens_to_the_page_of_a_busy_site_is_told_once_and_not_by_the_second() {
    let site = Site::by_turns().await;
    Launch::default()
        .visit(async |browser| {
            browser.open(&site.url("/login?first")).await;
            browser.sees_login().await;
            let _rush = site.rush().await;
            browser.open(&site.url("/login")).await;
            browser.until("it waits", "return document.querySelector('#time-left span').textContent !== ''").await;
            let tree = browser.devtools("Accessibility.getFullAXTree", json!({})).await;
            let named = |role: &str| -> Vec<Value> {
                let nodes = tree["nodes"].as_array().into_iter().flatten();
                let of_role = nodes.filter(|node| node["role"]["value"] == role && node["ignored"] == false);
                of_role.map(|node| node["name"]["value"].clone()).collect()
            };
            assert_eq!(named("heading"), ["The site is very busy"]);
            assert_eq!(named("progressbar"), ["Time until the next try"]);
            assert_eq!(named("button"), ["Cancel", "Try now"]);
            let changing = "const live = '[role=status] *, [aria-live] *, [role=timer] *';
                return [...document.querySelectorAll('progress, #time-left')].every((part) => !part.matches(live))";
            browser.until("what changes by the second is not called out", changing).await;
        })
        .await;
}

#[tokio::test]
async fn the_keyboard_reaches_every_control_and_the_focus_is_seen() {
    let site = Site::with_endless_work().await;
    Launch::default()
        .visit(async |browser| {
            browser.open(&site.url("/login")).await;
            browser.reaches("working").await;
            browser.press(TAB).await;
            assert_eq!(focus(browser).await, "Cancel");
            browser.press(TAB).await;
            assert_eq!(focus(browser).await, "Why am I seeing this?");
            browser.press(ENTER).await;
            browser.until("the reason is shown", "return document.querySelector('details').open").await;
            browser.press(SHIFT_TAB).await;
            browser.press(ENTER).await;
            browser.reaches("cancelled").await;
            assert_eq!(focus(browser).await, "Try again", "the focus went with the button that had it");
        })
        .await;
}

#[tokio::test]
async fn who_listens_hears_what_happens_and_how_far_it_is() {
    let site = Site::with_endless_work().await;
    Launch::default()
        .visit(async |browser| {
            browser.open(&site.url("/login")).await;
            browser.is_mid_solve().await;
            let tree = browser.devtools("Accessibility.getFullAXTree", json!({})).await;
            let named = |role: &str| -> Vec<Value> {
                let nodes = tree["nodes"].as_array().into_iter().flatten();
                let of_role = nodes.filter(|node| node["role"]["value"] == role && node["ignored"] == false);
                of_role.map(|node| node["name"]["value"].clone()).collect()
            };
            assert_eq!(named("progressbar"), ["Progress of the check"]);
            assert_eq!(named("heading"), ["A short check before you go on"]);
            assert_eq!(named("button"), ["Cancel"]);
            assert_eq!(named("main").len(), 1);
            assert!(!named("status").is_empty());
            let bar = "const { value, max } = document.querySelector('progress'); return 0 < value && value < max";
            assert_eq!(browser.ask(bar).await, Some(json!(true)));
        })
        .await;
}

#[tokio::test]
async fn how_long_it_will_take_is_said_in_the_visitors_language_and_not_called_out() {
    let site = Site::with_endless_work().await;
    Launch::default()
        .visit(async |browser| {
            for (language, expected) in [("en", r"^Time left: about \d+ (seconds|minutes?)$"), ("de", r"etwa \d+ (Sek|Min)")] {
                browser.reads(language).await;
                browser.open(&site.url("/login")).await;
                let script = format!(
                    "const left = document.querySelector('#time-left');
                     if (left.matches('[role], [aria-live], [role] *, [aria-live] *')) throw new Error('it is called out');
                     return left.checkVisibility() && /{expected}/.test(left.innerText)"
                );
                browser.until("the time left is said", &script).await;
                browser.presses("cancel").await;
                browser.until("it is said no more", "return !document.querySelector('#time-left').checkVisibility()").await;
            }
        })
        .await;
}

/// Every language the page speaks, with the direction it is written in.
pub(super) fn translations() -> Vec<(String, Value)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../www/translations");
    let files = fs::read_dir(folder).expect("the translations are there").filter_map(Result::ok);
    let translations: Vec<_> = files
        .map(|file| {
            let language = file.path().file_stem().unwrap_or_default().to_string_lossy().into_owned();
            let text = fs::read_to_string(file.path()).expect("a translation can be read");
            let texts: Value = serde_json::from_str(&text).expect("a translation is JSON");
            (language, texts["dir"].clone())
        })
        .collect();
    assert!(translations.len() > 1, "{translations:?}");
    translations
}

/// What has the focus; must be seen to have it.
async fn focus(browser: &Browser) -> String {
    let script = "const focused = document.activeElement;
        const { outlineStyle, outlineWidth } = getComputedStyle(focused);
        return outlineStyle !== 'none' && parseFloat(outlineWidth) >= 2 ? focused.innerText : 'nothing seen'";
    browser.ask(script).await.and_then(|text| text.as_str().map(|text| text.trim().to_owned())).unwrap_or_default()
}

/// Goes through every state of the page, which follows its own `data-state`, and lists what does not fit.
const LAYOUT_PROBLEMS: &str = "
    const main = document.querySelector('main');
    main.querySelector('#time-left').hidden = false;
    main.querySelector('#time-left span').textContent = '59 ' + 'M'.repeat(10);
    const problems = [];
    const states = new Set([...main.querySelectorAll('[data-when]')].flatMap(({ dataset }) => dataset.when.split(' ')));
    for (const state of [...states, 'working']) {
      main.dataset.state = state;
      // The page follows before the next task.
      await null;
      const visible = [...main.querySelectorAll('*')].filter((element) => element.checkVisibility());
      const headings = visible.filter(({ localName }) => localName === 'h1');
      if (headings.length !== 1 || headings[0].innerText.trim() === '') problems.push(`${state}: ${headings.length} headings`);
      const { scrollWidth, clientWidth } = document.documentElement;
      if (scrollWidth > clientWidth) problems.push(`${state}: ${scrollWidth} wide on ${clientWidth}`);
      for (const element of visible) {
        const { left, right } = element.getBoundingClientRect();
        if (left < 0 || right > clientWidth + 0.5) problems.push(`${state}: ${element.outerHTML.slice(0, 60)} sticks out`);
      }
      for (const button of main.querySelectorAll('button:not([hidden])')) {
        const { height } = button.getBoundingClientRect();
        if (height > 0 && height < 44) problems.push(`${state}: a button only ${height} high`);
      }
    }
    return problems;
";

/// Every text of every state, with its contrast (WCAG 2.2, 1.4.3).
const CONTRASTS: &str = "
    const main = document.querySelector('main');
    main.querySelector('details').open = true;
    main.querySelector('#time-left').hidden = false;
    const numbers = (colour) => colour.match(/[\\d.]+/g).map(Number);
    const linear = (channel) => (channel <= 10.314 ? channel / 3294.6 : ((channel / 255 + 0.055) / 1.055) ** 2.4);
    const luminance = (colour) => {
      const [red, green, blue] = numbers(colour).map(linear);
      return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
    };
    const background = (element) => {
      const colour = getComputedStyle(element).backgroundColor;
      return numbers(colour)[3] === 0 && element.parentElement ? background(element.parentElement) : colour;
    };
    const found = [];
    const states = new Set([...main.querySelectorAll('[data-when]')].flatMap(({ dataset }) => dataset.when.split(' ')));
    for (const state of [...states, 'working']) {
      main.dataset.state = state;
      // The page follows before the next task.
      await null;
      const texts = document.createTreeWalker(main, NodeFilter.SHOW_TEXT);
      while (texts.nextNode()) {
        const { data, parentElement } = texts.currentNode;
        if (data.trim() === '' || !parentElement.checkVisibility()) continue;
        const shades = [getComputedStyle(parentElement).color, background(parentElement)].map(luminance).sort((a, b) => a - b);
        found.push({ state, text: data.trim().slice(0, 40), contrast: (shades[1] + 0.05) / (shades[0] + 0.05) });
      }
    }
    return found;
";

const TAB: &str = "\u{e004}";
const SHIFT_TAB: &str = "\u{e008}\u{e004}\u{e008}";
const ENTER: &str = "\u{e007}";
