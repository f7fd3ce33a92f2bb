//! The top bar: what cluster this is, the colours, help.

use crate::action::{Action, Overlay, Theme};
use crate::icons::{Icon, logo};
use quorate::sandbox::Settings;
use yew::prelude::*;

#[derive(Clone, PartialEq)]
pub(crate) struct TopBarProps {
    pub(crate) settings: Settings,
    pub(crate) theme: Theme,
    pub(crate) menu: bool,
    pub(crate) on: Callback<Action>,
}

pub(crate) fn top_bar(props: &TopBarProps) -> Html {
    let TopBarProps { settings, theme, menu, on } = props;
    let toggle = {
        let open = *menu;
        on.reform(move |event: MouseEvent| {
            event.stop_propagation();
            if open { Action::Close } else { Action::Open(Overlay::ThemeMenu) }
        })
    };
    let choice = |each: Theme| {
        let (icon, label) = match each {
            Theme::System => (Icon::HalfMoon, "As the system"),
            Theme::Light => (Icon::Sun, "Light"),
            Theme::Dark => (Icon::Moon, "Dark"),
            Theme::Projector => (Icon::Screen, "Projector"),
        };
        let checked = if *theme == each { "true" } else { "false" };
        html! {
            <button class="btn" role="menuitemradio" aria-checked={checked} onclick={on.reform(move |_: MouseEvent| Action::SetTheme(each))}>
                { icon.html() }<span class="grow">{ label }</span>
                if *theme == each { { Icon::Check.html() } }
            </button>
        }
    };
    html! {
        <header class="top">
            <span class="brand">{ logo() }{ "Quorate" }</span>
            <button class="btn cluster" aria-haspopup="dialog" title="Start a new cluster"
                onclick={on.reform(|_: MouseEvent| Action::Open(Overlay::NewCluster))}>
                { format!("{} nodes, {} network", settings.nodes, settings.network.name()) }{ Icon::Chevron.html() }
            </button>
            <span class="sub wide-only">{ format!("etcd, seed {}", settings.seed) }</span>
            <span class="grow" />
            <div class="anchor">
                <button class="btn icon" aria-label="Theme" aria-haspopup="menu" aria-expanded={if *menu { "true" } else { "false" }}
                    title="Theme (D)" onclick={toggle}>{ Icon::HalfMoon.html() }</button>
                if *menu { <div class="menu" role="menu" aria-label="Theme">{ for Theme::ALL.into_iter().map(choice) }</div> }
            </div>
            <button class="btn icon" aria-label="Keys and help" title="Keys and help (?)"
                onclick={on.reform(|_: MouseEvent| Action::Open(Overlay::Help))}><b>{ "?" }</b></button>
        </header>
    }
}
