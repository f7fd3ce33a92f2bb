//! The other cards that float on the stage: the tools, the split, the first hint, the legend.

use super::live::outline;
use super::node::arc_path;
use crate::action::{Action, Overlay, Tool};
use crate::icons::Icon;
use crate::words;
use quorate::sandbox::view::{MessageShape, SceneView};
use quorate::sandbox::{ActorId, Fault};
use std::rc::Rc;
use yew::prelude::*;

#[derive(Clone, PartialEq)]
pub(crate) struct PaletteProps {
    pub(crate) tool: Tool,
    /// Something is cut.
    pub(crate) broken: bool,
    pub(crate) on: Callback<Action>,
}

pub(crate) fn palette(props: &PaletteProps) -> Html {
    let tool = |tool: Tool, icon: Icon, label: &'static str, hint: &'static str| {
        let onclick = props.on.reform(move |_: MouseEvent| Action::Take(tool));
        let pressed = if props.tool == tool { "true" } else { "false" };
        html! {
            <button class="btn icon" aria-label={label} aria-pressed={pressed} title={hint} {onclick}>{ icon.html() }</button>
        }
    };
    let heal = props.broken.then(|| props.on.reform(|_: MouseEvent| Action::Break(Fault::HealAll)));
    let disabled = (!props.broken).then_some("true");
    let title = if props.broken { "Heal all links (H)" } else { "Heal all links: none is cut" };
    html! {
        <div class="palette" role="toolbar" aria-label="Tools" aria-orientation="vertical">
            { tool(Tool::Select, Icon::Select, "Select, V", "Select (V)") }
            { tool(Tool::Cut, Icon::Scissors, "Cut a link, X", "Cut a link: press it, and again to heal it (X)") }
            { tool(Tool::Split, Icon::Split, "Split, S", "Split: draw around one side (S)") }
            <button class="btn icon" aria-label="Heal all links, H" aria-disabled={disabled} {title} onclick={heal}>{ Icon::Heal.html() }</button>
        </div>
    }
}

#[derive(Clone, PartialEq)]
pub(crate) struct SplitProps {
    pub(crate) scene: Rc<SceneView>,
    pub(crate) picked: Rc<Vec<ActorId>>,
    pub(crate) on: Callback<Action>,
}

/// The split in words and check boxes; a lasso on the stage ticks the same boxes.
pub(crate) fn split_card(props: &SplitProps) -> Html {
    let SplitProps { scene, picked, on } = props;
    let (here, there): (Vec<_>, Vec<_>) = scene.nodes.iter().partition(|node| picked.contains(&node.id));
    let names = |side: &[&Rc<quorate::sandbox::view::NodeView>]| {
        words::list(&side.iter().map(|node| node.name.clone()).collect::<Vec<_>>())
    };
    let ready = !here.is_empty() && !there.is_empty();
    let sentence = if ready {
        format!("{} will not reach {}.", names(&here), names(&there))
    } else {
        "Draw around the members of one side, or tick them.".to_owned()
    };
    let boxes = scene.nodes.iter().map(|node| {
        let id = node.id;
        let onchange = on.reform(move |_: Event| Action::ToggleSplit(id));
        html! {
            <label class="check">
                <input type="checkbox" checked={picked.contains(&id)} {onchange} />{ &*node.name }
            </label>
        }
    });
    let split = ready.then(|| on.reform(|_: MouseEvent| Action::Split));
    let title = if ready { "Split (Enter)" } else { "Each side needs a member" };
    html! {
        <aside class="card split-card" aria-label="Split the cluster">
            <header><b>{ "Split the cluster" }</b></header>
            <div class="body"><p aria-live="polite">{ sentence }</p><div class="boxes">{ for boxes }</div></div>
            <footer>
                <button class="btn line" onclick={on.reform(|_: MouseEvent| Action::Take(Tool::Select))}>{ "Cancel" }</button>
                <button class="btn line" aria-disabled={(!ready).then_some("true")} {title} onclick={split}>{ "Split" }</button>
            </footer>
        </aside>
    }
}

#[derive(Clone, PartialEq)]
pub(crate) struct HintProps {
    pub(crate) on: Callback<Action>,
}

