//! The one owner of `requestAnimationFrame`.
//!
//! Everything that moves on the page moves because [`Animation`] called, once a frame. While the tab is hidden the browser
//! asks for no frames; whoever needs to go on then uses a timer.

use super::window;
use std::cell::RefCell;
use std::rc::Rc;
use wasm_bindgen::JsCast;
use wasm_bindgen::closure::Closure;

struct Running {
    request: i32,
    tick: Option<Closure<dyn FnMut(f64)>>,
}

/// Calls back once a frame until it is dropped.
pub(crate) struct Animation {
    running: Rc<RefCell<Running>>,
}

impl Animation {
    /// Starts. The callback gets the frame's time in milliseconds.
    pub(crate) fn start(mut each_frame: impl FnMut(f64) + 'static) -> Animation {
        let running = Rc::new(RefCell::new(Running { request: 0, tick: None }));
        let again = Rc::downgrade(&running);
        let tick = Closure::new(move |time_ms: f64| {
            // The next frame is asked for first: a frame that fails must not be the last one without a word.
            if let Some(running) = again.upgrade() {
                let mut running = running.borrow_mut();
                running.request = running.tick.as_ref().map_or(0, request);
            }
            if !super::crash::has_crashed() {
                each_frame(time_ms);
            }
        });
        {
            let mut running = running.borrow_mut();
            running.request = request(&tick);
            running.tick = Some(tick);
        }
        Animation { running }
    }
}

fn request(tick: &Closure<dyn FnMut(f64)>) -> i32 {
    window().request_animation_frame(tick.as_ref().unchecked_ref()).unwrap_or(0)
}

impl Drop for Animation {
    fn drop(&mut self) {
        let _ = window().cancel_animation_frame(self.running.borrow().request);
    }
}
