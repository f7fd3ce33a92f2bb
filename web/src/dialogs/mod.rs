//! Dialogs: a new cluster, and help.

mod help;
mod new_cluster;

pub(crate) use help::Help;
pub(crate) use new_cluster::NewCluster;

use crate::action::Action;
use crate::browser::page;
use crate::icons::Icon;
use yew::prelude::*;

#[derive(Properties, PartialEq)]
struct DialogProps {
    title: &'static str,
    #[prop_or_default]
    wide: bool,
    on: Callback<Action>,
    children: Html,
}

/// A dialog: it takes the focus, keeps it, and gives it up at Esc or a press beside it.
#[function_component]
fn Dialog(props: &DialogProps) -> Html {
    let element = use_node_ref();
    {
        let element = element.clone();
        use_effect_with((), move |()| page::focus_on(&element));
    }
    let close = props.on.reform(|_: MouseEvent| Action::Close);
    let keep = Callback::from(|event: MouseEvent| event.stop_propagation());
    let onkeydown = {
        let (on, element) = (props.on.clone(), element.clone());
        Callback::from(move |event: KeyboardEvent| match event.key().as_str() {
            "Escape" => {
                event.prevent_default();
                on.emit(Action::Close);
            }
            "Tab" => {
                if page::turn_focus(&element, event.shift_key()) {
                    event.prevent_default();
                }
            }
            _ => {}
        })
    };
    html! {
        <div class="cover" onclick={close.clone()}>
            <div class={classes!("dialog", props.wide.then_some("wide"))} ref={element} role="dialog" aria-modal="true" aria-label={props.title}
                tabindex="-1" onclick={keep} {onkeydown}>
                <header>
                    <h2>{ props.title }</h2>
                    <button class="btn icon" aria-label="Close" title="Close (Esc)" onclick={close}>{ Icon::Close.html() }</button>
                </header>
                { props.children.clone() }
            </div>
        </div>
    }
}
