//! Dialogs: a new cluster, and help.

mod help;
mod new_cluster;

pub(crate) use help::{HelpProps, help};
pub(crate) use new_cluster::{NewClusterProps, new_cluster};

use crate::action::Action;
use crate::browser::page;
use crate::icons::Icon;
use yew::prelude::*;

/// A dialog: it keeps the focus that the root gives it, and gives it up at Esc or a press beside it.
fn dialog(title: &'static str, wide: bool, on: &Callback<Action>, body: Html) -> Html {
    let close = on.reform(|_: MouseEvent| Action::Close);
    let keep = Callback::from(|event: MouseEvent| event.stop_propagation());
    let onkeydown = Callback::from(|event: KeyboardEvent| {
        if event.key() == "Tab" && page::turn_focus(".dialog", event.shift_key()) {
            event.prevent_default();
        }
    });
    html! {
        <div class="cover" onclick={close.clone()}>
            <div class={classes!("dialog", wide.then_some("wide"))} role="dialog" aria-modal="true" aria-label={title} tabindex="-1"
                onclick={keep} {onkeydown}>
                <header>
                    <h2>{ title }</h2>
                    <button class="btn icon" aria-label="Close" title="Close (Esc)" onclick={close}>{ Icon::Close.html() }</button>
                </header>
                { body }
            </div>
        </div>
    }
}
