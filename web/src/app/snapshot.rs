//! The snapshots that are handed down: taken from the sandbox, kept while nothing in them changes.
//!
//! Invariant: a value that did not change stays the same `Rc`, so that what shows it is not drawn again. The scene is taken
//! once a frame at most; tables and running clocks are taken ten times a second, or at once when the person acted.

use super::desk::Desk;
use crate::action::{Selection, Tab};
use crate::panels::{LogsView, PanelView};
use crate::session::Session;
use crate::stage::{Inspected, Subject};
use crate::transport::{Run, axis_end};
use quorate::sandbox::view::{LogView, NarrationKind, NarrationView, NodeView, RoleView, SceneView, TerminalView};
use quorate::sandbox::{ActorId, ActorState, Time};
use std::rc::Rc;

/// How long a table stays as it is, in milliseconds.
const TABLE_MS: f64 = 100.0;

/// Everything that is shown of the run.
pub(super) struct Snapshot {
    /// The scene, without its time.
    pub(super) scene: Rc<SceneView>,
    /// The time of the last table.
    pub(super) table_now: Time,
    pub(super) terminals: Rc<Vec<Rc<TerminalView>>>,
    pub(super) waiting: Rc<Vec<bool>>,
    pub(super) run: Rc<Run>,
    pub(super) panel: PanelView,
    pub(super) newest: Option<NarrationView>,
    pub(super) inspected: Option<Rc<Inspected>>,
    table_at_ms: f64,
}

impl Snapshot {
    pub(super) fn new(session: &Session, desk: &Desk) -> Snapshot {
        let mut snapshot = Snapshot {
            scene: Rc::new(timeless(session)),
            table_now: session.now(),
            terminals: Rc::default(),
            waiting: Rc::default(),
            run: Rc::default(),
            panel: PanelView::Leases(Rc::default()),
            newest: None,
            inspected: None,
            table_at_ms: f64::NEG_INFINITY,
        };
        snapshot.take(session, desk, 0.0, true);
        snapshot
    }

    /// Takes what has changed; answers whether anything has.
    pub(super) fn take(&mut self, session: &Session, desk: &Desk, wall_ms: f64, at_once: bool) -> bool {
        let scene = share_nodes(timeless(session), &self.scene);
        let mut changed = keep(&mut self.scene, scene);
        if at_once || (session.playing && wall_ms - self.table_at_ms >= TABLE_MS) {
            self.table_at_ms = wall_ms;
            self.table_now = session.now();
            self.take_terminals(session);
            let waiting = self.scene.clients.iter().map(|client| client.waiting).collect();
            keep(&mut self.waiting, waiting);
            self.take_run(session);
            self.take_panel(session, desk);
            self.take_newest(session);
            self.take_inspected(session, desk);
            changed = true;
        }
        changed
    }

    fn take_terminals(&mut self, session: &Session) {
        let sandbox = session.sandbox();
        let mut changed = self.terminals.len() != sandbox.terminals();
        let views: Vec<Rc<TerminalView>> = (0..sandbox.terminals())
            .map(|terminal| {
                let view = sandbox.terminal(terminal);
                match self.terminals.get(terminal).filter(|old| ***old == view) {
                    Some(old) => old.clone(),
                    None => {
                        changed = true;
                        Rc::new(view)
                    }
                }
            })
            .collect();
        if changed {
            self.terminals = Rc::new(views);
        }
    }

    fn take_run(&mut self, session: &Session) {
        let sandbox = session.sandbox();
        let end_s = axis_end(session.now());
        let (marks, bands) = (sandbox.marks(), sandbox.term_bands());
        let old = &self.run;
        let seen_to = Time(session.now().micros() / 500_000 * 500_000);
        let same_length = old.marks.len() == marks.len() && old.bands.len() == bands.len();
        if !same_length || old.end_s != end_s || old.seen_to != seen_to {
            self.run = Rc::new(Run { marks: marks.to_vec(), bands: bands.to_vec(), end_s, seen_to });
        }
    }

    fn take_panel(&mut self, session: &Session, desk: &Desk) {
        let sandbox = session.sandbox();
        self.panel = match desk.tab {
            Tab::Logs => PanelView::Logs(Rc::new(logs(session, desk, &self.scene))),
            Tab::Store => {
                let node = desk.store_of.unwrap_or_else(|| whose_store(&self.scene));
                let view = sandbox.store(node, desk.store_at);
                PanelView::Store(match &self.panel {
                    PanelView::Store(old) if **old == view => old.clone(),
                    _ => Rc::new(view),
                })
            }
            Tab::Leases => PanelView::Leases(Rc::new(sandbox.leases())),
            Tab::Watches => PanelView::Watches(Rc::new(sandbox.watches())),
            Tab::Members => PanelView::Members(Rc::new(sandbox.members())),
            Tab::History => PanelView::History(Rc::new(sandbox.operations())),
            Tab::Events => PanelView::Events(sandbox.narration()),
        };
    }

