//! Where everything on the stage stands: a pure function of the cluster's shape and the stage's size.
//!
//! Invariants: nodes stand clockwise on a circle, the lowest lower left; the members of one side of a partition stand next
//! to each other; clients overlap neither nodes, labels nor the space that the inspector takes. Positions do not depend on
//! time, so paused means still.

use crate::browser::math::{angle_of, cos_sin};
use quorate::sandbox::ActorId;
use quorate::sandbox::view::{ClientView, NodeView, SideView};
use std::f64::consts::{PI, TAU};
use std::rc::Rc;

use super::places;
use crate::words::within;

/// A point of the stage in pixels.
#[derive(Clone, Copy, PartialEq, Debug, Default)]
pub(crate) struct Point {
    pub(crate) x: f64,
    pub(crate) y: f64,
}

impl Point {
    pub(crate) const fn new(x: f64, y: f64) -> Point {
        Point { x, y }
    }

    pub(crate) fn plus(self, other: Point) -> Point {
        Point::new(self.x + other.x, self.y + other.y)
    }

    pub(crate) fn minus(self, other: Point) -> Point {
        Point::new(self.x - other.x, self.y - other.y)
    }

    pub(crate) fn times(self, factor: f64) -> Point {
        Point::new(self.x * factor, self.y * factor)
    }

    pub(crate) fn length(self) -> f64 {
        (self.x * self.x + self.y * self.y).sqrt()
    }

    pub(crate) fn dot(self, other: Point) -> f64 {
        self.x * other.x + self.y * other.y
    }

    /// The direction, or to the right if there is none.
    pub(crate) fn unit(self) -> Point {
        let length = self.length();
        if length < 1e-9 { Point::new(1.0, 0.0) } else { self.times(1.0 / length) }
    }

    /// A quarter turn clockwise as the screen shows it.
    pub(crate) fn turned(self) -> Point {
        Point::new(-self.y, self.x)
    }

    pub(crate) fn toward(self, other: Point, share: f64) -> Point {
        self.plus(other.minus(self).times(share))
    }

    /// The angle of the way from the origin, in radians.
    pub(crate) fn angle(self) -> f64 {
        angle_of(self.x, self.y)
    }

    /// The point on a circle around the origin.
    pub(crate) fn on_circle(angle: f64, radius: f64) -> Point {
        let (x, y) = cos_sin(angle);
        Point::new(x * radius, y * radius)
    }
}

/// A box of the stage.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(crate) struct Rect {
    pub(crate) x: f64,
    pub(crate) y: f64,
    pub(crate) w: f64,
    pub(crate) h: f64,
}

impl Rect {
    pub(crate) fn new(x: f64, y: f64, w: f64, h: f64) -> Rect {
        Rect { x, y, w, h }
    }

    pub(crate) fn centre(self) -> Point {
        Point::new(self.x + self.w / 2.0, self.y + self.h / 2.0)
    }

    pub(crate) fn grown(self, by: f64) -> Rect {
        Rect::new(self.x - by, self.y - by, self.w + 2.0 * by, self.h + 2.0 * by)
    }

    /// The area that two boxes share.
    pub(crate) fn overlap(self, other: Rect) -> f64 {
        let width = (self.x + self.w).min(other.x + other.w) - self.x.max(other.x);
        let height = (self.y + self.h).min(other.y + other.h) - self.y.max(other.y);
        width.max(0.0) * height.max(0.0)
    }

    /// How far a point is from the box.
    pub(crate) fn distance(self, point: Point) -> f64 {
        let x = (self.x - point.x).max(point.x - self.x - self.w).max(0.0);
        let y = (self.y - point.y).max(point.y - self.y - self.h).max(0.0);
        Point::new(x, y).length()
    }

    /// Where the line from the centre toward a point leaves the box.
    pub(crate) fn edge_toward(self, target: Point) -> Point {
        let centre = self.centre();
        let way = target.minus(centre);
        let share = |way: f64, half: f64| if way.abs() < 1e-9 { f64::INFINITY } else { half / way.abs() };
        centre.plus(way.times(share(way.x, self.w / 2.0).min(share(way.y, self.h / 2.0)).min(1.0)))
    }
}

/// Which of the three pictures is drawn.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(crate) enum Form {
    /// A phone.
    Narrow,
    /// A laptop or wider.
    #[default]
    Wide,
    /// A wall.
    Projector,
}

