//! Recordings: settings and inputs, each with the step and the time at which it came. Replaying one gives the same trace.
//!
//! A step is an entry of the world's event queue, one that concerned nobody any more included: where an input came between
//! two events, such an entry may lie between the event before it and the input. The step fixes the order among events, the
//! time where between two of them the input came.

use super::{ActorId, Fault, Sandbox, Settings, Time};
use serde::{Deserialize, Serialize};

/// The version of the format.
const VERSION: u32 = 1;
/// The most steps between two inputs that a replay takes, so that a damaged recording ends.
const STEPS_MAX: u64 = 100_000_000;

/// One input.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RecordedInput {
    /// A terminal was opened at a member.
    OpenTerminal(ActorId),
    /// A line was typed.
    Line(usize, String),
    /// Ctrl-C.
    Interrupt(usize),
    /// Ctrl-D.
    EndInput(usize),
    /// Something was broken or mended by hand.
    Fault(Fault),
}

/// An input with its place.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Recorded {
    /// After so many entries of the event queue.
    pub step: u64,
    /// At this time.
    pub at: Time,
    /// What.
    pub input: RecordedInput,
}

/// All that is needed to see a run again.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Recording {
    /// The version of the format.
    pub version: u32,
    /// How the sandbox was made.
    pub settings: Settings,
    /// What came in, in order.
    pub inputs: Vec<Recorded>,
}

impl Recording {
    pub(super) fn new(settings: Settings) -> Recording {
        Recording { version: VERSION, settings, inputs: Vec::new() }
    }

    /// As JSON.
    pub fn to_json(&self) -> String {
        serde_json::to_string(self).expect("a recording has nothing that JSON has not")
    }

    /// From JSON; the error is one sentence.
    pub fn from_json(text: &str) -> Result<Recording, String> {
        let recording: Recording =
            serde_json::from_str(text).map_err(|error| format!("this is not a recording of Quorate: {error}"))?;
        if recording.version != VERSION {
            return Err(format!("this recording has version {}, and only {VERSION} is known here", recording.version));
        }
        if !(1..=9).contains(&recording.settings.nodes) {
            return Err(format!("this recording has {} nodes; 1 to 9 are possible", recording.settings.nodes));
        }
        recording.settings.server.check().map_err(|error| format!("this recording cannot be played: {error}"))?;
        Ok(recording)
    }

    /// Runs it again up to the last input, then on to `until`.
    pub fn replay(&self, until: Time) -> Result<Sandbox, String> {
        let mut sandbox = Sandbox::new(self.settings.clone());
        for recorded in &self.inputs {
            if recorded.step.saturating_sub(sandbox.world.entries_taken()) > STEPS_MAX {
                return Err(format!("this recording has an input after {} steps: too many", recorded.step));
            }
            while sandbox.world.entries_taken() < recorded.step {
                let Some(stepped) = sandbox.world.take_entry() else {
                    return Err(format!("this recording ends before its input at step {}", recorded.step));
                };
                sandbox.after(stepped);
            }
            sandbox.world.pass_to(recorded.at);
            sandbox.input(recorded.input.clone());
        }
        while !sandbox.advance(until, usize::MAX) {}
        Ok(sandbox)
    }
}

/// The trace hash of a recording that is replayed up to `until_us`; for showing that two platforms agree.
pub fn replay_hash(json: &str, until_us: i64) -> Result<String, String> {
    Ok(Recording::from_json(json)?.replay(Time(until_us))?.trace_hash())
}

impl Sandbox {
    pub(super) fn record(&mut self, input: RecordedInput) {
        self.recording.inputs.push(Recorded { step: self.world.entries_taken(), at: self.now(), input });
    }

    /// Gives an input, as if a person had.
    pub fn input(&mut self, input: RecordedInput) {
        match input {
            RecordedInput::OpenTerminal(endpoint) => drop(self.open_terminal(endpoint)),
            RecordedInput::Line(terminal, line) => self.type_line(terminal, &line),
            RecordedInput::Interrupt(terminal) => self.interrupt(terminal),
            RecordedInput::EndInput(terminal) => self.end_input(terminal),
            // A fault that did not apply then does not apply now either.
            RecordedInput::Fault(fault) => drop(self.fault(fault)),
        }
    }

    /// Settings and inputs, for a report of something that went wrong.
    pub fn report(&self) -> String {
        self.recording.to_json()
    }
}
