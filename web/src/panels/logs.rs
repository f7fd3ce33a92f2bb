//! The logs: a row a node, aligned by index. Filled is what that node knows to be committed, outlined what it does not,
//! dotted what it lacks; so one entry may be filled on the leader and outlined on a follower, which is the truth.
//!
//! Only the indexes in view are drawn and asked for; the view follows the end until the person scrolls away.

use crate::action::Action;
use crate::browser::page;
use crate::words::{self, hue, px};
use quorate::sandbox::view::{EntryView, LogView, NodeView, ProgressView, RoleView};
use quorate::sandbox::{ActorState, Time};
use std::rc::Rc;
use yew::prelude::*;

/// What the log view shows.
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct LogsView {
    pub(crate) nodes: Vec<Rc<NodeView>>,
    /// A window of each node's log.
    pub(crate) logs: Vec<LogView>,
    /// The window's first and last index.
    pub(crate) window: (u64, u64),
    /// The last index of any node.
    pub(crate) last_index: u64,
    /// The chosen column.
    pub(crate) column: Option<u64>,
    /// Each node's entry in the chosen column.
    pub(crate) chosen: Vec<Option<EntryView>>,
    /// The time, for "last heard".
    pub(crate) now: Time,
}

impl LogsView {
    /// The node whose knowledge of the others is shown: the leader of the highest term.
    fn viewer(&self) -> Option<&Rc<NodeView>> {
        let leads = |node: &&Rc<NodeView>| node.role == RoleView::Leader && node.state == ActorState::Up;
        self.nodes.iter().filter(leads).max_by_key(|node| node.term)
    }
}

#[derive(Properties, PartialEq)]
pub(super) struct LogsProps {
    pub(super) view: Rc<LogsView>,
    pub(super) narrow: bool,
    pub(super) on: Callback<Action>,
}

pub(super) enum Message {
    Scrolled,
}

/// Sizes in pixels, by form.
struct Grid {
    column: f64,
    row: f64,
    cell: f64,
    top: f64,
}

impl Grid {
    fn new(narrow: bool) -> Grid {
        match narrow {
            false => Grid { column: 31.0, row: 52.0, cell: 34.0, top: 24.0 },
            true => Grid { column: 34.0, row: 26.0, cell: 22.0, top: 24.0 },
        }
    }

    fn height(&self, rows: usize) -> f64 {
        self.top + rows as f64 * self.row + if self.cell > 30.0 { 2.0 } else { -2.0 }
    }

    fn row(&self, row: usize) -> f64 {
        self.top + row as f64 * self.row
    }
}

pub(super) struct Logs {
    scroll: NodeRef,
    /// Left edge and width of what is in view.
    left: f64,
    width: f64,
    follow: bool,
    asked: (u64, u64),
}

impl Component for Logs {
    type Message = Message;
    type Properties = LogsProps;

    fn create(_: &Context<Self>) -> Self {
        Logs { scroll: NodeRef::default(), left: 0.0, width: 440.0, follow: true, asked: (0, 0) }
    }

    fn update(&mut self, ctx: &Context<Self>, _: Message) -> bool {
        let Some((left, width, whole)) = page::scroll_x(&self.scroll) else { return false };
        self.follow = left + width >= whole - 4.0;
        let moved = (left, width) != (self.left, self.width);
        (self.left, self.width) = (left, width);
        self.ask(ctx);
        moved
    }

    fn rendered(&mut self, ctx: &Context<Self>, _: bool) {
        let Some((left, width, whole)) = page::scroll_x(&self.scroll) else { return };
        if self.follow && whole - width - left > 0.5 {
            page::set_scroll_x(&self.scroll, whole);
        }
        if (left, width) != (self.left, self.width) {
            ctx.link().send_message(Message::Scrolled);
        }
        self.ask(ctx);
    }

