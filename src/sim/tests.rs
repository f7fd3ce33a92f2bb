//! What a world promises, shown with a toy: actors that do what they are told and note what reaches them.
//!
//! The toy has nothing to do with any protocol. It sends numbers, sets timers, writes records, and counts in memory, so
//! that what a crash takes and what it leaves can be told apart.

use super::*;

#[derive(Clone, Copy, Debug)]
struct Toy;

/// What a toy is told to do.
#[derive(Clone, Debug)]
enum Order {
    Send(ActorId, u64),
    Timer(char, Duration),
    Cancel(char),
    Write(u64),
    WriteUnsynced(u64),
}

/// What has reached a toy.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
enum Seen {
    /// It was started and found these records.
    Booted(Vec<u64>),
    /// A message, and the how manieth since the start.
    Got(ActorId, u64, u64),
    Fired(char),
    Synced,
    Disconnected(ActorId),
}

#[derive(Clone, Debug, Default)]
struct Puppet {
    received: u64,
}

impl Model for Toy {
    type Actor = Puppet;
    type Message = u64;
    type Summary = u64;
    type Timer = char;
    type Record = u64;
    type Note = Seen;
    type Command = Order;
    type Output = (Time, Seen);

    fn summary(message: &u64) -> u64 {
        *message
    }
}

impl Puppet {
    fn sees(seen: Seen, context: &mut Context<'_, Toy>) {
        context.note(seen.clone());
        context.output((context.now(), seen));
    }
}

impl Actor<Toy> for Puppet {
    fn boot(&mut self, disk: &Disk<u64>, context: &mut Context<'_, Toy>) {
        *self = Puppet::default();
        Puppet::sees(Seen::Booted(disk.records().to_vec()), context);
    }

    fn handle(&mut self, input: Input<Toy>, context: &mut Context<'_, Toy>) {
        let seen = match input {
            Input::Message { from, message } => {
                self.received += 1;
                // Odd numbers are answered with the next one, so that effects have causes further back.
                if message % 2 == 1 {
                    context.send(from, message + 1);
                }
                Seen::Got(from, message, self.received)
            }
            Input::Timer(key) => Seen::Fired(key),
            Input::DiskSynced(_) => Seen::Synced,
            Input::Disconnected { peer } => Seen::Disconnected(peer),
            Input::Command(Order::Send(to, number)) => return context.send(to, number),
            Input::Command(Order::Timer(key, length)) => return context.set_timer_after(key, length),
            Input::Command(Order::Cancel(key)) => return context.cancel_timer(key),
            Input::Command(Order::Write(record)) => {
                context.write_synced(vec![record]);
                return;
            }
            Input::Command(Order::WriteUnsynced(record)) => return context.write_unsynced(vec![record]),
        };
        Puppet::sees(seen, context);
    }
}

const A: ActorId = ActorId(0);
const B: ActorId = ActorId(1);
const C: ActorId = ActorId(2);

/// Three toys on a local network.
fn world(seed: u64) -> World<Toy> {
    let mut world = World::new(WorldSettings { seed, network: NetworkProfile::Lan, ..WorldSettings::default() });
    for _ in 0..3 {
        world.add(Puppet::default(), Place::Server);
    }
    world.take_outputs();
    world
}

fn run_for(world: &mut World<Toy>, length: Duration) -> Vec<(ActorId, Seen)> {
    let until = world.now() + length;
    while world.step_before(until).is_some() {}
    world.take_outputs().into_iter().map(|(actor, (_, seen))| (actor, seen)).collect()
}

const SECOND: Duration = Duration::seconds(1);

/// The numbers that have reached an actor, in order.
fn got_by(actor: ActorId, seen: &[(ActorId, Seen)]) -> Vec<u64> {
    let number = |(to, seen): &(ActorId, Seen)| match seen {
        Seen::Got(_, number, _) if *to == actor => Some(*number),
        _ => None,
    };
    seen.iter().filter_map(number).collect()
}

