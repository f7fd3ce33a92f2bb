//! What the person has open and chosen: everything on the page that is not the run itself.

use crate::action::{Draft, Overlay, Selection, Tab, Theme, Tool};
use crate::browser::{page, storage};
use crate::stage::layout::Form;
use crate::terminals::Pane;
use quorate::sandbox::view::NarrationKind;
use quorate::sandbox::{ActorId, NetworkProfile, Settings};
use std::rc::Rc;

const THEME: &str = "quorate.theme";
const HINT: &str = "quorate.hint";
const SETTINGS: &str = "quorate.settings";

/// The state of the desk.
pub(super) struct Desk {
    pub(super) selection: Selection,
    pub(super) tool: Tool,
    pub(super) picked: Rc<Vec<ActorId>>,
    pub(super) tab: Tab,
    pub(super) overlay: Option<Overlay>,
    pub(super) theme: Theme,
    pub(super) hint: bool,
    pub(super) notice: Option<Rc<str>>,
    pub(super) panes: Rc<Vec<Pane>>,
    /// Whether the terminals are open where there is no room for both; unset, the window's shape decides.
    pub(super) terminals_open: Option<bool>,
    pub(super) log_window: (u64, u64),
    pub(super) log_column: Option<u64>,
    pub(super) store_of: Option<ActorId>,
    pub(super) store_at: Option<i64>,
    /// The kind of events that is shown.
    pub(super) only: Option<NarrationKind>,
    /// The wishes for a new cluster.
    pub(super) draft: Draft,
    pub(super) viewport: (f64, f64),
    /// `g` was pressed, and a tab's letter follows.
    pub(super) goes: bool,
}

impl Desk {
    pub(super) fn new() -> Desk {
        let theme = storage::get(THEME).and_then(|name| Theme::named(&name)).unwrap_or_default();
        let mut desk = Desk {
            selection: Selection::Nothing,
            tool: Tool::Select,
            picked: Rc::default(),
            tab: Tab::Logs,
            overlay: None,
            theme,
            hint: storage::get(HINT).is_none(),
            notice: None,
            panes: Rc::default(),
            terminals_open: None,
            log_window: (1, 24),
            log_column: None,
            store_of: None,
            store_at: None,
            only: None,
            draft: Draft::of(&Settings::default()),
            viewport: page::viewport(),
            goes: false,
        };
        desk.apply_theme();
        desk
    }

    /// Forgets what belonged to the run before.
    pub(super) fn begin_anew(&mut self) {
        self.selection = Selection::Nothing;
        self.tool = Tool::Select;
        self.picked = Rc::default();
        self.overlay = None;
        self.notice = None;
        self.panes = Rc::default();
        self.log_window = (1, 24);
        self.log_column = None;
        self.store_of = None;
        self.store_at = None;
    }

    pub(super) fn set_theme(&mut self, theme: Theme) {
        self.theme = theme;
        storage::set(THEME, theme.name());
        self.apply_theme();
    }

    pub(super) fn apply_theme(&mut self) {
        page::set_theme(self.theme.tokens(page::prefers_dark()));
    }

    pub(super) fn dismiss_hint(&mut self) {
        self.hint = false;
        storage::set(HINT, "read");
    }

    pub(super) fn form(&self) -> Form {
        match self.theme {
            Theme::Projector => Form::Projector,
            _ if self.viewport.0 <= 600.0 => Form::Narrow,
            _ => Form::Wide,
        }
    }

    /// The side panel lies where the terminals lie.
    pub(super) fn shares_place(&self) -> bool {
        (601.0..1100.0).contains(&self.viewport.0)
    }

    /// The window is so low that the terminals are closed at first.
    pub(super) fn is_low(&self) -> bool {
        self.viewport.1 < 700.0 && self.viewport.0 > 600.0
    }

    pub(super) fn terminals_open(&self) -> bool {
        self.terminals_open.unwrap_or(self.shares_place() || !self.is_low())
    }

    /// Tells the style sheets what is open.
    pub(super) fn flag(&self) {
        let open = self.terminals_open();
        page::set_flag("data-terminals", if open { "open" } else { "closed" });
        page::set_flag("data-under", if self.shares_place() && open { "terminals" } else { "panel" });
    }

    /// The width of what the side panel shows.
    pub(super) fn panel_width(&self) -> f64 {
        match self.viewport.0 {
            width @ ..=600.0 => width - 24.0,
            width @ ..1100.0 => width - 32.0,
            ..1340.0 => 467.0,
            ..1500.0 => 499.0,
            ..1800.0 => 547.0,
            _ => 607.0,
        }
    }

    /// The width of the timeline.
    pub(super) fn timeline_width(&self) -> f64 {
        let margin = match self.form() {
            Form::Wide => 32.0,
            Form::Narrow => 24.0,
            Form::Projector => 40.0,
        };
        (self.viewport.0 - margin).max(200.0)
    }

    /// How many terminals stand side by side.
    fn panes_wanted(&self) -> usize {
        match self.viewport.0 {
            ..=600.0 => 1,
            ..1800.0 => 2,
            _ => 3,
        }
    }

    /// Gives every terminal a pane: new ones, and all of them when there is room for more or fewer panes.
    pub(super) fn seat_terminals(&mut self, terminals: usize) {
        let wanted = self.panes_wanted();
        let seated: usize = self.panes.iter().map(|pane| pane.tabs.len()).sum();
        let wanted = wanted.min(terminals.max(1));
        if self.panes.len() == wanted && seated == terminals {
            return;
        }
        let mut panes = Vec::clone(&self.panes);
        if panes.len() != wanted {
            panes = (0..wanted)
                .map(|pane| {
                    let tabs: Vec<usize> = (0..terminals).filter(|at| *at.min(&(wanted - 1)) == pane).collect();
                    Pane { open: tabs[0], tabs }
                })
                .collect();
        } else {
            for terminal in seated..terminals {
                if let Some(pane) = panes.last_mut() {
                    pane.tabs.push(terminal);
                }
            }
        }
        self.panes = Rc::new(panes);
    }

    /// Opens a terminal in the pane that has its tab, or takes it into this one.
    pub(super) fn show_terminal(&mut self, pane: usize, terminal: usize) {
        let mut panes = Vec::clone(&self.panes);
        if let Some(pane) = panes.iter_mut().find(|pane| pane.tabs.contains(&terminal)) {
            pane.open = terminal;
        } else if let Some(pane) = panes.get_mut(pane) {
            pane.tabs.push(terminal);
            pane.open = terminal;
        }
        self.panes = Rc::new(panes);
    }
}

/// The settings of the last visit.
pub(super) fn remembered_settings() -> Settings {
    let read = |text: &str| {
        let mut words = text.split(' ');
        let nodes = words.next()?.parse().ok().filter(|nodes| [3, 5, 7].contains(nodes))?;
        let seed = words.next()?.parse().ok()?;
        let network = NetworkProfile::named(words.next()?)?;
        Some(Settings { nodes, seed, network, ..Settings::default() })
    };
    storage::get(SETTINGS).and_then(|text| read(&text)).unwrap_or_default()
}

/// Remembers the settings for the next visit.
pub(super) fn remember_settings(settings: &Settings) {
    storage::set(SETTINGS, &format!("{} {} {}", settings.nodes, settings.seed, settings.network.name()));
}
