//! The transport: the run as a line, and what lets time run.

mod timeline;

pub(crate) use timeline::{Run, TimelineProps, axis_end, draw_playhead, timeline};

use crate::action::{Action, Speed};
use crate::browser::page;
use crate::icons::Icon;
use crate::leaf::{Leaf, Show};
use crate::words::{px, share};
use std::rc::Rc;
use yew::prelude::*;

#[derive(Clone, PartialEq)]
pub(crate) struct TransportProps {
    pub(crate) playing: bool,
    pub(crate) speed: Speed,
    pub(crate) run: Rc<Run>,
    /// The width of the timeline in pixels.
    pub(crate) width: f64,
    pub(crate) form: crate::stage::layout::Form,
    pub(crate) on: Callback<Action>,
}

pub(crate) fn transport(props: &TransportProps) -> Html {
    let TransportProps { playing, speed, on, .. } = props;
    let (icon, label) = if *playing { (Icon::Pause, "Pause") } else { (Icon::Play, "Play") };
    let oninput = on.reform(|event: InputEvent| {
        let step = page::field_value(&event).parse().unwrap_or(Speed::NORMAL.step());
        Action::SetSpeed(Speed::at(step))
    });
    let normal = on.reform(|_: MouseEvent| Action::SetSpeed(Speed::NORMAL));
    let at = f64::from(speed.step()) / f64::from(Speed::STEPS);
    let ticks = (0..5).map(|tick| {
        let left = format!("left:calc(8px + (100% - 16px) * {})", share(f64::from(tick) / 4.0));
        html! { <i style={left} /> }
    });
    html! {
        <footer class="transport" aria-label="Transport">
            <Show leaf={Leaf::Timeline(TimelineProps { run: props.run.clone(), width: props.width, form: props.form })} />
            <div class="controls">
                <button class="btn primary play" aria-label={label} title={format!("{label} (Space)")}
                    onclick={on.reform(|_: MouseEvent| Action::TogglePlay)}>{ icon.html() }</button>
                <button class="btn icon" aria-label="Step one event" title="Step one event (.)"
                    onclick={on.reform(|_: MouseEvent| Action::Step)}>{ Icon::Step.html() }</button>
                <output class="clock" aria-label="Virtual time"><span id="clock">{ "0.000" }</span><small>{ " s" }</small></output>
                <span class="status">{ if *playing { "playing" } else { "paused" } }</span>
                <div class="speed" ondblclick={normal}>
                    <label for="speed">{ "speed" }</label>
                    <div class="speed-rail">
                        <input id="speed" class="range" type="range" min="0" max={Speed::STEPS.to_string()} step="1"
                            value={speed.step().to_string()} aria-label="Speed" aria-valuetext={speed.text()}
                            title="Slower [, faster ], double click for 1×" style={format!("--at:{}", share(at))} {oninput} />
                        { for ticks }
                    </div>
                    <output for="speed">{ speed.text() }</output>
                </div>
            </div>
        </footer>
    }
}

/// A translation as an attribute.
fn shift(x: f64, y: f64) -> String {
    format!("translate({} {})", px(x), px(y))
}
