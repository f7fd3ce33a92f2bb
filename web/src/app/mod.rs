//! The root: owns the session, takes the snapshots, hands them down, acts on what comes up.

mod acts;
mod desk;
mod keys;
mod snapshot;

use crate::action::{Action, Overlay};
use crate::browser::animation::Animation;
use crate::browser::keyboard::{self, Key};
use crate::browser::listen::Listener;
use crate::browser::{page, wall_ms};
use crate::dialogs::{HelpProps, NewClusterProps};
use crate::leaf::{Leaf, Show};
use crate::narration::NarrationProps;
use crate::panels::SideProps;
use crate::session::Session;
use crate::stage::layout::{self, Form, Layout};
use crate::stage::live::{Live, Manner};
use crate::stage::{self, Stage};
use crate::terminals::{Offer, TerminalsProps};
use crate::top_bar::TopBarProps;
use crate::transport::{TransportProps, draw_playhead};
use crate::words::within;
use desk::Desk;
use gloo_timers::callback::{Interval, Timeout};
use quorate::sandbox::view::{NodeView, SceneView};
use snapshot::Snapshot;
use std::rc::Rc;
use yew::prelude::*;

/// How long the stage takes to a new arrangement, in milliseconds: `--move-slow`.
const MOVE_MS: f64 = 280.0;
/// How long a notice stays, in milliseconds.
const NOTICE_MS: u32 = 5_000;
/// How often a hidden tab goes on, in milliseconds.
const HIDDEN_MS: u32 = 250;

pub(crate) enum Message {
    Frame(f64),
    /// The tab is hidden and gets no frames.
    Pump,
    Key(Key),
    Act(Action),
    Resized,
    ColoursChanged,
    NoticeEnds,
}

/// The stage on its way from one arrangement to another.
struct Moving {
    from: Layout,
    to: Layout,
    began_ms: f64,
}

pub(crate) struct App {
    session: Session,
    desk: Desk,
    snapshot: Snapshot,
    layout: Rc<Layout>,
    /// The scene that the layout was made for.
    arranged: Rc<SceneView>,
    moving: Option<Moving>,
    live: Live,
    /// Where wishes go. Always the same callback, so that a leaf is not drawn again for it.
    on: Callback<Action>,
    stage: NodeRef,
    stage_size: (f64, f64),
    offer: Option<Rc<Offer>>,
    offers: u64,
    /// What gets the focus once it is drawn.
    focus_next: Option<String>,
    frame_ms: Option<f64>,
    /// Something that is drawn by hand has changed.
    dirty: bool,
    notice_timer: Option<Timeout>,
    _animation: Animation,
    _pump: Interval,
    _listeners: Vec<Listener>,
}

impl Component for App {
    type Message = Message;
    type Properties = ();

    fn create(ctx: &Context<Self>) -> Self {
        let link = ctx.link().clone();
        let animation = Animation::start(move |time_ms| link.send_message(Message::Frame(time_ms)));
        let link = ctx.link().clone();
        let pump = Interval::new(HIDDEN_MS, move || {
            if page::is_hidden() {
                link.send_message(Message::Pump);
            }
        });
        let session = Session::new(desk::remembered_settings());
        let mut desk = Desk::new();
        desk.seat_terminals(session.sandbox().terminals());
        desk.flag();
        let snapshot = Snapshot::new(&session, &desk);
        let stage_size = (834.0, 388.0);
        let layout = arrange(&snapshot, &desk, stage_size);
        App {
            session,
            desk,
            arranged: snapshot.scene.clone(),
            snapshot,
            layout: Rc::new(layout),
            moving: None,
            live: Live::default(),
            on: ctx.link().callback(Message::Act),
            stage: NodeRef::default(),
            stage_size,
            offer: None,
            offers: 0,
            focus_next: None,
            frame_ms: None,
            dirty: true,
            notice_timer: None,
            _animation: animation,
            _pump: pump,
            _listeners: listeners(ctx),
        }
    }

