//! `expression`: what the other matchers cannot say, in the [Common Expression Language](https://cel.dev).
//!
//! Every mistake in an expression is found when it is read. What remains can only fail because of what a client sends,
//! such as a text in place of a number. The expression then counts as true if its rule asks for more, and as false if
//! it asks for less.
//!
//! # Bounds
//!
//! An expression has no loops except those over one list, and none inside another. The texts it is given are at most 8
//! KiB long, and lists have at most 128 members: with more, it fails.

mod check;
mod fields;
mod variables;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, LazyLock};
use std::thread;

use cel::common::types::{CelBool, CelList, CelString, DYN_TYPE, STRING_TYPE};
use cel::common::value::{CowVal, Val};
use cel::extractors::This;
use cel::{Context, Env, ExecutionError, IdedExpr, Value};

use self::check::Uses;
use self::variables::{EvaluationError, Reading};
use crate::databases::matcher_data::MatcherData;
use crate::facts::{Facts, Readings};

/// An expression, read and ready to be evaluated.
pub struct Expression {
    text: String,
    tree: IdedExpr,
    uses: Uses,
    /// The functions; variables are put in a scope within it.
    functions: Context<'static, 'static>,
    data: MatcherData,
    failures: AtomicU64,
}

impl Expression {
    /// Reads one.
    ///
    /// # Errors
    ///
    /// What is wrong with it, and the fix.
    pub(super) fn new(text: &str, data: &MatcherData) -> Result<Self, String> {
        if text.len() > MOST_BYTES {
            return Err(format!("{} bytes are too many; write at most {MOST_BYTES}, or several rules", text.len()));
        }
        let refused = |why: String| format!("{text:?} is not an expression: {why}");
        let tree = parse(text).map_err(refused)?;
        let uses = check::uses(&tree).map_err(refused)?;
        for (variable, is_known, key) in [
            ("asn", data.systems.is_some(), "`asn_database`, such as \"GeoLite2-ASN.mmdb\""),
            ("country", data.countries.is_some(), "`country_database`, such as \"GeoLite2-Country.mmdb\""),
            ("ja4", data.ja4_header.is_some(), "`ja4_header`, the header that your gateway states it in"),
        ] {
            if uses.variables.contains(variable) && !is_known {
                return Err(refused(format!("{variable} needs {key}")));
            }
        }
        let functions = functions(&uses);
        let expression =
            Self { text: text.to_owned(), tree, uses, functions, data: data.clone(), failures: AtomicU64::new(0) };
        expression.try_out().map_err(refused)?;
        Ok(expression)
    }

    /// Whether it holds for a request whose weight so far is `weight`.
    pub fn holds(&self, facts: &Facts<'_>, readings: Readings, weight: i32) -> bool {
        let mut last = None;
        for reading in Reading::all(facts, &self.uses, &self.data) {
            let holds = reading.and_then(|reading| self.evaluate(facts, &reading, weight));
            if holds.is_err() {
                self.failures.fetch_add(1, Ordering::Relaxed);
            }
            // If it fails, the client is asked for work.
            let holds = holds.unwrap_or(readings == Readings::Any);
            last = Some(holds);
            if holds == (readings == Readings::Any) {
                break;
            }
        }
        last.unwrap_or(false)
    }

    /// How often it was neither true nor false.
    pub fn failures(&self) -> u64 {
        self.failures.load(Ordering::Relaxed)
    }

    /// As it is written.
    pub fn text(&self) -> &str {
        &self.text
    }

    fn evaluate(&self, facts: &Facts<'_>, reading: &Reading<'_>, weight: i32) -> Result<bool, EvaluationError> {
        self.value(facts, reading, weight, |value| match value {
            Ok(value) => value.downcast_ref::<CelBool>().map(|value| *value.inner()).ok_or(EvaluationError),
            Err(_) => Err(EvaluationError),
        })?
    }

    /// Its result. A panic in it is a failure too.
    fn value<T>(
        &self,
        facts: &Facts<'_>,
        reading: &Reading<'_>,
        weight: i32,
        look: impl FnOnce(Result<CowVal<'_, '_>, ExecutionError>) -> T,
    ) -> Result<T, EvaluationError> {
        let evaluated = AssertUnwindSafe(|| {
            let functions: &Context<'_, '_> = &self.functions;
            let mut context = functions.new_inner_scope();
            variables::put(&mut context, facts, reading, &self.uses, &self.data, weight);
            look(Value::resolve_val(&self.tree, &context))
        });
        catch_unwind(evaluated).map_err(|_| EvaluationError)
    }

