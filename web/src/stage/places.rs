//! The places that follow from where the nodes stand: sides and borders of a partition, labels, clients.

use super::layout::{Form, Layout, Point, Rect};
use crate::words::within;
use quorate::sandbox::ActorId;
use quorate::sandbox::view::SideView;

/// The part of a wide stage that the inspector takes.
pub(crate) const INSPECTOR: Rect = Rect { x: 64.0, y: 12.0, w: 208.0, h: 330.0 };

/// One side of a partition.
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct Side {
    pub(crate) nodes: Vec<ActorId>,
    /// The points that its region is drawn around.
    pub(crate) hull: Vec<Point>,
    pub(crate) has_quorum: bool,
    /// `2 of 5`, and whether that is a quorum.
    pub(crate) label: [String; 2],
    /// Where the label stands, and whether it ends or begins there.
    pub(crate) label_at: Point,
    pub(crate) label_ends: bool,
}

impl Side {
    fn label_box(&self, line: f64) -> Rect {
        label_box(self.label_at, self.label_ends, &self.label, line)
    }
}

/// The box of a label of two lines; a letter is about 0.42 lines wide.
fn label_box(at: Point, ends: bool, label: &[String; 2], line: f64) -> Rect {
    let letters = label.iter().map(|text| text.chars().count()).max().unwrap_or(0);
    let width = letters as f64 * line * 0.42;
    Rect::new(if ends { at.x - width } else { at.x }, at.y - line * 0.9, width, line * 2.2)
}

/// Draws the sides' regions, the borders between them and their labels.
pub(crate) fn divide(layout: &mut Layout, sides: &[SideView], count: usize) {
    if sides.len() < 2 {
        return;
    }
    let metrics = layout.metrics;
    for side in sides {
        let members = layout.nodes.iter().filter(|(id, _)| side.nodes.contains(id));
        let hull: Vec<Point> = members.map(|(_, at)| at.plus(Point::new(0.0, metrics.hull_dy))).collect();
        let quorum = if side.has_quorum { "quorum" } else { "no quorum" };
        layout.sides.push(Side {
            nodes: side.nodes.clone(),
            hull,
            has_quorum: side.has_quorum,
            label: [format!("{} of {count}", side.voters), quorum.to_owned()],
            label_at: Point::default(),
            label_ends: false,
        });
    }
    layout.borders = if layout.sides.len() == 2 { straight_border(layout) } else { rays(layout) };
    layout.border_label = border_label(layout);
    label_sides(layout);
}

/// Beyond the end of a border that has more room, the upper one if both have.
fn border_label(layout: &Layout) -> Option<Point> {
    let taken = fixtures(layout);
    let size = layout.size;
    let ends = layout.borders.iter().flat_map(|(a, b)| if a.y <= b.y { [*a, *b] } else { [*b, *a] });
    let beside = |end: Point, aside: f64| {
        let x = within(end.x + aside, 56.0, size.0 - 56.0);
        [Point::new(x, (end.y - 8.0).max(16.0)), Point::new(x, (end.y + 18.0).min(size.1 - 6.0))]
    };
    let places = [0.0, -36.0, 36.0].into_iter().flat_map(|aside| ends.clone().flat_map(move |end| beside(end, aside)));
    let hidden = |at: &Point| -> f64 { taken.iter().map(|other| border_label_box(*at).overlap(*other)).sum() };
    places.min_by(|a, b| hidden(a).total_cmp(&hidden(b)))
}

fn middle(points: &[Point]) -> Point {
    points.iter().fold(Point::default(), |sum, at| sum.plus(*at)).times(1.0 / points.len().max(1) as f64)
}

/// Two sides are parted by one straight line across the stage.
fn straight_border(layout: &Layout) -> Vec<(Point, Point)> {
    let (one, two) = (&layout.sides[0].hull, &layout.sides[1].hull);
    let axis = middle(two).minus(middle(one)).unit();
    let reach = |points: &[Point], sign: f64| {
        points.iter().map(|at| at.dot(axis) * sign).fold(f64::NEG_INFINITY, f64::max) * sign
    };
    let gap = (reach(one, 1.0) + reach(two, -1.0)) / 2.0;
    let foot = middle(&layout.nodes.iter().map(|(_, at)| *at).collect::<Vec<_>>());
    let foot = foot.plus(axis.times(gap - foot.dot(axis)));
    clip(layout, foot, axis.turned())
}

/// The part of a line that is on the stage, below the line that its label takes.
fn clip(layout: &Layout, foot: Point, way: Point) -> Vec<(Point, Point)> {
    let (low, high) = ((8.0, 28.0), (layout.size.0 - 8.0, layout.size.1 - 8.0));
    let (mut first, mut last) = (f64::NEG_INFINITY, f64::INFINITY);
    for (at, way, low, high) in [(foot.x, way.x, low.0, high.0), (foot.y, way.y, low.1, high.1)] {
        if way.abs() > 1e-9 {
            let (a, b) = ((low - at) / way, (high - at) / way);
            (first, last) = (first.max(a.min(b)), last.min(a.max(b)));
        }
    }
    if first >= last {
        return Vec::new();
    }
    // A border that runs sideways stays short: it must not cross the palette and the clients.
    let most = layout.size.1.max(layout.size.0 / 3.0) / 1.6;
    vec![(foot.plus(way.times(first.max(-most))), foot.plus(way.times(last.min(most))))]
}