/// The sizes that go with a form.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(crate) struct Metrics {
    /// The disc.
    pub(crate) disc: f64,
    /// The ring slot around it.
    pub(crate) ring: f64,
    /// What hides links around it.
    pub(crate) halo: f64,
    /// The ring of a selected node.
    pub(crate) selected: f64,
    /// Half the width of a side's region.
    pub(crate) hull: f64,
    /// How much lower than the discs a region lies, for the words beneath them.
    pub(crate) hull_dy: f64,
    /// How far each side moves away from the others.
    pub(crate) open: f64,
    /// Baselines of the name and the term in a disc.
    pub(crate) name_dy: f64,
    pub(crate) term_dy: f64,
    /// Baseline of the role word, and the distance to the line below.
    pub(crate) role_dy: f64,
    pub(crate) line: f64,
    /// The free space above the highest and below the lowest centre.
    pub(crate) above: f64,
    pub(crate) below: f64,
    /// The box of a client.
    pub(crate) client: (f64, f64),
    /// The scale of messages.
    pub(crate) message: f64,
}

impl Metrics {
    pub(crate) fn new(form: Form, nodes: usize, height: f64) -> Metrics {
        let many = nodes > 6;
        // A low stage has the sizes of a narrow one.
        let low = if many { 372.0 } else { 330.0 };
        let form = if form == Form::Wide && height < low { Form::Narrow } else { form };
        match form {
            Form::Wide => {
                let disc = if many { 28.0 } else { 34.0 };
                Metrics {
                    disc,
                    ring: disc + 8.0,
                    halo: disc + 11.0,
                    selected: disc + 15.0,
                    hull: disc + 28.0,
                    hull_dy: 18.0,
                    open: 28.0,
                    name_dy: -1.0,
                    term_dy: 15.0,
                    role_dy: disc + 24.0,
                    line: 16.0,
                    above: disc + 28.0,
                    below: disc + 48.0,
                    client: (92.0, 44.0),
                    message: 1.0,
                }
            }
            Form::Narrow => {
                let disc = if many { 22.0 } else { 27.0 };
                Metrics {
                    disc,
                    ring: disc + 6.0,
                    halo: disc + 9.0,
                    selected: disc + 13.0,
                    hull: disc + 16.0,
                    hull_dy: 12.0,
                    open: 22.0,
                    name_dy: 0.0,
                    term_dy: 13.0,
                    role_dy: disc + 19.0,
                    line: 14.0,
                    above: disc + 15.0,
                    below: disc + 41.0,
                    client: (60.0, 40.0),
                    message: 0.85,
                }
            }
            Form::Projector => {
                let disc = if many { 40.0 } else { 48.0 };
                Metrics {
                    disc,
                    ring: disc + 12.0,
                    halo: disc + 15.0,
                    selected: disc + 20.0,
                    hull: disc + 34.0,
                    hull_dy: 23.0,
                    open: 40.0,
                    name_dy: 0.0,
                    term_dy: 24.0,
                    role_dy: disc + 35.0,
                    line: 24.0,
                    above: disc + 34.0,
                    below: disc + 58.0,
                    client: (172.0, 68.0),
                    message: 1.6,
                }
            }
        }
    }
}

/// The place of everything that has one.
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct Layout {
    pub(crate) form: Form,
    pub(crate) size: (f64, f64),
    pub(crate) metrics: Metrics,
    /// Centres of the discs, by member.
    pub(crate) nodes: Vec<(ActorId, Point)>,
    /// Boxes of the clients.
    pub(crate) clients: Vec<(ActorId, Rect)>,
    /// The sides of a partition.
    pub(crate) sides: Vec<places::Side>,
    /// The lines between the sides.
    pub(crate) borders: Vec<(Point, Point)>,
    /// Where the time of the cut is written.
    pub(crate) border_label: Option<Point>,
}

impl Layout {
    /// Where a member's disc is.
    pub(crate) fn node(&self, id: ActorId) -> Option<Point> {
        self.nodes.iter().find(|(node, _)| *node == id).map(|(_, at)| *at)
    }

    /// The ends of every link.
    pub(crate) fn pairs(&self) -> impl Iterator<Item = (Point, Point)> + '_ {
        let nodes = self.nodes.iter().enumerate();
        nodes.flat_map(|(at, (_, one))| self.nodes[at + 1..].iter().map(move |(_, two)| (*one, *two)))
    }

    /// Where a client's box is.
    pub(crate) fn client(&self, id: ActorId) -> Option<Rect> {
        self.clients.iter().find(|(client, _)| *client == id).map(|(_, at)| *at)
    }

    /// Which side a member is on.
    pub(crate) fn side(&self, id: ActorId) -> Option<usize> {
        self.sides.iter().position(|side| side.nodes.contains(&id))
    }

    /// Where the way between two actors begins and ends, at the edges of what is drawn.
    pub(crate) fn way(&self, from: ActorId, to: ActorId) -> Option<(Point, Point)> {
        let centre = |id| self.node(id).or_else(|| self.client(id).map(Rect::centre));
        let (from_centre, to_centre) = (centre(from)?, centre(to)?);
        let edge = |id, centre: Point, other: Point| match self.client(id) {
            Some(place) => place.edge_toward(other),
            None => centre.plus(other.minus(centre).unit().times(self.metrics.halo + 6.0 * self.metrics.message)),
        };
        Some((edge(from, from_centre, to_centre), edge(to, to_centre, from_centre)))
    }

    /// How far along the straight way between two points a border crosses it.
    pub(crate) fn crossing(&self, from: Point, to: Point) -> Option<f64> {
        self.borders.iter().find_map(|(a, b)| {
            let (way, border, gap) = (to.minus(from), b.minus(*a), a.minus(from));
            let cross = |one: Point, two: Point| one.x * two.y - one.y * two.x;
            let both = cross(way, border);
            if both.abs() < 1e-9 {
                return None;
            }
            let (share, along) = (cross(gap, border) / both, cross(gap, way) / both);
            ((0.0..=1.0).contains(&share) && (-0.1..=1.1).contains(&along)).then_some(share)
        })
    }
}