    fn view(&self, ctx: &Context<Self>) -> Html {
        let LogsProps { view, narrow, on } = ctx.props();
        let grid = Grid::new(*narrow);
        let extent = format!("width:{}px", px(view.last_index as f64 * grid.column + 8.0));
        let height = px(grid.height(view.nodes.len()));
        let viewer = view.viewer();
        html! {
            <>
                { key_row(viewer.map(|node| &*node.name)) }
                <div class="logs">
                    { names(view, &grid, *narrow) }
                    <div class="logs-scroll" ref={self.scroll.clone()} onscroll={ctx.link().callback(|_: Event| Message::Scrolled)}
                        tabindex="0" role="group" aria-label={format!("Logs, index 1 to {}", view.last_index)}>
                        <svg width={px(self.width)} height={height.clone()}>{ self.columns(view, &grid, on) }{ self.rows(view, &grid, *narrow) }</svg>
                        <div class="extent" style={extent} />
                    </div>
                </div>
                if !narrow { if let Some(viewer) = viewer { { progress_table(viewer, view.now) } } }
                { chosen(view) }
            </>
        }
    }
}

impl Logs {
    /// Asks for the indexes in view, with some to spare so that scrolling does not outrun the answer.
    fn ask(&mut self, ctx: &Context<Self>) {
        let grid = Grid::new(ctx.props().narrow);
        let first = (self.left / grid.column) as u64;
        let count = (self.width / grid.column) as u64;
        let window = (first.saturating_sub(4) / 4 * 4 + 1, (first + count + 8) / 4 * 4);
        if window != self.asked || ctx.props().view.window != window {
            self.asked = window;
            ctx.props().on.emit(Action::LogWindow(window.0, window.1));
        }
    }

    fn x(&self, index: u64, grid: &Grid) -> f64 {
        (index as f64 - 1.0) * grid.column - self.left
    }

    fn shown(&self, view: &LogsView, grid: &Grid) -> std::ops::RangeInclusive<u64> {
        let first = (self.left / grid.column) as u64 + 1;
        let last = first + (self.width / grid.column) as u64 + 1;
        first.max(view.window.0)..=last.min(view.last_index.max(1))
    }

    fn columns(&self, view: &LogsView, grid: &Grid, on: &Callback<Action>) -> Html {
        let height = grid.height(view.nodes.len());
        let column = |index: u64| {
            let x = self.x(index, grid);
            let chosen = view.column == Some(index);
            let wish = Action::LogColumn((!chosen).then_some(index));
            html! {
                <>
                    if chosen {
                        <rect class="column-selected" x={px(x + 0.5)} y=".5" width={px(grid.column - 1.0 + 1.0)} height={px(height - 1.0)} rx="6" />
                    }
                    <text class={classes!("index", chosen.then_some("on"))} text-anchor="middle" x={px(x + grid.column / 2.0)} y="15">{ index }</text>
                    <rect class="column-hit" x={px(x)} y="0" width={px(grid.column)} height={px(height)}
                        onclick={on.reform(move |_: MouseEvent| wish.clone())} />
                </>
            }
        };
        html! { <g>{ for self.shown(view, grid).filter(|_| view.last_index > 0).map(column) }</g> }
    }

    fn rows(&self, view: &LogsView, grid: &Grid, narrow: bool) -> Html {
        let viewer = view.viewer();
        let rows = view.nodes.iter().zip(&view.logs).enumerate().map(|(row, (node, log))| {
            let y = grid.row(row);
            let known = viewer.and_then(|viewer| viewer.progress.iter().find(|progress| progress.name == node.name));
            html! {
                <g key={node.id.0}>
                    { self.cells(view, log, grid, y, narrow) }
                    if !narrow { { for known.map(|progress| self.marks(progress, grid, y)) } }
                </g>
            }
        });
        html! { <g>{ for rows }</g> }
    }

    fn cells(&self, view: &LogsView, log: &LogView, grid: &Grid, y: f64, narrow: bool) -> Html {
        let shown = self.shown(view, grid);
        let snapshot =
            (log.snapshot_index >= *shown.start() && log.snapshot_index > 0).then(|| self.snapshot(log, grid, y));
        let cells = shown.filter(|index| *index > log.snapshot_index && view.last_index > 0).map(|index| {
            let x = self.x(index, grid) + 1.0;
            match log.entries.iter().find(|entry| entry.index == index) {
                Some(entry) => cell(entry, x, y, grid, narrow),
                None => html! {
                    <rect key={index} class="missing" x={px(x + 0.5)} y={px(y + 0.5)} width={px(grid.column - 3.0)} height={px(grid.cell - 1.0)} rx="3" />
                },
            }
        });
        html! { <>{ for snapshot }{ for cells }</> }
    }

