//! The page. So far it only shows that the pipeline from Rust to a browser works.

use yew::prelude::*;

#[function_component]
fn App() -> Html {
    html! { <h1>{ "Quorate" }</h1> }
}

fn main() {
    yew::Renderer::<App>::new().render();
}
