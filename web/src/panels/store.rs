//! A member's store: the life of each key over the revisions, a revision to look at, and the keys as of then.

use super::empty;
use crate::action::Action;
use crate::browser::page;
use crate::words::{self, hue, px, share};
use quorate::sandbox::view::{ChangeView, KeyView, LifelineView, NodeView, StoreView};
use std::rc::Rc;
use yew::prelude::*;

/// Where the picture of the revisions begins.
const LEFT: f64 = 168.0;
const COLUMN: f64 = 46.0;
const ROW: f64 = 36.0;
const TOP: f64 = 56.0;
/// At most this many keys have a line.
const KEYS_MAX: usize = 40;

#[derive(Clone, PartialEq)]
pub(crate) struct StoreProps {
    pub(crate) view: Rc<StoreView>,
    pub(crate) nodes: Vec<Rc<NodeView>>,
    pub(crate) width: f64,
    pub(crate) on: Callback<Action>,
}

/// The revisions that are drawn.
struct Columns {
    first: i64,
    last: i64,
    left: f64,
    step: f64,
}

impl Columns {
    fn new(view: &StoreView, width: f64) -> Columns {
        let left = LEFT.min(width * 0.42);
        let room = (((width - left - 30.0) / COLUMN) as i64).max(2);
        let last = view.revision.max(view.applied.iter().map(|(_, revision)| *revision).max().unwrap_or(0));
        let end = last.max(room).min((view.shown_revision + room / 2).max(room));
        Columns { first: end - room + 1, last: end, left, step: COLUMN }
    }

    fn x(&self, revision: i64) -> f64 {
        self.left + (revision.clamp(self.first - 1, self.last + 1) - self.first) as f64 * self.step
    }

    fn shows(&self, revision: i64) -> bool {
        (self.first..=self.last).contains(&revision)
    }
}

pub(crate) fn store(props: &StoreProps) -> Html {
    let StoreProps { view, nodes, width, on } = props;
    let choose = nodes.iter().map(|node| {
        let id = node.id;
        let pressed = if node.name == view.node { "true" } else { "false" };
        html! { <button aria-pressed={pressed} onclick={on.reform(move |_: MouseEvent| Action::StoreOf(id))}>{ &*node.name }</button> }
    });
    let head = html! {
        <div class="key-row">
            <span>{ "Store of" }</span><span class="choice" role="group" aria-label="Store of">{ for choose }</span>
            <span class="grow" />
            <span class="wide-only"><svg class="swatch" viewBox="0 0 16 16" aria-hidden="true"><g class="change t3"><circle cx="8" cy="8" r="6" /></g></svg>{ "put, hue of its term" }</span>
            <span class="wide-only"><svg class="swatch" viewBox="0 0 16 16" aria-hidden="true"><g class="tomb t3"><rect x="1" y="1" width="14" height="14" rx="2" /><path d="M4 4l8 8m0 -8l-8 8" /></g></svg>{ "tombstone" }</span>
        </div>
    };
    if view.lifelines.is_empty() {
        return html! { <>{ head }{ empty("No keys yet.", "etcdctl put /a 1", on) }</> };
    }
    let columns = Columns::new(view, *width);
    html! {
        <>
            { head }
            <div class="pic">{ picture(view, &columns, *width) }</div>
            { slider(view, &columns, *width, on) }
            { table(view) }
        </>
    }
}

fn picture(view: &StoreView, columns: &Columns, width: f64) -> Html {
    let rows = view.lifelines.len().min(KEYS_MAX);
    let bottom = TOP + rows as f64 * ROW - 14.0;
    let height = bottom + if view.compact_revision > 0 { 46.0 } else { 30.0 };
    let grid = (columns.first..=columns.last).filter(|revision| *revision > 0).map(|revision| {
        let x = px(columns.x(revision));
        let on = (revision == view.shown_revision).then_some("on");
        html! {
            <>
                <path class="grid-line" d={format!("M{x} 34V{}", px(bottom))} />
                <text class={classes!("index", on)} text-anchor="middle" x={x} y="22">{ revision }</text>
            </>
        }
    });
    let shown = columns.x(view.shown_revision) - 14.0;
    let lives = view.lifelines.iter().take(KEYS_MAX).enumerate().map(|(row, life)| lifeline(view, columns, row, life));
    let summary = format!("{} of {} by revision", words::count(view.lifelines.len(), "key", "keys"), view.node);
    html! {
        <svg viewBox={format!("0 0 {} {}", px(width), px(height))} width={px(width)} height={px(height)} role="img" aria-label={summary}>
            { compacted(view, columns, bottom) }
            <text class="log-role" x="0" y="22">{ "revision" }</text>
            { for grid }
            if columns.shows(view.shown_revision) {
                <rect class="as-of" x={px(shown)} y="6" width="28" height={px(bottom - 6.0)} rx="6" />
            }
            { for lives }
            { applied(view, columns, bottom) }
        </svg>
    }
}

