//! The dialog that starts a new cluster.

use super::dialog;
use crate::action::{Action, Draft};
use crate::browser::page;
use quorate::sandbox::NetworkProfile;
use yew::prelude::*;

const SIZES: [(usize, &str); 3] = [
    (3, "A quorum is 2. One may fail."),
    (5, "A quorum is 3. Two may fail, which is what production runs."),
    (7, "A quorum is 4. Three may fail, and every write waits for more."),
];

const NETWORKS: [(NetworkProfile, &str); 3] = [
    (NetworkProfile::Lan, "One rack: about half a millisecond between members."),
    (NetworkProfile::Classroom, "20 to 40 ms, so that messages can be seen on their way."),
    (NetworkProfile::Wan, "Several regions: about 80 ms, close to the heartbeat."),
];

#[derive(Clone, PartialEq)]
pub(crate) struct NewClusterProps {
    pub(crate) draft: Draft,
    pub(crate) on: Callback<Action>,
}

pub(crate) fn new_cluster(props: &NewClusterProps) -> Html {
    let NewClusterProps { draft, on } = props;
    let size = SIZES.iter().map(|(count, sentence)| {
        let wish = Draft { nodes: *count, ..draft.clone() };
        option("nodes", draft.nodes == *count, wish, on, format!("{count} nodes"), sentence)
    });
    let distance = NETWORKS.iter().map(|(profile, sentence)| {
        let wish = Draft { network: *profile, ..draft.clone() };
        option("network", draft.network == *profile, wish, on, profile.name().to_owned(), sentence)
    });
    let oninput = {
        let draft = draft.clone();
        on.reform(move |event: InputEvent| Action::Draft(Draft { seed: page::field_value(&event), ..draft.clone() }))
    };
    let settings = draft.settings();
    let wrong = settings.is_none();
    let start = settings.map(|settings| on.reform(move |_: MouseEvent| Action::NewCluster(settings.clone())));
    let sentence = if wrong {
        html! { <span class="fault-text" id="seed-note">{ "A seed is a whole number from 0 on, at most 18446744073709551615." }</span> }
    } else {
        html! { <span id="seed-note">{ "Decides every accident. The same seed and the same inputs give the same run." }</span> }
    };
    let title = if wrong { "The seed is not a number" } else { "Start" };
    let body = html! {
        <>
            <fieldset><legend>{ "Members" }</legend>{ for size }</fieldset>
            <fieldset><legend>{ "Network" }</legend>{ for distance }</fieldset>
            <fieldset>
                <legend>{ "Seed" }</legend>
                <div class="seed">
                    <input class="field" aria-label="Seed" aria-describedby="seed-note" inputmode="numeric" value={draft.seed.clone()} {oninput}
                        aria-invalid={if wrong { "true" } else { "false" }} />
                    { sentence }
                </div>
            </fieldset>
            <div class="dialog-buttons">
                <button class="btn line" onclick={on.reform(|_: MouseEvent| Action::Close)}>{ "Cancel" }</button>
                <button class="btn primary" aria-disabled={wrong.then_some("true")} {title} onclick={start}>{ "Start the cluster" }</button>
            </div>
        </>
    };
    dialog("New cluster", false, on, body)
}

fn option(
    group: &'static str,
    checked: bool,
    wish: Draft,
    on: &Callback<Action>,
    name: String,
    sentence: &'static str,
) -> Html {
    let onchange = on.reform(move |_: Event| Action::Draft(wish.clone()));
    html! {
        <label class="option"><input type="radio" name={group} {checked} {onchange} /><b>{ name }</b><span>{ sentence }</span></label>
    }
}
