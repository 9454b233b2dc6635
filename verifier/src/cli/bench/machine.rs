//! What the figures depend on: processor, cores, and what this program was compiled for.

use std::fs;
use std::num::NonZeroUsize;
use std::thread;

/// Processor and cores, such as `AMD EPYC, 2 cores`.
pub(super) fn name() -> String {
    let cores = thread::available_parallelism().map_or(1, NonZeroUsize::get);
    format!("{}, {cores} cores", processor().unwrap_or_else(|| "unknown processor".to_owned()))
}

fn processor() -> Option<String> {
    let information = fs::read_to_string("/proc/cpuinfo").ok()?;
    let line = information.lines().find(|line| line.starts_with("model name"))?;
    Some(line.split_once(':')?.1.trim().to_owned())
}

/// An extension of the processor that makes searching faster.
#[derive(Clone, Copy, Debug)]
pub(super) struct Extension {
    /// As the compiler calls it.
    pub(super) name: &'static str,
    /// This program's own code was compiled for it.
    pub(super) built: bool,
    /// This processor has it.
    pub(super) there: bool,
}

#[cfg(target_arch = "x86_64")]
macro_rules! extensions {
    ($($name:tt),*) => {
        [$(Extension { name: $name, built: cfg!(target_feature = $name), there: is_x86_feature_detected!($name) }),*]
    };
}

#[cfg(target_arch = "aarch64")]
macro_rules! extensions {
    ($($name:tt),*) => {
        [$(Extension {
            name: $name,
            built: cfg!(target_feature = $name),
            there: std::arch::is_aarch64_feature_detected!($name),
        }),*]
    };
}

/// The extensions that matter. (`sha` is found when the program runs, by the `sha2` crate.)
pub(super) fn extensions() -> Vec<Extension> {
    #[cfg(target_arch = "x86_64")]
    return extensions!("sse2", "avx2", "avx512f", "sha").into();
    #[cfg(target_arch = "aarch64")]
    return extensions!("neon", "sha2").into();
    #[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
    return Vec::new();
}