fn send(world: &mut World<Toy>, from: ActorId, to: ActorId, number: u64) -> u64 {
    assert!(world.command(from, Order::Send(to, number)), "{from:?} runs");
    let sent = world.flights().find(|(_, flight)| (flight.from, flight.to, flight.message) == (from, to, number));
    World::<Toy>::message_number(sent.expect("it is in flight").0)
}

/// A lively run: messages both ways, timers, writes, faults.
fn lively(world: &mut World<Toy>) {
    world
        .apply(Fault::SetLink {
            from: A,
            to: B,
            settings: LinkSettings {
                loss_ppm: 100_000,
                duplicate_ppm: 100_000,
                reorder_ppm: 300_000,
                ..LinkSettings::reliable(100, 9_000)
            },
        })
        .expect("possible");
    for round in 0..50 {
        world.command(A, Order::Send(B, round));
        world.command(B, Order::Send(C, round * 2 + 1));
        world.command(C, Order::Timer('t', Duration::millis(3)));
        world.command(C, Order::Write(round));
        run_for(world, Duration::millis(2));
        if round == 20 {
            world.apply(Fault::Crash(C)).expect("up");
            world.apply(Fault::Pause(A)).expect("up");
        }
        if round == 30 {
            world.apply(Fault::Restart(C)).expect("down");
            world.apply(Fault::Resume(A)).expect("paused");
        }
    }
}

#[test]
fn the_same_seed_gives_the_same_trace_and_another_seed_another() {
    let hash = |seed| {
        let mut world = world(seed);
        lively(&mut world);
        world.trace().hash()
    };
    assert_eq!(hash(1), hash(1));
    assert_ne!(hash(1), hash(2));
}

#[test]
fn a_checkpoint_goes_on_exactly_as_the_original() {
    let mut original = world(7);
    lively(&mut original);
    original.command(A, Order::Send(B, 1));
    let mut copy = original.clone();
    lively(&mut original);
    let hash_then = copy.trace().hash();
    lively(&mut copy);
    assert_ne!(copy.trace().hash(), hash_then);
    assert_eq!(copy.trace().hash(), original.trace().hash());
    assert_eq!(copy.now(), original.now());
}

#[test]
fn every_event_is_caused_by_an_earlier_one() {
    let mut world = world(3);
    lively(&mut world);
    let events: Vec<_> = world.trace().events().collect();
    assert!(events.len() > 300, "{} events", events.len());
    let mut caused = 0;
    for event in &events {
        if let Some(cause) = event.cause {
            caused += 1;
            assert!(cause < event.id, "{event:?}");
            let cause = world.trace().get(cause).expect("all are kept in so short a run");
            assert!(cause.at <= event.at, "{cause:?} {event:?}");
        }
    }
    assert!(caused * 2 > events.len(), "{caused} of {}", events.len());
}

#[test]
fn an_answer_can_be_walked_back_to_the_command_that_began_it() {
    let mut world = world(1);
    world.command(A, Order::Send(B, 1));
    run_for(&mut world, SECOND);
    let last = world.trace().events().next_back().expect("the note that A has its answer");
    let mut chain = vec![last];
    while let Some(cause) = chain.last().and_then(|event| event.cause) {
        chain.push(world.trace().get(cause).expect("kept"));
    }
    let kinds: Vec<&str> = chain
        .iter()
        .map(|event| match event.kind {
            TraceKind::Note { .. } => "note",
            TraceKind::Delivered { .. } => "delivered",
            TraceKind::Sent { .. } => "sent",
            TraceKind::Command { .. } => "command",
            _ => "something else",
        })
        .collect();
    assert_eq!(kinds, ["note", "delivered", "sent", "delivered", "sent", "command"]);
}

