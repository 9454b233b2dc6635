//! One file a gateway: how it is started, and the checks its recipes pass.

mod envoy;
mod nginx;
