//! One file a gateway: how it is started, and the checks its recipes pass.

mod apache;
mod caddy;
mod envoy;
mod haproxy;
mod nginx;
