//! The narration as a list, newest first, with a filter by kind.

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

#[derive(Properties, PartialEq)]
pub(super) struct EventsProps {
    pub(super) events: Rc<[NarrationView]>,
}

#[function_component]
pub(super) fn Events(props: &EventsProps) -> Html {
    let only = use_state(|| None::<NarrationKind>);
    let filter = KINDS.iter().map(|(kind, name)| {
        let pressed = *only == Some(*kind);
        let onclick = {
            let (only, kind) = (only.clone(), *kind);
            Callback::from(move |_: MouseEvent| only.set((!pressed).then_some(kind)))
        };
        html! { <button class="btn line" aria-pressed={if pressed { "true" } else { "false" }} {onclick}>{ *name }</button> }
    });
    let shown: Vec<&NarrationView> =
        props.events.iter().rev().filter(|event| only.is_none_or(|kind| kind == event.kind)).collect();
    let clear = {
        let only = only.clone();
        Callback::from(move |_: MouseEvent| only.set(None))
    };
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

/// Where the rule behind an event is written.
pub(crate) fn source(event: &NarrationView) -> Html {
    match event.source {
        Some((label, address)) => {
            html! { <a class="source" href={address} target="_blank" rel="noopener">{ label }</a> }
        }
        None => html! { <span /> },
    }
}