    /// Evaluates it for a plain request: a wrong type there is wrong for every request.
    fn try_out(&self) -> Result<(), String> {
        let headers = http::HeaderMap::new();
        let facts = Facts {
            method: &http::Method::GET,
            target: "/",
            host: "login.example",
            headers: &headers,
            address: [192, 0, 2, 1].into(),
            from_gateway: false,
            signals: crate::signals::Signals::default(),
            bot: None,
            now: portcullis_challenge::UnixMillis(0),
        };
        let comes_to = |value: Result<CowVal<'_, '_>, ExecutionError>| match value {
            Ok(value) if value.downcast_ref::<CelBool>().is_none() => {
                Err(format!("it comes to a {}; compare it with something", value.get_type().name()))
            }
            Err(error @ (ExecutionError::NoSuchOverload(_) | ExecutionError::UnexpectedType { .. })) => {
                Err(error.to_string())
            }
            _ => Ok(()),
        };
        let reading = Reading::all(&facts, &self.uses, &self.data).next().and_then(Result::ok);
        reading.map_or(Ok(()), |reading| {
            self.value(&facts, &reading, 0, comes_to)
                .unwrap_or_else(|EvaluationError| Err("it cannot be evaluated".to_owned()))
        })
    }
}

impl std::fmt::Debug for Expression {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Expression").field(&self.text).finish()
    }
}

/// Parses a text on a thread of its own. The parser recurses, in frames so large when they are not optimised that those
/// of [`MOST_RECURSION`] brackets overflow the stack that other threads have. If it panics, the text is refused.
fn parse(text: &str) -> Result<IdedExpr, String> {
    let parser = || ENVIRONMENT.parser().max_recursion_depth(MOST_RECURSION).parse(text);
    let parsed = thread::scope(|scope| {
        let thread = thread::Builder::new().stack_size(PARSER_STACK).spawn_scoped(scope, parser);
        thread.map(thread::ScopedJoinHandle::join)
    });
    let parsed = parsed.map_err(|error| format!("no thread could be started to read it: {error}"))?;
    parsed.map_err(|_| "it cannot be read".to_owned())?.map_err(|errors| {
        let first = errors.errors.first();
        first.map(|error| format!("{}, at its character {}", error.msg, error.pos.1 + 1)).unwrap_or_default()
    })
}

fn functions(uses: &Uses) -> Context<'static, 'static> {
    let mut context = Context::with_env(Arc::clone(&ENVIRONMENT));
    let patterns = uses.patterns.clone();
    let matches = move |This(text): This<Arc<String>>, pattern: Arc<String>| {
        let known = patterns.get(pattern.as_str()).map(|pattern| pattern.is_match(&text));
        known.ok_or_else(|| ExecutionError::function_error("matches", "this pattern is not written out"))
    };
    // The library, built without its own function of this name, would fail on expressions with `matches`.
    let _ = context.add_function("matches", matches);
    context
}

/// `missingHeader(headers, "Accept")`, as in Anubis.
fn missing_header<'b, 'v>(args: Vec<CowVal<'b, 'v>>) -> Result<CowVal<'b, 'v>, ExecutionError> {
    let [headers, name] = args.as_slice() else { return Err(ExecutionError::missing_argument_or_target()) };
    let headers = headers.as_container().ok_or_else(|| ExecutionError::UnexpectedType {
        got: headers.get_type().name().to_owned(),
        want: "headers".to_owned(),
    })?;
    Ok(CowVal::owned(CelBool::from(!headers.contains(name.as_ref())?)))
}

/// `segments(path)`: the parts between its slashes.
fn segments<'b, 'v>(args: Vec<CowVal<'b, 'v>>) -> Result<CowVal<'b, 'v>, ExecutionError> {
    let path = args.first().and_then(|path| path.downcast_ref::<CelString<'_>>());
    let path = path.ok_or_else(ExecutionError::missing_argument_or_target)?;
    let path = path.strip_prefix('/').unwrap_or(path);
    if path.matches('/').count() >= variables::MOST_MEMBERS {
        return Err(ExecutionError::function_error("segments", "too many"));
    }
    let segment = |segment: &str| Box::new(CelString::from(segment.to_owned())) as Box<dyn Val + 'v>;
    let segments: Vec<_> = path.split('/').map(segment).collect();
    Ok(CowVal::owned(CelList::from(segments)))
}

static ENVIRONMENT: LazyLock<Arc<Env>> = LazyLock::new(|| {
    let mut env = Env::stdlib().with_optional_support(false);
    // The library declares neither name, so neither is refused.
    let _ = env.add_overload("missingHeader", "missing_header", vec![DYN_TYPE, STRING_TYPE], missing_header);
    let _ = env.add_overload("segments", "segments_string", vec![STRING_TYPE], segments);
    Arc::new(env)
});

/// Bytes that a person can still read.
const MOST_BYTES: usize = 1024;
/// Nesting of brackets.
const MOST_RECURSION: u16 = 32;
/// Bytes of stack, eight times what the deepest expression takes without optimisation.
const PARSER_STACK: usize = 16 << 20;

#[cfg(test)]
mod tests;
