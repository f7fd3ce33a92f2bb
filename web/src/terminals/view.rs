//! One terminal: what was printed, the prompt, and a real field behind it, so that phones and screen readers can type.

use super::completion::Offer;
use crate::action::Action;
use crate::browser::page;
use crate::leaf::{Leaf, Show};
use crate::words;
use quorate::sandbox::Time;
use quorate::sandbox::view::{LineKind, LineView, TerminalView};
use std::rc::Rc;
use yew::prelude::*;

/// Lines are drawn in blocks, so that a new line redraws one block and not two thousand lines.
const BLOCK_LINES: u64 = 50;
/// etcdctl gives a command up after this many seconds unless told otherwise.
const COMMAND_TIMEOUT_S: i64 = 5;

#[derive(Properties, PartialEq)]
pub(super) struct TerminalProps {
    pub(super) view: Rc<TerminalView>,
    /// The time, while a command runs.
    pub(super) now: Option<Time>,
    /// Time runs.
    pub(super) playing: bool,
    /// Its client waits for an answer.
    pub(super) waiting: bool,
    pub(super) offer: Option<Rc<Offer>>,
    pub(super) on: Callback<Action>,
}

pub(super) enum Message {
    Key(KeyboardEvent),
    Paste(Event),
    Changed,
    Try(&'static str),
    Focus,
}

pub(super) struct Terminal {
    field: NodeRef,
    scroll: NodeRef,
    /// Where in the history the person is; at its end they write a new line.
    recalled: Option<usize>,
    /// The new line, while an old one is shown.
    draft: String,
    /// Lines up to this number were cleared away.
    cleared: u64,
    /// The last answer to a Tab that was used.
    offer_used: u64,
    listed: Option<Rc<Offer>>,
    empty: bool,
    follow: bool,
}

impl Component for Terminal {
    type Message = Message;
    type Properties = TerminalProps;

    fn create(ctx: &Context<Self>) -> Self {
        Terminal {
            field: NodeRef::default(),
            scroll: NodeRef::default(),
            recalled: None,
            draft: String::new(),
            cleared: 0,
            offer_used: ctx.props().offer.as_ref().map_or(0, |offer| offer.number),
            listed: None,
            empty: true,
            follow: true,
        }
    }

    fn changed(&mut self, ctx: &Context<Self>, old: &TerminalProps) -> bool {
        self.follow = page::is_at_end(&self.scroll);
        let props = ctx.props();
        if props.offer != old.offer
            && let Some(offer) = &props.offer
            && offer.number > self.offer_used
        {
            self.offer_used = offer.number;
            self.take(offer);
        }
        true
    }

    fn update(&mut self, ctx: &Context<Self>, message: Message) -> bool {
        match message {
            Message::Key(event) => self.key(ctx, &event),
            Message::Paste(event) => self.paste(ctx, &event),
            Message::Changed => {
                let empty = page::field_state(&self.field).0.is_empty();
                let listed = self.listed.take().is_some();
                let changed = empty != self.empty || listed;
                self.empty = empty;
                changed
            }
            Message::Try(line) => {
                ctx.props().on.emit(Action::Type(ctx.props().view.terminal, vec![line.to_owned()]));
                page::focus_on(&self.field);
                true
            }
            Message::Focus => {
                if !page::has_selected_text() {
                    page::focus_on(&self.field);
                }
                false
            }
        }
    }

    fn rendered(&mut self, _: &Context<Self>, first: bool) {
        if self.follow || first {
            page::scroll_to_end(&self.scroll);
        }
    }

