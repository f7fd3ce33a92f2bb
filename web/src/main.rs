//! The page.
//!
//! The root component ([`app`]) owns the sandbox. Once a frame it lets the simulation advance by whole events, takes
//! snapshots of what is shown, and hands them down; leaves draw them and send [`action::Action`]s up. What moves with time
//! (messages, timers, the playhead) is drawn by hand, outside of the component tree. The browser itself is behind
//! [`browser`].
//!
//! Invariants: no leaf knows the sandbox; nothing is drawn that is not in a snapshot; one owner of the animation frame; all
//! colours, sizes and durations are tokens of `static/tokens.css`.

mod action;
mod app;
mod browser;
mod dialogs;
mod icons;
mod leaf;
mod narration;
mod panels;
mod session;
mod stage;
mod terminals;
mod top_bar;
mod transport;
mod words;

fn main() {
    browser::crash::install();
    browser::exports::install();
    yew::Renderer::<app::App>::new().render();
}
