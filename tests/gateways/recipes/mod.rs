//! One file a gateway: how it is started, and the checks its recipes pass.

mod apache;
mod envoy;
mod nginx;
