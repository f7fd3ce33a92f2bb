//! The stage: the cluster as a picture that can be touched.
//!
//! Components draw what changes with events; [`live`] draws what moves with time. Nothing here is drawn from anything but
//! the scene that the root took from the sandbox.

mod cards;
mod clients;
mod inspector;
pub(crate) mod layout;
mod links;
pub(crate) mod live;
mod node;
pub(crate) mod places;

pub(crate) use cards::{
    HintProps, LegendProps, PaletteProps, SplitProps, hint, legend, legend_card, palette, split_card,
};
pub(crate) use clients::{ClientProps, client};
pub(crate) use inspector::{Inspected, InspectorProps, LinkMenuProps, Subject, inspector, link_menu};
pub(crate) use node::{NodeProps, node};

use crate::action::{Action, Overlay, Selection, Theme, Tool};
use crate::browser::page;
use crate::leaf::{Leaf, Show};
use crate::words;
use layout::{Form, Layout, Point};
use quorate::sandbox::view::{RoleView, SceneView};
use quorate::sandbox::{ActorId, ActorState, Time};
use std::rc::Rc;
use yew::prelude::*;

#[derive(Properties, PartialEq)]
pub(crate) struct StageProps {
    pub(crate) scene: Rc<SceneView>,
    pub(crate) layout: Rc<Layout>,
    /// The time, while a client waits.
    pub(crate) waiting_now: Option<Time>,
    pub(crate) selection: Selection,
    pub(crate) inspected: Option<Rc<Inspected>>,
    pub(crate) tool: Tool,
    pub(crate) picked: Rc<Vec<ActorId>>,
    pub(crate) legend: bool,
    pub(crate) hint: bool,
    pub(crate) notice: Option<Rc<str>>,
    /// The stage's element, which the root measures.
    pub(crate) element: NodeRef,
    pub(crate) on: Callback<Action>,
}

#[function_component]
pub(crate) fn Stage(props: &StageProps) -> Html {
    let StageProps { scene, layout, selection, tool, picked, on, .. } = props;
    let lasso = use_state(Vec::<Point>::new);
    let (width, height) = layout.size;
    let tool_class = match tool {
        Tool::Select => "tool-select",
        Tool::Cut => "tool-cut",
        Tool::Split => "tool-split",
    };
    let pointer = lasso_events(props, &lasso);
    let onclick = {
        let (on, tool) = (on.clone(), *tool);
        Callback::from(move |event: MouseEvent| {
            let message = page::attribute_at(&event, "data-message").and_then(|number| number.parse().ok());
            match message {
                Some(number) => on.emit(Action::Select(Selection::Message(number))),
                None if tool != Tool::Split => on.emit(Action::Select(Selection::Nothing)),
                None => {}
            }
        })
    };
    let nodes = scene.nodes.iter().filter_map(|node| {
        let side = layout.side(node.id).map(|side| layout.sides[side].has_quorum);
        let leaf = Leaf::Node(NodeProps {
            node: node.clone(),
            at: layout.node(node.id)?,
            metrics: layout.metrics,
            side,
            selected: *selection == Selection::Node(node.id),
            picked: picked.contains(&node.id),
            tool: *tool,
            on: on.clone(),
        });
        Some(html! { <Show key={node.id.0} {leaf} /> })
    });
    let clients = scene.clients.iter().enumerate().filter_map(|(terminal, client)| {
        let now = props.waiting_now.filter(|_| client.waiting);
        let leaf = Leaf::Client(ClientProps {
            client: client.clone(),
            terminal,
            place: layout.client(client.id)?,
            now,
            narrow: layout.form == Form::Narrow,
            line: layout.metrics.line,
            on: on.clone(),
        });
        Some(html! { <Show key={client.id.0} {leaf} /> })
    });
    let leash = props.inspected.as_ref().and_then(|inspected| match inspected.subject {
        Subject::Node { id, .. } if layout.form == Form::Wide && *tool != Tool::Split && !props.legend => {
            Some(inspector::leash(layout, id))
        }
        _ => None,
    });
    html! {
        <section class={classes!("stage", tool_class)} ref={props.element.clone()} aria-label="Cluster" onclick={onclick}
            onpointerdown={pointer.down} onpointermove={pointer.moved} onpointerup={pointer.up}>
            <Show leaf={Leaf::Palette(PaletteProps { tool: *tool, broken: !scene.cuts.is_empty(), on: on.clone() })} />
            <svg class="stage-svg" viewBox={format!("0 0 {} {}", words::px(width), words::px(height))} role="group"
                aria-label={summary(scene)}>
                <defs>
                    <pattern id="hatch" width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">
                        <path class="hatch" d="M0 0V6" />
                    </pattern>
                </defs>
                { links::regions(layout) }
                { links::links(layout, scene, *tool, on) }
                { links::borders(layout, scene) }
                { for leash }
                { clients::client_links(layout, scene) }
                { for clients }
                <g id="messages" />
                { for nodes }
                <g id="message-labels" aria-hidden="true" />
                if !lasso.is_empty() { <polygon class="lasso" points={outline(&lasso)} /> }
            </svg>
            { floating(props) }
        </section>
    }
}

struct Pointer {
    down: Callback<PointerEvent>,
    moved: Callback<PointerEvent>,
    up: Callback<PointerEvent>,
}

