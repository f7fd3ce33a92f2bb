//! The keyboard of the page. Single keys belong to fields while one has the focus; a dialog takes all but Esc.

use super::App;
use crate::action::{Action, Overlay, Selection, Tab, Theme, Tool};
use crate::browser::keyboard::Key;
use crate::browser::page;
use quorate::sandbox::{ActorId, ActorState, Fault};

/// Keys that the page takes from the browser when no field has the focus.
pub(super) fn takes(key: &Key) -> bool {
    match key.key.as_str() {
        "Escape" => true,
        _ if key.in_field => false,
        " " | "Enter" => !key.on_control,
        "ArrowLeft" | "ArrowRight" | "ArrowUp" | "ArrowDown" => key.on_stage,
        "`" | "/" | "'" => true,
        _ => false,
    }
}

impl App {
    /// What a key means now.
    pub(super) fn meaning(&mut self, key: &Key) -> Vec<Action> {
        let name = key.key.as_str();
        if name == "Escape" {
            return self.escape();
        }
        let in_dialog = matches!(self.desk.overlay, Some(Overlay::NewCluster | Overlay::Help));
        if name == "Enter"
            && self.desk.tool == Tool::Split
            && !in_dialog
            && (key.on_node || !(key.in_field || key.on_control))
        {
            return vec![Action::Split];
        }
        if key.in_field || in_dialog || (key.on_control && matches!(name, " " | "Enter")) {
            return Vec::new();
        }
        if std::mem::take(&mut self.desk.goes) {
            return Tab::ALL.into_iter().filter(|tab| tab.letter() == name).map(Action::Show).collect();
        }
        let action = match name {
            " " => Some(Action::TogglePlay),
            "." => Some(Action::Step),
            "[" => Some(Action::SetSpeed(self.session.speed.changed(-3))),
            "]" => Some(Action::SetSpeed(self.session.speed.changed(3))),
            "v" => Some(Action::Take(Tool::Select)),
            "x" => Some(Action::Take(Tool::Cut)),
            "s" => Some(Action::Take(Tool::Split)),
            "h" => Some(Action::Break(Fault::HealAll)),
            "c" => Some(Action::Open(Overlay::EndpointMenu(0))),
            "l" if self.desk.overlay == Some(Overlay::Legend) => Some(Action::Close),
            "l" => Some(Action::Open(Overlay::Legend)),
            "?" => Some(Action::Open(Overlay::Help)),
            "d" => Some(Action::SetTheme(self.next_theme())),
            "g" => {
                self.desk.goes = true;
                None
            }
            "`" => {
                self.focus_terminal();
                None
            }
            "k" => self.selected_node().map(|(id, state)| {
                Action::Break(if state == ActorState::Down { Fault::Restart(id) } else { Fault::Crash(id) })
            }),
            "i" => self.selected_node().map(|(id, _)| Action::Break(Fault::Isolate(id))),
            "ArrowRight" | "ArrowDown" if key.on_stage => self.walk(1),
            "ArrowLeft" | "ArrowUp" if key.on_stage => self.walk(-1),
            _ => name.parse::<usize>().ok().and_then(|number| self.node_at(number.checked_sub(1)?)),
        };
        action.into_iter().collect()
    }

    /// Closes the uppermost thing that is open.
    fn escape(&mut self) -> Vec<Action> {
        self.desk.goes = false;
        page::unfocus();
        let action = if self.desk.overlay.is_some() {
            Action::Close
        } else if self.desk.tool != Tool::Select {
            Action::Take(Tool::Select)
        } else if self.desk.theme == Theme::Projector {
            Action::SetTheme(Theme::System)
        } else {
            Action::Select(Selection::Nothing)
        };
        vec![action]
    }

    fn selected_node(&self) -> Option<(ActorId, ActorState)> {
        let Selection::Node(id) = self.desk.selection else { return None };
        self.snapshot.scene.nodes.iter().find(|node| node.id == id).map(|node| (id, node.state))
    }

    fn node_at(&self, place: usize) -> Option<Action> {
        let id = self.snapshot.scene.nodes.get(place)?.id;
        if self.desk.tool == Tool::Split {
            return Some(Action::ToggleSplit(id));
        }
        if self.desk.selection == Selection::Node(id) {
            return None;
        }
        page::focus(&format!("[data-node='{}']", id.0));
        Some(Action::Select(Selection::Node(id)))
    }

    /// The next node on the ring.
    fn walk(&self, step: isize) -> Option<Action> {
        let nodes = &self.snapshot.scene.nodes;
        let here = nodes.iter().position(|node| self.desk.selection == Selection::Node(node.id));
        let count = nodes.len() as isize;
        let next = here.map_or(0, |here| (here as isize + step).rem_euclid(count.max(1)));
        self.node_at(next as usize)
    }

    /// `d` goes through light, dark and projector.
    fn next_theme(&self) -> Theme {
        match self.desk.theme.tokens(page::prefers_dark()) {
            "light" => Theme::Dark,
            "dark" => Theme::Projector,
            _ => Theme::Light,
        }
    }

    pub(super) fn focus_terminal(&mut self) {
        self.desk.terminals_open = Some(true);
        if let Some(pane) = self.desk.panes.first() {
            self.focus_next = Some(format!("[data-terminal='{}']", pane.open));
        }
    }
}