#[test]
fn a_link_keeps_the_order_of_its_messages() {
    for seed in 0..20 {
        let mut world = world(seed);
        for number in 0..50 {
            world.command(A, Order::Send(B, number * 2));
            run_for(&mut world, Duration::micros(10));
        }
        world.command(A, Order::Send(B, 100));
        let mut numbers: Vec<u64> = world
            .trace()
            .events()
            .filter_map(
                |event| if let TraceKind::Delivered { summary, .. } = event.kind { Some(summary) } else { None },
            )
            .collect();
        numbers.extend(got_by(B, &run_for(&mut world, SECOND)));
        assert_eq!(numbers, (0..=50).map(|number| number * 2).collect::<Vec<u64>>(), "seed {seed}");
    }
}

#[test]
fn a_link_that_reorders_loses_nothing_but_the_order() {
    let mut world = world(1);
    let settings = LinkSettings { reorder_ppm: 1_000_000, ..LinkSettings::reliable(100, 50_000) };
    world.apply(Fault::SetLink { from: A, to: B, settings }).expect("possible");
    for number in 0..50 {
        world.command(A, Order::Send(B, number * 2));
    }
    let mut numbers = got_by(B, &run_for(&mut world, SECOND));
    assert!(!numbers.is_sorted());
    numbers.sort_unstable();
    assert_eq!(numbers, (0..50).map(|number| number * 2).collect::<Vec<u64>>());
}

#[test]
fn a_link_that_loses_and_duplicates_does_so_about_as_often_as_it_is_told() {
    let mut world = world(1);
    let settings = LinkSettings { loss_ppm: 250_000, duplicate_ppm: 500_000, ..LinkSettings::reliable(100, 200) };
    world.apply(Fault::SetLink { from: A, to: B, settings }).expect("possible");
    for _ in 0..1_000 {
        world.command(A, Order::Send(B, 2));
    }
    let arrived = got_by(B, &run_for(&mut world, SECOND)).len();
    assert!((1_050..=1_200).contains(&arrived), "{arrived} of 1,000 x 1.5 x 0.75");
}

#[test]
fn a_cut_kills_what_is_in_flight_and_what_is_sent_after_it() {
    let mut world = world(1);
    send(&mut world, A, B, 2);
    world.apply(Fault::Cut(A, B)).expect("possible");
    send(&mut world, A, B, 4);
    send(&mut world, B, A, 6);
    send(&mut world, A, C, 8);
    assert_eq!(run_for(&mut world, SECOND), [(C, Seen::Got(A, 8, 1))]);
    let is_cut =
        |event: &&TraceEvent<u64, char, Seen>| matches!(event.kind, TraceKind::Lost { reason: LossReason::Cut, .. });
    assert_eq!(world.trace().events().filter(is_cut).count(), 3);
    world.apply(Fault::Heal(A, B)).expect("possible");
    send(&mut world, A, B, 10);
    assert_eq!(got_by(B, &run_for(&mut world, SECOND)), [10]);
}

#[test]
fn a_cut_of_one_direction_leaves_the_other() {
    let mut world = world(1);
    world.apply(Fault::CutOneWay { from: A, to: B }).expect("possible");
    send(&mut world, A, B, 2);
    send(&mut world, B, A, 4);
    assert_eq!(run_for(&mut world, SECOND), [(A, Seen::Got(B, 4, 1))]);
}

#[test]
fn a_split_cuts_between_groups_and_mends_within_them() {
    let mut world = world(1);
    world.apply(Fault::Split(vec![vec![A], vec![B, C]])).expect("possible");
    for (from, to) in [(A, B), (A, C), (B, A), (C, A), (B, C)] {
        send(&mut world, from, to, 2);
    }
    assert_eq!(run_for(&mut world, SECOND), [(C, Seen::Got(B, 2, 1))]);
    world.apply(Fault::Split(vec![vec![A, B], vec![C]])).expect("possible");
    for (from, to) in [(A, B), (B, C)] {
        send(&mut world, from, to, 4);
    }
    assert_eq!(run_for(&mut world, SECOND), [(B, Seen::Got(A, 4, 1))]);
}

