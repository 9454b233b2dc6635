//! The attacks the gate must survive, one module each, and beside them what must go right.
//!
//! Every test drives the real router under a clock of its own (`in_process`), some over real sockets, some the real
//! program (`processes`). The number of an attack is its number in the list of `docs/threat-model.md`.

mod algorithms;
mod alone;
mod attack_01_chosen_difficulty;
mod attack_02_moved_bytes;
mod attack_03_changed_fields;
mod attack_04_degenerate_parameters;
mod attack_05_secrets;
mod attack_06_nonces;
mod attack_07_clocks;
mod attack_08_replay;
mod attack_09_elsewhere;
mod attack_10_memory;
mod attack_11_hoarding;
mod attack_12_forged_tokens;
mod attack_13_borrowed_tokens;
mod attack_14_rotation;
mod attack_15_timing;
mod attack_16_open_redirect;
mod attack_17_reflection;
mod attack_18_cookie;
mod attack_19_content_policy;
mod attack_20_framing_and_caching;
mod attack_21_forwarded;
mod attack_22_targets;
mod attack_23_verdicts;
mod attack_26_smuggling;
mod attack_27_heavy_checks;
mod attack_27_junk_flood;
mod attack_27_page_flood;
mod attack_29_driven_difficulty;
mod attack_30_panics;
mod attack_31_restart;
mod budgets;
mod client;
mod compressed_page;
mod ext_authz;
mod forms;
mod gateway_connections;
mod in_process;
mod ladder;
mod overload;
mod program;
mod proxy_failures;
mod proxy_headers;
mod proxy_streams;
mod refusal;
mod refusals;
mod shutdown;
mod siteverify;
mod solve;
mod top_ups;
mod websocket;
