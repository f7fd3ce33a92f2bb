//! The newest thing that happened, in plain words.

use crate::action::{Action, Tab};
use crate::panels;
use crate::words::seconds;
use quorate::sandbox::view::NarrationView;
use yew::prelude::*;

#[derive(Clone, PartialEq)]
pub(crate) struct NarrationProps {
    pub(crate) newest: Option<NarrationView>,
    pub(crate) on: Callback<Action>,
}

pub(crate) fn narration(props: &NarrationProps) -> Html {
    let all = props.on.reform(|_: MouseEvent| Action::Show(Tab::Events));
    html! {
        <section class="narr" aria-live="polite" aria-label="What happens">
            if let Some(newest) = &props.newest {
                <span class="when">{ format!("{} s", seconds(newest.at)) }</span>
                <p><b>{ format!("{}.", newest.headline) }</b>{ format!(" {}", newest.text) }</p>
                { panels::source(newest) }
            } else {
                <p>{ "The nodes have started. Each waits for a leader until its election timer, the arc around it, runs down." }</p>
            }
            <button class="btn line wide-only" title="All events (G V)" onclick={all}>{ "All events" }</button>
        </section>
    }
}
