//! One member: disc, outline, ring slot and words.

use super::layout::{Metrics, Point};
use crate::action::{Action, Selection, Tool};
use crate::words::{self, hue, px};
use quorate::sandbox::view::{NodeView, RoleView};
use quorate::sandbox::{ActorId, ActorState};
use std::f64::consts::{FRAC_PI_2, TAU};
use std::rc::Rc;
use yew::prelude::*;

#[derive(Clone, PartialEq)]
pub(crate) struct NodeProps {
    pub(crate) node: Rc<NodeView>,
    pub(crate) at: Point,
    pub(crate) metrics: Metrics,
    /// Its side of a partition has a quorum, or has none.
    pub(crate) side: Option<bool>,
    pub(crate) selected: bool,
    /// It is on the other side of the split that is being made.
    pub(crate) picked: bool,
    pub(crate) tool: Tool,
    pub(crate) on: Callback<Action>,
}

/// The id of the election timer's arc, which is drawn by hand each frame.
pub(super) fn arc_id(node: ActorId) -> String {
    format!("arc-{}", node.0)
}

/// Part of a circle around the origin: from and to in turns, clockwise from 12 o'clock.
pub(super) fn arc_path(radius: f64, from: f64, to: f64) -> String {
    let at = |turn: f64| {
        let at = Point::on_circle(turn * TAU - FRAC_PI_2, radius);
        (px(at.x), px(at.y))
    };
    let ((x1, y1), (x2, y2)) = (at(from), at(to));
    let (large, r) = (u8::from(to - from > 0.5), px(radius));
    format!("M{x1} {y1}A{r} {r} 0 {large} 1 {x2} {y2}")
}

pub(crate) fn node(props: &NodeProps) -> Html {
    let NodeProps { node, at, metrics, selected, picked, .. } = props;
    let (id, tool) = (node.id, props.tool);
    let choose = {
        let on = props.on.clone();
        move || match tool {
            Tool::Split => on.emit(Action::ToggleSplit(id)),
            Tool::Select | Tool::Cut => on.emit(Action::Select(Selection::Node(id))),
        }
    };
    let onclick = {
        let choose = choose.clone();
        Callback::from(move |event: MouseEvent| {
            event.stop_propagation();
            choose();
        })
    };
    let onkeydown = Callback::from(move |event: KeyboardEvent| {
        // While a split is made, Enter makes it.
        let key = event.key();
        if key == " " || (key == "Enter" && tool != Tool::Split) {
            event.prevent_default();
            choose();
        }
    });
    let oncontextmenu = {
        let on = props.on.clone();
        Callback::from(move |event: MouseEvent| {
            event.prevent_default();
            on.emit(Action::Select(Selection::Node(id)));
        })
    };
    let running = node.state == ActorState::Up;
    let word = words::role(node.role, node.state);
    let side = match props.side {
        Some(true) => "in-side",
        Some(false) => "in-minor",
        None => "",
    };
    let role = match (node.state, node.role) {
        (ActorState::Down, _) => "down",
        (_, RoleView::Leader) => "leader",
        (_, RoleView::Candidate | RoleView::PreCandidate) => "candidate",
        (_, RoleView::Learner) => "learner",
        (_, RoleView::Follower) => "follower",
    };
    let class = classes!(
        "node",
        role,
        side,
        hue(if node.state == ActorState::Down { 0 } else { node.term }),
        (node.state == ActorState::Paused).then_some("paused"),
        selected.then_some("selected"),
        picked.then_some("picked"),
    );
    let label = format!("{}, {word}, term {}, commit {}", node.name, node.term, node.commit);
    let disc = if role == "leader" { metrics.disc - 2.5 } else { metrics.disc };
    let role_dy = metrics.role_dy + if *selected { 6.0 } else { 0.0 };
    html! {
        <g {class} transform={format!("translate({} {})", px(at.x), px(at.y))} role="button" tabindex="0"
            aria-label={label} aria-pressed={if *selected { "true" } else { "false" }} data-node={id.0.to_string()}
            {onclick} {onkeydown} {oncontextmenu}>
            <circle class="focus-ring" r={px(metrics.selected + 4.0)} />
            <circle class="halo" r={px(metrics.halo)} />
            <circle class="selected-ring" r={px(metrics.selected)} />
            <circle class="disc" r={px(disc)} />
            if role == "learner" { <circle class="disc-inner" r={px(disc - 4.0)} /> }
            if role == "down" { <circle class="hatched" r={px(disc)} /> }
            if node.role == RoleView::Leader && running {
                { acks(node, metrics) }
            } else {
                <path class="arc" id={arc_id(id)} />
            }
            <text class="node-name" text-anchor="middle" y={px(metrics.name_dy)}>{ &*node.name }</text>
            <text class="node-term" text-anchor="middle" y={px(metrics.term_dy)}>{ format!("term {}", node.term) }</text>
            if node.state == ActorState::Paused { { pause_badge(metrics) } }
            <text class="role word" text-anchor="middle" y={px(role_dy)}>{ word }</text>
            { beneath(node, role_dy + metrics.line, running) }
        </g>
    }
}