    /// The newest event that matters: while nobody leads every step of the election does, afterwards only what it led to.
    fn take_newest(&mut self, session: &Session) {
        let led = running_leader(&self.scene).is_some();
        let matters = |event: &NarrationView| match event.kind {
            NarrationKind::Fault | NarrationKind::Mended | NarrationKind::Client | NarrationKind::Lease => true,
            NarrationKind::Election => !led || self.run.marks.iter().rev().any(|mark| *mark.label == *event.headline),
            // That an entry is applied is seen in the logs; that one is refused or dropped wants a word.
            NarrationKind::Log => event.source.is_some_and(|(label, _)| label.starts_with("Raft")),
        };
        let newest = session.sandbox().newest_narration(matters);
        if self.newest != newest {
            self.newest = newest;
        }
    }

    fn take_inspected(&mut self, session: &Session, desk: &Desk) {
        let sandbox = session.sandbox();
        let inspected = match desk.selection {
            Selection::Node(id) => self.scene.nodes.iter().find(|node| node.id == id).map(|node| Inspected {
                title: node.name.to_string(),
                fields: sandbox.node_fields(id),
                subject: Subject::Node { id, state: node.state, isolated: is_isolated(&self.scene, id) },
            }),
            Selection::Message(number) => match (sandbox.message_fields(number), &self.inspected) {
                (Some((title, fields)), _) => {
                    Some(Inspected { title, fields, subject: Subject::Message { number, flying: true } })
                }
                // It has arrived or is lost: what it said stays to be read.
                (None, Some(old)) if matches!(old.subject, Subject::Message { number: same, .. } if same == number) => {
                    Some(Inspected { subject: Subject::Message { number, flying: false }, ..Inspected::clone(old) })
                }
                (None, _) => None,
            },
            Selection::Link(..) | Selection::Nothing => None,
        };
        match (&mut self.inspected, inspected) {
            (Some(old), Some(new)) if **old == new => {}
            (old, new) => *old = new.map(Rc::new),
        }
    }
}

/// The scene without what changes in every frame.
fn timeless(session: &Session) -> SceneView {
    SceneView { now: Time::ZERO, events_total: 0, ..session.sandbox().scene() }
}

/// Nodes and clients that did not change stay the same values.
fn share_nodes(mut scene: SceneView, old: &SceneView) -> SceneView {
    fn share<T: PartialEq>(new: &mut [Rc<T>], old: &[Rc<T>]) {
        for (new, old) in new.iter_mut().zip(old) {
            if !Rc::ptr_eq(new, old) && **new == **old {
                *new = old.clone();
            }
        }
    }
    share(&mut scene.nodes, &old.nodes);
    share(&mut scene.clients, &old.clients);
    scene
}

fn keep<T: PartialEq>(old: &mut Rc<T>, new: T) -> bool {
    let changed = **old != new;
    if changed {
        *old = Rc::new(new);
    }
    changed
}

/// Whether every link of a member to another is cut both ways.
fn is_isolated(scene: &SceneView, id: ActorId) -> bool {
    let cut = |from, to| scene.cuts.iter().any(|cut| cut.from == from && cut.to == to);
    let others = scene.nodes.iter().map(|node| node.id).filter(|other| *other != id);
    scene.nodes.len() > 1 && others.into_iter().all(|other| cut(id, other) && cut(other, id))
}

/// The running leader of the highest term.
fn running_leader(scene: &SceneView) -> Option<&NodeView> {
    let leads = |node: &&Rc<NodeView>| node.role == RoleView::Leader && node.state == ActorState::Up;
    scene.nodes.iter().filter(leads).max_by_key(|node| node.term).map(|node| &**node)
}

/// The store that is shown unless the person chose: the leader's.
fn whose_store(scene: &SceneView) -> ActorId {
    let first = scene.nodes.first().map(|node| &**node);
    running_leader(scene).or(first).map_or(ActorId(0), |node| node.id)
}

fn logs(session: &Session, desk: &Desk, scene: &SceneView) -> LogsView {
    let sandbox = session.sandbox();
    let window = desk.log_window;
    let logs: Vec<LogView> = scene.nodes.iter().map(|node| sandbox.log(node.id, window.0, window.1)).collect();
    let chosen = match desk.log_column {
        Some(index) => {
            scene.nodes.iter().map(|node| sandbox.log(node.id, index, index).entries.into_iter().next()).collect()
        }
        None => Vec::new(),
    };
    LogsView {
        nodes: scene.nodes.clone(),
        logs,
        window,
        last_index: sandbox.log_last_index(),
        column: desk.log_column,
        chosen,
        now: session.now(),
    }
}