/// Lays the stage out.
pub(crate) fn arrange(
    nodes: &[Rc<NodeView>],
    clients: &[Rc<ClientView>],
    sides: &[SideView],
    size: (f64, f64),
    form: Form,
) -> Layout {
    let metrics = Metrics::new(form, nodes.len(), size.1);
    let ids: Vec<ActorId> = nodes.iter().map(|node| node.id).collect();
    let (radii, centre) = circle(ids.len(), size, form, &metrics);
    let mut placed = seat(&ids, sides, radii, centre);
    open(&mut placed, sides, metrics.open);
    fit(&mut placed, size, &metrics);
    let mut layout = Layout {
        form,
        size,
        metrics,
        nodes: placed,
        clients: Vec::new(),
        sides: Vec::new(),
        borders: Vec::new(),
        border_label: None,
    };
    places::divide(&mut layout, sides, ids.len());
    let endpoints = |client: &ClientView| {
        let name = client.endpoints.first()?;
        nodes.iter().find(|node| node.name == *name).map(|node| node.id)
    };
    places::seat_clients(&mut layout, clients.iter().map(|client| (client.id, endpoints(client))));
    layout
}

/// The angle of seat `seat` of `count`: clockwise, the first lower left.
fn angle(seat: usize, count: usize) -> f64 {
    let count = count.max(1) as f64;
    // Three stand as a triangle with its point up, so that they use a wide stage.
    let first = if count == 3.0 { PI * 5.0 / 6.0 } else { PI - PI / count };
    first + TAU * seat as f64 / count
}

/// The circle that the nodes stand on, its radii and its middle: as high as the stage allows, and out of the inspector's way.
fn circle(count: usize, size: (f64, f64), form: Form, metrics: &Metrics) -> (Point, Point) {
    let seats: Vec<Point> = (0..count).map(|seat| Point::on_circle(angle(seat, count), 1.0)).collect();
    let reach = |axis: fn(&Point) -> f64| seats.iter().map(axis).fold(0.0, f64::max).max(1e-9);
    let (up, down) = (reach(|seat| -seat.y), reach(|seat| seat.y));
    let (left, right) = (reach(|seat| -seat.x), reach(|seat| seat.x));
    let by_height = (size.1 - metrics.above - metrics.below) / (up + down);
    let beside = form == Form::Wide && size.0 >= 700.0;
    // Left of the ring: the inspector, and for more than three a client; a triangle leaves its corners free.
    let edge = places::INSPECTOR.x + places::INSPECTOR.w + metrics.hull + metrics.open;
    let edge = edge + if count > 3 { 90.0 } else { 50.0 };
    // On a narrow stage many nodes leave a client's width free on the left.
    let aside = if form == Form::Narrow && count > 6 { metrics.client.0 } else { 0.0 };
    let taken = match form {
        Form::Wide if beside => edge + within(size.0 - 684.0, 60.0, 150.0),
        Form::Narrow => 2.0 * metrics.hull + aside,
        Form::Wide | Form::Projector => 2.0 * (metrics.hull + 60.0),
    };
    let by_width = (size.0 - taken) / (left + right);
    let radius = within(by_height.min(by_width), 40.0, 260.0);
    let spare = size.1 - metrics.above - metrics.below - radius * (up + down);
    let y = metrics.above + spare.max(0.0) / 2.0 + radius * up;
    let middle = (size.0 + aside) / 2.0 + radius * (left - right) / 2.0;
    let x =
        if beside { middle.max(size.0 - radius * right - 150.0).min(middle.max(edge + radius * left)) } else { middle };
    // Many need the width that there is, so that no word lies under a neighbour.
    let wide = if count > 6 { within(by_width, radius, radius * 1.5) } else { radius };
    (Point::new(wide, radius), Point::new(x, y))
}

