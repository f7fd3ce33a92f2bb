//! Terminals: panes side by side, one tab a client.

mod completion;
mod view;

pub(crate) use completion::Offer;
pub(crate) use view::{BlockProps, block};

use crate::action::{Action, Overlay};
use crate::icons::Icon;
use quorate::sandbox::view::TerminalView;
use quorate::sandbox::{ActorId, Time};
use std::rc::Rc;
use view::Terminal;
use yew::prelude::*;

/// What one pane shows.
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct Pane {
    /// The terminals whose tabs are in it.
    pub(crate) tabs: Vec<usize>,
    /// The one that is open.
    pub(crate) open: usize,
}

#[derive(Clone, PartialEq)]
pub(crate) struct TerminalsProps {
    pub(crate) panes: Rc<Vec<Pane>>,
    pub(crate) terminals: Rc<Vec<Rc<TerminalView>>>,
    /// The members, for the choice of an endpoint.
    pub(crate) members: Vec<(ActorId, Rc<str>)>,
    /// The time, while a command runs.
    pub(crate) now: Option<Time>,
    /// Time runs.
    pub(crate) playing: bool,
    /// Which clients wait for an answer, by terminal.
    pub(crate) waiting: Rc<Vec<bool>>,
    pub(crate) offer: Option<Rc<Offer>>,
    /// The pane whose menu of members is open.
    pub(crate) menu: Option<usize>,
    pub(crate) on: Callback<Action>,
}

pub(crate) fn terminals(props: &TerminalsProps) -> Html {
    let panes =
        props.panes.iter().enumerate().map(
            |(at, pane)| html! { <div class="pane" key={at}>{ tabs(props, at, pane) }{ open(props, pane) }</div> },
        );
    html! { <section class="terms" aria-label="Terminals">{ for panes }</section> }
}

fn tabs(props: &TerminalsProps, at: usize, pane: &Pane) -> Html {
    let tab = |terminal: usize| {
        let view = props.terminals.get(terminal)?;
        let selected = terminal == pane.open;
        let onclick = props.on.reform(move |_: MouseEvent| Action::ShowTerminal { pane: at, terminal });
        let busy = view.running.is_some();
        Some(html! {
            <button class="pane-tab" role="tab" key={terminal} aria-selected={if selected { "true" } else { "false" }} {onclick}>
                <b>{ &*view.name }</b>{ format!(" to {}", view.endpoints.join(", ")) }
                if busy { <i class="busy" title="A command runs" /> }
            </button>
        })
    };
    let running = props.terminals.get(pane.open).is_some_and(|view| view.running.is_some());
    let menu_open = props.menu == Some(at);
    let toggle = props.on.reform(move |event: MouseEvent| {
        event.stop_propagation();
        if menu_open { Action::Close } else { Action::Open(Overlay::EndpointMenu(at)) }
    });
    html! {
        <div class="pane-tabs">
            <div class="scroll" role="tablist" aria-label="Clients">{ for pane.tabs.iter().filter_map(|terminal| tab(*terminal)) }</div>
            <button class="btn icon" aria-label="New terminal" aria-haspopup="menu" aria-expanded={if menu_open { "true" } else { "false" }}
                title="New terminal (C)" onclick={toggle}>{ Icon::Plus.html() }</button>
            if running { <span class="aside">{ "Ctrl-C stops" }</span> }
            if menu_open { { endpoint_menu(props, at) } }
        </div>
    }
}

fn endpoint_menu(props: &TerminalsProps, pane: usize) -> Html {
    let items = props.members.iter().map(|(endpoint, name)| {
        let endpoint = *endpoint;
        let onclick = props.on.reform(move |_: MouseEvent| Action::OpenTerminal { pane, endpoint });
        html! { <button class="btn" role="menuitem" {onclick}>{ &**name }</button> }
    });
    html! { <div class="menu" role="menu" aria-label="Endpoint of the new terminal"><p>{ "A new client, connected to" }</p>{ for items }</div> }
}

fn open(props: &TerminalsProps, pane: &Pane) -> Html {
    let Some(view) = props.terminals.get(pane.open) else { return Html::default() };
    let offer = props.offer.clone().filter(|offer| offer.terminal == pane.open);
    let waiting = props.waiting.get(pane.open).copied().unwrap_or(false);
    let now = props.now.filter(|_| view.running.is_some());
    html! { <Terminal key={pane.open} view={view.clone()} {now} playing={props.playing} {waiting} {offer} on={props.on.clone()} /> }
}
