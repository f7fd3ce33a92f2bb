//! Help: the keyboard map and the legend.

use super::dialog;
use crate::action::Action;
use yew::prelude::*;

const TIME: &[(&str, &str)] = &[("Space", "play, pause"), (".", "step one event"), ("[  ]", "slower, faster")];
const STAGE: &[(&str, &str)] = &[
    ("1 to 9", "select a node"),
    ("Arrows", "walk the ring"),
    ("k", "crash or restart it"),
    ("i", "isolate it"),
    ("v  x  s", "select, cut, split"),
    ("h", "heal all links"),
    ("Enter", "confirm the split"),
    ("c", "new client"),
];
const PANELS: &[(&str, &str)] = &[
    ("g l", "logs"),
    ("g s", "store"),
    ("g e", "leases"),
    ("g w", "watches"),
    ("g m", "members"),
    ("g h", "history"),
    ("g v", "events"),
];
const PAGE: &[(&str, &str)] =
    &[("`", "terminal"), ("Esc", "back to the stage"), ("l", "legend"), ("d", "next theme"), ("?", "this help")];
const TERMINAL: &[(&str, &str)] = &[
    ("Tab", "complete"),
    ("Up  Down", "earlier commands"),
    ("Ctrl-C", "stop a command"),
    ("Ctrl-D", "end of input"),
    ("Ctrl-L", "clear"),
];

#[derive(Clone, PartialEq)]
pub(crate) struct HelpProps {
    pub(crate) on: Callback<Action>,
}

pub(crate) fn help(props: &HelpProps) -> Html {
    let list = |title: &'static str, keys: &[(&'static str, &'static str)]| {
        let rows = keys.iter().map(|(key, what)| html! { <><dt>{ *key }</dt><dd>{ *what }</dd></> });
        html! { <section><h3>{ title }</h3><dl>{ for rows }</dl></section> }
    };
    let body = html! {
        <>
            <p>{ "Complete etcd nodes run in this tab over a simulated network. Type etcdctl commands in a terminal, or break \
                  something: press a node, a link or a message. Type " }<code>{ "help" }</code>{ " in a terminal for its commands." }</p>
            <div class="help">
                <div class="keys">
                    <div>{ list("Time", TIME) }{ list("Stage", STAGE) }</div>
                    <div>{ list("Panels", PANELS) }{ list("Page", PAGE) }{ list("In a terminal", TERMINAL) }</div>
                </div>
                <div class="help-legend">{ crate::stage::legend() }</div>
            </div>
        </>
    };
    dialog("Help", true, &props.on, body)
}