/// One segment a voter, those who have acknowledged first; the tick is the majority. Nothing while all is committed.
fn acks(node: &NodeView, metrics: &Metrics) -> Html {
    if node.acks.is_empty() {
        return Html::default();
    }
    let count = node.acks.len() as f64;
    let given = node.acks.iter().filter(|(_, given)| *given).count();
    let gap = 0.019;
    let segments = (0..node.acks.len()).map(|at| {
        let (from, to) = (at as f64 / count + gap, (at + 1) as f64 / count - gap);
        let class = if at < given { "ack on" } else { "ack" };
        html! { <path {class} d={arc_path(metrics.ring, from, to)} /> }
    });
    let angle = node.quorum as f64 / count * TAU - FRAC_PI_2;
    let [inner, outer] = [metrics.halo - 8.0, metrics.halo + 3.0].map(|radius| Point::on_circle(angle, radius));
    let tick = format!("M{} {}L{} {}", px(inner.x), px(inner.y), px(outer.x), px(outer.y));
    html! { <>{ for segments }<path class="need" d={tick} /></> }
}

/// The line beneath the role: acknowledgements of a leader, votes of a candidate.
fn beneath(node: &NodeView, y: f64, running: bool) -> Html {
    match node.role {
        RoleView::Leader if running && !node.acks.is_empty() => {
            let given = node.acks.iter().filter(|(_, given)| *given).count();
            html! {
                <text class="role" text-anchor="middle" y={px(y)}>{ format!("{given} of {} acks", node.acks.len()) }</text>
            }
        }
        RoleView::Candidate | RoleView::PreCandidate if running => votes(node, y - 5.0),
        _ => Html::default(),
    }
}

/// A dot a voter: filled for a vote, crossed for a refusal, hollow while it has not answered.
fn votes(node: &NodeView, y: f64) -> Html {
    let left = -((node.voters.max(1) - 1) as f64) * 7.0;
    let those = |wanted: bool| {
        node.votes.iter().filter(move |(_, granted)| *granted == wanted).map(|(_, granted)| Some(*granted))
    };
    let mut answers: Vec<Option<bool>> = those(true).chain(those(false)).collect();
    answers.resize(node.voters.max(answers.len()), None);
    let dots = answers.into_iter().enumerate().map(|(at, answer)| {
        let x = left + at as f64 * 14.0;
        let class = if answer == Some(true) { "vote granted" } else { "vote" };
        html! {
            <>
                <circle {class} cx={px(x)} cy={px(y)} r="4.5" />
                if answer == Some(false) {
                    <path class="vote-cross" d={format!("M{} {}l6 6m0 -6l-6 6", px(x - 3.0), px(y - 3.0))} />
                }
            </>
        }
    });
    html! { <g>{ for dots }</g> }
}

fn pause_badge(metrics: &Metrics) -> Html {
    let at = metrics.disc * 0.72;
    html! {
        <g class="pause-badge" transform={format!("translate({} {})", px(at), px(-at))}>
            <circle r="9" /><path d="M-2.5 -3.5v7M2.5 -3.5v7" />
        </g>
    }
}
