//! What is shown instead of a dead page: a report that can be copied.
//!
//! After a panic nothing of the page's own code may run again, so the report is written to the document by hand, from text
//! that was remembered before.

use super::{document, page};
use std::cell::{Cell, RefCell};
use wasm_bindgen::JsCast;
use wasm_bindgen::closure::Closure;
use web_sys::{Element, HtmlElement};

thread_local! {
    static CRASHED: Cell<bool> = const { Cell::new(false) };
    static REPORT: RefCell<String> = const { RefCell::new(String::new()) };
}

/// Whether a panic has happened.
pub(crate) fn has_crashed() -> bool {
    CRASHED.get()
}

/// Remembers the sandbox's report, which ends with the recording that replays the run.
pub(crate) fn remember(report: String) {
    REPORT.set(report);
}

/// The recording of the report that was remembered last.
pub(crate) fn remembered_recording() -> String {
    REPORT.with_borrow(|report| report.rsplit('\n').next().unwrap_or_default().to_owned())
}

/// From now on a panic shows a report.
pub(crate) fn install() {
    // Through Yew, which otherwise puts its own hook in its place.
    yew::set_custom_panic_hook(Box::new(|panic| {
        if CRASHED.replace(true) {
            return;
        }
        let report = REPORT.try_with(|report| report.try_borrow().map(|text| text.clone()).unwrap_or_default());
        let text = format!("Quorate {}\n{panic}\n\n{}", env!("CARGO_PKG_VERSION"), report.unwrap_or_default());
        show(&text);
    }));
}

fn show(text: &str) -> Option<()> {
    let cover = element("div", "cover crash")?;
    cover.set_attribute("role", "alertdialog").ok()?;
    cover.set_attribute("aria-label", "Quorate has stopped").ok()?;
    let card = element("div", "dialog")?;
    let title = element("h2", "")?;
    title.set_text_content(Some("Quorate has stopped"));
    let words = element("p", "")?;
    words.set_text_content(Some(
        "A rule that the program relies on did not hold. This is our mistake, not yours. The report below replays it: \
         it holds the seed and everything that was typed and broken.",
    ));
    let report = element("pre", "report")?;
    report.set_attribute("tabindex", "0").ok()?;
    report.set_text_content(Some(text));
    let row = element("div", "dialog-buttons")?;
    let copy = button("Copy the report", "btn primary", copy_action(text.to_owned()))?;
    let reload = button("Start again", "btn line", || {
        let _ = super::window().location().reload();
    })?;
    for child in [&copy, &reload] {
        row.append_child(child).ok()?;
    }
    for child in [&title, &words, &report, &row] {
        card.append_child(child).ok()?;
    }
    cover.append_child(&card).ok()?;
    document().body()?.append_child(&cover).ok()?;
    copy.dyn_into::<HtmlElement>().ok()?.focus().ok()
}

fn copy_action(text: String) -> impl FnMut() + 'static {
    move || page::copy(&text)
}

fn element(name: &str, class: &str) -> Option<Element> {
    let element = document().create_element(name).ok()?;
    element.set_class_name(class);
    Some(element)
}

fn button(label: &str, class: &str, act: impl FnMut() + 'static) -> Option<Element> {
    let button = element("button", class)?;
    button.set_text_content(Some(label));
    let act = Closure::<dyn FnMut()>::new(act);
    button.add_event_listener_with_callback("click", act.as_ref().unchecked_ref()).ok()?;
    act.forget(); // The report stays until the page is left.
    Some(button)
}
