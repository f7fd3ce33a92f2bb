//! Chromium's own part of the WebDriver protocol: the flags it starts with, its DevTools commands and its console log.

use std::os::unix::fs::MetadataExt;
use std::path::Path;

use anyhow::{Context, Result};
use fantoccini::wd::{Capabilities, WebDriverCompatibleCommand};
use http::Method;
use serde_json::{Value, json};
use url::{ParseError, Url};

/// A new browser without a window, with an empty profile and no connections of its own.
pub(crate) fn capabilities(binary: &str, profile: &Path) -> Result<Capabilities> {
    let mut arguments: Vec<String> = [
        "--headless",
        "--disable-gpu",
        "--disable-quic",
        "--no-first-run",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
        "--disable-dev-shm-usage",
        "--hide-scrollbars",
        // The browser ends when ChromeDriver does, however that ends.
        "--remote-debugging-pipe",
    ]
    .map(str::to_owned)
    .to_vec();
    arguments.push(format!("--user-data-dir={}", profile.display()));
    // The profile was made by this process, so its owner tells who we are.
    if profile.metadata().context("the browser's profile is gone")?.uid() == 0 {
        // Chromium's sandbox refuses to work for root.
        arguments.push("--no-sandbox".to_owned());
    }
    let capabilities = json!({
        "goog:chromeOptions": { "binary": binary, "args": arguments },
        "goog:loggingPrefs": { "browser": "ALL" },
    });
    match capabilities {
        Value::Object(capabilities) => Ok(capabilities),
        _ => unreachable!("the capabilities above are an object"),
    }
}

/// One command of the DevTools protocol.
#[derive(Debug)]
pub(crate) struct DevTools {
    pub(crate) command: &'static str,
    pub(crate) parameters: Value,
}

impl WebDriverCompatibleCommand for DevTools {
    fn endpoint(&self, base: &Url, session: Option<&str>) -> std::result::Result<Url, ParseError> {
        base.join(&format!("session/{}/goog/cdp/execute", session.unwrap_or_default()))
    }

    fn method_and_body(&self, _: &Url) -> (Method, Option<String>) {
        let body = json!({ "cmd": self.command, "params": self.parameters });
        (Method::POST, Some(body.to_string()))
    }
}

/// Takes what the console has said since the last time.
#[derive(Debug)]
pub(crate) struct TakeConsoleLog;

impl WebDriverCompatibleCommand for TakeConsoleLog {
    fn endpoint(&self, base: &Url, session: Option<&str>) -> std::result::Result<Url, ParseError> {
        base.join(&format!("session/{}/se/log", session.unwrap_or_default()))
    }

    fn method_and_body(&self, _: &Url) -> (Method, Option<String>) {
        (Method::POST, Some(json!({ "type": "browser" }).to_string()))
    }
}
