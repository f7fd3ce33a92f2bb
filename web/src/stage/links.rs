//! Links between members, and the sides and borders of a partition.

use super::layout::{Layout, Point};
use super::places::Side;
use crate::action::{Action, Selection, Tool};
use crate::words::{self, px};
use quorate::sandbox::view::{CutView, NodeView, SceneView};
use quorate::sandbox::{ActorId, Fault};
use yew::prelude::*;

/// How much of a link is left out where it is cut.
const BREAK: f64 = 9.0;

/// The regions of a partition, beneath everything.
pub(super) fn regions(layout: &Layout) -> Html {
    let width = layout.metrics.hull * 2.0;
    let region = |side: &Side| {
        let mut points: Vec<String> = side.hull.iter().map(|at| format!("{},{}", px(at.x), px(at.y))).collect();
        if let [only] = side.hull.as_slice() {
            // A polygon needs two points to have a line around it.
            points.push(format!("{},{}", px(only.x), px(only.y + 0.1)));
        }
        let (points, minor) = (points.join(" "), (!side.has_quorum).then_some("minor"));
        html! {
            <>
                <polygon class="side-line" style={format!("stroke-width:{}", px(width + 2.0))} points={points.clone()} />
                <polygon class={classes!("side-fill", minor)} style={format!("stroke-width:{}", px(width))} {points} />
            </>
        }
    };
    html! { <g aria-hidden="true">{ for layout.sides.iter().map(region) }</g> }
}

/// The borders of a partition and the words beside its sides.
pub(super) fn borders(layout: &Layout, scene: &SceneView) -> Html {
    let lines = layout.borders.iter().map(|(a, b)| html! { <path class="border" d={line(*a, *b)} /> });
    let since = scene.sides.iter().map(|side| side.since).max();
    let label = layout.border_label.zip(since).map(|(at, since)| {
        html! {
            <text class="cut-label" text-anchor="middle" x={px(at.x)} y={px(at.y)}>
                { format!("cut at {} s", words::seconds(since)) }
            </text>
        }
    });
    let sides = layout.sides.iter().map(|side| {
        let anchor = if side.label_ends { "end" } else { "start" };
        let (x, y) = (px(side.label_at.x), side.label_at.y);
        html! {
            <>
                <text class="side-label strong" text-anchor={anchor} x={x.clone()} y={px(y)}>{ &side.label[0] }</text>
                <text class="side-label" text-anchor={anchor} {x} y={px(y + layout.metrics.line)}>{ &side.label[1] }</text>
            </>
        }
    });
    html! { <g>{ for lines }{ for label }{ for sides }</g> }
}

/// All links, each with a wide line that takes the pointer.
pub(super) fn links(layout: &Layout, scene: &SceneView, tool: Tool, on: &Callback<Action>) -> Html {
    let pairs =
        scene.nodes.iter().enumerate().flat_map(|(at, one)| scene.nodes.iter().skip(at + 1).map(move |two| (one, two)));
    html! { <g>{ for pairs.map(|(one, two)| link(layout, scene, one, two, tool, on)) }</g> }
}

/// Which directions of a link are cut.
pub(crate) fn cut_directions(cuts: &[CutView], one: ActorId, two: ActorId) -> (bool, bool) {
    let is_cut = |from, to| cuts.iter().any(|cut| cut.from == from && cut.to == to);
    (is_cut(one, two), is_cut(two, one))
}

fn link(layout: &Layout, scene: &SceneView, one: &NodeView, two: &NodeView, tool: Tool, on: &Callback<Action>) -> Html {
    let (Some(a), Some(b)) = (layout.node(one.id), layout.node(two.id)) else { return Html::default() };
    let cuts = cut_directions(&scene.cuts, one.id, two.id);
    let across = layout.side(one.id).zip(layout.side(two.id)).is_some_and(|(one, two)| one != two);
    let picture = match cuts {
        (false, false) => html! { <path class="link" d={line(a, b)} /> },
        (true, true) if across => broken(a, b, layout.crossing(a, b).unwrap_or(0.5), "link off"),
        (true, true) => {
            html! { <>{ broken(a, b, 0.5, "link off") }{ cross(a.toward(b, 0.5)) }</> }
        }
        // One way only: the link lives toward the arrowhead.
        (dead_there, _) => {
            let (from, to) = if dead_there { (b, a) } else { (a, b) };
            let tip = to.plus(from.minus(to).unit().times(layout.metrics.halo + 2.0));
            // Nothing arrives at the end that can still send.
            let died = from.toward(to, 0.3);
            html! {
                <>
                    <path class="link alive" d={line(from, to)} />
                    { arrow(tip, to.minus(from)) }
                    { cross(died) }
                </>
            }
        }
    };
    let state = match cuts {
        (false, false) => "works",
        (true, true) => "is cut both ways",
        _ => "is cut one way",
    };
    let pick = {
        let (on, one, two) = (on.clone(), one.id, two.id);
        move || {
            on.emit(match (tool, cuts) {
                (Tool::Cut, (true, true)) => Action::Break(Fault::Heal(one, two)),
                (Tool::Cut, _) => Action::Break(Fault::Cut(one, two)),
                _ => Action::Select(Selection::Link(one, two)),
            })
        }
    };
    let onclick = {
        let pick = pick.clone();
        Callback::from(move |event: MouseEvent| {
            event.stop_propagation();
            pick();
        })
    };
    let onkeydown = Callback::from(move |event: KeyboardEvent| {
        if matches!(event.key().as_str(), "Enter" | " ") {
            event.prevent_default();
            pick();
        }
    });
    let label = format!("link {} to {}, {state}", one.name, two.name);
    html! {
        <>
            { picture }
            <path class="link-hit" d={line(a, b)} role="button" tabindex="-1" aria-label={label} {onclick} {onkeydown}
                data-link={format!("{}-{}", one.id.0, two.id.0)} />
        </>
    }
}

pub(super) fn line(a: Point, b: Point) -> String {
    format!("M{} {}L{} {}", px(a.x), px(a.y), px(b.x), px(b.y))
}

fn broken(a: Point, b: Point, share: f64, class: &'static str) -> Html {
    let (gap, way) = (a.toward(b, share), b.minus(a).unit().times(BREAK));
    html! { <path {class} d={format!("{}{}", line(a, gap.minus(way)), line(gap.plus(way), b))} /> }
}

fn cross(at: Point) -> Html {
    html! { <path class="link-cross" transform={format!("translate({} {})", px(at.x), px(at.y))} d="M-5 -5l10 10M5 -5l-10 10" /> }
}

fn arrow(tip: Point, way: Point) -> Html {
    let degrees = px(way.angle().to_degrees());
    html! {
        <path class="link-arrow" transform={format!("translate({} {}) rotate({degrees})", px(tip.x), px(tip.y))} d="M-11 -5L0 0-11 5z" />
    }
}
