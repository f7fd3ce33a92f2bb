//! Keys pressed anywhere on the page.

use super::listen::Listener;
use wasm_bindgen::JsCast;
use web_sys::{Element, KeyboardEvent};

/// A key press that no field took.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Key {
    /// What the browser calls it: `a`, `Enter`, `ArrowLeft`.
    pub(crate) key: String,
    /// The person is in a field, so that letters belong to it.
    pub(crate) in_field: bool,
    /// A button or a link has the focus, so that Enter and Space belong to it.
    pub(crate) on_control: bool,
    /// A node on the stage has the focus.
    pub(crate) on_node: bool,
    /// The stage has the focus, or nothing has.
    pub(crate) on_stage: bool,
}

/// Calls back for each key without Ctrl, Alt or Meta; answers true to take it from the browser.
pub(crate) fn listen(mut pressed: impl FnMut(Key) -> bool + 'static) -> Listener {
    Listener::on_document("keydown", move |event| {
        let Some(event) = event.dyn_ref::<KeyboardEvent>() else { return };
        if event.ctrl_key() || event.alt_key() || event.meta_key() || event.default_prevented() {
            return;
        }
        let target = event.target().and_then(|target| target.dyn_into::<Element>().ok());
        let is = |selector: &str| {
            target.as_ref().is_some_and(|target| target.closest(selector).is_ok_and(|at| at.is_some()))
        };
        let key = Key {
            key: event.key(),
            in_field: is("input, textarea, select"),
            on_control: is("button, a, [role=button], [role=tab], summary"),
            on_node: is("[data-node]"),
            on_stage: is(".stage") || target.as_ref().is_some_and(|target| target.tag_name() == "BODY"),
        };
        if pressed(key) {
            event.prevent_default();
        }
    })
}