    fn update(&mut self, ctx: &Context<Self>, message: Message) -> bool {
        match message {
            Message::Frame(time_ms) => return self.frame(time_ms),
            Message::Pump => {
                self.frame_ms = None;
                self.session.play(f64::from(HIDDEN_MS));
                return false;
            }
            Message::Key(key) => {
                let actions = self.meaning(&key);
                if actions.is_empty() && self.focus_next.is_none() {
                    return false;
                }
                for action in actions {
                    self.act(action);
                }
            }
            Message::Act(action) => self.act(action),
            Message::Resized => self.desk.viewport = page::viewport(),
            Message::ColoursChanged => self.desk.apply_theme(),
            Message::NoticeEnds => self.desk.notice = None,
        }
        if self.desk.notice.is_some() && self.notice_timer.is_none() {
            let link = ctx.link().clone();
            self.notice_timer = Some(Timeout::new(NOTICE_MS, move || link.send_message(Message::NoticeEnds)));
        } else if self.desk.notice.is_none() {
            self.notice_timer = None;
        }
        self.desk.seat_terminals(self.session.sandbox().terminals());
        self.desk.flag();
        self.refresh(true);
        true
    }

    fn rendered(&mut self, ctx: &Context<Self>, _: bool) {
        if let Some(size) = page::size(&self.stage)
            && size != self.stage_size
            && size.0 > 0.0
        {
            self.stage_size = size;
            self.moving = None;
            self.layout = Rc::new(arrange(&self.snapshot, &self.desk, size));
            ctx.link().send_message(Message::Resized);
        }
        if let Some(selector) = self.focus_next.take() {
            page::focus(&selector);
        }
        self.live.forget_timers();
        self.draw();
    }

    fn view(&self, _: &Context<Self>) -> Html {
        let (desk, snapshot) = (&self.desk, &self.snapshot);
        let on = &self.on;
        let waiting = snapshot.scene.clients.iter().any(|client| client.waiting);
        let top_bar = TopBarProps {
            settings: self.session.sandbox().settings().clone(),
            theme: desk.theme,
            menu: desk.overlay == Some(Overlay::ThemeMenu),
            on: on.clone(),
        };
        let dialog = match desk.overlay {
            Some(Overlay::NewCluster) => {
                Some(Leaf::NewCluster(NewClusterProps { draft: desk.draft.clone(), on: on.clone() }))
            }
            Some(Overlay::Help) => Some(Leaf::Help(HelpProps { on: on.clone() })),
            _ => None,
        };
        html! {
            <div class="app">
                <Show leaf={Leaf::TopBar(top_bar)} />
                <main>
                    <Stage scene={snapshot.scene.clone()} layout={self.layout.clone()} waiting_now={waiting.then_some(snapshot.table_now)}
                        selection={desk.selection} inspected={snapshot.inspected.clone()} tool={desk.tool} picked={desk.picked.clone()}
                        legend={stage::shows(desk.overlay)} hint={desk.hint} notice={desk.notice.clone()} element={self.stage.clone()}
                        on={on.clone()} />
                    <Show leaf={Leaf::Narration(NarrationProps { newest: snapshot.newest.clone(), on: on.clone() })} />
                    <Show leaf={Leaf::Side(self.side())} />
                    <Show leaf={Leaf::Terminals(self.terminals())} />
                </main>
                <Show leaf={Leaf::Transport(self.transport())} />
                { for dialog.map(|leaf| html! { <Show {leaf} /> }) }
            </div>
        }
    }
}

impl App {
    fn side(&self) -> SideProps {
        let (desk, snapshot) = (&self.desk, &self.snapshot);
        SideProps {
            tab: desk.tab,
            view: snapshot.panel.clone(),
            nodes: snapshot.scene.nodes.clone(),
            now: snapshot.table_now,
            narrow: desk.form() == Form::Narrow,
            width: desk.panel_width(),
            terminals_shown: desk.shares_place().then(|| desk.terminals_open()),
            only: desk.only,
            on: self.on.clone(),
        }
    }

    fn terminals(&self) -> TerminalsProps {
        let (desk, snapshot) = (&self.desk, &self.snapshot);
        let running = snapshot.terminals.iter().any(|terminal| terminal.running.is_some());
        let names = |node: &Rc<NodeView>| (node.id, node.name.clone());
        TerminalsProps {
            panes: desk.panes.clone(),
            terminals: snapshot.terminals.clone(),
            members: snapshot.scene.nodes.iter().map(names).collect(),
            now: running.then_some(snapshot.table_now),
            playing: self.session.playing,
            waiting: snapshot.waiting.clone(),
            offer: self.offer.clone(),
            menu: match desk.overlay {
                Some(Overlay::EndpointMenu(pane)) => Some(pane),
                _ => None,
            },
            on: self.on.clone(),
        }
    }

