//! The narration as a list, newest first, with a filter by kind.

use crate::action::Action;
use crate::words::seconds;
use quorate::sandbox::view::{NarrationKind, NarrationView};
use std::rc::Rc;
use yew::prelude::*;

const KINDS: [(NarrationKind, &str); 5] = [
    (NarrationKind::Election, "Elections"),
    (NarrationKind::Log, "Log"),
    (NarrationKind::Client, "Clients"),
    (NarrationKind::Lease, "Leases and watches"),
    (NarrationKind::Fault, "Faults"),
];

#[derive(Clone, PartialEq)]
pub(crate) struct EventsProps {
    pub(crate) events: Rc<[NarrationView]>,
    pub(crate) only: Option<NarrationKind>,
    pub(crate) on: Callback<Action>,
}

pub(crate) fn events(props: &EventsProps) -> Html {
    let EventsProps { events, only, on } = props;
    let filter = KINDS.iter().map(|(kind, name)| {
        let pressed = *only == Some(*kind);
        let wish = Action::Filter((!pressed).then_some(*kind));
        let onclick = on.reform(move |_: MouseEvent| wish.clone());
        html! { <button class="btn line" aria-pressed={if pressed { "true" } else { "false" }} {onclick}>{ *name }</button> }
    });
    let shown: Vec<&NarrationView> =
        events.iter().rev().filter(|event| only.is_none_or(|kind| kind == sort_of(event))).collect();
    let clear = on.reform(|_: MouseEvent| Action::Filter(None));
    let row = |event: &&NarrationView| {
        let fault = (event.kind == NarrationKind::Fault).then_some("fault");
        html! {
            <li key={event.event.0.to_string() + &event.headline} class={classes!(fault)}>
                <span class="when">{ format!("{} s", seconds(event.at)) }</span>
                <span><b>{ format!("{}. ", event.headline) }</b>{ &event.text }</span>
                { source(event) }
            </li>
        }
    };
    html! {
        <>
            <div class="filter" role="group" aria-label="Show only">{ for filter }</div>
            if shown.is_empty() && only.is_some() {
                <div class="empty"><p>{ "Nothing matches." }</p><button class="btn line" onclick={clear}>{ "Clear filter" }</button></div>
            } else if shown.is_empty() {
                <div class="empty"><p>{ "Nothing has happened yet." }</p></div>
            }
            <ol class="events">{ for shown.iter().map(row) }</ol>
        </>
    }
}

/// The filter that shows it: what is mended is found where what was broken is.
fn sort_of(event: &NarrationView) -> NarrationKind {
    if event.kind == NarrationKind::Mended { NarrationKind::Fault } else { event.kind }
}

/// Where the rule behind an event is written.
pub(crate) fn source(event: &NarrationView) -> Html {
    match event.source {
        Some((label, address)) => {
            html! { <a class="source" href={address} target="_blank" rel="noopener">{ label }</a> }
        }
        None => html! { <span /> },
    }
}
