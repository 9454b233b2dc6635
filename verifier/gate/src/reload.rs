//! A configuration that is read again while the verifier runs: everything that can change then does, all at once.

use crate::verifier::Verifier;
use portcullis_config::{Config, GateConfig};

impl Verifier {
    /// Takes over `[gate] mode` and `dry_run`, `[policy]`, `[pressure]` and `[[schedule]]`, and reads keys and secrets
    /// again. What an operator has set stays. If the new policy cannot be used, the old one stays, and the log says
    /// why. Returns the names of everything else that differs from the configuration at the start and needs a restart.
    /// Blocks on the disk.
    pub fn reload(&self, config: &Config) -> Vec<&'static str> {
        // The least that a challenge asks for needs a restart to change, so the most is compared with what is asked
        // now.
        self.pressure().set_terms(config.pressure.terms(&self.config.challenge.0));
        self.queue.set_terms(config.pressure.reserve, config.pressure.turn);
        self.control.take(config.control_terms(), self.pressure(), self.clock.as_ref());
        self.rules.take(config.policy.file.clone());
        self.tidy_up();
        needs_restart(&self.config, config)
    }
}

/// What differs and is not taken over. Names every section, so that nobody adds one without thinking about this.
fn needs_restart(running: &Config, wanted: &Config) -> Vec<&'static str> {
    let Config {
        listen,
        origin,
        hosts,
        gate: GateConfig { mode: _, dry_run: _, insecure_loopback_cookie },
        policy: _,
        pressure: _,
        schedule: _,
        admin,
        challenge,
        clearance,
        standing,
        client_ip,
        siteverify,
        replay,
        timeouts,
        limits,
        log,
    } = running;
    let differ = [
        ("listen", *listen != wanted.listen),
        ("origin", *origin != wanted.origin),
        ("hosts", *hosts != wanted.hosts),
        ("gate.insecure_loopback_cookie", *insecure_loopback_cookie != wanted.gate.insecure_loopback_cookie),
        ("admin", differs(admin, &wanted.admin)),
        ("challenge", differs(challenge, &wanted.challenge)),
        ("clearance", differs(clearance, &wanted.clearance)),
        ("standing", differs(standing, &wanted.standing)),
        ("client_ip", differs(client_ip, &wanted.client_ip)),
        ("siteverify", differs(siteverify, &wanted.siteverify)),
        ("replay", differs(replay, &wanted.replay)),
        ("timeouts", differs(timeouts, &wanted.timeouts)),
        ("limits", differs(limits, &wanted.limits)),
        ("log", differs(log, &wanted.log)),
    ];
    differ.into_iter().filter_map(|(name, differs)| differs.then_some(name)).collect()
}

/// Sections are plain values, so they differ if they print differently.
fn differs<T: std::fmt::Debug>(running: &T, wanted: &T) -> bool {
    format!("{running:?}") != format!("{wanted:?}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use portcullis_config::Layers;

    fn config(flags: &[&str]) -> Config {
        let mut flags: Vec<_> = flags.iter().map(ToString::to_string).collect();
        flags.push("origin=http://127.0.0.1:1".to_owned());
        Layers { file: None, environment: Vec::new(), flags }.parse().unwrap()
    }

    #[test]
    fn what_needs_a_restart_is_named_and_what_does_not_is_not() {
        let running = config(&[]);
        let taken = ["gate.mode=queue", "gate.dry_run=true", "pressure.requests=5.0", "pressure.latency=2s"];
        assert!(needs_restart(&running, &config(&taken)).is_empty());
        for (flag, name) in [
            ("listen=127.0.0.1:2", "listen"),
            ("hosts=[\"a.example\"]", "hosts"),
            ("admin.listen=off", "admin"),
            ("challenge.difficulty=65536", "challenge"),
            ("clearance.lifetime=1h", "clearance"),
            ("standing.enabled=false", "standing"),
            ("clearance.requests=5", "clearance"),
            ("client_ip.trusted_proxies=[\"::1\"]", "client_ip"),
            ("siteverify.remoteip=ignore", "siteverify"),
            ("replay.capacity=5", "replay"),
            ("timeouts.shutdown=1s", "timeouts"),
            ("limits.connections=5", "limits"),
            ("log.level=debug", "log"),
        ] {
            assert_eq!(needs_restart(&running, &config(&[flag])), [name]);
        }
    }
}
