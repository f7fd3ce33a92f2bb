//! What the page remembers between visits. A browser that forbids it makes the page forget, nothing more.

use super::window;

/// Reads a remembered value.
pub(crate) fn get(key: &str) -> Option<String> {
    window().local_storage().ok()??.get_item(key).ok()?
}

/// Remembers a value.
pub(crate) fn set(key: &str, value: &str) {
    if let Ok(Some(storage)) = window().local_storage() {
        let _ = storage.set_item(key, value);
    }
}