    fn transport(&self) -> TransportProps {
        TransportProps {
            playing: self.session.playing,
            speed: self.session.speed,
            run: self.snapshot.run.clone(),
            width: self.desk.timeline_width(),
            form: self.desk.form(),
            on: self.on.clone(),
        }
    }

    fn frame(&mut self, time_ms: f64) -> bool {
        let passed = self.frame_ms.replace(time_ms).map_or(0.0, |before| time_ms - before);
        let playing = self.session.playing;
        self.session.play(passed);
        let mut changed = playing && self.refresh(false);
        if let Some(moving) = &self.moving {
            let share = within((wall_ms() - moving.began_ms) / MOVE_MS, 0.0, 1.0);
            let eased = 1.0 - (1.0 - share) * (1.0 - share) * (1.0 - share);
            self.layout = Rc::new(layout::between(&moving.from, &moving.to, eased));
            if share >= 1.0 {
                self.layout = Rc::new(moving.to.clone());
                self.moving = None;
            }
            changed = true;
        }
        if playing || self.dirty || changed {
            self.draw();
        }
        changed
    }

    /// Takes the snapshots, and the arrangement that they need.
    fn refresh(&mut self, at_once: bool) -> bool {
        let changed = self.snapshot.take(&self.session, &self.desk, wall_ms(), at_once);
        self.dirty |= changed;
        if changed {
            self.desk.seat_terminals(self.session.sandbox().terminals());
            self.rearrange();
        }
        changed
    }

    fn rearrange(&mut self) {
        let (scene, form) = (&self.snapshot.scene, self.desk.form());
        let same = scene.sides == self.arranged.sides
            && scene.nodes.len() == self.arranged.nodes.len()
            && scene.clients.iter().map(|client| &client.endpoints).eq(self
                .arranged
                .clients
                .iter()
                .map(|client| &client.endpoints))
            && (self.stage_size, form) == (self.layout.size, self.layout.form);
        if same {
            return;
        }
        self.arranged = scene.clone();
        let wanted = arrange(&self.snapshot, &self.desk, self.stage_size);
        let target = self.moving.as_ref().map_or(&*self.layout, |moving| &moving.to);
        if *target == wanted {
            return;
        }
        let same_nodes = target.nodes.iter().map(|(id, _)| id).eq(wanted.nodes.iter().map(|(id, _)| id));
        let moves =
            same_nodes && target.size == wanted.size && target.form == wanted.form && !page::prefers_reduced_motion();
        if moves {
            self.moving = Some(Moving { from: Layout::clone(&self.layout), to: wanted, began_ms: wall_ms() });
        } else {
            self.moving = None;
            self.layout = Rc::new(wanted);
        }
    }

    /// Draws what moves with time.
    fn draw(&mut self) {
        self.dirty = false;
        let now = self.session.now();
        let sandbox = self.session.sandbox();
        let manner = Manner {
            labels: !self.session.playing || self.session.speed.is_slow(),
            reduced: page::prefers_reduced_motion(),
            selected: match self.desk.selection {
                crate::action::Selection::Message(number) => Some(number),
                _ => None,
            },
        };
        self.live.draw(now, &sandbox.messages(), &self.layout, manner);
        self.live.draw_timers(now, &self.snapshot.scene.nodes, self.layout.metrics.ring, manner.reduced);
        draw_playhead(now, self.snapshot.run.end_s, self.desk.timeline_width());
    }

    /// Says something in one sentence, for a while.
    fn tell(&mut self, sentence: String) {
        self.desk.notice = Some(sentence.into());
        self.notice_timer = None;
    }
}

fn arrange(snapshot: &Snapshot, desk: &Desk, size: (f64, f64)) -> Layout {
    let scene = &snapshot.scene;
    layout::arrange(&scene.nodes, &scene.clients, &scene.sides, size, desk.form())
}

fn listeners(ctx: &Context<App>) -> Vec<Listener> {
    let link = ctx.link().clone();
    let keys = keyboard::listen(move |key| {
        let taken = keys::takes(&key);
        link.send_message(Message::Key(key));
        taken
    });
    let link = ctx.link().clone();
    let resize = Listener::on_window("resize", move || link.send_message(Message::Resized));
    let link = ctx.link().clone();
    let colours = Listener::on_colour_scheme(move || link.send_message(Message::ColoursChanged));
    [Some(keys), Some(resize), colours].into_iter().flatten().collect()
}
