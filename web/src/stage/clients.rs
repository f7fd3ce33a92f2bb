//! Clients: boxes outside of the ring, each with what it does and for how long.

use super::layout::{Layout, Rect};
use super::links::line;
use crate::action::Action;
use crate::words::{self, px};
use quorate::sandbox::Time;
use quorate::sandbox::view::{ClientView, SceneView};
use std::rc::Rc;
use yew::prelude::*;

/// The lines from clients to the members that they speak to, beneath the nodes.
pub(super) fn client_links(layout: &Layout, scene: &SceneView) -> Html {
    let lines = scene.clients.iter().flat_map(|client| {
        client.endpoints.iter().filter_map(|name| {
            let node = scene.nodes.iter().find(|node| node.name == *name)?;
            let (from, to) = layout.way(client.id, node.id)?;
            Some(html! { <path class="client-link" d={line(from, to)} /> })
        })
    });
    html! { <g aria-hidden="true">{ for lines }</g> }
}

#[derive(Clone, PartialEq)]
pub(crate) struct ClientProps {
    pub(crate) client: Rc<ClientView>,
    pub(crate) terminal: usize,
    pub(crate) place: Rect,
    /// The time, while it waits; otherwise it would be drawn again for nothing.
    pub(crate) now: Option<Time>,
    pub(crate) narrow: bool,
    pub(crate) line: f64,
    pub(crate) on: Callback<Action>,
}

pub(crate) fn client(props: &ClientProps) -> Html {
    let ClientProps { client, place, now, narrow, line, .. } = props;
    let state = match (&client.doing, client.since, now) {
        (Some(doing), Some(since), Some(now)) if client.waiting && !narrow && doing.len() < 9 => {
            format!("{doing}, {}", words::length(now.since(since)))
        }
        // A narrow box has room for one word.
        (Some(doing), ..) if *narrow => doing.split(' ').next().unwrap_or_default().to_owned(),
        (Some(doing), ..) => doing.to_string(),
        (None, ..) => "idle".to_owned(),
    };
    let show = {
        let (on, terminal) = (props.on.clone(), props.terminal);
        move || on.emit(Action::ShowTerminal { pane: terminal, terminal })
    };
    let onclick = {
        let show = show.clone();
        Callback::from(move |event: MouseEvent| {
            event.stop_propagation();
            show();
        })
    };
    let onkeydown = Callback::from(move |event: KeyboardEvent| {
        if matches!(event.key().as_str(), "Enter" | " ") {
            event.prevent_default();
            show();
        }
    });
    let endpoints = words::list(&client.endpoints);
    let middle = place.centre();
    let class = classes!("client", client.waiting.then_some("waiting"));
    html! {
        <g {class} role="button" tabindex="0" aria-label={format!("client {} of {endpoints}, {state}", client.name)} {onclick}
            {onkeydown}>
            <rect x={px(place.x)} y={px(place.y)} width={px(place.w)} height={px(place.h)} rx="6" />
            <text class="client-name" text-anchor="middle" x={px(middle.x)} y={px(middle.y - line * 0.25)}>{ &*client.name }</text>
            <text text-anchor="middle" x={px(middle.x)} y={px(middle.y + line * 0.8)}>{ state }</text>
        </g>
    }
}
