//! Everything that a person can ask of the page, and the few values that describe what is open.
//!
//! Leaves send an [`Action`] up; the root alone acts. So no leaf knows the sandbox.

use quorate::sandbox::view::NarrationKind;
use quorate::sandbox::{ActorId, Fault, NetworkProfile, Settings};

/// A wish of the person.
#[derive(Clone, PartialEq, Debug)]
pub(crate) enum Action {
    /// Let time run, or stop it.
    TogglePlay,
    /// Take one event.
    Step,
    /// Let time run this fast.
    SetSpeed(Speed),
    /// Look at this.
    Select(Selection),
    /// Take a tool.
    Take(Tool),
    /// Break or mend something.
    Break(Fault),
    /// Put a member on the split's other side, or back.
    ToggleSplit(ActorId),
    /// Put exactly these on the split's other side.
    SetSplit(Vec<ActorId>),
    /// Make the split.
    Split,
    /// Let every member run again.
    RestartAll,
    /// Show a side panel.
    Show(Tab),
    /// The log view shows these indexes.
    LogWindow(u64, u64),
    /// Choose an index of the log.
    LogColumn(Option<u64>),
    /// Show the store of this member.
    StoreOf(ActorId),
    /// Show the store as of a revision; `None` follows the newest.
    StoreAt(Option<i64>),
    /// Show only events of this kind.
    Filter(Option<NarrationKind>),
    /// Type lines into a terminal.
    Type(usize, Vec<String>),
    /// Type a line into the terminal at hand.
    Run(&'static str),
    /// Ctrl-C.
    Interrupt(usize),
    /// Ctrl-D.
    EndInput(usize),
    /// Ask what a line could go on with.
    Complete(usize, String),
    /// Open a terminal at a member.
    OpenTerminal {
        /// In which pane it is shown.
        pane: usize,
        /// The member.
        endpoint: ActorId,
    },
    /// Show a terminal in a pane.
    ShowTerminal {
        /// The pane.
        pane: usize,
        /// The terminal.
        terminal: usize,
    },
    /// Show or hide the terminals where there is no room for both.
    Terminals(bool),
    /// Open a dialog or a card.
    Open(Overlay),
    /// Close what is open.
    Close,
    /// Change the wishes for a new cluster.
    Draft(Draft),
    /// Begin anew.
    NewCluster(Settings),
    /// Choose colours.
    SetTheme(Theme),
    /// The hint has been read.
    DismissHint,
}

/// The wishes for a new cluster, while the dialog is open.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Draft {
    /// How many members.
    pub(crate) nodes: usize,
    /// What decides every accident, as typed.
    pub(crate) seed: String,
    /// How far apart the members are.
    pub(crate) network: NetworkProfile,
}

impl Draft {
    pub(crate) fn of(settings: &Settings) -> Draft {
        Draft { nodes: settings.nodes, seed: settings.seed.to_string(), network: settings.network }
    }

    /// The settings, unless the seed is none.
    pub(crate) fn settings(&self) -> Option<Settings> {
        let seed = self.seed.trim().parse().ok()?;
        Some(Settings { nodes: self.nodes, seed, network: self.network, ..Settings::default() })
    }
}

/// What the inspector shows.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(crate) enum Selection {
    /// Nothing.
    #[default]
    Nothing,
    /// A member.
    Node(ActorId),
    /// A message in flight.
    Message(u64),
    /// A link, the lower member first.
    Link(ActorId, ActorId),
}

/// What a press on the stage does.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(crate) enum Tool {
    /// Opens the inspector.
    #[default]
    Select,
    /// Cuts the link.
    Cut,
    /// Draws around a side.
    Split,
}

/// A tab of the side panel.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(crate) enum Tab {
    #[default]
    Logs,
    Store,
    Leases,
    Watches,
    Members,
    History,
    Events,
}

