//! What moves on the stage: messages and election timers, drawn by hand once a frame, outside of the component tree.
//!
//! A message's place is a function of (now, sent, arrival) alone, so that paused means still and any speed is exact. One
//! shape is kept a message and only moved; it leaves with the message.

use super::layout::{Layout, Point, Rect};
use super::node::{arc_id, arc_path};
use crate::browser::svg::Shape;
use crate::words::{hue, px, share, within};
use quorate::sandbox::view::{MessageShape, MessageView, NodeView};
use quorate::sandbox::{ActorId, ActorState, Duration, Time};
use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::rc::Rc;

/// How long a lost message stays to be seen.
const LOST_FADES: Duration = Duration::millis(12);
/// At most this many labels at once.
const LABELS_MAX: usize = 12;
/// How much of its way a message leaves behind it.
const TAIL: f64 = 34.0;

/// How the layer is drawn now.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Manner {
    /// Labels are wanted: it is so slow that they can be read.
    pub(crate) labels: bool,
    /// As little motion as possible.
    pub(crate) reduced: bool,
    /// The message in the inspector.
    pub(crate) selected: Option<u64>,
}

struct Glyph {
    group: Shape,
    body: Shape,
    tail: Shape,
    label: Option<Shape>,
    lost: bool,
}

/// What tells one message from another, also when it is lost and has no number any more: its way and its times.
type GlyphKey = (ActorId, ActorId, Time, Time, u8);

fn glyph_key(message: &MessageView) -> GlyphKey {
    (message.from, message.to, message.sent_at, message.arrives_at, message.shape as u8)
}

/// The moving layer.
#[derive(Default)]
pub(crate) struct Live {
    glyphs: BTreeMap<GlyphKey, Glyph>,
    arcs: BTreeMap<ActorId, String>,
}

impl Live {
    /// Draws the messages.
    pub(crate) fn draw(&mut self, now: Time, messages: &[MessageView], layout: &Layout, manner: Manner) {
        let (Some(parent), Some(labels)) = (Shape::by_id("messages"), Shape::by_id("message-labels")) else {
            self.glyphs.clear();
            return;
        };
        let is_drawn = |key: &GlyphKey| messages.iter().any(|message| glyph_key(message) == *key);
        for key in self.glyphs.keys().copied().filter(|key| !is_drawn(key)).collect::<Vec<_>>() {
            self.remove(key);
        }
        let mut labelled = 0;
        let discs = layout.nodes.iter().map(|(_, at)| Rect::new(at.x, at.y, 0.0, 0.0).grown(layout.metrics.disc));
        let mut taken: Vec<Rect> = discs.chain(layout.clients.iter().map(|(_, place)| *place)).collect();
        for message in messages {
            let Some(place) = Placed::new(message, now, layout, manner.reduced) else { continue };
            let lost = message.dies_at.is_some_and(|dies_at| dies_at <= now);
            let key = glyph_key(message);
            if self.glyphs.get(&key).is_some_and(|glyph| glyph.lost != lost) {
                self.remove(key);
            }
            let glyph = match self.glyphs.entry(key) {
                Entry::Occupied(glyph) => glyph.into_mut(),
                Entry::Vacant(place) => {
                    let Some(glyph) = Glyph::new(&parent, message, lost) else { continue };
                    place.insert(glyph)
                }
            };
            glyph.move_to(message, &place, layout.metrics.message, manner);
            let wanted = (manner.labels && labelled < LABELS_MAX) || manner.selected == Some(message.number);
            let at = if wanted { label_place(&place, layout, &message.label, lost, &mut taken) } else { None };
            labelled += usize::from(at.is_some());
            glyph.label(&labels, layout, at.map(|at| (&message.label, at)));
        }
    }