/// More sides are parted by rays from the middle.
fn rays(layout: &Layout) -> Vec<(Point, Point)> {
    let centre = middle(&layout.nodes.iter().map(|(_, at)| *at).collect::<Vec<_>>());
    let mut round: Vec<(f64, usize)> = Vec::new();
    for (id, at) in &layout.nodes {
        let (way, Some(side)) = (at.minus(centre), layout.side(*id)) else { continue };
        let angle = way.angle();
        round.insert(round.partition_point(|(other, _)| *other < angle), (angle, side));
    }
    let next = round.iter().cycle().skip(1);
    let mut rays = Vec::new();
    for ((angle, side), (other_angle, other_side)) in round.iter().zip(next) {
        if side == other_side {
            continue;
        }
        let turn = (other_angle - angle).rem_euclid(std::f64::consts::TAU);
        let way = angle + turn / 2.0;
        let way = Point::on_circle(way, 1.0);
        if let Some((_, end)) = clip(layout, centre, way).first() {
            rays.push((centre, *end));
        }
    }
    rays
}

/// Puts each side's label beside its region, on the side that points away from the others, else where there is room.
fn label_sides(layout: &mut Layout) {
    let all = middle(&layout.nodes.iter().map(|(_, at)| *at).collect::<Vec<_>>());
    let mut taken = fixtures(layout);
    taken.extend(layout.border_label.map(border_label_box));
    for at in 0..layout.sides.len() {
        let (place, ends) = label_place(layout, at, all, &taken);
        let side = &mut layout.sides[at];
        (side.label_at, side.label_ends) = (place, ends);
        taken.push(layout.sides[at].label_box(layout.metrics.line));
    }
}

fn label_place(layout: &Layout, at: usize, all: Point, taken: &[Rect]) -> (Point, bool) {
    let side = &layout.sides[at];
    let (metrics, size) = (layout.metrics, layout.size);
    let centre = middle(&side.hull);
    let edge = |axis: fn(&Point) -> f64, most: bool| {
        let values = side.hull.iter().map(axis);
        if most { values.fold(f64::NEG_INFINITY, f64::max) } else { values.fold(f64::INFINITY, f64::min) }
    };
    let reach = metrics.hull + 10.0;
    let (left, right) = (edge(|at| at.x, false) - reach, edge(|at| at.x, true) + reach);
    let (high, low) = (
        edge(|at| at.y, false) - metrics.hull - 2.0 * metrics.line,
        edge(|at| at.y, true) + metrics.hull + metrics.line,
    );
    let outward = if centre.x < all.x - 1.0 { -1.0 } else { 1.0 };
    let mut best = (f64::INFINITY, (Point::default(), false));
    for (x, ends) in [(left, true), (right, false), (centre.x, false), (centre.x, true)] {
        for y in
            [centre.y - metrics.hull_dy - 4.0, high, low, edge(|at| at.y, false) - 20.0, edge(|at| at.y, true) - 20.0]
        {
            let place = Point::new(x, y);
            let body = label_box(place, ends, &side.label, metrics.line);
            let stage = Rect::new(4.0, 4.0, size.0 - 8.0, size.1 - 8.0);
            let outside = body.w * body.h - body.overlap(stage);
            let hidden: f64 = taken.iter().map(|other| body.grown(2.0).overlap(*other)).sum();
            let crossed =
                layout.borders.iter().filter(|(a, b)| distance_to_line(body.centre(), *a, *b) < body.w * 0.7).count();
            let away = (place.y - centre.y).abs() * 0.5 + if (x - centre.x) * outward < 0.0 { 60.0 } else { 0.0 };
            let over = sunk(layout, body.centre(), metrics.line);
            let cost = outside * 20.0 + hidden * 10.0 + crossed as f64 * 300.0 + over * 2.0 + away;
            if cost < best.0 {
                best = (cost, (place, ends));
            }
        }
    }
    best.1
}

fn border_label_box(at: Point) -> Rect {
    Rect::new(at.x - 56.0, at.y - 16.0, 112.0, 22.0)
}

/// Puts each client near the member that it speaks to, where it hides nothing.
pub(crate) fn seat_clients(layout: &mut Layout, clients: impl Iterator<Item = (ActorId, Option<ActorId>)>) {
    let mut taken = obstacles(layout);
    for (client, endpoint) in clients {
        let target = endpoint.and_then(|id| layout.node(id)).unwrap_or(Point::new(layout.size.0 / 2.0, 0.0));
        let place = best_seat(layout, &taken, target);
        taken.push(place.grown(12.0));
        layout.clients.push((client, place));
    }
}

/// Everything that a client must not hide.
fn obstacles(layout: &Layout) -> Vec<Rect> {
    let mut taken = fixtures(layout);
    taken.extend(layout.sides.iter().map(|side| side.label_box(layout.metrics.line).grown(2.0)));
    taken.extend(layout.border_label.map(border_label_box));
    taken
}