impl Tab {
    pub(crate) const ALL: [Tab; 7] =
        [Tab::Logs, Tab::Store, Tab::Leases, Tab::Watches, Tab::Members, Tab::History, Tab::Events];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Tab::Logs => "Logs",
            Tab::Store => "Store",
            Tab::Leases => "Leases",
            Tab::Watches => "Watches",
            Tab::Members => "Members",
            Tab::History => "History",
            Tab::Events => "Events",
        }
    }

    /// The letter that follows `g`.
    pub(crate) fn letter(self) -> &'static str {
        match self {
            Tab::Logs => "l",
            Tab::Store => "s",
            Tab::Leases => "e",
            Tab::Watches => "w",
            Tab::Members => "m",
            Tab::History => "h",
            Tab::Events => "v",
        }
    }
}

/// What lies above the page.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Overlay {
    /// The dialog for a new cluster.
    NewCluster,
    /// The keyboard map.
    Help,
    /// The meaning of shapes.
    Legend,
    /// The choice of colours.
    ThemeMenu,
    /// The choice of a member for a new terminal in this pane.
    EndpointMenu(usize),
}

/// The colours.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(crate) enum Theme {
    /// What the system asks for.
    #[default]
    System,
    Light,
    Dark,
    Projector,
}

impl Theme {
    pub(crate) const ALL: [Theme; 4] = [Theme::System, Theme::Light, Theme::Dark, Theme::Projector];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Theme::System => "system",
            Theme::Light => "light",
            Theme::Dark => "dark",
            Theme::Projector => "projector",
        }
    }

    pub(crate) fn named(name: &str) -> Option<Theme> {
        Theme::ALL.into_iter().find(|theme| theme.name() == name)
    }

    /// The theme whose tokens are used.
    pub(crate) fn tokens(self, prefers_dark: bool) -> &'static str {
        match self {
            Theme::System if prefers_dark => Theme::Dark.name(),
            Theme::System => Theme::Light.name(),
            chosen => chosen.name(),
        }
    }
}

/// How fast time runs: ten steps a power of ten, from 0.001x to 10x.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) struct Speed(u8);

impl Speed {
    const MANTISSAS: [u32; 10] = [100, 125, 160, 200, 250, 315, 400, 500, 630, 800];
    pub(crate) const STEPS: u8 = 40;
    pub(crate) const NORMAL: Speed = Speed(30);

    pub(crate) fn at(step: u8) -> Speed {
        Speed(step.min(Speed::STEPS))
    }

    pub(crate) fn step(self) -> u8 {
        self.0
    }

    /// A little faster or slower: about twice.
    pub(crate) fn changed(self, steps: i8) -> Speed {
        Speed::at(self.0.saturating_add_signed(steps))
    }

    /// In units of 0.00001.
    fn scaled(self) -> u64 {
        u64::from(Speed::MANTISSAS[usize::from(self.0 % 10)]) * 10_u64.pow(u32::from(self.0 / 10))
    }

    /// Virtual time per wall time.
    pub(crate) fn factor(self) -> f64 {
        self.scaled() as f64 / 100_000.0
    }

    /// So slow that a message can be read on its way.
    pub(crate) fn is_slow(self) -> bool {
        self <= Speed(20)
    }

    /// `0.1×`.
    pub(crate) fn text(self) -> String {
        let scaled = self.scaled();
        let decimals = format!("{:05}", scaled % 100_000);
        let decimals = decimals.trim_end_matches('0');
        let point = if decimals.is_empty() { "" } else { "." };
        format!("{}{point}{decimals}×", scaled / 100_000)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn speed_runs_from_a_thousandth_to_ten() {
        let texts = [0, 10, 20, 23, 30, 31, 40].map(|step| Speed::at(step).text());
        assert_eq!(texts, ["0.001×", "0.01×", "0.1×", "0.2×", "1×", "1.25×", "10×"]);
    }

    #[test]
    fn speed_stops_at_its_ends() {
        assert_eq!(Speed::at(200), Speed::at(40));
        assert_eq!(Speed::at(1).changed(-3), Speed::at(0));
    }

    #[test]
    fn a_theme_that_is_not_chosen_follows_the_system() {
        assert_eq!((Theme::System.tokens(true), Theme::System.tokens(false)), ("dark", "light"));
        assert_eq!(Theme::named("projector"), Some(Theme::Projector));
    }
}