/// Gives each member a seat: sides stay together, and everyone as near as possible to where they stand without a partition.
fn seat(ids: &[ActorId], sides: &[SideView], radii: Point, centre: Point) -> Vec<(ActorId, Point)> {
    let count = ids.len();
    let at = |seat: usize| {
        let way = Point::on_circle(angle(seat, count), 1.0);
        centre.plus(Point::new(way.x * radii.x, way.y * radii.y))
    };
    let order = round(ids, sides);
    let moved = |turn: usize| -> f64 {
        order
            .iter()
            .enumerate()
            .map(|(place, id)| {
                let usual = ids.iter().position(|other| other == id).unwrap_or(0);
                at((place + turn) % count).minus(at(usual)).length()
            })
            .sum()
    };
    let turn = (0..count).min_by(|a, b| moved(*a).total_cmp(&moved(*b))).unwrap_or(0);
    let place_of = |id: &ActorId| order.iter().position(|other| other == id).unwrap_or(0);
    ids.iter().map(|id| (*id, at((place_of(id) + turn) % count))).collect()
}

/// The members in the order in which they sit: side by side, and within a side as on the whole ring.
fn round(ids: &[ActorId], sides: &[SideView]) -> Vec<ActorId> {
    let count = ids.len();
    let side_of = |at: usize| sides.iter().position(|side| side.nodes.contains(&ids[at]));
    let before = |at: usize| side_of((at + count - 1) % count);
    let mut order = Vec::new();
    // A side that goes over the end of the ring begins where its neighbour on the ring is none of its own.
    let starts = (0..count).filter(|at| before(*at) != side_of(*at));
    for start in starts.chain(0..count) {
        let members = (start..start + count).map(|at| at % count).filter(|at| side_of(*at) == side_of(start));
        let members: Vec<ActorId> = members.map(|at| ids[at]).filter(|id| !order.contains(id)).collect();
        order.extend(members);
    }
    order
}

/// Moves the sides of a partition apart.
fn open(placed: &mut [(ActorId, Point)], sides: &[SideView], by: f64) {
    let middle = |placed: &[(ActorId, Point)], side: &SideView| {
        let members: Vec<Point> = placed.iter().filter(|(id, _)| side.nodes.contains(id)).map(|(_, at)| *at).collect();
        members.iter().fold(Point::default(), |sum, at| sum.plus(*at)).times(1.0 / members.len().max(1) as f64)
    };
    let middles: Vec<Point> = sides.iter().map(|side| middle(placed, side)).collect();
    let all = middles.iter().fold(Point::default(), |sum, at| sum.plus(*at)).times(1.0 / middles.len().max(1) as f64);
    for (side, at) in sides.iter().zip(&middles) {
        let away = at.minus(all).unit().times(by);
        for (_, place) in placed.iter_mut().filter(|(id, _)| side.nodes.contains(id)) {
            *place = place.plus(away);
        }
    }
}

/// Keeps what was moved apart on the stage: squeezes heights, for widths there is room.
fn fit(placed: &mut [(ActorId, Point)], size: (f64, f64), metrics: &Metrics) {
    let highest = placed.iter().map(|(_, at)| at.y).fold(f64::INFINITY, f64::min);
    let lowest = placed.iter().map(|(_, at)| at.y).fold(f64::NEG_INFINITY, f64::max);
    let (top, bottom) = (highest.max(metrics.above), lowest.min(size.1 - metrics.below));
    if lowest > highest && bottom > top {
        for (_, at) in placed.iter_mut() {
            at.y = top + (at.y - highest) * (bottom - top) / (lowest - highest);
        }
    }
    for (_, at) in placed {
        at.x = within(at.x, metrics.hull.min(size.0 / 2.0), (size.0 - metrics.hull).max(size.0 / 2.0));
    }
}

/// A picture between two: nodes and clients on their way, everything else as at the end.
pub(crate) fn between(from: &Layout, to: &Layout, share: f64) -> Layout {
    let mut layout = to.clone();
    for (id, at) in &mut layout.nodes {
        if let Some(start) = from.node(*id) {
            *at = start.toward(*at, share);
        }
    }
    for (id, at) in &mut layout.clients {
        if let Some(start) = from.client(*id) {
            let corner = Point::new(start.x, start.y).toward(Point::new(at.x, at.y), share);
            *at = Rect { x: corner.x, y: corner.y, ..*at };
        }
    }
    let moved: Vec<Point> = layout.nodes.iter().map(|(_, at)| *at).collect();
    for side in &mut layout.sides {
        side.hull = side
            .nodes
            .iter()
            .filter_map(|id| to.nodes.iter().position(|(node, _)| node == id))
            .map(|at| moved[at].plus(Point::new(0.0, to.metrics.hull_dy)))
            .collect();
    }
    layout
}

#[cfg(test)]
#[path = "layout_tests.rs"]
mod tests;
