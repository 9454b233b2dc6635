//! The solvers as browsers get them: `cargo xtask build` leaves them in `www/dist`, and this reads their bytes.
//!
//! A browser refuses a whole module for one instruction it does not know, or one number written in a way it does not
//! expect. That would show on old devices alone, so it is held here, against a validator that can be told what not to
//! know.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails; its helpers are not seen as tests by clippy")]

use std::fs;
use std::path::Path;

use portcullis_policy::Signal;
use wasmparser::types::{EntityType, Types};
use wasmparser::{Parser, Payload, ValType, Validator, WasmFeatures};

/// WebAssembly 1.0 as the engines of 2017 had it. They also want the table of a `call_indirect` in a single byte.
const FIRST: WasmFeatures = WasmFeatures::MVP;

fn solver(name: &str) -> Vec<u8> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("../www/dist/solver-{name}.wasm"));
    fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}; `cargo xtask build` makes it", path.display()))
}

fn validate(module: &[u8], features: WasmFeatures) -> wasmparser::Result<Types> {
    Validator::new_with_features(features).validate_all(module)
}

fn types(name: &str) -> Types {
    validate(&solver(name), FIRST | WasmFeatures::SIMD).unwrap()
}

#[test]
fn the_scalar_solver_is_webassembly_1_0() {
    validate(&solver("scalar"), FIRST).unwrap();
}

#[test]
fn the_simd_solver_adds_vectors_and_nothing_else() {
    validate(&solver("simd"), FIRST | WasmFeatures::SIMD).unwrap();
    assert!(validate(&solver("simd"), FIRST).is_err(), "no vector instruction in it");
}

#[test]
fn a_solver_is_one_function_of_numbers() {
    for name in ["scalar", "simd"] {
        let types = types(name);
        let types = types.as_ref();
        assert_eq!(types.core_imports().unwrap().count(), 0, "{name} needs JavaScript beside it");
        let exports: Vec<_> = types.core_exports().unwrap().collect();
        let [("search", EntityType::Func(search))] = exports[..] else { panic!("{name} exports {exports:?}") };
        let search = types[search].unwrap_func();
        assert_eq!((search.params(), search.results()), (&[ValType::I32; 15][..], &[ValType::F64][..]), "{name}");
    }
}

/// Whatever is called through a table is slow, and tables are where old engines and new compilers disagree most.
#[test]
fn a_solver_has_no_table() {
    for name in ["scalar", "simd"] {
        let types = types(name);
        assert_eq!((types.as_ref().table_count(), types.as_ref().element_count()), (0, 0), "{name}");
    }
}

#[test]
fn nothing_is_sent_that_no_browser_reads() {
    for name in ["scalar", "simd"] {
        for payload in Parser::new(0).parse_all(&solver(name)) {
            if let Payload::CustomSection(section) = payload.unwrap() {
                panic!("{name} has a section {:?} of {} bytes", section.name(), section.data().len());
            }
        }
    }
}

/// The module that looks at the browser, as it stands in the page's script: a text with a character for each byte.
fn signals() -> Vec<u8> {
    let script = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("../www/dist/portcullis.js")).unwrap();
    let (start, quote) = ['"', '\'', '`']
        .into_iter()
        .find_map(|quote| {
            Some((script.find(&format!("{quote}\\0asm")).or(script.find(&format!("{quote}\\x00asm")))?, quote))
        })
        .expect("a module is in the script");
    let mut characters = script[start + 1..].chars();
    let mut bytes = Vec::new();
    let byte = |character: char| u8::try_from(u32::from(character)).expect("one byte a character");
    loop {
        match characters.next().unwrap() {
            end if end == quote => return bytes,
            '\\' => bytes.push(match characters.next().unwrap() {
                'x' => {
                    let digits: String = characters.by_ref().take(2).collect();
                    u8::from_str_radix(&digits, 16).unwrap()
                }
                '0' => 0,
                'b' => 8,
                't' => 9,
                'n' => 10,
                'v' => 11,
                'f' => 12,
                'r' => 13,
                itself => byte(itself),
            }),
            itself => bytes.push(byte(itself)),
        }
    }
}

#[test]
fn what_looks_at_the_browser_is_small_and_webassembly_1_0() {
    let module = signals();
    let types = validate(&module, FIRST).unwrap();
    let types = types.as_ref();
    let exports: Vec<_> = types.core_exports().unwrap().map(|(name, _)| name).collect();
    // Names are read from its memory.
    assert_eq!(exports, ["memory", "signals"]);
    assert!(types.core_imports().unwrap().all(|(module, _, _)| module == "./signals_wasm_bg.js"));
    assert_eq!((types.table_count(), types.element_count()), (0, 0));
    for payload in Parser::new(0).parse_all(&module) {
        assert!(!matches!(payload.unwrap(), Payload::CustomSection(_)), "a section that no browser reads");
    }
    assert!(module.len() < 2_200, "{} bytes of every visitor's script", module.len());
}

/// The page and the verifier are built apart: a name that one of them does not know is lost on the way.
#[test]
fn the_verifier_knows_every_signal_that_the_page_tells() {
    let module = signals();
    let told = |name: &str| module.windows(name.len()).any(|bytes| bytes == name.as_bytes());
    for signal in Signal::ALL {
        assert_eq!(told(signal.name()), signal.is_of_page(), "{}", signal.name());
    }
}

/// What a compiler writes that is not told to keep to WebAssembly 1.0. Were one of these let through, the tests above
/// would prove nothing.
#[test]
fn the_validator_refuses_what_engines_of_2017_refuse() {
    let call_indirect = [0x41, 0, 0x11, 0];
    for (what, code) in [
        ("a table written in five bytes", [&call_indirect[..], &[0x80, 0x80, 0x80, 0x80, 0]].concat()),
        ("an extended sign", vec![0x41, 0, 0xc0, 0x1a]),
        ("a saturating conversion", vec![0x43, 0, 0, 0, 0, 0xfc, 0, 0x1a]),
        ("copied memory", vec![0x41, 0, 0x41, 0, 0x41, 0, 0xfc, 0x0a, 0, 0]),
        ("a null reference", vec![0xd0, 0x70, 0x1a]),
        ("a vector", vec![0x41, 0, 0xfd, 0x11, 0x1a]),
    ] {
        let module = module_of(&code);
        validate(&module, WasmFeatures::WASM2).unwrap_or_else(|error| panic!("{what}: {error}"));
        assert!(validate(&module, FIRST).is_err(), "{what}");
    }
    validate(&module_of(&[&call_indirect[..], &[0]].concat()), FIRST).unwrap();
}

/// A module with a table, a memory, and one function that takes and returns nothing.
fn module_of(code: &[u8]) -> Vec<u8> {
    let body = [&[0][..], code, &[0x0b]].concat();
    let length = |bytes: &[u8]| u8::try_from(bytes.len()).unwrap();
    let function = [&[1, length(&body)][..], &body].concat();
    let mut module = b"\0asm\x01\0\0\0".to_vec();
    for (section, content) in
        [(1, &[1, 0x60, 0, 0][..]), (3, &[1, 0]), (4, &[1, 0x70, 0, 1]), (5, &[1, 0, 1]), (10, &function)]
    {
        module.extend([section, length(content)]);
        module.extend(content);
    }
    module
}
