//! The whole configuration, and mistakes that no single value shows.

use std::net::SocketAddr;

use portcullis_admission::{ControlTerms, Scheduled, Setting};
use serde::Deserialize;

use crate::sections::{
    AdminConfig, ChallengeConfig, ClearanceConfig, ClientIpConfig, GateConfig, LimitsConfig, LogConfig, PolicyConfig,
    PressureConfig, ReplayConfig, SiteverifyConfig, StandingConfig, TimeoutsConfig,
};
use crate::values::{HostName, Origin};

/// The whole configuration.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// Where clients or the gateway connect: HTTP/1.1 and HTTP/2, without TLS.
    pub listen: SocketAddr,
    /// The protected site, to which admitted requests are passed on. `None` if gateways ask and pass them on
    /// themselves.
    pub origin: Option<Origin>,
    /// Hosts that are served, lower-case, without port. Empty: any host is served.
    pub hosts: Vec<HostName>,
    /// How far the gate is lowered, and what decides about it.
    pub gate: GateConfig,
    /// What each request is asked for.
    pub policy: PolicyConfig,
    /// What pressure is compared with.
    pub pressure: PressureConfig,
    /// Times in which the gate is lowered at least this far.
    pub schedule: Vec<Scheduled>,
    /// Where metrics are read and the mode is set.
    pub admin: AdminConfig,
    /// The least that a challenge asks for.
    pub challenge: ChallengeConfig,
    /// What a solved challenge earns.
    pub clearance: ClearanceConfig,
    /// How returning visitors are recognised.
    pub standing: StandingConfig,
    /// Whose forwarded headers are believed.
    pub client_ip: ClientIpConfig,
    /// Responses for forms, and the servers that may ask about them.
    pub siteverify: SiteverifyConfig,
    /// Memory for redeemed solutions.
    pub replay: ReplayConfig,
    /// How long things may take.
    pub timeouts: TimeoutsConfig,
    /// How many things there may be.
    pub limits: LimitsConfig,
    /// What is logged, and how.
    pub log: LogConfig,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            // Loopback: exposing it is a decision.
            listen: SocketAddr::from(([127, 0, 0, 1], 8080)),
            origin: None,
            hosts: Vec::new(),
            gate: GateConfig::default(),
            policy: PolicyConfig::default(),
            pressure: PressureConfig::default(),
            schedule: Vec::new(),
            admin: AdminConfig::default(),
            challenge: ChallengeConfig::default(),
            clearance: ClearanceConfig::default(),
            standing: StandingConfig::default(),
            client_ip: ClientIpConfig::default(),
            siteverify: SiteverifyConfig::default(),
            replay: ReplayConfig::default(),
            timeouts: TimeoutsConfig::default(),
            limits: LimitsConfig::default(),
            log: LogConfig::default(),
        }
    }
}

impl Config {
    /// What it says about the mode.
    pub fn control_terms(&self) -> ControlTerms {
        ControlTerms { setting: self.gate.mode, schedule: self.schedule.clone(), dry_run: self.gate.dry_run }
    }

    /// Whether the gate has no way to lower itself: something must show that the site is under pressure.
    pub fn is_blind(&self) -> bool {
        self.gate.mode == Setting::Auto && self.origin.is_none() && self.pressure.requests.is_none()
    }

    /// A mistake that no single value shows: the key to blame, and what to do.
    pub(crate) fn contradiction(&self) -> Option<(&'static str, String)> {
        if self.origin.is_none() && self.client_ip.trusted_proxies.is_empty() {
            let problem = "no origin is set; set it to the protected site, such as \"http://127.0.0.1:3000\"; or, if a gateway asks \
                           this verifier and passes requests on itself, list the gateway in client_ip.trusted_proxies";
            return Some(("origin", problem.to_owned()));
        }
        if self.origin.as_ref().is_some_and(|origin| origin.authority().as_str() == self.listen.to_string()) {
            return Some((
                "origin",
                "the origin is the verifier's own `listen` address; it would call itself".to_owned(),
            ));
        }
        if self.gate.insecure_loopback_cookie && !self.listen.ip().is_loopback() {
            let problem = format!(
                "a cookie without `Secure` is for development on loopback, and `listen` is {}; remove it, or listen on 127.0.0.1",
                self.listen
            );
            return Some(("gate.insecure_loopback_cookie", problem));
        }
        if let Some(address) = self.admin.listen.address() {
            if !address.ip().is_loopback() && !self.admin.insecure_public {
                let problem = format!(
                    "anybody who reaches {address} could read which networks ask for most; write \"127.0.0.1:{}\", or set \
                     admin.insecure_public = true if a firewall lets only your monitoring reach it",
                    address.port()
                );
                return Some(("admin.listen", problem));
            }
            if address == self.listen && address.port() != 0 {
                return Some((
                    "admin.listen",
                    format!("{address} is the verifier's own `listen` address; write another port"),
                ));
            }
        }
        if self.clearance.issuer.is_empty() || self.clearance.issuer.len() > 100 {
            return Some(("clearance.issuer", "the issuer needs 1 to 100 characters".to_owned()));
        }
        None
    }
}