/// The part of history that is gone.
fn compacted(view: &StoreView, columns: &Columns, bottom: f64) -> Html {
    if view.compact_revision < columns.first {
        return Html::default();
    }
    let (left, right) = (columns.left - 16.0, columns.x(view.compact_revision));
    let text = format!("compacted to {}", view.compact_revision);
    html! {
        <>
            <rect class="compacted" x={px(left)} y="32" width={px(right - left)} height={px(bottom - 32.0)} />
            <path class="compact-line" d={format!("M{} 32V{}", px(right), px(bottom))} />
            <text class="picture-note strong" text-anchor="end" x={px(right - 4.0)} y={px(bottom + 42.0)}>{ text }</text>
        </>
    }
}

/// How far the members' stores have come: a triangle and their names.
fn applied(view: &StoreView, columns: &Columns, bottom: f64) -> Html {
    let mut reached: Vec<(i64, Vec<Rc<str>>)> = Vec::new();
    for (name, revision) in &view.applied {
        match reached.iter_mut().find(|(at, _)| at == revision) {
            Some((_, names)) => names.push(name.clone()),
            None => reached.push((*revision, vec![name.clone()])),
        }
    }
    let marks = reached.iter().filter(|(revision, _)| columns.shows(*revision)).map(|(revision, names)| {
        let x = columns.x(*revision);
        let text = if reached.len() == 1 { "all members".to_owned() } else { names.join(", ") };
        html! {
            <>
                <path class="mark match" d={format!("M{} {}l5 8h-10z", px(x), px(bottom + 4.0))} />
                <text class="picture-note strong" text-anchor="middle" x={px(x)} y={px(bottom + 26.0)}>{ text }</text>
            </>
        }
    });
    html! { <>{ for marks }</> }
}

fn lifeline(view: &StoreView, columns: &Columns, row: usize, life: &LifelineView) -> Html {
    let y = TOP + row as f64 * ROW;
    let (folder, name) = life.key.rsplit_once('/').map_or(("", &*life.key), |(folder, name)| (folder, name));
    let folder = if life.key.contains('/') { format!("{folder}/") } else { String::new() };
    // Monospace at 12 px is 7.2 px a letter; a long folder gives way to the name.
    let letters = ((columns.left - 26.0) / 7.3) as usize;
    let (folder, name) = shorten(&folder, name, letters);
    let ends = life.changes.iter().skip(1).map(|change| Some(change.revision)).chain([None]);
    let lines = life.changes.iter().zip(ends).filter(|(change, _)| change.value.is_some()).map(|(change, until)| {
        let gone = until.is_some_and(|until| until <= view.compact_revision);
        let end = until.map_or(columns.x(columns.last) + 14.0, |until| columns.x(until));
        let start = columns.x(change.revision);
        let end = if until.is_none() { columns.x(view.revision).max(start) + 26.0 } else { end };
        let visible = until.is_none_or(|until| until >= columns.first) && change.revision <= columns.last;
        html! {
            if visible {
                <path class={classes!("life", hue(change.term), gone.then_some("gone"))} d={format!("M{} {}H{}", px(start), px(y), px(end))} />
            }
        }
    });
    let shown = life.changes.iter().enumerate().filter(|(_, change)| columns.shows(change.revision));
    let changes = shown.map(|(at, change)| {
        let next = life.changes.get(at + 1).map(|next| next.revision);
        draw_change(view, columns, change, next, y)
    });
    html! {
        <>
            <text class="key" x="0" y={px(y + 4.0)}><title>{ &*life.key }</title><tspan class="dim">{ folder }</tspan>{ name }</text>
            { for lines }
            { for changes }
        </>
    }
}

fn shorten(folder: &str, name: &str, letters: usize) -> (String, String) {
    let whole = folder.chars().count() + name.chars().count();
    if whole <= letters {
        return (folder.to_owned(), name.to_owned());
    }
    let room = letters.saturating_sub(name.chars().count() + 1);
    if room > 1 {
        let skipped = folder.chars().count().saturating_sub(room);
        return (format!("…{}", folder.chars().skip(skipped).collect::<String>()), name.to_owned());
    }
    ("…".to_owned(), name.chars().take(letters.saturating_sub(1)).collect())
}

