//! The timeline: terms as bands, what happened as marks, now as the playhead.
//!
//! Bands and marks change with events and are components; the playhead moves with time and is drawn by hand.

use super::shift;
use crate::browser::svg::Shape;
use crate::stage::layout::Form;
use crate::words::{hue, px, seconds, within};
use quorate::sandbox::Time;
use quorate::sandbox::view::{MarkKind, MarkView, TermBand};
use std::rc::Rc;
use yew::prelude::*;

/// The free space at either end.
const MARGIN: f64 = 8.0;
/// Marks of one kind stand at least this far apart; what is between them is not drawn.
const MARKS_APART: f64 = 3.0;

/// What the timeline shows.
#[derive(Clone, PartialEq, Debug, Default)]
pub(crate) struct Run {
    pub(crate) marks: Vec<MarkView>,
    pub(crate) bands: Vec<TermBand>,
    /// The right end of the axis, in seconds.
    pub(crate) end_s: i64,
    /// About how far the bands are to be seen: to the last half second.
    pub(crate) seen_to: Time,
}

/// The right end of the axis for a time: it grows in leaps, so that the picture stands still in between.
pub(crate) fn axis_end(now: Time) -> i64 {
    let needed = now.micros() / 1_000_000 * 11 / 10 + 1;
    let mut leap = 20;
    loop {
        for factor in [1, 2, 3, 4] {
            if leap * factor >= needed {
                return leap * factor;
            }
        }
        leap *= if leap % 60 == 0 { 4 } else { 3 };
    }
}

fn x_at(time: Time, end_s: i64, width: f64) -> f64 {
    let share = time.micros() as f64 / (end_s.max(1) as f64 * 1_000_000.0);
    MARGIN + within(share, 0.0, 1.0) * (width - 2.0 * MARGIN)
}

struct Lanes {
    marks: f64,
    band: f64,
    height: f64,
    axis: Option<f64>,
    scale: f64,
}

impl Lanes {
    fn new(form: Form) -> Lanes {
        match form {
            Form::Wide => Lanes { marks: 12.0, band: 20.0, height: 14.0, axis: Some(54.0), scale: 1.0 },
            Form::Narrow => Lanes { marks: 12.0, band: 20.0, height: 14.0, axis: None, scale: 1.0 },
            Form::Projector => Lanes { marks: 18.0, band: 30.0, height: 26.0, axis: None, scale: 1.5 },
        }
    }
}

/// Moves the playhead, uncovers the bands up to it, and writes the clock.
pub(crate) fn draw_playhead(now: Time, end_s: i64, width: f64) {
    let x = x_at(now, end_s, width);
    if let Some(playhead) = Shape::by_id("playhead") {
        playhead.set("transform", &shift(x, 0.0));
    }
    if let Some(future) = Shape::by_id("future") {
        future.set("x", &px(x));
        future.set("width", &px((width - MARGIN - x).max(0.0)));
    }
    if let Some(clock) = Shape::by_id("clock") {
        clock.text(&seconds(now));
    }
}

#[derive(Clone, PartialEq)]
pub(crate) struct TimelineProps {
    pub(crate) run: Rc<Run>,
    pub(crate) width: f64,
    pub(crate) form: Form,
}

pub(crate) fn timeline(props: &TimelineProps) -> Html {
    let TimelineProps { run, width, form } = props;
    let lanes = Lanes::new(*form);
    let height = if *form == Form::Wide {
        62.0
    } else if *form == Form::Narrow {
        46.0
    } else {
        72.0
    };
    let (y, h) = (px(lanes.band), px(lanes.height));
    let right = width - MARGIN;
    html! {
        <div class="scrub">
            <svg viewBox={format!("0 0 {} {}", px(*width), px(height))} role="img" aria-label={summary(run)}>
                <rect class="track" x={px(MARGIN)} y={y.clone()} width={px((right - MARGIN).max(0.0))} height={h.clone()} rx="3" />
                { bands(run, *width, &lanes) }
                <rect class="track" id="future" x={px(MARGIN)} {y} width="0" height={h} />
                { axis(run.end_s, *width, &lanes) }
                { for marks(run, *width).into_iter().map(|(x, mark)| draw(mark, x, &lanes)) }
                <g class="playhead" id="playhead">
                    <line y1={px(lanes.marks + 4.0)} y2={px(lanes.band + lanes.height + 4.0)} x1="0" x2="0" />
                    <path transform={format!("translate(0 {}) scale({})", px(lanes.marks + 4.0), px(lanes.scale))}
                        d="M-6 -10h12v6l-6 6-6-6z" />
                </g>
            </svg>
        </div>
    }
}