    /// The compacted prefix as one block.
    fn snapshot(&self, log: &LogView, grid: &Grid, y: f64) -> Html {
        let left = self.x(1, grid).max(-8.0) + 1.0;
        let right = self.x(log.snapshot_index + 1, grid) - 1.0;
        let width = (right - left).max(4.0);
        let text = match width {
            ..40.0 => String::new(),
            ..104.0 => format!("to {}", log.snapshot_index),
            _ => format!("snapshot to {}", log.snapshot_index),
        };
        html! {
            <g class={classes!("snapshot", hue(log.snapshot_term))}>
                <rect x={px(left)} y={px(y)} width={px(width)} height={px(grid.cell)} rx="3" />
                <path d={format!("M{} {}V{}m5 0V{}", px(left + 6.0), px(y), px(y + grid.cell), px(y))} />
                <text class="cell-text" text-anchor="middle" x={px(left + width / 2.0)} y={px(y + 15.0)}>{ text }</text>
                if grid.cell > 30.0 && width > 60.0 {
                    <text class="cell-text cell-term" text-anchor="middle" x={px(left + width / 2.0)} y={px(y + 29.0)}>{ format!("term {}", log.snapshot_term) }</text>
                }
            </g>
        }
    }

    /// The leader's knowledge of a follower: a filled triangle under match, a hollow one before next.
    fn marks(&self, progress: &ProgressView, grid: &Grid, y: f64) -> Html {
        let y = y + grid.cell + 3.0;
        let next = self.x(progress.next_index, grid) + 1.0;
        let matched = self.x(progress.match_index, grid) + grid.column / 2.0;
        let together = if progress.match_index > 0 { matched.min(next) } else { next };
        let state = if progress.state == "Replicate" {
            String::new()
        } else {
            format!(", {}", progress.state.to_ascii_lowercase())
        };
        let text = format!("match {}, next {}{state}", progress.match_index, progress.next_index);
        let (x, anchor) =
            if together - 12.0 > 150.0 { (together - 12.0, "end") } else { (next.max(matched) + 14.0, "start") };
        let visible = |x: f64| x > -6.0 && x < self.width + 6.0;
        html! {
            <>
                if visible(next) { <path class="mark next" d={format!("M{} {}l5 8h-10z", px(next), px(y))} /> }
                if progress.match_index > 0 && visible(matched) { <path class="mark match" d={format!("M{} {}l5 8h-10z", px(matched), px(y))} /> }
                if visible(together) || visible(next) { <text class="mark-text" text-anchor={anchor} x={px(x)} y={px(y + 10.0)}>{ text }</text> }
            </>
        }
    }
}

fn cell(entry: &EntryView, x: f64, y: f64, grid: &Grid, narrow: bool) -> Html {
    let inset = if entry.committed { 0.0 } else { 1.0 };
    let state = if entry.committed { "committed" } else { "open" };
    let (w, h) = (grid.column - 2.0, grid.cell);
    let middle = x + w / 2.0;
    html! {
        <g key={entry.index} class={classes!("cell", hue(entry.term), state)}>
            <rect x={px(x + inset)} y={px(y + inset)} width={px(w - 2.0 * inset)} height={px(h - 2.0 * inset)} rx="3" />
            if !narrow { <text class="cell-text" text-anchor="middle" x={px(middle)} y={px(y + 15.0)}>{ entry.word }</text> }
            <text class="cell-text cell-term" text-anchor="middle" x={px(middle)} y={px(y + if narrow { 15.0 } else { 29.0 })}>{ entry.term }</text>
        </g>
    }
}

fn key_row(viewer: Option<&str>) -> Html {
    let swatch = |picture: Html, word: String| html! { <span><svg class="swatch" viewBox="0 0 16 16" aria-hidden="true">{ picture }</svg>{ word }</span> };
    let next = viewer.map_or_else(|| "next".to_owned(), |name| format!("next, as {name} knows them"));
    html! {
        <div class="key-row">
            { swatch(html! { <rect class="f" x="1" y="1" width="14" height="14" rx="3" /> }, "committed".to_owned()) }
            { swatch(html! { <rect class="o" x="2" y="2" width="12" height="12" rx="2.5" /> }, "not committed".to_owned()) }
            { swatch(html! { <rect class="d" x="1.5" y="1.5" width="13" height="13" rx="3" /> }, "missing".to_owned()) }
            { swatch(html! { <path class="mark match" d="M8 4l5 8H3z" /> }, "match".to_owned()) }
            { swatch(html! { <path class="mark next" d="M8 4l5 8H3z" /> }, next) }
        </div>
    }
}

