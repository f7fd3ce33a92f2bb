//! One open page, driven as a person would: looking, clicking, typing, dragging, waiting for what they wait for.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, anyhow, bail};
use fantoccini::actions::{
    InputSource, KeyAction, KeyActions, MOUSE_BUTTON_LEFT, MouseActions, PointerAction, TouchActions,
};
use fantoccini::elements::Element;
use fantoccini::{Client, ClientBuilder, Locator};
use hyper_util::client::legacy::connect::HttpConnector;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::runtime::{Builder, Runtime};

use crate::chromium::{DevTools, TakeConsoleLog, capabilities};
use crate::{Opening, PATIENCE, Theme, setting};

pub use fantoccini::key::Key;

/// How often a condition is looked at while it is waited for.
const LOOK_EVERY: Duration = Duration::from_millis(25);

/// An open page in a browser of its own, which closes with it.
pub struct Page {
    runtime: Runtime,
    client: Client,
    touch: bool,
    _profile: TempDir,
}

impl Page {
    /// Opens the page in a fresh browser and waits until its code runs.
    ///
    /// # Errors
    /// What is not set, could not be started, or did not load.
    pub fn open(opening: &Opening) -> Result<Self> {
        let address = setting("QUORATE_PAGE_URL")? + &opening.address_suffix;
        let driver = setting("QUORATE_WEBDRIVER_URL")?;
        let chromium = setting("QUORATE_CHROMIUM")?;
        let profile = TempDir::with_prefix("quorate-page-").context("could not create a browser profile")?;
        let capabilities = capabilities(&chromium, profile.path())?;
        let runtime = Builder::new_current_thread().enable_all().build().context("could not start a runtime")?;
        let client = runtime
            .block_on(ClientBuilder::new(HttpConnector::new()).capabilities(capabilities).connect(&driver))
            .context("could not start a browser")?;
        let page = Self { runtime, client, touch: opening.touch, _profile: profile };
        page.prepare(opening)?;
        page.runtime.block_on(page.client.goto(&address)).with_context(|| format!("could not open {address}"))?;
        page.wait_until("the page to start", |page| page.js("return document.body.childElementCount > 0"))?;
        Ok(page)
    }

    /// Sets the screen and the preferences before anything is loaded.
    fn prepare(&self, opening: &Opening) -> Result<()> {
        self.dev_tools(
            "Emulation.setDeviceMetricsOverride",
            json!({ "width": opening.width, "height": opening.height, "deviceScaleFactor": 1, "mobile": opening.touch }),
        )?;
        self.dev_tools("Emulation.setTouchEmulationEnabled", json!({ "enabled": opening.touch }))?;
        let theme = match opening.theme {
            Theme::Light => "light",
            Theme::Dark => "dark",
        };
        let motion = if opening.reduced_motion { "reduce" } else { "no-preference" };
        let features = json!([
            { "name": "prefers-color-scheme", "value": theme },
            { "name": "prefers-reduced-motion", "value": motion },
        ]);
        self.dev_tools("Emulation.setEmulatedMedia", json!({ "features": features }))?;
        if !opening.local_storage.is_empty() {
            let entries = json!(opening.local_storage);
            let source = format!("for (const [key, value] of {entries}) localStorage.setItem(key, value);");
            self.dev_tools("Page.addScriptToEvaluateOnNewDocument", json!({ "source": source }))?;
        }
        Ok(())
    }

    /// Loads the page anew, with what its browser remembers.
    ///
    /// # Errors
    /// When it does not load.
    pub fn reload(&self) -> Result<()> {
        Ok(self.runtime.block_on(self.client.refresh())?)
    }

    /// The page's title.
    ///
    /// # Errors
    /// When the browser does not answer.
    pub fn title(&self) -> Result<String> {
        Ok(self.runtime.block_on(self.client.title())?)
    }

    /// Runs JavaScript, as the body of a function, and gives back what it returns.
    ///
    /// # Errors
    /// The script's exception, or a result of another type than asked for.
    pub fn js<T: DeserializeOwned>(&self, script: &str) -> Result<T> {
        let value = self.runtime.block_on(self.client.execute(script, Vec::new()))?;
        serde_json::from_value(value).with_context(|| format!("another kind of result than expected from: {script}"))
    }

    /// Runs JavaScript, as the body of an async function, and waits for what its promise becomes.
    ///
    /// # Errors
    /// The script's exception or rejection, more than five minutes of waiting, or a result of another type than asked for.
    pub fn js_async<T: DeserializeOwned>(&self, script: &str) -> Result<T> {
        let wrapped = format!("return (async () => {{ {script} }})();");
        let minutes = fantoccini::wd::TimeoutConfiguration::new(Some(Duration::from_secs(300)), None, None);
        self.runtime.block_on(self.client.update_timeouts(minutes))?;
        self.js(&wrapped)
    }

