//! Where the stage puts things: nothing may lie on anything else.

use super::*;
use quorate::sandbox::Time;

const STAGE: (f64, f64) = (834.0, 388.0);

fn ids(count: u16) -> Vec<ActorId> {
    (0..count).map(ActorId).collect()
}

fn side(nodes: &[u16]) -> SideView {
    SideView {
        nodes: nodes.iter().copied().map(ActorId).collect(),
        voters: nodes.len(),
        has_quorum: nodes.len() > 2,
        since: Time::ZERO,
    }
}

fn laid_out(count: u16, sides: &[SideView], size: (f64, f64), form: Form) -> Layout {
    let metrics = Metrics::new(form, usize::from(count), size.1);
    let (radius, centre) = circle(usize::from(count), size, form, &metrics);
    let mut nodes = seat(&ids(count), sides, radius, centre);
    open(&mut nodes, sides, metrics.open);
    fit(&mut nodes, size, &metrics);
    let mut layout = Layout {
        form,
        size,
        metrics,
        nodes,
        clients: Vec::new(),
        sides: Vec::new(),
        borders: Vec::new(),
        border_label: None,
    };
    places::divide(&mut layout, sides, usize::from(count));
    let clients = (0..4).map(|client| (ActorId(count + client), Some(ActorId(client % count))));
    places::seat_clients(&mut layout, clients);
    layout
}

#[test]
fn five_nodes_cut_in_two_stand_as_in_the_visual_brief() {
    let layout = laid_out(5, &[side(&[0, 1]), side(&[2, 3, 4])], STAGE, Form::Wide);
    for (id, x, y) in [(0, 424.4, 259.2), (1, 424.4, 108.8), (2, 623.6, 62.3), (3, 712.0, 184.0), (4, 623.6, 305.7)] {
        let at = layout.node(ActorId(id)).expect("every node has a place");
        assert!((at.x - x).abs() < 1.5 && (at.y - y).abs() < 1.5, "n{} stands at {at:?}", id + 1);
    }
    let (top, bottom) = layout.borders[0];
    assert!((top.x - 524.0).abs() < 2.0 && (bottom.x - 524.0).abs() < 2.0, "the border runs {top:?} to {bottom:?}");
}

#[test]
fn everything_stays_on_the_stage_and_clients_hide_no_node() {
    let partitions = |count: u16| -> Vec<Vec<SideView>> {
        let rest: Vec<u16> = (1..count).collect();
        let odd: Vec<u16> = (0..count).filter(|id| id % 2 == 1).collect();
        let even: Vec<u16> = (0..count).filter(|id| id % 2 == 0).collect();
        vec![
            Vec::new(),
            vec![side(&[0]), side(&rest)],
            vec![side(&odd), side(&even)],
            vec![side(&[0]), side(&[1]), side(&rest[1..])],
        ]
    };
    for (size, form) in [(STAGE, Form::Wide), ((390.0, 292.0), Form::Narrow), ((1280.0, 484.0), Form::Projector)] {
        for count in [3, 5, 7] {
            for sides in partitions(count) {
                let layout = laid_out(count, &sides, size, form);
                let disc = layout.metrics.disc;
                for (id, at) in &layout.nodes {
                    let on_stage = at.x > disc && at.x < size.0 - disc && at.y > disc && at.y < size.1 - disc;
                    assert!(on_stage, "{form:?}, {count} nodes: {id:?} at {at:?}");
                }
                for (client, place) in &layout.clients {
                    for (node, at) in &layout.nodes {
                        let body = Rect::new(at.x - disc, at.y - disc, 2.0 * disc, 2.0 * disc);
                        assert!(place.overlap(body) < 1.0, "{form:?}, {count} nodes: {client:?} hides {node:?}");
                    }
                }
            }
        }
    }
}

#[test]
fn a_client_stands_so_far_from_every_member_that_its_link_is_seen() {
    for (size, form) in [(STAGE, Form::Wide), ((780.0, 340.0), Form::Wide), ((1280.0, 484.0), Form::Projector)] {
        for count in [3, 5, 7] {
            let layout = laid_out(count, &[], size, form);
            for (client, place) in layout.clients.iter().take(2) {
                let gaps = layout.nodes.iter().map(|(_, at)| place.distance(*at) - layout.metrics.halo);
                let gap = gaps.fold(f64::INFINITY, f64::min);
                assert!(gap >= 16.0, "{size:?}, {count} nodes: {client:?} is {gap} away from a member");
            }
        }
    }
}

#[test]
fn the_members_of_a_side_stand_together_whoever_they_are() {
    let layout = laid_out(5, &[side(&[0, 2]), side(&[1, 3, 4])], STAGE, Form::Wide);
    let near = |a: u16, b: u16| {
        let at = |id| layout.node(ActorId(id)).expect("every node has a place");
        at(a).minus(at(b)).length()
    };
    assert!(near(0, 2) < near(0, 1) && near(0, 2) < near(2, 3));
}

#[test]
fn whoever_is_cut_off_alone_stays_where_they_are() {
    let seat_of = |sides: &[SideView], id: u16| {
        let metrics = Metrics::new(Form::Wide, 5, STAGE.1);
        let (radius, centre) = circle(5, STAGE, Form::Wide, &metrics);
        let placed = seat(&ids(5), sides, radius, centre);
        placed.iter().find(|(node, _)| *node == ActorId(id)).map(|(_, at)| *at)
    };
    for alone in 0..5 {
        let rest: Vec<u16> = (0..5).filter(|id| *id != alone).collect();
        let sides = [side(&rest), side(&[alone])];
        for id in 0..5 {
            assert_eq!(seat_of(&sides, id), seat_of(&[], id), "n{} moves when n{} is cut off", id + 1, alone + 1);
        }
    }
}