#[test]
fn a_restarted_process_knows_only_what_its_disk_had_synced() {
    let mut world = world(1);
    send(&mut world, A, B, 2);
    world.command(B, Order::Write(1));
    run_for(&mut world, SECOND);
    world.command(B, Order::WriteUnsynced(2));
    run_for(&mut world, SECOND);
    world.command(B, Order::Write(3));
    world.apply(Fault::Crash(B)).expect("up");
    run_for(&mut world, SECOND);
    world.apply(Fault::Restart(B)).expect("down");
    assert_eq!(run_for(&mut world, SECOND), [(B, Seen::Booted(vec![1]))], "and no sync of the old process ends");
    send(&mut world, A, B, 4);
    assert_eq!(run_for(&mut world, SECOND), [(B, Seen::Got(A, 4, 1))], "it counts from one again");
}

#[test]
fn an_unsynced_write_survives_with_the_next_synced_one() {
    let mut world = world(1);
    world.command(B, Order::WriteUnsynced(1));
    world.command(B, Order::Write(2));
    run_for(&mut world, SECOND);
    world.apply(Fault::Crash(B)).expect("up");
    world.apply(Fault::Restart(B)).expect("down");
    let booted = run_for(&mut world, SECOND);
    assert!(booted.contains(&(B, Seen::Booted(vec![1, 2]))), "{booted:?}");
}

#[test]
fn timers_and_messages_of_the_dead_process_do_not_reach_the_new_one() {
    let mut world = world(1);
    world.command(B, Order::Timer('t', Duration::millis(1)));
    let number = send(&mut world, A, B, 2);
    world.apply(Fault::Crash(B)).expect("up");
    world.apply(Fault::Restart(B)).expect("down");
    world.apply(Fault::DuplicateMessage(number)).expect("in flight");
    let seen = run_for(&mut world, SECOND);
    let of_b: Vec<&Seen> = seen.iter().filter(|(actor, _)| *actor == B).map(|(_, seen)| seen).collect();
    assert_eq!(of_b, [&Seen::Booted(vec![])], "neither the message, nor its copy, nor the timer");
}

#[test]
fn who_writes_to_a_dead_process_is_told_that_it_is_gone() {
    let mut world = world(1);
    world.apply(Fault::Crash(B)).expect("up");
    let mut told: Vec<ActorId> = Vec::new();
    for (actor, seen) in run_for(&mut world, SECOND) {
        assert_eq!(seen, Seen::Disconnected(B));
        told.push(actor);
    }
    told.sort_unstable();
    assert_eq!(told, [A, C], "connections are reset");
    send(&mut world, A, B, 2);
    assert_eq!(run_for(&mut world, SECOND), [(A, Seen::Disconnected(B))]);
}

#[test]
fn a_crash_behind_a_cut_link_is_not_noticed() {
    let mut world = world(1);
    world.apply(Fault::Isolate(B)).expect("possible");
    world.apply(Fault::Crash(B)).expect("up");
    send(&mut world, A, B, 2);
    assert_eq!(run_for(&mut world, SECOND), []);
}

#[test]
fn a_paused_process_gets_everything_in_order_when_it_goes_on() {
    let mut world = world(1);
    world.apply(Fault::Pause(B)).expect("up");
    for number in [2, 4, 6] {
        send(&mut world, A, B, number);
    }
    assert_eq!(run_for(&mut world, SECOND), []);
    assert!(!world.command(B, Order::Send(A, 0)), "it takes no command");
    world.apply(Fault::Resume(B)).expect("paused");
    send(&mut world, A, B, 8);
    assert_eq!(got_by(B, &run_for(&mut world, SECOND)), [2, 4, 6, 8]);
}

#[test]
fn what_waited_comes_before_what_arrives_at_the_instant_of_the_resumption() {
    let mut world = world(1);
    let exact = |us| LinkSettings::reliable(us, us);
    world.apply(Fault::SetLink { from: A, to: B, settings: exact(500) }).expect("possible");
    world.apply(Fault::Pause(B)).expect("up");
    send(&mut world, A, B, 2);
    run_for(&mut world, Duration::micros(500));
    send(&mut world, A, B, 4);
    world.pass_to(world.now() + Duration::micros(500));
    world.apply(Fault::Resume(B)).expect("paused");
    assert_eq!(got_by(B, &run_for(&mut world, SECOND)), [2, 4]);
}