    /// The text that a person sees in the first element that matches the selector.
    ///
    /// # Errors
    /// When nothing matches.
    pub fn text(&self, css: &str) -> Result<String> {
        let element = self.find(css)?;
        Ok(self.runtime.block_on(element.text())?)
    }

    /// The texts of all elements that match the selector, in the page's order.
    ///
    /// # Errors
    /// When the browser does not answer.
    pub fn texts(&self, css: &str) -> Result<Vec<String>> {
        self.js(&format!("return Array.from(document.querySelectorAll({}), element => element.innerText)", json!(css)))
    }

    /// How many elements match the selector.
    ///
    /// # Errors
    /// When the browser does not answer.
    pub fn count(&self, css: &str) -> Result<usize> {
        self.js(&format!("return document.querySelectorAll({}).length", json!(css)))
    }

    /// An attribute of the first element that matches the selector.
    ///
    /// # Errors
    /// When nothing matches.
    pub fn attribute(&self, css: &str, name: &str) -> Result<Option<String>> {
        let element = self.find(css)?;
        Ok(self.runtime.block_on(element.attr(name))?)
    }

    /// Where an element is: x, y, width and height in CSS pixels of the viewport, for HTML and SVG alike.
    ///
    /// # Errors
    /// When nothing matches.
    pub fn bounds(&self, css: &str) -> Result<[f64; 4]> {
        let script = "const element = document.querySelector(SELECTOR); if (!element) return null; \
                      const box = element.getBoundingClientRect(); return [box.x, box.y, box.width, box.height];";
        let bounds: Option<[f64; 4]> = self.js(&script.replace("SELECTOR", &json!(css).to_string()))?;
        bounds.ok_or_else(|| anyhow!("nothing matches {css}"))
    }

    /// Clicks the middle of the first element that matches the selector, or taps it on a phone. It fails as a person's
    /// click would when something else lies on top.
    ///
    /// # Errors
    /// When nothing matches or it cannot be clicked.
    pub fn click(&self, css: &str) -> Result<()> {
        let element = self.find(css)?;
        self.runtime.block_on(element.click()).with_context(|| format!("could not click {css}"))
    }

    /// Clicks one of the elements that match the selector, counted from 0 in the page's order.
    ///
    /// # Errors
    /// When there are fewer or it cannot be clicked.
    pub fn click_nth(&self, css: &str, at: usize) -> Result<()> {
        let elements = self.runtime.block_on(self.client.find_all(Locator::Css(css)))?;
        let element = elements.get(at).with_context(|| format!("only {} match {css}", elements.len()))?;
        self.runtime.block_on(element.click()).with_context(|| format!("could not click number {at} of {css}"))
    }

    /// Clicks the element with the given `aria-label`.
    ///
    /// # Errors
    /// When nothing has that label or it cannot be clicked.
    pub fn click_label(&self, label: &str) -> Result<()> {
        self.click(&format!("[aria-label={}]", json!(label)))
    }

    /// Clicks a point of the viewport, in CSS pixels: for what is drawn and has no element of its own.
    ///
    /// # Errors
    /// When the point lies outside of the viewport.
    pub fn click_at(&self, x: f64, y: f64) -> Result<()> {
        self.drag((x, y), &[])
    }

    /// Presses at a point of the viewport, moves through the others and lets go at the last: a lasso, a slider, a cut.
    ///
    /// # Errors
    /// When a point lies outside of the viewport.
    pub fn drag(&self, from: (f64, f64), through: &[(f64, f64)]) -> Result<()> {
        let move_to = |(x, y): (f64, f64), milliseconds| PointerAction::MoveTo {
            duration: Some(Duration::from_millis(milliseconds)),
            x,
            y,
        };
        let mut actions = vec![move_to(from, 0), PointerAction::Down { button: MOUSE_BUTTON_LEFT }];
        actions.extend(through.iter().map(|point| move_to(*point, 40)));
        actions.push(PointerAction::Up { button: MOUSE_BUTTON_LEFT });
        if self.touch {
            let finger = actions.into_iter().fold(TouchActions::new("finger".into()), InputSource::then);
            return Ok(self.runtime.block_on(self.client.perform_actions(finger))?);
        }
        let mouse = actions.into_iter().fold(MouseActions::new("mouse".into()), InputSource::then);
        Ok(self.runtime.block_on(self.client.perform_actions(mouse))?)
    }

    /// Types text into the first element that matches the selector.
    ///
    /// # Errors
    /// When nothing matches or it takes no text.
    pub fn type_text(&self, css: &str, text: &str) -> Result<()> {
        let element = self.find(css)?;
        self.runtime.block_on(element.send_keys(text)).with_context(|| format!("could not type into {css}"))
    }

