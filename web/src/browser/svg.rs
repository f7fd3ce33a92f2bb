//! SVG elements that are made and moved by hand, outside of the component tree.

use super::document;
use web_sys::Element;

/// An SVG element.
#[derive(Clone, PartialEq)]
pub(crate) struct Shape {
    element: Element,
}

impl Shape {
    /// Makes an element of this name and class under a parent.
    pub(crate) fn new(parent: &Shape, name: &str, class: &str) -> Option<Shape> {
        let element = document().create_element_ns(Some("http://www.w3.org/2000/svg"), name).ok()?;
        let shape = Shape { element };
        shape.set("class", class);
        parent.element.append_child(&shape.element).ok()?;
        Some(shape)
    }

    /// The element with this id.
    pub(crate) fn by_id(id: &str) -> Option<Shape> {
        Some(Shape { element: document().get_element_by_id(id)? })
    }

    /// Sets an attribute.
    pub(crate) fn set(&self, name: &str, value: &str) {
        let _ = self.element.set_attribute(name, value);
    }

    /// Sets the text within.
    pub(crate) fn text(&self, text: &str) {
        self.element.set_text_content(Some(text));
    }

    /// Takes it off the page.
    pub(crate) fn remove(&self) {
        self.element.remove();
    }
}