/// What a newcomer may try, in three lines.
pub(crate) fn hint(props: &HintProps) -> Html {
    html! {
        <aside class="card hint" aria-label="What to try">
            <header>
                <b>{ "Try this" }</b><span class="grow" />
                <button class="btn icon" aria-label="Close the hint" title="Close" onclick={props.on.reform(|_: MouseEvent| Action::DismissHint)}>
                    { Icon::Close.html() }
                </button>
            </header>
            <ol>
                <li>{ "Type " }<code>{ "etcdctl put /a 1" }</code>{ " in a terminal." }</li>
                <li>{ "Press the leader, then Isolate: its side cannot commit any more." }</li>
                <li>{ "Heal all links and watch the logs become equal." }</li>
            </ol>
        </aside>
    }
}

#[derive(Clone, PartialEq)]
pub(crate) struct LegendProps {
    pub(crate) on: Callback<Action>,
}

pub(crate) fn legend_card(props: &LegendProps) -> Html {
    let close = props.on.reform(|_: MouseEvent| Action::Close);
    html! {
        <aside class="card legend-card" aria-label="Legend">{ legend() }
            <button class="btn icon close" aria-label="Close the legend" title="Close (L)" onclick={close}>{ Icon::Close.html() }</button>
        </aside>
    }
}

fn sample(picture: Html, word: &'static str) -> Html {
    html! { <li><svg viewBox="-16 -13 32 26" aria-hidden="true">{ picture }</svg>{ word }</li> }
}

/// What shapes mean; the help dialog shows it too.
pub(crate) fn legend() -> Html {
    let disc = |class: &'static str, width: &'static str, dash: &'static str| {
        html! { <g class={classes!("node", "t4", class)}><circle class="disc" r="9" style={format!("stroke-width:{width};stroke-dasharray:{dash}")} /></g> }
    };
    let message = |class: &'static str, shape: MessageShape, sign: &'static str| {
        html! {
            <g class={classes!("message", "t4", class)}>
                <path class="body" d={outline(shape)} />
                if !sign.is_empty() { <path class={if class == "lost" { "dead" } else { "sign" }} d={sign} /> }
            </g>
        }
    };
    let acks = html! {
        <>
            <path class="ack on" d={arc_path(9.0, 0.025, 0.31)} /><path class="ack on" d={arc_path(9.0, 0.36, 0.64)} />
            <path class="ack" d={arc_path(9.0, 0.69, 0.975)} /><path class="need" d="M-4.5 3.5L-9 8" />
        </>
    };
    html! {
        <>
            <div>
                <h3>{ "Role" }</h3>
                <ul>
                    { sample(disc("leader", "4", "none"), "leader") }
                    { sample(disc("candidate", "2", "4 3"), "candidate") }
                    { sample(disc("follower", "1.5", "none"), "follower") }
                    { sample(html! { <g class="node down"><circle class="disc" r="9" /><circle class="hatched" r="9" /></g> }, "crashed") }
                </ul>
                <h3>{ "Ring" }</h3>
                <ul>
                    { sample(html! { <path class="arc" d={arc_path(9.0, 0.0, 0.72)} /> }, "election timer") }
                    { sample(acks, "acks, majority") }
                    { sample(html! { <><circle class="vote granted" cx="-7" r="4" /><circle class="vote" cx="5" r="4" /></> }, "votes") }
                </ul>
            </div>
            <div>
                <h3>{ "Message" }</h3>
                <ul>
                    { sample(message("", MessageShape::AppendEntries, ""), "AppendEntries") }
                    { sample(message("", MessageShape::Heartbeat, ""), "heartbeat") }
                    { sample(message("", MessageShape::RequestVote, ""), "RequestVote") }
                    { sample(message("", MessageShape::Client, ""), "client") }
                    { sample(message("reply", MessageShape::AppendEntries, "M-4 0h8M0 -4v8"), "accepted") }
                    { sample(message("reply", MessageShape::AppendEntries, "M-4 0h8"), "refused") }
                    { sample(message("lost", MessageShape::AppendEntries, "M-7 -7l14 14M7 -7l-14 14"), "lost") }
                </ul>
                <p>{ "Hue and number: the term" }</p>
            </div>
        </>
    }
}

/// The button that opens the legend.
pub(super) fn legend_button(on: &Callback<Action>) -> Html {
    html! {
        <button class="btn line legend" title="Legend (L)" onclick={on.reform(|_: MouseEvent| Action::Open(Overlay::Legend))}>
            { "Legend" }
        </button>
    }
}
