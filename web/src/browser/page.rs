//! The page as a whole and the elements on it: preferences, sizes, focus, clipboard.

use super::{document, root, window};
use wasm_bindgen::JsCast;
use web_sys::{Element, HtmlElement, HtmlInputElement};
use yew::NodeRef;
use yew::events::{InputEvent, KeyboardEvent};

/// Chooses the tokens: `light`, `dark` or `projector`.
pub(crate) fn set_theme(theme: &str) {
    let _ = root().set_attribute("data-theme", theme);
}

/// Sets an attribute of the whole page that style sheets read.
pub(crate) fn set_flag(name: &str, value: &str) {
    let _ = root().set_attribute(name, value);
}

fn matches(query: &str) -> bool {
    window().match_media(query).ok().flatten().is_some_and(|list| list.matches())
}

/// Whether the system asks for dark colours.
pub(crate) fn prefers_dark() -> bool {
    matches("(prefers-color-scheme: dark)")
}

/// Whether the system asks for as little motion as possible.
pub(crate) fn prefers_reduced_motion() -> bool {
    matches("(prefers-reduced-motion: reduce)")
}

/// Whether nobody sees the page.
pub(crate) fn is_hidden() -> bool {
    document().hidden()
}

/// Width and height of the window in CSS pixels.
pub(crate) fn viewport() -> (f64, f64) {
    let length = |value: Result<wasm_bindgen::JsValue, _>| value.ok().and_then(|value| value.as_f64()).unwrap_or(0.0);
    (length(window().inner_width()), length(window().inner_height()))
}

/// Width and height of an element in CSS pixels, to whole pixels.
pub(crate) fn size(element: &NodeRef) -> Option<(f64, f64)> {
    let rectangle = element.cast::<Element>()?.get_bounding_client_rect();
    Some((rectangle.width().round(), rectangle.height().round()))
}

/// Where a point of the window lies within an element.
pub(crate) fn point_in(element: &NodeRef, client_x: i32, client_y: i32) -> Option<(f64, f64)> {
    let rectangle = element.cast::<Element>()?.get_bounding_client_rect();
    Some((f64::from(client_x) - rectangle.left(), f64::from(client_y) - rectangle.top()))
}

/// Puts the focus on the first element that a selector finds.
pub(crate) fn focus(selector: &str) {
    if let Ok(Some(element)) = document().query_selector(selector) {
        // Parts of a picture can have the focus too; they share the method, not the type.
        let _ = element.unchecked_ref::<HtmlElement>().focus();
    }
}

/// Puts the focus on an element.
pub(crate) fn focus_on(element: &NodeRef) {
    if let Some(element) = element.cast::<HtmlElement>() {
        let _ = element.focus();
    }
}

/// Takes the focus from whatever has it.
pub(crate) fn unfocus() {
    if let Some(element) = document().active_element() {
        let _ = element.unchecked_ref::<HtmlElement>().blur();
    }
}

/// How far an element is scrolled: left, visible width, whole width.
pub(crate) fn scroll_x(element: &NodeRef) -> Option<(f64, f64, f64)> {
    let element = element.cast::<Element>()?;
    Some((f64::from(element.scroll_left()), f64::from(element.client_width()), f64::from(element.scroll_width())))
}

/// Scrolls an element sideways.
pub(crate) fn set_scroll_x(element: &NodeRef, left: f64) {
    if let Some(element) = element.cast::<Element>() {
        element.set_scroll_left(left.round() as i32);
    }
}

/// Scrolls an element to its end.
pub(crate) fn scroll_to_end(element: &NodeRef) {
    if let Some(element) = element.cast::<Element>() {
        element.set_scroll_top(element.scroll_height());
    }
}

/// Whether an element is scrolled to its end, give or take a line.
pub(crate) fn is_at_end(element: &NodeRef) -> bool {
    element
        .cast::<Element>()
        .is_none_or(|element| element.scroll_height() - element.client_height() - element.scroll_top() < 24)
}