fn names(view: &LogsView, grid: &Grid, narrow: bool) -> Html {
    let name = |(row, node): (usize, &Rc<NodeView>)| {
        let y = grid.row(row);
        let leader = (node.role == RoleView::Leader && node.state == ActorState::Up).then_some("leader");
        let down = (node.state == ActorState::Down).then_some("down");
        html! {
            <>
                <circle class={classes!("role-chip", hue(node.term), leader, down)} cx="6.5" cy={px(y + 10.0)} r={if leader.is_some() { "5" } else { "5.5" }} />
                <text class="log-name" x="17" y={px(y + 15.0)}>{ &*node.name }</text>
                if !narrow { <text class="log-role" x="0" y={px(y + 30.0)}>{ role(node) }</text> }
            </>
        }
    };
    html! {
        <svg class="logs-names" width="54" height={px(grid.height(view.nodes.len()))} aria-hidden="true">
            { for view.nodes.iter().enumerate().map(name) }
        </svg>
    }
}

/// The role in the room of a column.
fn role(node: &NodeView) -> &'static str {
    match words::role(node.role, node.state) {
        "pre-candidate" => "pre-vote",
        word => word,
    }
}

fn progress_table(viewer: &NodeView, now: Time) -> Html {
    let row = |progress: &ProgressView| {
        let (heard, class) = match progress.heard_at {
            Some(at) => (format!("{} ago", words::length(now.since(at))), None),
            None => (format!("never in term {}", viewer.term), Some("fault-text")),
        };
        html! {
            <tr key={&*progress.name}>
                <td><b>{ &*progress.name }</b></td><td>{ progress.state }</td><td class="n">{ progress.match_index }</td>
                <td class="n">{ progress.next_index }</td><td class="n">{ progress.inflight }</td><td class={classes!(class)}>{ heard }</td>
            </tr>
        }
    };
    html! {
        <div class="blk">
            <h3>{ format!("{}’s view of the others", viewer.name) }</h3>
            <table class="tb">
                <thead><tr><th>{ "member" }</th><th>{ "state" }</th><th class="n">{ "match" }</th><th class="n">{ "next" }</th>
                    <th class="n">{ "in flight" }</th><th>{ "last heard" }</th></tr></thead>
                <tbody>{ for viewer.progress.iter().map(row) }</tbody>
            </table>
        </div>
    }
}

/// The entry or entries of the chosen column, spelt out.
fn chosen(view: &LogsView) -> Html {
    let Some(index) = view.column else { return Html::default() };
    let mut different: Vec<(&EntryView, Vec<&Rc<NodeView>>, bool)> = Vec::new();
    for (node, entry) in view.nodes.iter().zip(&view.chosen) {
        let Some(entry) = entry else { continue };
        match different.iter_mut().find(|(other, ..)| other.term == entry.term && other.command == entry.command) {
            Some((_, nodes, committed)) => {
                nodes.push(node);
                *committed |= entry.committed;
            }
            None => different.push((entry, vec![node], entry.committed)),
        }
    }
    let title = match different.len() {
        0 => format!("Entry {index} is on no node’s log any more"),
        1 => format!("Entry {index}"),
        count => format!("Entry {index} is {} different entries", if count == 2 { "two" } else { "several" }),
    };
    let version = |(entry, nodes, committed): &(&EntryView, Vec<&Rc<NodeView>>, bool)| {
        let names: Vec<&str> = nodes.iter().map(|node| &*node.name).collect();
        let state = if *committed { "Committed." } else { "Not committed." };
        html! {
            <div>
                <span class={classes!("chip", hue(entry.term))}>{ entry.term }</span><code>{ &*entry.command }</code>
                <p>{ format!("on {}. {state}", names.join(", ")) }</p>
            </div>
        }
    };
    html! { <div class="blk"><h3>{ title }</h3><div class="fork">{ for different.iter().map(version) }</div></div> }
}
