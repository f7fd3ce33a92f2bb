//! The bus: a link for each ordered pair of actors, and the messages in flight on it.
//!
//! A link keeps the order of its messages, as a TCP connection does, unless it is told to reorder. A message that will not
//! arrive still flies: it dies at three fifths of its way (or where it is when the link is cut), so that a loss can be seen.

use super::random::Random;
use super::time::{Duration, Time};
use super::trace::{EventId, LossReason};
use super::world::{ActorId, Place};
use serde::{Deserialize, Serialize};
use slotmap::new_key_type;

new_key_type! {
    /// Names one message in flight.
    pub struct MessageId;
}

/// How one direction of a link behaves.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
pub struct LinkSettings {
    /// The shortest flight in microseconds.
    pub latency_us_min: i64,
    /// The longest flight in microseconds. Between the two the distribution is triangular.
    pub latency_us_max: i64,
    /// How many messages in a million are lost.
    pub loss_ppm: u32,
    /// How many messages in a million arrive twice.
    pub duplicate_ppm: u32,
    /// How many messages in a million may overtake, or be overtaken by, their neighbours.
    pub reorder_ppm: u32,
}

impl LinkSettings {
    /// A link with this range of latencies and no faults.
    pub const fn reliable(latency_us_min: i64, latency_us_max: i64) -> Self {
        LinkSettings { latency_us_min, latency_us_max, loss_ppm: 0, duplicate_ppm: 0, reorder_ppm: 0 }
    }

    pub(super) fn draw_latency(&self, random: &mut Random) -> Duration {
        let spread = self.latency_us_max - self.latency_us_min;
        if spread <= 0 {
            return Duration(self.latency_us_min);
        }
        let half = spread / 2;
        Duration(self.latency_us_min + random.between(0, half) + random.between(0, spread - half))
    }
}

/// Latencies for a whole cluster.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum NetworkProfile {
    /// One rack: about 0.5 ms.
    Lan,
    /// 20 to 40 ms between members, so that a flight can be seen beside 100 ms heartbeats.
    #[default]
    Classroom,
    /// Several regions: about 80 ms.
    Wan,
}

impl NetworkProfile {
    /// The link between two places under this profile.
    pub fn link(self, from: Place, to: Place) -> LinkSettings {
        let peers = from == Place::Server && to == Place::Server;
        match (self, peers) {
            (NetworkProfile::Lan, true) => LinkSettings::reliable(300, 700),
            (NetworkProfile::Lan, false) => LinkSettings::reliable(200, 400),
            (NetworkProfile::Classroom, true) => LinkSettings::reliable(20_000, 40_000),
            (NetworkProfile::Classroom, false) => LinkSettings::reliable(10_000, 20_000),
            (NetworkProfile::Wan, true) => LinkSettings::reliable(70_000, 90_000),
            (NetworkProfile::Wan, false) => LinkSettings::reliable(5_000, 15_000),
        }
    }

    /// The profile of this name.
    pub fn named(name: &str) -> Option<NetworkProfile> {
        match name {
            "lan" => Some(NetworkProfile::Lan),
            "classroom" => Some(NetworkProfile::Classroom),
            "wan" => Some(NetworkProfile::Wan),
            _ => None,
        }
    }

    /// The name that [`NetworkProfile::named`] knows.
    pub fn name(self) -> &'static str {
        match self {
            NetworkProfile::Lan => "lan",
            NetworkProfile::Classroom => "classroom",
            NetworkProfile::Wan => "wan",
        }
    }
}

/// What will become of a message.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Fate {
    /// It will be handed to its target.
    Arrive,
    /// It will die on the way.
    Die(LossReason),
    /// It has arrived and waits for a paused target to wake.
    Wait,
}

/// A message on the bus.
#[derive(Clone, Debug)]
pub struct InFlight<T> {
    /// Who sent it.
    pub from: ActorId,
    /// Whom it is for.
    pub to: ActorId,
    /// When it was sent.
    pub sent_at: Time,
    /// When it would arrive if nothing stops it.
    pub arrives_at: Time,
    /// When its event is due: the arrival, or the death on the way.
    pub due_at: Time,
    /// What will become of it.
    pub fate: Fate,
    /// What it says.
    pub message: T,
    /// The trace event of its sending.
    pub sent_event: EventId,
    pub(super) target_incarnation: u32,
}

/// One direction between two actors.
#[derive(Clone, Copy, Debug)]
pub(super) struct Link {
    pub(super) settings: LinkSettings,
    pub(super) cut_since: Option<Time>,
    pub(super) last_arrival: Time,
}

impl Link {
    pub(super) fn new(settings: LinkSettings) -> Self {
        Link { settings, cut_since: None, last_arrival: Time::ZERO }
    }

    /// When a message that is sent now arrives, and whether it does. Keeps the order unless the link reorders.
    pub(super) fn route(&mut self, now: Time, random: &mut Random) -> (Time, Fate) {
        let mut arrives_at = now + self.settings.draw_latency(random);
        if !random.chance(self.settings.reorder_ppm) {
            arrives_at = arrives_at.max(self.last_arrival);
            self.last_arrival = arrives_at;
        }
        let fate = if self.cut_since.is_some() {
            Fate::Die(LossReason::Cut)
        } else if random.chance(self.settings.loss_ppm) {
            Fate::Die(LossReason::Random)
        } else {
            Fate::Arrive
        };
        (arrives_at, fate)
    }
}

/// Where on its way a message dies that will not arrive: three fifths.
pub(super) fn death_at(sent_at: Time, arrives_at: Time) -> Time {
    sent_at + Duration((arrives_at - sent_at).0 * 3 / 5)
}
