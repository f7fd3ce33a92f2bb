//! The side panel: a tab each for logs, store, leases, watches, members, history and events.
//!
//! The root asks the sandbox only for what the open tab shows and hands it down as a [`PanelView`].

mod events;
mod history;
mod logs;
mod store;
mod tables;

pub(crate) use events::{EventsProps, events, source};
pub(crate) use history::{HistoryProps, history};
pub(crate) use logs::LogsView;
pub(crate) use store::{StoreProps, store};

use crate::action::{Action, Tab};
use crate::leaf::{Leaf, Show};
use quorate::sandbox::Time;
use quorate::sandbox::view::{
    LeaseView, MemberView, NarrationKind, NarrationView, NodeView, OperationView, StoreView, WatchView,
};
use std::rc::Rc;
use yew::prelude::*;

/// What the open tab shows.
#[derive(Clone, PartialEq, Debug)]
pub(crate) enum PanelView {
    Logs(Rc<LogsView>),
    Store(Rc<StoreView>),
    Leases(Rc<Vec<LeaseView>>),
    Watches(Rc<Vec<WatchView>>),
    Members(Rc<Vec<MemberView>>),
    History(Rc<Vec<OperationView>>),
    Events(Rc<[NarrationView]>),
}

#[derive(Clone, PartialEq)]
pub(crate) struct SideProps {
    pub(crate) tab: Tab,
    pub(crate) view: PanelView,
    pub(crate) nodes: Vec<Rc<NodeView>>,
    /// The time, for tabs in which something runs down.
    pub(crate) now: Time,
    pub(crate) narrow: bool,
    pub(crate) width: f64,
    /// Where the terminals share the panel's place: whether they are shown.
    pub(crate) terminals_shown: Option<bool>,
    /// The kind of events that is shown; all if none is chosen.
    pub(crate) only: Option<NarrationKind>,
    pub(crate) on: Callback<Action>,
}

pub(crate) fn side(props: &SideProps) -> Html {
    let SideProps { tab, view, nodes, now, on, .. } = props;
    let tabs = Tab::ALL.iter().map(|each| {
        let each = *each;
        let selected = each == *tab && props.terminals_shown != Some(true);
        let onclick = on.reform(move |_: MouseEvent| Action::Show(each));
        html! {
            <button class="tab" role="tab" id={format!("tab-{}", each.letter())} aria-selected={if selected { "true" } else { "false" }}
                aria-controls="panel" tabindex={if selected { "0" } else { "-1" }} title={format!("{} (G then {})", each.name(), each.letter().to_ascii_uppercase())}
                {onclick}>{ each.name() }</button>
        }
    });
    let onkeydown = {
        let (on, tab) = (on.clone(), *tab);
        Callback::from(move |event: KeyboardEvent| {
            let at = Tab::ALL.iter().position(|each| *each == tab).unwrap_or(0);
            let count = Tab::ALL.len();
            let next = match event.key().as_str() {
                "ArrowRight" => (at + 1) % count,
                "ArrowLeft" => (at + count - 1) % count,
                _ => return,
            };
            event.prevent_default();
            event.stop_propagation();
            on.emit(Action::Show(Tab::ALL[next]));
            crate::browser::page::focus(&format!("#tab-{}", Tab::ALL[next].letter()));
        })
    };
    let body = match view {
        PanelView::Logs(view) => html! { <logs::Logs view={view.clone()} narrow={props.narrow} on={on.clone()} /> },
        PanelView::Store(view) => {
            let leaf = StoreProps { view: view.clone(), nodes: nodes.clone(), width: props.width, on: on.clone() };
            html! { <Show leaf={Leaf::Store(leaf)} /> }
        }
        PanelView::Leases(leases) => tables::leases(leases, *now, on),
        PanelView::Watches(watches) => tables::watches(watches, on),
        PanelView::Members(members) => tables::members(members, nodes, on),
        PanelView::History(operations) => {
            let leaf = HistoryProps { operations: operations.clone(), now: *now, width: props.width, on: on.clone() };
            html! { <Show leaf={Leaf::History(leaf)} /> }
        }
        PanelView::Events(events) => {
            let leaf = EventsProps { events: events.clone(), only: props.only, on: on.clone() };
            html! { <Show leaf={Leaf::Events(leaf)} /> }
        }
    };
    html! {
        <section class="side" aria-label="Details">
            <nav class="tabs" role="tablist" aria-label="Panels" {onkeydown}>
                if let Some(shown) = props.terminals_shown {
                    <button class="tab" role="tab" aria-selected={if shown { "true" } else { "false" }}
                        onclick={on.reform(|_: MouseEvent| Action::Terminals(true))}>{ "Terminals" }</button>
                }
                { for tabs }
            </nav>
            <section class={classes!("panel", format!("panel-{}", tab.name().to_ascii_lowercase()))} id="panel" role="tabpanel" tabindex="0"
                aria-labelledby={format!("tab-{}", tab.letter())}>{ body }</section>
        </section>
    }
}

/// What an empty table says, and the command that fills it.
fn empty(sentence: &'static str, command: &'static str, on: &Callback<Action>) -> Html {
    html! {
        <div class="empty">
            <p>{ sentence }</p>
            <button class="btn line" title="Run it in the terminal" onclick={on.reform(move |_: MouseEvent| Action::Run(command))}>
                <code>{ command }</code>
            </button>
        </div>
    }
}