    /// Draws the election timers: full at 12 o'clock when set, empty when they run down.
    pub(crate) fn draw_timers(&mut self, now: Time, nodes: &[Rc<NodeView>], radius: f64, reduced: bool) {
        for node in nodes {
            let path = match node.election_timer {
                Some((set_at, runs_down_at)) if node.state != ActorState::Down => {
                    let whole = runs_down_at.since(set_at).as_micros().max(1) as f64;
                    let left = within(runs_down_at.since(now).as_micros() as f64 / whole, 0.0, 0.999);
                    let left = if reduced { (left * 8.0).ceil().min(7.99) / 8.0 } else { left };
                    if left < 0.004 { String::new() } else { arc_path(radius, 0.0, left) }
                }
                _ => String::new(),
            };
            if self.arcs.get(&node.id) != Some(&path) {
                if let Some(arc) = Shape::by_id(&arc_id(node.id)) {
                    arc.set("d", &path);
                    self.arcs.insert(node.id, path);
                } else {
                    self.arcs.remove(&node.id);
                }
            }
        }
    }

    /// Forgets which timers were drawn: their elements may be new.
    pub(crate) fn forget_timers(&mut self) {
        self.arcs.clear();
    }

    /// Forgets what was drawn: the elements are gone, or belong to another run.
    pub(crate) fn clear(&mut self) {
        for key in self.glyphs.keys().copied().collect::<Vec<_>>() {
            self.remove(key);
        }
        self.arcs.clear();
    }

    fn remove(&mut self, key: GlyphKey) {
        if let Some(glyph) = self.glyphs.remove(&key) {
            glyph.group.remove();
            glyph.tail.remove();
            if let Some(label) = glyph.label {
                label.remove();
            }
        }
    }
}

/// Where a message is.
struct Placed {
    at: Point,
    way: Point,
    behind: f64,
    opacity: f64,
}

impl Placed {
    fn new(message: &MessageView, now: Time, layout: &Layout, reduced: bool) -> Option<Placed> {
        let (from, to) = layout.way(message.from, message.to)?;
        let flown = |until: Time| {
            let whole = until.since(message.sent_at).as_micros().max(1) as f64;
            within(now.since(message.sent_at).as_micros() as f64 / whole, 0.0, 1.0)
        };
        let whole = message.arrives_at.since(message.sent_at).as_micros().max(1) as f64;
        let (mut passed, opacity) = match message.dies_at {
            // It dies at the border if it has one to cross, else where its time was up.
            Some(dies_at) => {
                let share = dies_at.since(message.sent_at).as_micros() as f64 / whole;
                let end = layout.crossing(from, to).unwrap_or(within(share, 0.1, 0.95));
                let since = now.since(dies_at).as_micros() as f64 / LOST_FADES.as_micros() as f64;
                (flown(dies_at) * end, 1.0 - within(since, 0.0, 1.0))
            }
            None => (flown(message.arrives_at), 1.0),
        };
        if reduced && message.dies_at.is_none_or(|dies_at| now < dies_at) {
            passed = if passed < 0.25 {
                0.0
            } else if passed < 0.95 {
                0.5
            } else {
                1.0
            };
        }
        let way = to.minus(from);
        Some(Placed { at: from.toward(to, passed), way: way.unit(), behind: way.length() * passed, opacity })
    }
}

impl Glyph {
    fn new(parent: &Shape, message: &MessageView, lost: bool) -> Option<Glyph> {
        let term = hue(message.term);
        let reply = if message.reply.is_some() { " reply" } else { "" };
        let prevote = if message.shape == MessageShape::PreVote { " prevote" } else { "" };
        let dead = if lost { " lost" } else { "" };
        let tail = Shape::new(parent, "path", &format!("tail {term}"))?;
        let group = Shape::new(parent, "g", &format!("message {term}{reply}{prevote}{dead}"))?;
        group.set("data-message", &message.number.to_string());
        for (class, radius) in [("hit", "13"), ("ring", "13")] {
            Shape::new(&group, "circle", class)?.set("r", radius);
        }
        let body = Shape::new(&group, "path", "body")?;
        body.set("d", outline(message.shape));
        match message.reply {
            Some(true) => Shape::new(&group, "path", "sign")?.set("d", "M-3.5 0h7M0 -3.5v7"),
            Some(false) => Shape::new(&group, "path", "sign")?.set("d", "M-3.5 0h7"),
            None => {}
        }
        if lost {
            Shape::new(&group, "path", "dead")?.set("d", "M-7 -7l14 14M7 -7l-14 14");
        }
        Some(Glyph { group, body, tail, label: None, lost })
    }