/// Nodes with their words, and the parts of the stage that tools and the inspector take.
fn fixtures(layout: &Layout) -> Vec<Rect> {
    let metrics = layout.metrics;
    let mut taken: Vec<Rect> = layout
        .nodes
        .iter()
        .map(|(_, at)| {
            let half = metrics.halo + 4.0;
            let words = if layout.form == Form::Narrow { metrics.role_dy } else { metrics.role_dy + metrics.line };
            Rect::new(at.x - half, at.y - half, 2.0 * half, half + words + 4.0)
        })
        .collect();
    let (width, height) = layout.size;
    match layout.form {
        Form::Wide if width >= 700.0 => {
            taken.push(Rect::new(0.0, 0.0, INSPECTOR.x + INSPECTOR.w, height));
        }
        Form::Wide => {
            taken.push(Rect::new(0.0, 0.0, 60.0, 220.0));
            taken.push(Rect::new(0.0, height - 48.0, 110.0, 48.0));
        }
        Form::Narrow => taken.push(Rect::new(0.0, height - 54.0, 92.0, 54.0)),
        Form::Projector => taken.push(Rect::new(width - 72.0, 0.0, 72.0, 72.0)),
    }
    taken
}

fn best_seat(layout: &Layout, taken: &[Rect], target: Point) -> Rect {
    let (width, height) = layout.metrics.client;
    let margin = if layout.form == Form::Narrow { 6.0 } else { 16.0 };
    let across = ((layout.size.0 - width - 2.0 * margin) / 10.0).max(0.0) as usize;
    let down = ((layout.size.1 - height - 2.0 * margin) / 10.0).max(0.0) as usize;
    let mut best = (f64::INFINITY, Rect::new(margin, margin, width, height));
    for column in 0..=across {
        for row in 0..=down {
            let place = Rect::new(margin + column as f64 * 10.0, margin + row as f64 * 10.0, width, height);
            let cost = cost(layout, taken, place, target);
            if cost < best.0 {
                best = (cost, place);
            }
        }
    }
    best.1
}

/// Near its member, outside of the ring, over nothing, with a free line to its member.
fn cost(layout: &Layout, taken: &[Rect], place: Rect, target: Point) -> f64 {
    let centre = place.centre();
    let metrics = layout.metrics;
    let ring = middle(&layout.nodes.iter().map(|(_, at)| *at).collect::<Vec<_>>());
    let hidden: f64 = taken.iter().map(|other| place.overlap(*other)).sum();
    let distance = centre.minus(target).length();
    let outward = centre.minus(ring).unit().dot(target.minus(ring).unit());
    let inside = (target.minus(ring).length() + 20.0 - centre.minus(ring).length()).max(0.0);
    let blocked = layout
        .nodes
        .iter()
        .filter(|(_, at)| *at != target && distance_to_line(*at, centre, target) < metrics.halo + 4.0)
        .count();
    let region = sunk(layout, centre, place.h / 2.0);
    // Room for a message to be seen on its way.
    let near = |at: &Point| (metrics.disc - (place.distance(*at) - metrics.halo)).max(0.0);
    let crowded: f64 = layout.nodes.iter().map(|(_, at)| near(at)).sum();
    // Seen as a square, a box covers a link that passes its centre nearer than half its side.
    let square = |at: Point| Point::new(at.x * place.h / place.w, at.y);
    let covers = |one: Point, two: Point| distance_to_line(square(centre), square(one), square(two)) < place.h * 0.6;
    let lines = layout.pairs().chain(layout.borders.iter().copied());
    let covered = lines.filter(|(one, two)| covers(*one, *two)).count();
    let cut = layout.crossing(centre, target).is_some();
    // The words are beneath a node, and no line may run through them.
    let words = target.plus(Point::new(0.0, metrics.role_dy + metrics.line * 0.5));
    let struck = distance_to_line(words, centre, target) < metrics.disc;
    hidden * 4.0
        + distance
        + 60.0 * (1.0 - outward)
        + inside * 4.0
        + (blocked * 400 + (covered + usize::from(cut) + usize::from(struck)) * 200) as f64
        + region * 2.0
        + crowded * 8.0
}

/// How deep a point lies in the sides' regions, and within this distance of one.
fn sunk(layout: &Layout, point: Point, margin: f64) -> f64 {
    let depth = |side: &Side| {
        let ends = side.hull.iter().zip(side.hull.iter().cycle().skip(1));
        let outside = ends.map(|(a, b)| distance_to_line(point, *a, *b)).fold(f64::INFINITY, f64::min);
        let inside = super::contains(&side.hull, point);
        layout.metrics.hull + margin - if inside { 0.0 } else { outside }
    };
    layout.sides.iter().map(depth).fold(0.0, f64::max)
}

fn distance_to_line(point: Point, from: Point, to: Point) -> f64 {
    let way = to.minus(from);
    let share = within(point.minus(from).dot(way) / way.dot(way).max(1e-9), 0.0, 1.0);
    point.minus(from.plus(way.times(share))).length()
}