/// What a field holds after an input event.
pub(crate) fn field_value(event: &InputEvent) -> String {
    event
        .target()
        .and_then(|target| target.dyn_into::<HtmlInputElement>().ok())
        .map_or_else(String::new, |field| field.value())
}

/// The text of a field and where its caret stands, in bytes.
pub(crate) fn field_state(field: &NodeRef) -> (String, usize) {
    let Some(field) = field.cast::<HtmlInputElement>() else { return (String::new(), 0) };
    let value = field.value();
    let units = field.selection_start().ok().flatten().unwrap_or(u32::MAX) as usize;
    let mut passed = 0;
    let caret = value
        .char_indices()
        .find(|(_, letter)| {
            let here = passed;
            passed += letter.len_utf16();
            here >= units
        })
        .map_or(value.len(), |(at, _)| at);
    (value, caret)
}

/// Sets the text of a field and puts the caret at a byte of it.
pub(crate) fn set_field(field: &NodeRef, value: &str, caret: usize) {
    if let Some(field) = field.cast::<HtmlInputElement>() {
        field.set_value(value);
        let units = value[..caret].encode_utf16().count() as u32;
        let _ = field.set_selection_range(units, units);
    }
}

/// Whether part of a field is selected, so that Ctrl-C copies.
pub(crate) fn has_selection(field: &NodeRef) -> bool {
    let in_field = field.cast::<HtmlInputElement>().is_some_and(|field| {
        let end = |value: Result<Option<u32>, _>| value.ok().flatten();
        end(field.selection_start()) != end(field.selection_end())
    });
    in_field || has_selected_text()
}

/// Whether text on the page is selected.
pub(crate) fn has_selected_text() -> bool {
    js_sys::Reflect::get(&document(), &"getSelection".into())
        .ok()
        .and_then(|method| method.dyn_into::<js_sys::Function>().ok())
        .and_then(|method| method.call0(&document()).ok())
        .and_then(|selection| js_sys::Object::from(selection).to_string().as_string())
        .is_some_and(|text| !text.is_empty())
}

/// The text that an event pastes.
pub(crate) fn pasted(event: &yew::Event) -> Option<String> {
    event.dyn_ref::<web_sys::ClipboardEvent>()?.clipboard_data()?.get_data("text").ok()
}

/// Whether Ctrl or Meta is held.
pub(crate) fn has_control(event: &KeyboardEvent) -> bool {
    event.ctrl_key() || event.meta_key()
}

/// Puts text on the clipboard.
pub(crate) fn copy(text: &str) {
    let _ = window().navigator().clipboard().write_text(text);
}

/// The value of the nearest attribute of this name around what was clicked or focused.
pub(crate) fn attribute_at(event: &yew::Event, name: &str) -> Option<String> {
    event.target()?.dyn_into::<Element>().ok()?.closest(&format!("[{name}]")).ok()??.get_attribute(name)
}

/// Keeps the pointer's events with the element that got this one, also when it leaves it.
pub(crate) fn capture_pointer(element: &NodeRef, pointer: i32) {
    if let Some(element) = element.cast::<Element>() {
        let _ = element.set_pointer_capture(pointer);
    }
}

/// Keeps the focus within an element: from its last control to its first and back. False if the browser does right.
pub(crate) fn turn_focus(selector: &str, backward: bool) -> bool {
    let Ok(Some(element)) = document().query_selector(selector) else { return false };
    let Ok(controls) = element.query_selector_all("button, input, a[href], [tabindex='0']") else { return false };
    let at = |index: u32| controls.item(index);
    let (Some(first), Some(last)) = (at(0), at(controls.length().saturating_sub(1))) else { return false };
    let active: Option<web_sys::Node> = document().active_element().map(Into::into);
    let (edge, target) = if backward { (&first, &last) } else { (&last, &first) };
    let outside =
        active.as_ref().is_none_or(|active| !element.contains(Some(active)) || element.is_same_node(Some(active)));
    if outside || active.as_ref() == Some(edge) {
        let _ = target.unchecked_ref::<HtmlElement>().focus();
        return true;
    }
    false
}
