//! The inspector: every field of what is selected, and what can be done to it.

use crate::action::{Action, Selection};
use crate::icons::Icon;
use crate::words::{hue, px, within};
use quorate::sandbox::view::{FieldView, SceneView};
use quorate::sandbox::{ActorId, ActorState, Fault};
use std::rc::Rc;
use yew::prelude::*;

use super::layout::{Layout, Point};
use super::links::cut_directions;

/// How much later a delayed message arrives, in microseconds.
const DELAY_US: i64 = 100_000;

/// What the inspector shows.
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct Inspected {
    pub(crate) title: String,
    pub(crate) fields: Vec<FieldView>,
    pub(crate) subject: Subject,
}

/// What it is about.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Subject {
    Node {
        id: ActorId,
        state: ActorState,
        isolated: bool,
    },
    /// A message; `flying` ends when it arrives or is lost.
    Message {
        number: u64,
        flying: bool,
    },
}

#[derive(Clone, PartialEq)]
pub(crate) struct InspectorProps {
    pub(crate) inspected: Rc<Inspected>,
    pub(crate) on: Callback<Action>,
}

pub(crate) fn inspector(props: &InspectorProps) -> Html {
    let Inspected { title, fields, subject } = &*props.inspected;
    let close = props.on.reform(|_: MouseEvent| Action::Select(Selection::Nothing));
    let field = |field: &FieldView| {
        let value = match (field.name, field.value.parse::<u64>()) {
            ("term", Ok(term)) => html! { <span class={classes!("chip", hue(term))}>{ term }</span> },
            _ => html! { &field.value },
        };
        html! { <><dt>{ field.name }</dt><dd>{ value }</dd></> }
    };
    let buttons = match *subject {
        Subject::Node { id, state, isolated } => node_buttons(title, id, state, isolated),
        Subject::Message { number, flying } => message_buttons(number, flying),
    };
    html! {
        <aside class="card inspector" aria-label={format!("{title}, inspector")}>
            <header>
                <b>{ title }</b><span class="grow" />
                <button class="btn icon" aria-label="Close the inspector" title="Close (Esc)" onclick={close}>{ Icon::Close.html() }</button>
            </header>
            <div class="fields"><dl>{ for fields.iter().map(field) }</dl></div>
            <footer>{ for buttons.into_iter().map(|button| button.html(&props.on)) }</footer>
        </aside>
    }
}

/// A button that says why when it cannot.
struct Act {
    label: &'static str,
    hint: String,
    /// The fault, or why there is none now.
    fault: Result<Fault, String>,
}

impl Act {
    fn html(self, on: &Callback<Action>) -> Html {
        let (disabled, title) = match &self.fault {
            Ok(_) => (None, self.hint),
            Err(reason) => (Some("true"), reason.clone()),
        };
        let onclick = self.fault.ok().map(|fault| on.reform(move |_: MouseEvent| Action::Break(fault.clone())));
        html! { <button class="btn line" aria-disabled={disabled} {title} {onclick}>{ self.label }</button> }
    }
}

fn node_buttons(name: &str, id: ActorId, state: ActorState, isolated: bool) -> Vec<Act> {
    let down = || Err(format!("{name} is down"));
    let crash = match state {
        ActorState::Down => Act {
            label: "Restart",
            hint: "Start the process from its disk (K)".to_owned(),
            fault: Ok(Fault::Restart(id)),
        },
        _ => Act {
            label: "Crash",
            hint: "End the process; what its disk has not synced is lost (K)".to_owned(),
            fault: Ok(Fault::Crash(id)),
        },
    };
    let pause = match state {
        ActorState::Paused => {
            Act { label: "Resume", hint: "Let the process go on".to_owned(), fault: Ok(Fault::Resume(id)) }
        }
        ActorState::Up => Act {
            label: "Pause",
            hint: "Let the process stand still; what reaches it waits".to_owned(),
            fault: Ok(Fault::Pause(id)),
        },
        ActorState::Down => Act { label: "Pause", hint: String::new(), fault: down() },
    };
    let isolate = Act {
        label: "Isolate",
        hint: "Cut all its links to other members (I)".to_owned(),
        fault: if isolated { Err(format!("{name} is isolated already")) } else { Ok(Fault::Isolate(id)) },
    };
    vec![crash, pause, isolate]
}

