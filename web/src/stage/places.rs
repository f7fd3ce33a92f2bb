//! The places that follow from where the nodes stand: sides and borders of a partition, labels, clients.

use super::layout::{Form, Layout, Point, Rect};
use quorate::sandbox::view::SideView;
use quorate::sandbox::ActorId;

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
    fn label_box(&self) -> Rect {
        let x = if self.label_ends { self.label_at.x - 66.0 } else { self.label_at.x };
        Rect::new(x, self.label_at.y - 14.0, 66.0, 36.0)
    }
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
    layout.border_label = layout.borders.first().map(|(a, b)| {
        let top = if a.y <= b.y { *a } else { *b };
        Point::new(top.x.clamp(60.0, layout.size.0 - 60.0), (top.y - 8.0).clamp(16.0, layout.size.1 - 8.0))
    });
    label_sides(layout);
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
    let mut round: Vec<(f64, usize)> = layout
        .nodes
        .iter()
        .filter_map(|(id, at)| {
            let way = at.minus(centre);
            Some((way.y.atan2(way.x), layout.side(*id)?))
        })
        .collect();
    round.sort_by(|a, b| a.0.total_cmp(&b.0));
    let next = round.iter().cycle().skip(1);
    let mut rays = Vec::new();
    for ((angle, side), (other_angle, other_side)) in round.iter().zip(next) {
        if side == other_side {
            continue;
        }
        let turn = (other_angle - angle).rem_euclid(std::f64::consts::TAU);
        let way = angle + turn / 2.0;
        let way = Point::new(way.cos(), way.sin());
        if let Some((_, end)) = clip(layout, centre, way).first() {
            rays.push((centre, *end));
        }
    }
    rays.sort_by(|a, b| a.1.y.total_cmp(&b.1.y));
    rays
}

/// Puts each side's label outside of its region, where there is room.
fn label_sides(layout: &mut Layout) {
    let all = middle(&layout.nodes.iter().map(|(_, at)| *at).collect::<Vec<_>>());
    let reach = layout.metrics.hull + 10.0;
    let wide = if layout.form == Form::Projector { 120.0 } else { 70.0 };
    for at in 0..layout.sides.len() {
        let side = &layout.sides[at];
        let centre = middle(&side.hull);
        let left = side.hull.iter().map(|at| at.x).fold(f64::INFINITY, f64::min) - reach;
        let right = side.hull.iter().map(|at| at.x).fold(f64::NEG_INFINITY, f64::max) + reach;
        let outward_left = centre.x < all.x - 1.0;
        let fits_left = left > wide;
        let fits_right = right < layout.size.0 - wide;
        let ends = if outward_left { fits_left || !fits_right } else { fits_left && !fits_right };
        let x = if ends { left.max(wide - 8.0) } else { right.min(layout.size.0 - wide + 4.0) };
        let y = (centre.y - layout.metrics.hull_dy - 4.0).clamp(24.0, layout.size.1 - 30.0);
        let cramped = if ends { !fits_left } else { !fits_right };
        let y = if cramped { crowd(layout, at, y) } else { y };
        let side = &mut layout.sides[at];
        (side.label_at, side.label_ends) = (Point::new(x, y), ends);
    }
}

/// On a narrow stage a label goes beneath or above its side instead of beside it.
fn crowd(layout: &Layout, at: usize, beside: f64) -> f64 {
    let hull = &layout.sides[at].hull;
    let low = hull.iter().map(|at| at.y).fold(f64::NEG_INFINITY, f64::max) + layout.metrics.hull + 14.0;
    let high = hull.iter().map(|at| at.y).fold(f64::INFINITY, f64::min) - layout.metrics.hull - 20.0;
    if low < layout.size.1 - 20.0 {
        low
    } else if high > 16.0 {
        high
    } else {
        beside
    }
}

/// Puts each client near the member that it speaks to, where it hides nothing.
pub(crate) fn seat_clients(layout: &mut Layout, clients: impl Iterator<Item = (ActorId, Option<ActorId>)>) {
    let mut taken = obstacles(layout);
    for (client, endpoint) in clients {
        let target = endpoint.and_then(|id| layout.node(id)).unwrap_or(Point::new(layout.size.0 / 2.0, 0.0));
        let place = best_seat(layout, &taken, target);
        taken.push(place.grown(6.0));
        layout.clients.push((client, place));
    }
}

/// Everything that a client must not hide.
fn obstacles(layout: &Layout) -> Vec<Rect> {
    let metrics = layout.metrics;
    let mut taken: Vec<Rect> = layout
        .nodes
        .iter()
        .map(|(_, at)| {
            let half = metrics.halo + 4.0;
            Rect::new(at.x - half, at.y - half, 2.0 * half, half + metrics.role_dy + metrics.line + 4.0)
        })
        .collect();
    taken.extend(layout.sides.iter().map(|side| side.label_box().grown(2.0)));
    taken.extend(layout.border_label.map(|at| Rect::new(at.x - 56.0, at.y - 16.0, 112.0, 22.0)));
    let (width, height) = layout.size;
    match layout.form {
        Form::Wide if width >= 700.0 => {
            taken.push(Rect::new(0.0, 0.0, INSPECTOR.x + INSPECTOR.w, height));
        }
        Form::Wide => {
            taken.push(Rect::new(0.0, 0.0, 60.0, 220.0));
            taken.push(Rect::new(0.0, height - 48.0, 110.0, 48.0));
        }
        Form::Narrow => taken.push(Rect::new(0.0, height - 52.0, 200.0, 52.0)),
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
    let region = layout
        .sides
        .iter()
        .flat_map(|side| &side.hull)
        .map(|at| (metrics.hull + place.h / 2.0 - at.minus(centre).length()).max(0.0))
        .fold(0.0, f64::max);
    hidden * 4.0 + distance + 60.0 * (1.0 - outward) + inside * 4.0 + blocked as f64 * 400.0 + region * 2.0
}

fn distance_to_line(point: Point, from: Point, to: Point) -> f64 {
    let way = to.minus(from);
    let share = (point.minus(from).dot(way) / way.dot(way).max(1e-9)).clamp(0.0, 1.0);
    point.minus(from.plus(way.times(share))).length()
}