/// Drawing around one side of a split. A press that hardly moves is a click and belongs to what is under it.
fn lasso_events(props: &StageProps, lasso: &UseStateHandle<Vec<Point>>) -> Pointer {
    let active = props.tool == Tool::Split;
    let element = props.element.clone();
    let at = {
        let element = element.clone();
        move |event: &PointerEvent| {
            page::point_in(&element, event.client_x(), event.client_y()).map(|(x, y)| Point::new(x, y))
        }
    };
    let down = {
        let (lasso, at) = (lasso.clone(), at.clone());
        Callback::from(move |event: PointerEvent| {
            if active && page::attribute_at(&event, "data-node").is_none() && event.button() == 0 {
                lasso.set(at(&event).into_iter().collect());
            }
        })
    };
    let moved = {
        let (lasso, at) = (lasso.clone(), at.clone());
        Callback::from(move |event: PointerEvent| {
            let Some((last, here)) = lasso.last().copied().zip(at(&event)) else { return };
            if here.minus(last).length() > 4.0 {
                if lasso.len() == 2 {
                    page::capture_pointer(&element, event.pointer_id());
                }
                let mut points = (*lasso).clone();
                points.push(here);
                lasso.set(points);
            }
        })
    };
    let up = {
        let (lasso, layout, on) = (lasso.clone(), props.layout.clone(), props.on.clone());
        Callback::from(move |_: PointerEvent| {
            if lasso.len() > 3 {
                let inside = layout.nodes.iter().filter(|(_, at)| contains(&lasso, *at)).map(|(id, _)| *id).collect();
                on.emit(Action::SetSplit(inside));
            }
            if !lasso.is_empty() {
                lasso.set(Vec::new());
            }
        })
    };
    Pointer { down, moved, up }
}

fn outline(points: &[Point]) -> String {
    let points: Vec<String> = points.iter().map(|at| format!("{},{}", words::px(at.x), words::px(at.y))).collect();
    points.join(" ")
}

/// Whether a closed line goes around a point.
fn contains(line: &[Point], point: Point) -> bool {
    let ends = line.iter().zip(line.iter().cycle().skip(1));
    let crossed = ends.filter(|(a, b)| {
        (a.y > point.y) != (b.y > point.y) && point.x < (b.x - a.x) * (point.y - a.y) / (b.y - a.y) + a.x
    });
    crossed.count() % 2 == 1
}

/// What floats above the picture.
fn floating(props: &StageProps) -> Html {
    let StageProps { scene, layout, selection, on, .. } = props;
    let splitting = props.tool == Tool::Split;
    let link = match *selection {
        Selection::Link(one, two) => layout.node(one).zip(layout.node(two)).map(|(a, b)| {
            let at = a.toward(b, 0.5);
            Leaf::LinkMenu(LinkMenuProps { scene: scene.clone(), one, two, at, size: layout.size, on: on.clone() })
        }),
        _ => None,
    };
    let all_down = !scene.nodes.is_empty() && scene.nodes.iter().all(|node| node.state == ActorState::Down);
    let card = if props.legend {
        Some(Leaf::Legend(LegendProps { on: on.clone() }))
    } else if splitting {
        Some(Leaf::Split(SplitProps { scene: scene.clone(), picked: props.picked.clone(), on: on.clone() }))
    } else if let Some(inspected) = &props.inspected {
        Some(Leaf::Inspector(InspectorProps { inspected: inspected.clone(), on: on.clone() }))
    } else {
        props.hint.then(|| Leaf::Hint(HintProps { on: on.clone() }))
    };
    // Presses on what floats above are not presses on the stage.
    let keep = Callback::from(|event: MouseEvent| event.stop_propagation());
    html! {
        <div onclick={keep}>
            { for card.into_iter().chain(link).map(|leaf| html! { <Show {leaf} /> }) }
            if all_down {
                <div class="all-down">
                    <span>{ "Every node is down." }</span>
                    <button class="btn primary" onclick={on.reform(|_: MouseEvent| Action::RestartAll)}>{ "Restart all" }</button>
                </div>
            }
            if let Some(notice) = &props.notice { <div class="notice" role="status">{ &**notice }</div> }
            { cards::legend_button(on) }
            <button class="btn line leave-projector" onclick={on.reform(|_: MouseEvent| Action::SetTheme(Theme::System))}>{ "Leave" }</button>
        </div>
    }
}

/// The picture in one sentence.
fn summary(scene: &SceneView) -> String {
    let leaders: Vec<String> = scene
        .nodes
        .iter()
        .filter(|node| node.role == RoleView::Leader && node.state == ActorState::Up)
        .map(|node| format!("{} leads term {}", node.name, node.term))
        .collect();
    let leaders = if leaders.is_empty() { "nobody leads".to_owned() } else { words::list(&leaders) };
    let parted = match scene.sides.len() {
        0 | 1 => String::new(),
        sides => format!(", parted into {sides} sides"),
    };
    format!("Cluster of {}: {leaders}{parted}", words::count(scene.nodes.len(), "member", "members"))
}

/// The overlay that the stage itself shows.
pub(crate) fn shows(overlay: Option<Overlay>) -> bool {
    overlay == Some(Overlay::Legend)
}
