//! The browser, in the few words that the page needs. All use of `web_sys` is here.
//!
//! What is handed out drops its listeners and requests when it is dropped. Deliberately absent: anything that knows the
//! sandbox.

pub(crate) mod animation;
pub(crate) mod crash;
pub(crate) mod exports;
pub(crate) mod keyboard;
pub(crate) mod listen;
pub(crate) mod math;
pub(crate) mod memory;
pub(crate) mod page;
pub(crate) mod storage;
pub(crate) mod svg;

use web_sys::{Document, Element, Window};

fn window() -> Window {
    web_sys::window().expect("the page runs in a window")
}

fn document() -> Document {
    window().document().expect("a window has a document")
}

fn root() -> Element {
    document().document_element().expect("a document has a root")
}

/// Milliseconds of the wall clock since the page was opened: for pacing and measuring, never for the simulation.
pub(crate) fn wall_ms() -> f64 {
    window().performance().map_or(0.0, |performance| performance.now())
}