fn bands(run: &Run, width: f64, lanes: &Lanes) -> Html {
    let ends = run.bands.iter().skip(1).map(|band| band.from).chain([Time(run.end_s * 1_000_000)]);
    let bands = run.bands.iter().zip(ends).filter(|(band, _)| band.term > 0).map(|(band, until)| {
        let (left, right) = (x_at(band.from, run.end_s, width), x_at(until, run.end_s, width));
        let room = right.min(x_at(run.seen_to, run.end_s, width)) - left;
        let text = if room > 56.0 * lanes.scale {
            format!("term {}", band.term)
        } else if room > 18.0 * lanes.scale {
            band.term.to_string()
        } else {
            String::new()
        };
        html! {
            <g class={hue(band.term)}>
                <rect class="band" x={px(left)} y={px(lanes.band)} width={px((right - left - 1.0).max(1.0))} height={px(lanes.height)} />
                <text class="band-text" x={px(left + 6.0)} y={px(lanes.band + lanes.height - 3.0 * lanes.scale)}>{ text }</text>
            </g>
        }
    });
    html! { <g>{ for bands }</g> }
}

fn axis(end_s: i64, width: f64, lanes: &Lanes) -> Html {
    let Some(y) = lanes.axis else { return Html::default() };
    let labels = (0..=4).map(|quarter| {
        let at_s = end_s * quarter / 4;
        let text = if at_s >= 120 && at_s % 60 == 0 { format!("{} min", at_s / 60) } else { format!("{at_s} s") };
        let anchor = match quarter {
            0 => "start",
            4 => "end",
            _ => "middle",
        };
        html! {
            <text class="axis" text-anchor={anchor} x={px(x_at(Time(at_s * 1_000_000), end_s, width))} y={px(y)}>{ text }</text>
        }
    });
    html! { <g>{ for labels }</g> }
}

/// The marks that are drawn, with their places: never two of a kind on one spot.
fn marks(run: &Run, width: f64) -> Vec<(f64, &MarkView)> {
    let mut last: [f64; 6] = [f64::NEG_INFINITY; 6];
    let mut drawn = Vec::new();
    for mark in &run.marks {
        let x = x_at(mark.at, run.end_s, width);
        let last = &mut last[mark.kind as usize];
        if x - *last >= MARKS_APART {
            *last = x;
            drawn.push((x, mark));
        }
    }
    drawn
}

fn draw(mark: &MarkView, x: f64, lanes: &Lanes) -> Html {
    let at = format!("{} scale({})", shift(x, lanes.marks), px(lanes.scale));
    let title = format!("{}, {} s", mark.label, seconds(mark.at));
    let picture = match mark.kind {
        MarkKind::Won => html! { <path class="elected" transform={at} d="M0 -6L6 0 0 6 -6 0z" /> },
        MarkKind::LostElection => html! { <path class="lost-election" transform={at} d="M0 -5L5 0 0 5 -5 0z" /> },
        MarkKind::Crash => html! { <path class="crash-mark" transform={at} d="M-4 -4l8 8M4 -4l-8 8" /> },
        MarkKind::Mended => html! { <path class="mended" transform={at} d="M-4 0l3 3 5-6" /> },
        MarkKind::Command => html! { <path class="command" transform={at} d="M0 0v6" /> },
        MarkKind::Cut => html! {
            <>
                <path class="cut-mark" d={format!("M{} {}V{}", px(x), px(lanes.marks - 6.0 * lanes.scale), px(lanes.band + lanes.height))} />
                <path class="cut-mark" transform={at} d="M-5 -5l10 8M5 -5l-10 8" />
            </>
        },
    };
    html! { <g><title>{ title }</title>{ picture }</g> }
}

fn summary(run: &Run) -> String {
    let of = |kind| run.marks.iter().filter(|mark| mark.kind == kind).count();
    format!("Timeline to {} s: {} elections won, {} commands", run.end_s, of(MarkKind::Won), of(MarkKind::Command))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_axis_always_has_room_for_now() {
        for second in (0..20_000).step_by(7) {
            assert!(axis_end(Time(second * 1_000_000)) > second, "at {second} s");
        }
        assert_eq!((axis_end(Time::ZERO), axis_end(Time(17_393_000))), (20, 20));
    }
}