    /// Types text into the first element that matches the selector, in place of what is there.
    ///
    /// # Errors
    /// When nothing matches or it takes no text.
    pub fn replace_text(&self, css: &str, text: &str) -> Result<()> {
        self.click(css)?;
        self.press(&[Key::Control.into(), 'a'])?;
        self.type_text(css, text)
    }

    /// Types a line and Enter: a command in a terminal.
    ///
    /// # Errors
    /// When nothing matches or it takes no text.
    pub fn type_line(&self, css: &str, line: &str) -> Result<()> {
        self.type_text(css, &format!("{line}{}", char::from(Key::Enter)))
    }

    /// Presses keys together wherever the focus is: `&[Key::Control.into(), 'c']`.
    ///
    /// # Errors
    /// When the browser does not answer.
    pub fn press(&self, keys: &[char]) -> Result<()> {
        let down = keys.iter().map(|key| KeyAction::Down { value: *key });
        let up = keys.iter().rev().map(|key| KeyAction::Up { value: *key });
        let keyboard = down.chain(up).fold(KeyActions::new("keyboard".into()), InputSource::then);
        Ok(self.runtime.block_on(self.client.perform_actions(keyboard))?)
    }

    /// Waits until a condition holds; `what` completes the sentence "waited for …".
    ///
    /// # Errors
    /// When it does not hold within [`PATIENCE`], with the error that the last look gave, if any.
    pub fn wait_until(&self, what: &str, mut holds: impl FnMut(&Self) -> Result<bool>) -> Result<()> {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let look = holds(self);
            if matches!(look, Ok(true)) {
                return Ok(());
            }
            if Instant::now() > deadline {
                let seconds = PATIENCE.as_secs();
                return look.map(|_| ()).and(Err(anyhow!("waited {seconds} s in vain for {what}")));
            }
            self.runtime.block_on(async { tokio::time::sleep(LOOK_EVERY).await });
        }
    }

    /// Waits until something matches the selector.
    ///
    /// # Errors
    /// When nothing does within [`PATIENCE`].
    pub fn wait_for(&self, css: &str) -> Result<()> {
        self.wait_until(css, |page| Ok(page.count(css)? > 0))
    }

    /// Waits until an element that matches the selector shows the text.
    ///
    /// # Errors
    /// When none does within [`PATIENCE`], with what they show instead.
    pub fn wait_for_text(&self, css: &str, text: &str) -> Result<()> {
        self.wait_until(&format!("{text:?} in {css}"), |page| {
            Ok(page.texts(css)?.iter().any(|shown| shown.contains(text)))
        })
        .with_context(|| format!("{css} shows {:?}", self.texts(css).unwrap_or_default()))
    }

    /// Saves what the viewport shows as `target/screenshots/NAME.png`.
    ///
    /// # Errors
    /// When the picture could not be taken or written.
    pub fn screenshot(&self, name: &str) -> Result<PathBuf> {
        let folder = PathBuf::from(setting("QUORATE_SCREENSHOTS")?);
        let path = folder.join(format!("{name}.png"));
        self.screenshot_to(&path)?;
        Ok(path)
    }

    /// Saves what the viewport shows as a PNG.
    ///
    /// # Errors
    /// When the picture could not be taken or written.
    pub fn screenshot_to(&self, path: &Path) -> Result<()> {
        let picture = self.runtime.block_on(self.client.screenshot())?;
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder).with_context(|| format!("could not create {}", folder.display()))?;
        }
        fs::write(path, picture).with_context(|| format!("could not write {}", path.display()))
    }

    /// The errors in the console since the last time they were asked for: exceptions, failed loads, `console.error`.
    ///
    /// # Errors
    /// When the browser does not answer.
    pub fn console_errors(&self) -> Result<Vec<String>> {
        let log = self.runtime.block_on(self.client.issue_cmd(TakeConsoleLog))?;
        let entries = log.as_array().context("the console log is not a list")?;
        let errors = entries.iter().filter(|entry| entry["level"] == "SEVERE");
        Ok(errors.map(|entry| entry["message"].as_str().unwrap_or("(no text)").to_owned()).collect())
    }

    fn find(&self, css: &str) -> Result<Element> {
        match self.runtime.block_on(self.client.find(Locator::Css(css))) {
            Ok(element) => Ok(element),
            Err(error) if error.is_no_such_element() => bail!("nothing matches {css}"),
            Err(error) => Err(error.into()),
        }
    }

    fn dev_tools(&self, command: &'static str, parameters: Value) -> Result<Value> {
        let answer = self.runtime.block_on(self.client.issue_cmd(DevTools { command, parameters }));
        answer.with_context(|| format!("Chromium refused {command}"))
    }
}

impl Drop for Page {
    fn drop(&mut self) {
        // ChromeDriver closes what is left when it ends.
        let _ = self.runtime.block_on(self.client.clone().close());
    }
}