fn draw_change(view: &StoreView, columns: &Columns, change: &ChangeView, next: Option<i64>, y: f64) -> Html {
    let x = columns.x(change.revision);
    let gone = next.is_some_and(|next| next <= view.compact_revision);
    let term = hue(change.term);
    match &change.value {
        Some(value) => {
            let room = next.map_or(columns.step * 2.0, |next| columns.x(next) - x);
            let letters = ((room - 14.0) / 7.3).max(1.0) as usize;
            let text: String = match value.chars().count() > letters {
                true => value.chars().take(letters.saturating_sub(1)).chain(['…']).collect(),
                false => value.to_string(),
            };
            html! {
                <>
                    <g class={classes!("change", term, gone.then_some("gone"))}><circle cx={px(x)} cy={px(y)} r="6" /></g>
                    <text class={classes!("value", gone.then_some("dim"))} x={px(x + 9.0)} y={px(y - 6.0)}><title>{ &**value }</title>{ text }</text>
                </>
            }
        }
        None => html! {
            <>
                <g class={classes!("tomb", term)}>
                    <rect x={px(x - 7.0)} y={px(y - 7.0)} width="14" height="14" rx="2" />
                    <path d={format!("M{} {}l8 8m0 -8l-8 8", px(x - 4.0), px(y - 4.0))} />
                </g>
                if next.is_none() { <text class="picture-note" x={px(x + 11.0)} y={px(y + 4.0)}>{ "deleted" }</text> }
            </>
        },
    }
}

/// The revision to look at. It cannot enter what is compacted.
fn slider(view: &StoreView, columns: &Columns, width: f64, on: &Callback<Action>) -> Html {
    let low = view.compact_revision.max(1);
    let span = (view.revision - low).max(1) as f64;
    let at = (view.shown_revision - low) as f64 / span;
    let oninput = on.reform(|event: InputEvent| Action::StoreAt(page::field_value(&event).parse().ok()));
    let latest = view.shown_revision == view.revision;
    let newest = on.reform(|_: MouseEvent| Action::StoreAt(None));
    // Under its own axis where the whole axis is in view: the knob then stands under its column.
    let (left, right) = (columns.x(low), columns.x(view.revision));
    let aligned = columns.shows(low) && columns.shows(view.revision) && right - left >= 40.0;
    let (start, rail) =
        if aligned { (left - 8.0, right - left + 16.0) } else { (columns.left - 8.0, width - columns.left - 72.0) };
    let grid = format!("grid-template-columns:{}px {}px 1fr", px(start), px(rail));
    let disabled = latest.then_some("true");
    html! {
        <div class="slider" style={grid}>
            <label for="as-of">{ "As of revision " }<output for="as-of">{ view.shown_revision }</output></label>
            <input id="as-of" class="range" type="range" min={low.to_string()} max={view.revision.max(low).to_string()}
                value={view.shown_revision.to_string()} style={format!("--at:{}", share(at))} {oninput} />
            <button class="btn line" aria-disabled={disabled} title={if latest { "This is the newest revision" } else { "Follow the newest revision" }}
                onclick={newest}>{ "Latest" }</button>
        </div>
    }
}

fn table(view: &StoreView) -> Html {
    let row = |key: &KeyView| {
        let lease = key.lease.as_deref().map_or(String::new(), str::to_owned);
        html! {
            <tr key={&*key.key}>
                <td class="clip"><code title={key.key.to_string()}>{ &*key.key }</code></td>
                <td class="clip"><code title={key.value.to_string()}>{ &*key.value }</code></td>
                <td class="n">{ key.create_revision }</td><td class="n">{ key.mod_revision }</td><td class="n">{ key.version }</td>
                <td class="clip"><code title={lease.clone()}>{ lease }</code></td>
            </tr>
        }
    };
    html! {
        <div class="blk">
            <h3>{ format!("{} at revision {}", words::count(view.keys.len(), "key", "keys"), view.shown_revision) }</h3>
            <table class="tb store">
                <thead><tr><th class="wide">{ "key" }</th><th class="wide">{ "value" }</th><th class="n">{ "create" }</th><th class="n">{ "mod" }</th>
                    <th class="n">{ "version" }</th><th class="lease">{ "lease" }</th></tr></thead>
                <tbody>{ for view.keys.iter().map(row) }</tbody>
            </table>
            if view.compact_revision > 1 {
                <p class="note">
                    { format!("Asking for a revision below {} answers ", view.compact_revision) }
                    <code>{ "mvcc: required revision has been compacted" }</code>{ "." }
                </p>
            }
        </div>
    }
}