fn message_buttons(number: u64, flying: bool) -> Vec<Act> {
    let act = |label, hint: &str, fault| Act {
        label,
        hint: hint.to_owned(),
        fault: if flying { Ok(fault) } else { Err("This message is no longer on its way".to_owned()) },
    };
    vec![
        act("Drop", "Lose it here", Fault::DropMessage(number)),
        act("Delay 100 ms", "Let it arrive 100 ms later", Fault::DelayMessage(number, DELAY_US)),
        act("Duplicate", "Let it arrive twice", Fault::DuplicateMessage(number)),
        act("Deliver now", "Let it arrive at once", Fault::DeliverMessage(number)),
    ]
}

/// The line from the inspector to the selected member.
pub(super) fn leash(layout: &Layout, id: ActorId) -> Html {
    let Some(at) = layout.node(id) else { return Html::default() };
    let card = super::places::INSPECTOR;
    let right = card.x + card.w;
    let end = at.x - layout.metrics.selected;
    if end <= right + 4.0 {
        return Html::default();
    }
    let y = within(at.y, card.y + 24.0, card.y + card.h - 80.0);
    let edge = Point::new(at.x, at.y).plus(Point::new(right, y).minus(at).unit().times(layout.metrics.selected));
    let path = format!("M{} {}L{} {}", px(right), px(y), px(edge.x), px(edge.y));
    html! { <path class="leash" d={path} /> }
}

#[derive(Clone, PartialEq)]
pub(crate) struct LinkMenuProps {
    pub(crate) scene: Rc<SceneView>,
    pub(crate) one: ActorId,
    pub(crate) two: ActorId,
    pub(crate) at: Point,
    /// The stage's width and height.
    pub(crate) size: (f64, f64),
    pub(crate) on: Callback<Action>,
}

/// What can be done to a link: cut both ways, one way, or heal.
pub(crate) fn link_menu(props: &LinkMenuProps) -> Html {
    let LinkMenuProps { scene, one, two, at, .. } = props;
    let name = |id: &ActorId| {
        scene.nodes.iter().find(|node| node.id == *id).map_or_else(String::new, |node| node.name.to_string())
    };
    let (first, second) = (name(one), name(two));
    let (there, back) = cut_directions(&scene.cuts, *one, *two);
    let item = |label: String, fault: Fault| {
        let onclick = {
            let on = props.on.clone();
            Callback::from(move |_: MouseEvent| {
                on.emit(Action::Break(fault.clone()));
                on.emit(Action::Select(Selection::Nothing));
            })
        };
        html! { <button class="btn" role="menuitem" {onclick}>{ label }</button> }
    };
    let one_way = |from: &ActorId, to: &ActorId| {
        let (from, to) = (*from, *to);
        item(format!("Cut one way, {} to {}", name(&from), name(&to)), Fault::CutOneWay { from, to })
    };
    let left = within(at.x - 110.0, 8.0, (props.size.0 - 228.0).max(8.0));
    let top = within(at.y + 14.0, 8.0, (props.size.1 - 172.0).max(8.0));
    html! {
        <div class="menu link-menu" role="menu" aria-label={format!("Link {first} to {second}")}
            style={format!("left:{}px;top:{}px", px(left), px(top))}>
            <p>{ format!("Link {first} to {second}") }</p>
            if !there || !back { { item("Cut both ways".to_owned(), Fault::Cut(*one, *two)) } }
            if !there { { one_way(one, two) } }
            if !back { { one_way(two, one) } }
            if there || back { { item("Heal".to_owned(), Fault::Heal(*one, *two)) } }
        </div>
    }
}
