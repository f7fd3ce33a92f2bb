//! The page. So far it only shows that the pipeline from Rust to a browser works.

mod hooks;

use yew::prelude::*;

#[function_component]
fn App() -> Html {
    html! { <h1>{ "Quorate" }</h1> }
}

fn main() {
    hooks::install();
    yew::Renderer::<App>::new().render();
}
