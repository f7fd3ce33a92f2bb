//! The dialog that starts a new cluster.

use super::Dialog;
use crate::action::Action;
use crate::browser::page;
use quorate::sandbox::{NetworkProfile, Settings};
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

#[derive(Properties, PartialEq)]
pub(crate) struct NewClusterProps {
    pub(crate) settings: Settings,
    pub(crate) on: Callback<Action>,
}

#[function_component]
pub(crate) fn NewCluster(props: &NewClusterProps) -> Html {
    let nodes = use_state(|| props.settings.nodes);
    let network = use_state(|| props.settings.network);
    let seed = use_state(|| props.settings.seed.to_string());
    let parsed = seed.trim().parse::<u64>();
    let size = SIZES.iter().map(|(count, sentence)| {
        let onchange = {
            let (nodes, count) = (nodes.clone(), *count);
            Callback::from(move |_: Event| nodes.set(count))
        };
        option("nodes", *nodes == *count, onchange, format!("{count} nodes"), sentence)
    });
    let distance = NETWORKS.iter().map(|(profile, sentence)| {
        let onchange = {
            let (network, profile) = (network.clone(), *profile);
            Callback::from(move |_: Event| network.set(profile))
        };
        option("network", *network == *profile, onchange, profile.name().to_owned(), sentence)
    });
    let oninput = {
        let seed = seed.clone();
        Callback::from(move |event: InputEvent| seed.set(page::field_value(&event)))
    };
    let start = parsed.clone().ok().map(|seed| {
        let (nodes, network) = (*nodes, *network);
        props.on.reform(move |_: MouseEvent| Action::NewCluster { nodes, seed, network })
    });
    let wrong = parsed.is_err();
    let sentence = if wrong {
        html! { <span class="fault-text" id="seed-note">{ "A seed is a whole number from 0 on, at most 18446744073709551615." }</span> }
    } else {
        html! { <span id="seed-note">{ "Decides every accident. The same seed and the same inputs give the same run." }</span> }
    };
    let title = if wrong { "The seed is not a number" } else { "Start" };
    html! {
        <Dialog title="New cluster" on={props.on.clone()}>
            <fieldset><legend>{ "Members" }</legend>{ for size }</fieldset>
            <fieldset><legend>{ "Network" }</legend>{ for distance }</fieldset>
            <fieldset>
                <legend>{ "Seed" }</legend>
                <div class="seed">
                    <input class="field" aria-label="Seed" aria-describedby="seed-note" inputmode="numeric" value={(*seed).clone()} {oninput}
                        aria-invalid={if wrong { "true" } else { "false" }} />
                    { sentence }
                </div>
            </fieldset>
            <div class="dialog-buttons">
                <button class="btn line" onclick={props.on.reform(|_: MouseEvent| Action::Close)}>{ "Cancel" }</button>
                <button class="btn primary" aria-disabled={wrong.then_some("true")} {title} onclick={start}>{ "Start the cluster" }</button>
            </div>
        </Dialog>
    }
}

fn option(group: &'static str, checked: bool, onchange: Callback<Event>, name: String, sentence: &'static str) -> Html {
    html! {
        <label class="option"><input type="radio" name={group} {checked} {onchange} /><b>{ name }</b><span>{ sentence }</span></label>
    }
}