#[test]
fn a_timer_that_runs_down_while_its_process_sleeps_fires_once_when_it_wakes() {
    let mut world = world(1);
    world.command(B, Order::Timer('t', Duration::millis(10)));
    world.apply(Fault::Pause(B)).expect("up");
    assert_eq!(run_for(&mut world, SECOND), []);
    world.apply(Fault::Resume(B)).expect("paused");
    assert_eq!(run_for(&mut world, SECOND), [(B, Seen::Fired('t'))]);
}

#[test]
fn a_process_that_crashes_in_its_sleep_loses_what_waited() {
    let mut world = world(1);
    world.apply(Fault::Pause(B)).expect("up");
    send(&mut world, A, B, 2);
    run_for(&mut world, SECOND);
    world.apply(Fault::Crash(B)).expect("paused");
    world.apply(Fault::Restart(B)).expect("down");
    assert_eq!(got_by(B, &run_for(&mut world, SECOND)), [] as [u64; 0]);
}

#[test]
fn one_message_can_be_dropped_delayed_duplicated_or_brought_forward() {
    let mut world = world(1);
    let exact = LinkSettings::reliable(1_000, 1_000);
    world.apply(Fault::SetLink { from: A, to: B, settings: exact }).expect("possible");
    let dropped = send(&mut world, A, B, 2);
    let delayed = send(&mut world, A, B, 4);
    let doubled = send(&mut world, A, B, 6);
    let hurried = send(&mut world, A, B, 8);
    world.apply(Fault::DropMessage(dropped)).expect("in flight");
    world.apply(Fault::DelayMessage(delayed, 5_000)).expect("in flight");
    world.apply(Fault::DuplicateMessage(doubled)).expect("in flight");
    world.apply(Fault::DeliverMessage(hurried)).expect("in flight");
    assert_eq!(got_by(B, &run_for(&mut world, Duration::ZERO)), [8]);
    assert_eq!(got_by(B, &run_for(&mut world, Duration::micros(1_000))), [6, 6]);
    assert_eq!(got_by(B, &run_for(&mut world, Duration::micros(4_999))), [] as [u64; 0]);
    assert_eq!(got_by(B, &run_for(&mut world, Duration::micros(1))), [4]);
    assert_eq!(world.apply(Fault::DropMessage(dropped)), Err(FaultError::NoSuchMessage));
}

#[test]
fn a_message_that_waits_for_a_paused_process_can_be_dropped_and_duplicated() {
    let mut world = world(1);
    world.apply(Fault::Pause(B)).expect("up");
    let dropped = send(&mut world, A, B, 2);
    let doubled = send(&mut world, A, B, 4);
    run_for(&mut world, SECOND);
    world.apply(Fault::DropMessage(dropped)).expect("it waits");
    world.apply(Fault::DuplicateMessage(doubled)).expect("it waits");
    run_for(&mut world, SECOND);
    world.apply(Fault::Resume(B)).expect("paused");
    assert_eq!(got_by(B, &run_for(&mut world, SECOND)), [4, 4]);
}

#[test]
fn a_timer_fires_at_the_pace_of_its_own_actors_clock() {
    let mut world = world(1);
    world.apply(Fault::SetClock(B, ClockSettings { skew_us: 0, drift_ppm: 1_000_000 })).expect("possible");
    world.apply(Fault::SetClock(C, ClockSettings { skew_us: 70_000, drift_ppm: -500_000 })).expect("possible");
    for actor in [A, B, C] {
        world.command(actor, Order::Timer('t', Duration::seconds(10)));
    }
    assert_eq!(run_for(&mut world, Duration::micros(4_999_999)), []);
    assert_eq!(run_for(&mut world, Duration::micros(1)), [(B, Seen::Fired('t'))]);
    assert_eq!(run_for(&mut world, Duration::seconds(5)), [(A, Seen::Fired('t'))]);
    assert_eq!(run_for(&mut world, Duration::micros(9_999_999)), []);
    assert_eq!(run_for(&mut world, Duration::micros(1)), [(C, Seen::Fired('t'))]);
    assert_eq!(world.local_now(B), Time(40_000_000));
    assert_eq!(world.local_now(C), Time(10_070_000));
}

