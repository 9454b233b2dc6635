//! What the visitor holds in their hands, emulated.

use serde_json::json;

use crate::chromium::Chromium;

impl Chromium {
    /// A telephone's screen of this size, in CSS pixels.
    pub(crate) async fn becomes_phone(&self, width: u32, height: u32) {
        self.gets_screen(width, height, true).await;
    }

    /// A desktop computer's window of this size, in CSS pixels.
    pub(crate) async fn becomes_desktop(&self, width: u32, height: u32) {
        self.gets_screen(width, height, false).await;
    }

    async fn gets_screen(&self, width: u32, height: u32, mobile: bool) {
        let density = if mobile { 2 } else { 1 };
        let screen = json!({ "width": width, "height": height, "deviceScaleFactor": density, "mobile": mobile });
        self.devtools("Emulation.setDeviceMetricsOverride", screen).await;
    }

    /// A processor of this many cores.
    pub(crate) async fn has_cores(&self, cores: u32) {
        self.devtools("Emulation.setHardwareConcurrencyOverride", json!({ "hardwareConcurrency": cores })).await;
    }

    /// Light or dark, as the system is set.
    pub(crate) async fn prefers(&self, scheme: &str) {
        let features = json!([{ "name": "prefers-color-scheme", "value": scheme }]);
        self.devtools("Emulation.setEmulatedMedia", json!({ "features": features })).await;
    }

    /// The language the browser asks for from now on.
    pub(crate) async fn reads(&self, language: &str) {
        self.devtools("Network.enable", json!({})).await;
        self.devtools("Network.setExtraHTTPHeaders", json!({ "headers": { "Accept-Language": language } })).await;
    }

    /// Whether there is any network.
    pub(crate) async fn is_online(&self, online: bool) {
        self.devtools("Network.enable", json!({})).await;
        let conditions = json!({ "offline": !online, "latency": 0, "downloadThroughput": -1, "uploadThroughput": -1 });
        self.devtools("Network.emulateNetworkConditions", conditions).await;
    }
}
