//! One file a gateway: how it is started, and the checks its recipes pass.

mod apache;
mod caddy;
mod envoy;
mod haproxy;
mod nginx;
mod traefik;

use crate::recipe::Recipe;

/// Every recipe, with its name for people and the program it needs.
pub(crate) const ALL: [(&str, &str, Recipe); 9] = [
    ("nginx, subrequest", "nginx", nginx::SUBREQUEST),
    ("nginx, offline", "nginx", nginx::OFFLINE),
    ("Apache, subrequest", "apache2", apache::SUBREQUEST),
    ("Caddy, subrequest", "caddy", caddy::SUBREQUEST),
    ("HAProxy, subrequest", "haproxy", haproxy::SUBREQUEST),
    ("HAProxy, offline", "haproxy", haproxy::OFFLINE),
    ("Envoy, subrequest over HTTP", "envoy", envoy::EXT_AUTHZ_HTTP),
    ("Envoy, subrequest over gRPC", "envoy", envoy::EXT_AUTHZ_GRPC),
    ("Envoy, offline", "envoy", envoy::JWT_AUTHN),
];