#[test]
fn a_timer_that_is_set_again_or_stopped_does_not_fire_at_its_old_time() {
    let mut world = world(1);
    world.command(A, Order::Timer('t', Duration::millis(10)));
    world.command(A, Order::Timer('t', Duration::millis(30)));
    world.command(A, Order::Timer('u', Duration::millis(10)));
    world.command(A, Order::Cancel('u'));
    assert_eq!(run_for(&mut world, Duration::millis(29)), []);
    assert_eq!(run_for(&mut world, SECOND), [(A, Seen::Fired('t'))]);
}

#[test]
fn faults_that_make_no_sense_change_nothing_and_say_why() {
    let fresh = world(1);
    let mut world = fresh.clone();
    let number = send(&mut world, A, B, 2);
    world.apply(Fault::Crash(C)).expect("up");
    let nobody = ActorId(9);
    let link = |settings| Fault::SetLink { from: A, to: B, settings };
    let reliable = LinkSettings::reliable(1, 2);
    let no_sense = [
        (Fault::Crash(nobody), "there is no actor number 9"),
        (Fault::Cut(A, nobody), "there is no actor number 9"),
        (Fault::Isolate(nobody), "there is no actor number 9"),
        (Fault::Cut(A, A), "a link needs two ends, and actor number 0 is one"),
        (Fault::Split(vec![vec![A, B], vec![B]]), "actor number 1 is named in two groups"),
        (Fault::Crash(C), "actor number 2 is down"),
        (Fault::Pause(C), "actor number 2 is down"),
        (Fault::Restart(A), "actor number 0 is up"),
        (Fault::Resume(A), "actor number 0 is up"),
        (Fault::DropMessage(number + 1), "that message is no longer in flight"),
        (Fault::DelayMessage(number, -1), "a message is delayed by 0 to 3,600,000,000 us"),
        (link(LinkSettings::reliable(-1, 2)), "latencies are 0 to 3,600,000,000 us, the shortest first"),
        (link(LinkSettings::reliable(3, 2)), "latencies are 0 to 3,600,000,000 us, the shortest first"),
        (
            link(LinkSettings { loss_ppm: 1_000_001, ..reliable }),
            "loss, duplication and reordering are 0 to 1,000,000 ppm",
        ),
        (
            Fault::SetDisk(A, DiskSettings { sync_us_min: -5, sync_us_max: 0 }),
            "a sync takes 0 to 3,600,000,000 us, the quickest first",
        ),
        (
            Fault::SetClock(A, ClockSettings { skew_us: i64::MAX, drift_ppm: 0 }),
            "a clock is off by a day at most, 86,400,000,000 us",
        ),
        (
            Fault::SetClock(A, ClockSettings { skew_us: 0, drift_ppm: 1_000_001 }),
            "a clock drifts by -500,000 to 1,000,000 ppm",
        ),
    ];
    let before = (world.trace().hash(), world.trace().total(), world.next_event_at());
    for (fault, sentence) in no_sense {
        let error = world.apply(fault.clone()).expect_err("no sense");
        assert_eq!(error.to_string(), sentence, "{fault:?}");
    }
    assert_eq!((world.trace().hash(), world.trace().total(), world.next_event_at()), before);
    let mut other = fresh;
    send(&mut other, A, B, 2);
    other.apply(Fault::Crash(C)).expect("up");
    assert_eq!(run_for(&mut world, SECOND), run_for(&mut other, SECOND), "nor anything later");
    assert_eq!(world.trace().hash(), other.trace().hash());
}
