//! The page in a real browser: what a test of the page needs, said in the words of a person using it.
//!
//! A test is one call of [`with_page`]: it opens a fresh browser at a given size, hands a [`Page`] to the test, and on any
//! failure leaves a screenshot and what the console said. A test that passes has also had a console without errors.
//!
//! ```no_run
//! use quorate_page_tests::{Opening, with_page};
//!
//! with_page(&Opening::laptop(), |page| {
//!     page.type_line("[data-terminal] input", "etcdctl put /a 1")?;
//!     page.wait_for_text("[data-terminal]", "OK")
//! })
//! .expect("a put prints OK");
//! ```
//!
//! Invariants:
//! - Each page has its own browser with its own empty profile: no test sees what another left.
//! - Nothing waits for a fixed time: every wait is for a condition, and ends at [`PATIENCE`] with what it waited for.
//!
//! Deliberately absent: starting the server or ChromeDriver. `cargo xtask test` does, and passes their addresses in
//! `QUORATE_PAGE_URL`, `QUORATE_WEBDRIVER_URL` and `QUORATE_CHROMIUM`; without them every call fails with one sentence.

mod chromium;
mod page;
mod person;

use std::env;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::path::PathBuf;
use std::thread;
use std::time::Duration;

use anyhow::{Context, Result, anyhow, ensure};

pub use page::{Key, Page};
pub use person::{Member, Screen, field, milliseconds};

/// The longest that any condition is waited for.
pub const PATIENCE: Duration = Duration::from_secs(20);

/// How the page is opened.
#[derive(Clone, Debug)]
pub struct Opening {
    /// Width of the viewport in CSS pixels.
    pub width: u32,
    /// Height of the viewport in CSS pixels.
    pub height: u32,
    /// What the machine's user prefers.
    pub theme: Theme,
    /// Whether the machine's user asked for less motion.
    pub reduced_motion: bool,
    /// Whether the machine is a phone, with touch instead of a mouse.
    pub touch: bool,
    /// What follows the page's address, such as `#…` or `?…`.
    pub address_suffix: String,
    /// Entries of the page's local storage, set before the page's own code runs.
    pub local_storage: Vec<(String, String)>,
}

/// The colour scheme that the browser reports as the user's preference.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Theme {
    /// `prefers-color-scheme: light`.
    Light,
    /// `prefers-color-scheme: dark`.
    Dark,
}

impl Opening {
    /// A laptop: 1366 x 768, light.
    pub fn laptop() -> Self {
        Self::sized(1366, 768)
    }

    /// A projector: 1280 x 720, light.
    pub fn projector() -> Self {
        Self::sized(1280, 720)
    }

    /// A phone held upright: 390 x 844, light, touch.
    pub fn phone() -> Self {
        Self { touch: true, ..Self::sized(390, 844) }
    }

    /// A screen of the given size with a mouse and every preference at its default.
    pub fn sized(width: u32, height: u32) -> Self {
        Self {
            width,
            height,
            theme: Theme::Light,
            reduced_motion: false,
            touch: false,
            address_suffix: String::new(),
            local_storage: Vec::new(),
        }
    }
}

/// Opens the page in a fresh browser and runs a test on it.
///
/// # Errors
/// What the test returned, or the errors in the console; `target/screenshots/failed-TEST.png` then shows the page. A panic
/// of the test goes on as a panic after the same picture was taken.
pub fn with_page(opening: &Opening, test: impl FnOnce(&Page) -> Result<()>) -> Result<()> {
    let page = Page::open(opening)?;
    let outcome = catch_unwind(AssertUnwindSafe(|| {
        test(&page)?;
        let errors = page.console_errors()?;
        ensure!(errors.is_empty(), "the console shows errors: {}", errors.join("\n"));
        Ok(())
    }));
    if matches!(outcome, Ok(Ok(()))) {
        return Ok(());
    }
    let name = thread::current().name().unwrap_or("page").replace("::", "-");
    let picture = page.screenshot(&format!("failed-{name}"));
    let console = page.console_errors().unwrap_or_default().join("\n");
    match (outcome, picture) {
        (Ok(outcome), Ok(picture)) => {
            outcome.with_context(|| format!("the page is shown in {}; console: [{console}]", picture.display()))
        }
        (Ok(outcome), Err(_)) => outcome,
        (Err(panic), _) => resume_unwind(panic),
    }
}

/// The folder of the built page.
///
/// # Errors
/// One sentence, when nothing told where it is.
pub fn dist_folder() -> Result<PathBuf> {
    setting("QUORATE_DIST").map(PathBuf::from)
}

/// Reads what `cargo xtask` tells this harness.
fn setting(name: &str) -> Result<String> {
    env::var(name).map_err(|_| anyhow!("{name} is not set: the browser tests are run by `cargo xtask test`"))
}