    fn move_to(&mut self, message: &MessageView, place: &Placed, scale: f64, manner: Manner) {
        let (x, y) = (px(place.at.x), px(place.at.y));
        self.group.set("transform", &format!("translate({x} {y}) scale({})", px(scale)));
        if message.shape == MessageShape::AppendEntries {
            self.body.set("transform", &format!("rotate({})", px(place.way.angle().to_degrees())));
        }
        let selected = if manner.selected == Some(message.number) { "1" } else { "0" };
        self.group.set("data-selected", selected);
        let start = place.at.minus(place.way.times((TAIL * scale).min(place.behind)));
        let end = place.at.minus(place.way.times((9.0 * scale).min(place.behind)));
        self.tail.set("d", &super::links::line(start, end));
        let fade = if manner.reduced { 1.0 } else { place.opacity };
        self.group.set("opacity", &share(fade));
        self.tail.set("opacity", &share(fade * 0.55));
    }

    fn label(&mut self, parent: &Shape, layout: &Layout, label: Option<(&String, Point)>) {
        let Some((text, at)) = label else {
            if let Some(label) = self.label.take() {
                label.remove();
            }
            return;
        };
        if self.label.is_none() {
            let class = if self.lost { "message-label lost" } else { "message-label" };
            self.label = Shape::new(parent, "text", class);
            if let Some(label) = &self.label {
                label.text(&if self.lost { format!("{text} lost") } else { text.clone() });
            }
        }
        if let Some(label) = &self.label {
            label.set("x", &px(at.x));
            label.set("y", &px(at.y + layout.metrics.line * 0.3));
        }
    }
}

/// The middle of a label beside its message that hides nothing: on the outer side if it can, then on the other.
fn label_place(place: &Placed, layout: &Layout, text: &str, lost: bool, taken: &mut Vec<Rect>) -> Option<Point> {
    // A letter is about 0.4 lines wide.
    let line = layout.metrics.line;
    let size = Point::new(text.chars().count() as f64 * line * 0.4, line);
    let upright = place.way.y.abs() > 0.5;
    let aside = if upright { Point::new(line + size.x / 2.0, 0.0) } else { Point::new(0.0, line * 1.2) };
    let first = if upright { place.at.x >= layout.size.0 / 2.0 } else { lost };
    let boxes = [first, !first].map(|forward| {
        let at = place.at.plus(aside.times(if forward { 1.0 } else { -1.0 }));
        Rect::new(at.x - size.x / 2.0, at.y - size.y / 2.0, size.x, size.y)
    });
    let free = boxes.into_iter().find(|body| taken.iter().all(|other| body.overlap(*other) < 1.0))?;
    taken.push(free);
    Some(free.centre())
}

/// The outline of a kind of message, drawn toward the right.
pub(super) fn outline(shape: MessageShape) -> &'static str {
    match shape {
        MessageShape::AppendEntries => "M-9 -7h11l7 7-7 7h-11z",
        MessageShape::Heartbeat => "M0 -5.5a5.5 5.5 0 110 11a5.5 5.5 0 110 -11z",
        MessageShape::RequestVote | MessageShape::PreVote => "M0 -8.5L8.5 0 0 8.5 -8.5 0z",
        MessageShape::Snapshot => "M-9 -8h18v16h-18z",
        MessageShape::Client => "M-5.5 -5.5h11v11h-11z",
    }
}
