//! Event listeners that end when they are dropped.

use super::{document, window};
use wasm_bindgen::JsCast;
use wasm_bindgen::closure::Closure;
use web_sys::{Event, EventTarget};

/// A listener on the window or the document.
pub(crate) struct Listener {
    target: EventTarget,
    name: &'static str,
    closure: Closure<dyn FnMut(Event)>,
}

impl Listener {
    /// Listens on the window.
    pub(crate) fn on_window(name: &'static str, mut act: impl FnMut() + 'static) -> Listener {
        Listener::new(window().into(), name, move |_| act())
    }

    /// Listens on the document.
    pub(super) fn on_document(name: &'static str, act: impl FnMut(Event) + 'static) -> Listener {
        Listener::new(document().into(), name, act)
    }

    /// Calls back when the system's colour scheme changes.
    pub(crate) fn on_colour_scheme(mut act: impl FnMut() + 'static) -> Option<Listener> {
        let query = window().match_media("(prefers-color-scheme: dark)").ok()??;
        Some(Listener::new(query.into(), "change", move |_| act()))
    }

    fn new(target: EventTarget, name: &'static str, act: impl FnMut(Event) + 'static) -> Listener {
        let closure = Closure::new(act);
        let _ = target.add_event_listener_with_callback(name, closure.as_ref().unchecked_ref());
        Listener { target, name, closure }
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        let _ = self.target.remove_event_listener_with_callback(self.name, self.closure.as_ref().unchecked_ref());
    }
}