    fn view(&self, ctx: &Context<Self>) -> Html {
        let TerminalProps { view, .. } = ctx.props();
        let link = ctx.link();
        let prompt = format!("{} $ ", view.name);
        let first = view.lines_dropped.max(self.cleared);
        let blocks = self.blocks(view, &prompt);
        let chips = view.lines.is_empty() && self.empty && self.cleared == 0 && view.running.is_none();
        html! {
            <div class="term" ref={self.scroll.clone()} onclick={link.callback(|_: MouseEvent| Message::Focus)}>
                if first > 0 && view.lines_dropped > self.cleared {
                    <div class="earlier">{ format!("{} earlier lines are no longer kept", view.lines_dropped) }</div>
                }
                <div role="log" aria-label={format!("Output of {}", view.name)}>{ for blocks }</div>
                if let Some(offer) = &self.listed {
                    <div class="candidates" role="status">
                        { for offer.listed().iter().map(|(text, what)| html! { <span title={what.clone()}><b>{ text }</b></span> }) }
                    </div>
                }
                { self.prompt_line(ctx, prompt) }
                if chips { { self.chips(ctx) } }
            </div>
        }
    }
}

impl Terminal {
    fn key(&mut self, ctx: &Context<Self>, event: &KeyboardEvent) -> bool {
        let view = &ctx.props().view;
        let terminal = view.terminal;
        let on = &ctx.props().on;
        let (text, caret) = page::field_state(&self.field);
        match (page::has_control(event), event.key().as_str()) {
            (false, "Enter") => {
                event.prevent_default();
                self.submit(ctx, text);
            }
            (false, "Tab") if !event.shift_key() && !text.is_empty() => {
                event.prevent_default();
                on.emit(Action::Complete(terminal, text[..caret].to_owned()));
                return false;
            }
            (false, "ArrowUp") => {
                event.prevent_default();
                self.recall(view, text, -1);
            }
            (false, "ArrowDown") => {
                event.prevent_default();
                self.recall(view, text, 1);
            }
            (false, "Escape") => {
                event.prevent_default();
                page::unfocus();
                return false;
            }
            (true, "c" | "C") if !page::has_selection(&self.field) => {
                event.prevent_default();
                self.write("");
                self.recalled = None;
                on.emit(Action::Interrupt(terminal));
            }
            (true, "d" | "D") if text.is_empty() => {
                event.prevent_default();
                on.emit(Action::EndInput(terminal));
            }
            (true, "l" | "L") => {
                event.prevent_default();
                self.cleared = view.lines_dropped + view.lines.len() as u64;
            }
            (true, "u" | "U") => {
                event.prevent_default();
                self.write(&text[caret..]);
                page::set_field(&self.field, &text[caret..], 0);
            }
            _ => return false,
        }
        true
    }

    /// Types the line. An empty one is a line too for a program that reads.
    fn submit(&mut self, ctx: &Context<Self>, text: String) {
        let view = &ctx.props().view;
        self.recalled = None;
        self.follow = true;
        self.write("");
        if !text.trim().is_empty() || view.reads_input {
            ctx.props().on.emit(Action::Type(view.terminal, vec![text]));
        }
    }

    /// All lines but the last run one after the other; the last stays to be edited.
    fn paste(&mut self, ctx: &Context<Self>, event: &Event) -> bool {
        let Some(pasted) = page::pasted(event)
            .filter(|text| text.trim_end_matches(['\r', '\n']).contains('\n') || text.ends_with('\n'))
        else {
            return false;
        };
        event.prevent_default();
        let (text, caret) = page::field_state(&self.field);
        let whole = format!("{}{}{}", &text[..caret], pasted.replace('\r', ""), &text[caret..]);
        let mut lines: Vec<String> = whole.split('\n').map(str::to_owned).collect();
        let rest = lines.pop().unwrap_or_default();
        lines.retain(|line| !line.trim().is_empty());
        self.follow = true;
        self.write(&rest);
        ctx.props().on.emit(Action::Type(ctx.props().view.terminal, lines));
        true
    }

    fn recall(&mut self, view: &TerminalView, text: String, step: isize) {
        let count = view.history.len();
        let at = self.recalled.unwrap_or(count);
        if self.recalled.is_none() {
            self.draft = text;
        }
        let next = at.saturating_add_signed(step).min(count);
        self.recalled = (next < count).then_some(next);
        let line = self.recalled.map_or_else(|| self.draft.clone(), |at| view.history[at].to_string());
        self.write(&line);
    }

