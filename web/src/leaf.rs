//! One component for every part of the page that has no state of its own.
//!
//! A leaf is drawn again when its value has changed and not otherwise. All of them share one component, because Yew compiles
//! the whole life of a component anew for each type: some ten kilobytes that every visitor would download for each.

use crate::dialogs::{self, HelpProps, NewClusterProps};
use crate::narration::{self, NarrationProps};
use crate::panels::{self, EventsProps, HistoryProps, SideProps, StoreProps};
use crate::stage::{
    self, ClientProps, HintProps, InspectorProps, LegendProps, LinkMenuProps, NodeProps, PaletteProps, SplitProps,
};
use crate::terminals::{self, BlockProps, TerminalsProps};
use crate::top_bar::{self, TopBarProps};
use crate::transport::{self, TimelineProps, TransportProps};
use yew::prelude::*;

/// A part of the page and all that it shows.
#[derive(Clone, PartialEq)]
pub(crate) enum Leaf {
    TopBar(TopBarProps),
    Palette(PaletteProps),
    Node(NodeProps),
    Client(ClientProps),
    Inspector(InspectorProps),
    LinkMenu(LinkMenuProps),
    Split(SplitProps),
    Hint(HintProps),
    Legend(LegendProps),
    Narration(NarrationProps),
    Side(SideProps),
    Store(StoreProps),
    History(HistoryProps),
    Events(EventsProps),
    Terminals(TerminalsProps),
    Block(BlockProps),
    Transport(TransportProps),
    Timeline(TimelineProps),
    NewCluster(NewClusterProps),
    Help(HelpProps),
}

#[derive(Properties, PartialEq)]
pub(crate) struct ShowProps {
    pub(crate) leaf: Leaf,
}

/// Shows a leaf.
#[function_component]
pub(crate) fn Show(props: &ShowProps) -> Html {
    match &props.leaf {
        Leaf::TopBar(props) => top_bar::top_bar(props),
        Leaf::Palette(props) => stage::palette(props),
        Leaf::Node(props) => stage::node(props),
        Leaf::Client(props) => stage::client(props),
        Leaf::Inspector(props) => stage::inspector(props),
        Leaf::LinkMenu(props) => stage::link_menu(props),
        Leaf::Split(props) => stage::split_card(props),
        Leaf::Hint(props) => stage::hint(props),
        Leaf::Legend(props) => stage::legend_card(props),
        Leaf::Narration(props) => narration::narration(props),
        Leaf::Side(props) => panels::side(props),
        Leaf::Store(props) => panels::store(props),
        Leaf::History(props) => panels::history(props),
        Leaf::Events(props) => panels::events(props),
        Leaf::Terminals(props) => terminals::terminals(props),
        Leaf::Block(props) => terminals::block(props),
        Leaf::Transport(props) => transport::transport(props),
        Leaf::Timeline(props) => transport::timeline(props),
        Leaf::NewCluster(props) => dialogs::new_cluster(props),
        Leaf::Help(props) => dialogs::help(props),
    }
}
