//! Recordings: settings and inputs, each with the step and the time at which it came. Replaying one gives the same trace.
//!
//! A step is an entry of the world's event queue, one that concerned nobody any more included: where an input came between
//! two events, such an entry may lie between the event before it and the input. The step fixes the order among events, the
//! time where between two of them the input came.

//! As text a recording is one word that a link or a message can carry: `quorate`, the version, a full stop, and in the URL's
//! base64 the fields as postcard with a checksum behind.

use super::{ActorId, Fault, Sandbox, Settings, Time};
use crate::mvcc::CRC_32C;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};
use std::fmt::Write;

/// The version of the format.
const VERSION: u32 = 1;
/// What a recording's text begins with; the version and a full stop follow.
const MARK: &str = "quorate";
/// The most steps between two inputs that a replay takes, so that a damaged recording ends.
const STEPS_MAX: u64 = 100_000_000;

/// One input.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
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
    /// How the sandbox was made.
    pub settings: Settings,
    /// What came in, in order.
    pub inputs: Vec<Recorded>,
}

impl Recording {
    pub(super) fn new(settings: Settings) -> Recording {
        Recording { settings, inputs: Vec::new() }
    }

    /// As one word.
    pub fn to_text(&self) -> String {
        let mut bytes = postcard::to_allocvec(self).expect("a recording is plain data");
        bytes.extend(CRC_32C.checksum(&bytes).to_le_bytes());
        format!("{MARK}{VERSION}.{}", URL_SAFE_NO_PAD.encode(bytes))
    }

    /// From its text; the error is one sentence.
    pub fn from_text(text: &str) -> Result<Recording, String> {
        let foreign = || format!("this is not a recording of Quorate: one begins with {MARK}{VERSION} and a full stop");
        let (version, data) =
            text.trim().strip_prefix(MARK).and_then(|rest| rest.split_once('.')).ok_or_else(foreign)?;
        let version: u32 = version.parse().map_err(|_| foreign())?;
        if version != VERSION {
            return Err(format!("this recording has version {version}, and only {VERSION} is known here"));
        }
        let damaged = || "this recording is damaged: some of its text is missing or changed".to_string();
        let bytes = URL_SAFE_NO_PAD.decode(data).map_err(|_| damaged())?;
        let (fields, checksum) = bytes.split_last_chunk().ok_or_else(damaged)?;
        if CRC_32C.checksum(fields) != u32::from_le_bytes(*checksum) {
            return Err(damaged());
        }
        let recording: Recording = postcard::from_bytes(fields).map_err(|_| damaged())?;
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
pub fn replay_hash(recording: &str, until_us: i64) -> Result<String, String> {
    Ok(Recording::from_text(recording)?.replay(Time(until_us))?.trace_hash())
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

    /// For a report of something that went wrong: settings and inputs in words, an empty line, the recording's text.
    pub fn report(&self) -> String {
        let Settings { nodes, seed, network, .. } = &self.settings;
        let mut report = format!("{nodes} members, seed {seed}, network {}\n", network.name());
        for Recorded { at, input, .. } in &self.recording.inputs {
            let what = match input {
                RecordedInput::OpenTerminal(endpoint) => {
                    format!("a terminal is opened at {}", self.narrator.name(*endpoint))
                }
                RecordedInput::Line(terminal, line) => format!("terminal {}: {line}", terminal + 1),
                RecordedInput::Interrupt(terminal) => format!("terminal {}: Ctrl-C", terminal + 1),
                RecordedInput::EndInput(terminal) => format!("terminal {}: Ctrl-D", terminal + 1),
                RecordedInput::Fault(fault) => self.narrator.fault_headline(fault),
            };
            writeln!(report, "{at}  {what}").expect("a String takes everything");
        }
        report + "\n" + &self.recording.to_text()
    }
}