    fn take(&mut self, offer: &Rc<Offer>) {
        let (text, caret) = page::field_state(&self.field);
        if text.get(..caret) != Some(offer.line.as_str()) {
            return; // The person has typed on meanwhile.
        }
        if let Some(completed) = offer.completed() {
            let line = format!("{completed}{}", &text[caret..]);
            page::set_field(&self.field, &line, completed.len());
            self.listed = None;
        } else {
            self.listed = (!offer.listed().is_empty()).then(|| offer.clone());
        }
        self.follow = true;
    }

    fn write(&mut self, line: &str) {
        page::set_field(&self.field, line, line.len());
        self.empty = line.is_empty();
        self.listed = None;
    }

    fn blocks(&self, view: &TerminalView, prompt: &str) -> Vec<Html> {
        let first = view.lines_dropped;
        let mut blocks: Vec<(u64, Vec<LineView>)> = Vec::new();
        for (at, line) in view.lines.iter().enumerate() {
            let number = first + at as u64;
            if number < self.cleared {
                continue;
            }
            match blocks.last_mut() {
                Some((block, lines)) if *block == number / BLOCK_LINES => lines.push(line.clone()),
                _ => blocks.push((number / BLOCK_LINES, vec![line.clone()])),
            }
        }
        let prompt: Rc<str> = prompt.into();
        blocks.into_iter().map(|(block, lines)| html! { <Show key={block} leaf={Leaf::Block(BlockProps { lines, prompt: prompt.clone() })} /> }).collect()
    }

    fn prompt_line(&self, ctx: &Context<Self>, prompt: String) -> Html {
        let TerminalProps { view, now, waiting, .. } = ctx.props();
        let link = ctx.link();
        let shown = view.running.is_none();
        let label = if shown { format!("Command of {}", view.name) } else { format!("Input of {}", view.name) };
        let note = view.running.as_ref().zip(*now).map(|((command, since), now)| {
            let passed = words::length(now.since(*since));
            let limited = *waiting && !command.contains("--command-timeout");
            if !ctx.props().playing {
                format!("paused after {passed}")
            } else if limited {
                format!("waiting {passed} of {COMMAND_TIMEOUT_S} s")
            } else if *waiting {
                format!("waiting {passed}")
            } else {
                format!("running {passed}")
            }
        });
        html! {
            <div class="prompt-line">
                if shown { <span class="prompt">{ prompt }</span> }
                <input ref={self.field.clone()} type="text" autocomplete="off" autocapitalize="off" autocorrect="off" spellcheck="false"
                    enterkeyhint="send" aria-label={label} data-terminal={view.terminal.to_string()}
                    onkeydown={link.callback(Message::Key)} onpaste={link.callback(Message::Paste)}
                    oninput={link.callback(|_: InputEvent| Message::Changed)} />
                if let Some(note) = note { <i class="note">{ note }</i> }
            </div>
        }
    }

    fn chips(&self, ctx: &Context<Self>) -> Html {
        let lines: [&'static str; 2] = match ctx.props().view.terminal % 2 {
            0 => ["etcdctl put /a 1", "etcdctl member list"],
            _ => ["etcdctl watch / --prefix", "etcdctl lease grant 30"],
        };
        let chip = |line: &'static str| {
            let onclick = ctx.link().callback(move |event: MouseEvent| {
                event.stop_propagation();
                Message::Try(line)
            });
            html! { <button class="btn line" {onclick}>{ line }</button> }
        };
        html! { <div class="try">{ "Try" }{ for lines.into_iter().map(chip) }</div> }
    }
}

/// A block of lines.
#[derive(Clone, PartialEq)]
pub(crate) struct BlockProps {
    lines: Vec<LineView>,
    prompt: Rc<str>,
}

pub(crate) fn block(props: &BlockProps) -> Html {
    let line = |line: &LineView| {
        let kind = match line.kind {
            LineKind::Command => "command",
            LineKind::Output => "output",
            LineKind::Error => "error",
            LineKind::Remark => "remark",
        };
        html! {
            <div class={classes!("term-line", kind)}>
                <span class="text">
                    if line.kind == LineKind::Command { <span class="prompt">{ &*props.prompt }</span> }
                    { &*line.text }
                </span>
                if let Some(note) = &line.note { <i class="note">{ &**note }</i> }
            </div>
        }
    };
    html! { <div>{ for props.lines.iter().map(line) }</div> }
}
