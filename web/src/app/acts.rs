//! What the root does with each wish.

use super::App;
use super::desk::remember_settings;
use crate::action::{Action, Draft, Overlay, Selection, Tool};
use crate::session::Session;
use crate::terminals::Offer;
use quorate::sandbox::{ActorId, ActorState, Fault, Settings};
use std::rc::Rc;

impl App {
    /// Acts. Everything is taken anew afterwards.
    pub(super) fn act(&mut self, action: Action) {
        match action {
            Action::TogglePlay => self.session.playing = !self.session.playing,
            Action::Step => self.session.step(),
            Action::SetSpeed(speed) => self.session.speed = speed,
            Action::Select(selection) => self.select(selection),
            Action::Take(tool) => {
                self.desk.tool = tool;
                self.desk.selection = Selection::Nothing;
                self.desk.picked = Rc::default();
                self.close_legend();
            }
            Action::Break(fault) => self.fault(fault),
            Action::ToggleSplit(id) => self.toggle_split(id),
            Action::SetSplit(ids) => self.desk.picked = Rc::new(ids),
            Action::Split => self.split(),
            Action::RestartAll => {
                let down = self.snapshot.scene.nodes.iter().filter(|node| node.state == ActorState::Down);
                for id in down.map(|node| node.id).collect::<Vec<_>>() {
                    self.fault(Fault::Restart(id));
                }
            }
            Action::Show(tab) => {
                self.desk.tab = tab;
                if self.desk.shares_place() {
                    self.desk.terminals_open = Some(false);
                }
            }
            Action::LogWindow(first, last) => self.desk.log_window = (first, last),
            Action::LogColumn(column) => self.desk.log_column = column,
            Action::StoreOf(id) => {
                self.desk.store_of = Some(id);
                self.desk.store_at = None;
            }
            Action::StoreAt(revision) => self.desk.store_at = revision,
            Action::Open(overlay) => {
                self.desk.overlay = Some(overlay);
                match overlay {
                    Overlay::EndpointMenu(_) => {
                        self.desk.terminals_open = Some(true);
                        self.focus_next = Some(".terms [role=menuitem]".to_owned());
                    }
                    Overlay::NewCluster => {
                        self.desk.draft = Draft::of(self.session.sandbox().settings());
                        self.focus_next = Some(".dialog".to_owned());
                    }
                    Overlay::Help => self.focus_next = Some(".dialog".to_owned()),
                    Overlay::Legend | Overlay::ThemeMenu => {}
                }
            }
            Action::Close => self.desk.overlay = None,
            Action::Filter(kind) => self.desk.only = kind,
            Action::Draft(draft) => self.desk.draft = draft,
            Action::NewCluster(settings) => self.begin_anew(settings),
            Action::SetTheme(theme) => {
                self.desk.set_theme(theme);
                self.desk.overlay = None;
            }
            Action::DismissHint => self.desk.dismiss_hint(),
            terminal => self.act_on_terminal(terminal),
        }
    }

    fn act_on_terminal(&mut self, action: Action) {
        match action {
            Action::Type(terminal, lines) => self.session.type_lines(terminal, &lines),
            Action::Run(line) => {
                let terminal = self.free_terminal();
                self.desk.terminals_open = Some(true);
                self.desk.show_terminal(0, terminal);
                self.session.type_lines(terminal, &[line.to_owned()]);
                self.focus_next = Some(format!("[data-terminal='{terminal}']"));
            }
            Action::Interrupt(terminal) => self.session.interrupt(terminal),
            Action::EndInput(terminal) => self.session.end_input(terminal),
            Action::Complete(terminal, line) => {
                self.offers += 1;
                let completion = self.session.sandbox().complete(terminal, &line);
                self.offer = Some(Rc::new(Offer { number: self.offers, terminal, line, completion }));
            }
            Action::OpenTerminal { pane, endpoint } => {
                self.desk.overlay = None;
                match self.session.open_terminal(endpoint) {
                    Ok(terminal) => {
                        self.desk.show_terminal(pane, terminal);
                        self.focus_next = Some(format!("[data-terminal='{terminal}']"));
                    }
                    Err(sentence) => self.tell(sentence),
                }
            }
            Action::ShowTerminal { pane, terminal } => {
                let shown = self.desk.panes.iter().any(|pane| pane.open == terminal);
                // In a low window the open tab closes the terminals again.
                let closes = self.desk.is_low() && shown && self.desk.terminals_open();
                self.desk.terminals_open = Some(!closes);
                self.desk.show_terminal(pane, terminal);
                self.focus_next = (!closes).then(|| format!("[data-terminal='{terminal}']"));
            }
            Action::Terminals(open) => self.desk.terminals_open = Some(open),
            _ => {}
        }
    }

    fn select(&mut self, selection: Selection) {
        let again = selection == self.desk.selection;
        self.desk.selection = if again { Selection::Nothing } else { selection };
        self.desk.overlay = None;
        if let Selection::Message(_) = self.desk.selection {
            // It would be gone before anyone could read it.
            self.session.playing = false;
        }
        if selection != Selection::Nothing && self.desk.tool == Tool::Split {
            self.desk.tool = Tool::Select;
        }
    }

    fn close_legend(&mut self) {
        if self.desk.overlay == Some(Overlay::Legend) {
            self.desk.overlay = None;
        }
    }

    fn fault(&mut self, fault: Fault) {
        if let Err(sentence) = self.session.fault(fault) {
            self.tell(sentence);
        }
    }

    fn toggle_split(&mut self, id: ActorId) {
        let mut picked = Vec::clone(&self.desk.picked);
        match picked.iter().position(|other| *other == id) {
            Some(at) => {
                picked.remove(at);
            }
            None => picked.push(id),
        }
        self.desk.picked = Rc::new(picked);
    }

    fn split(&mut self) {
        let all = self.snapshot.scene.nodes.iter().map(|node| node.id);
        let (here, there): (Vec<_>, Vec<_>) = all.partition(|id| self.desk.picked.contains(id));
        if here.is_empty() || there.is_empty() {
            return;
        }
        self.fault(Fault::Split(vec![here, there]));
        self.desk.tool = Tool::Select;
        self.desk.picked = Rc::default();
    }

    /// A terminal in which nothing runs, the first if there is none.
    fn free_terminal(&self) -> usize {
        self.snapshot.terminals.iter().position(|terminal| terminal.running.is_none()).unwrap_or(0)
    }

    fn begin_anew(&mut self, settings: Settings) {
        remember_settings(&settings);
        let speed = self.session.speed;
        self.session = Session::new(settings);
        self.session.speed = speed;
        self.desk.begin_anew();
        self.offer = None;
        self.live.clear();
    }
}
