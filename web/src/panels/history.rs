//! What clients asked and what came of it: intervals on a line a client, and the same as a table.

use super::empty;
use crate::action::Action;
use crate::words::{self, px, seconds};
use quorate::sandbox::view::OperationView;
use quorate::sandbox::{Duration, Time};
use std::rc::Rc;
use yew::prelude::*;

/// How many operations are shown: the newest.
const SHOWN_MAX: usize = 200;
/// How many of them the picture shows.
const DRAWN_MAX: usize = 24;
/// The least width of an interval.
const WIDTH_MIN: f64 = 18.0;
const LANE: f64 = 34.0;
const LEFT: f64 = 32.0;

#[derive(Clone, PartialEq)]
pub(crate) struct HistoryProps {
    pub(crate) operations: Rc<Vec<OperationView>>,
    pub(crate) now: Time,
    pub(crate) width: f64,
    pub(crate) on: Callback<Action>,
}

pub(crate) fn history(props: &HistoryProps) -> Html {
    let HistoryProps { operations, now, width, on } = props;
    if operations.is_empty() {
        return empty("No command has been sent.", "etcdctl put /a 1", on);
    }
    let row = |operation: &OperationView| {
        let (took, result) = match operation.returned_at {
            Some(at) => (words::length(at.since(operation.called_at)), operation.result.to_string()),
            None => (String::new(), format!("{} so far", words::length(now.since(operation.called_at)))),
        };
        html! {
            <tr key={operation.number}>
                <td class="n">{ operation.number }</td><td>{ &*operation.client }</td><td class="clip"><code title={operation.operation.to_string()}>{ shortened(&operation.operation) }</code></td>
                <td class="n">{ seconds(operation.called_at) }</td><td class="n">{ took }</td>
                <td><span class={classes!("outcome", operation.outcome)}>{ operation.outcome }</span></td><td class="clip result" title={result.clone()}>{ result }</td>
            </tr>
        }
    };
    let hidden = operations.len().saturating_sub(SHOWN_MAX);
    html! {
        <>
            <div class="pic">{ picture(operations, *now, *width) }</div>
            <div class="key-row">{ for ["ok", "failed", "unknown", "waiting"].into_iter().map(sample) }</div>
            <table class="tb history">
                <thead><tr><th class="n">{ "#" }</th><th /><th class="wide">{ "operation" }</th><th class="n">{ "call, s" }</th>
                    <th class="n">{ "took" }</th><th>{ "outcome" }</th><th class="wide">{ "result" }</th></tr></thead>
                <tbody>{ for operations.iter().rev().take(SHOWN_MAX).map(row) }</tbody>
            </table>
            if hidden > 0 { <p class="note">{ format!("{} older ones are not listed.", hidden) }</p> }
        </>
    }
}

/// The operation with long keys cut down to their last part: `put …/rps 200`.
fn shortened(operation: &str) -> String {
    const LETTERS_MAX: usize = 18;
    if operation.chars().count() <= LETTERS_MAX {
        return operation.to_owned();
    }
    let word = |word: &str| {
        let body = word.strip_suffix('/').unwrap_or(word);
        match body.rfind('/') {
            Some(at) if at > 0 && word.starts_with('/') => format!("…{}", &word[at..]),
            _ => word.to_owned(),
        }
    };
    operation.split(' ').map(word).collect::<Vec<_>>().join(" ")
}

fn sample(outcome: &'static str) -> Html {
    html! {
        <span>
            <svg class="swatch" viewBox="0 0 16 16" aria-hidden="true"><g class={classes!("operation", outcome)}><rect x="1.5" y="3" width="13" height="10" rx="3" /></g></svg>
            { outcome }
        </span>
    }
}

fn picture(operations: &[OperationView], now: Time, width: f64) -> Html {
    let drawn = &operations[operations.len().saturating_sub(DRAWN_MAX)..];
    let mut lanes: Vec<&Rc<str>> = Vec::new();
    for operation in drawn {
        let at = lanes.partition_point(|name| **name < operation.client);
        if lanes.get(at) != Some(&&operation.client) {
            lanes.insert(at, &operation.client);
        }
    }
    let (first, last) =
        (drawn[0].called_at, drawn.iter().map(|operation| operation.returned_at.unwrap_or(now)).max().unwrap_or(now));
    let span = last.since(first).as_micros().max(100_000) as f64;
    let right = width - WIDTH_MIN - 4.0;
    let x_at = |time: Time| LEFT + time.since(first).as_micros() as f64 / span * (right - LEFT);
    let height = lanes.len() as f64 * LANE + 26.0;
    let lane_lines = lanes.iter().enumerate().map(|(at, name)| {
        let y = at as f64 * LANE + 18.0;
        html! {
            <>
                <path class="grid-line" d={format!("M{} {}H{}", px(LEFT), px(y), px(width))} />
                <text class="log-name" x="0" y={px(y + 5.0)}>{ &***name }</text>
            </>
        }
    });
    let mut reached: Vec<f64> = vec![LEFT; lanes.len()];
    let boxes: Vec<Html> = drawn
        .iter()
        .map(|operation| {
            let lane = lanes.iter().position(|name| **name == operation.client).unwrap_or(0);
            // Short ones in a row push each other aside a little rather than hide each other.
            let left = x_at(operation.called_at).max(reached[lane]).min(width - WIDTH_MIN);
            let end = x_at(operation.returned_at.unwrap_or(now)).max(left + WIDTH_MIN).min(width);
            reached[lane] = end + 2.0;
            let y = lane as f64 * LANE + 8.0;
            html! {
                <g class={classes!("operation", operation.outcome)}>
                    <title>{ format!("{}: {}", operation.client, operation.operation) }</title>
                    <rect x={px(left)} y={px(y)} width={px((end - left).max(2.0))} height="20" rx="3" />
                    <text text-anchor="middle" x={px((left + end) / 2.0)} y={px(y + 14.5)}>{ operation.number }</text>
                </g>
            }
        })
        .collect();
    let ticks = (0..=3).map(|tick| {
        let at = first + Duration::micros((span * f64::from(tick) / 3.0) as i64);
        let (x, anchor) = (x_at(at), if tick == 0 { "start" } else if tick == 3 { "end" } else { "middle" });
        html! { <text class="axis" text-anchor={anchor} x={px(x)} y={px(height - 4.0)}>{ format!("{} s", seconds(at)) }</text> }
    });
    html! {
        <svg viewBox={format!("0 0 {} {}", px(width), px(height))} width={px(width)} height={px(height)} role="img"
            aria-label={format!("The last {} as intervals", words::count(drawn.len(), "operation", "operations"))}>
            { for lane_lines }{ for boxes }{ for ticks }
        </svg>
    }
}

#[cfg(test)]
mod tests {
    use super::shortened;

    #[test]
    fn a_long_key_is_cut_down_to_its_last_part() {
        assert_eq!(shortened("put /a 1"), "put /a 1");
        assert_eq!(shortened("put /config/limits/rps 200"), "put …/rps 200");
        assert_eq!(shortened("get /config/limits/ --prefix"), "get …/limits/ --prefix");
        assert_eq!(shortened("put /a/url http://prod:5432"), "put …/url http://prod:5432");
    }
}
