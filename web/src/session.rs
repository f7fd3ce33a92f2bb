//! The run that the page shows: the sandbox and how fast its time runs.
//!
//! Invariants: the simulation advances by whole events; a frame spends at most a budget of wall time on it, and what it
//! could not do in time is not owed later; no wall time reaches the simulation except as "advance until".

use crate::action::Speed;
use crate::browser;
use crate::browser::memory::Memory;
use crate::words::within;
use quorate::sandbox::{ActorId, Fault, Sandbox, Settings, Time};

/// How much of a frame may go into simulating, in milliseconds.
const FRAME_BUDGET_MS: f64 = 8.0;
/// Between two looks at the wall clock the simulation takes at most this many events.
const EVENTS_PER_LOOK: usize = 256;
/// A frame that comes later than this counts as this late: a tab that slept does not make up for it.
const FRAME_MS_MAX: f64 = 100.0;

/// A run and its pace.
pub(crate) struct Session {
    sandbox: Sandbox,
    pub(crate) playing: bool,
    pub(crate) speed: Speed,
    /// Part of a microsecond that is still to be played.
    fraction_us: f64,
    memory: Memory,
}

impl Session {
    /// Starts a cluster; time runs at once.
    pub(crate) fn new(settings: Settings) -> Session {
        let sandbox = Sandbox::new(settings);
        browser::crash::remember(sandbox.report());
        Session { sandbox, playing: true, speed: Speed::NORMAL, fraction_us: 0.0, memory: Memory::default() }
    }

    /// What may be looked at.
    pub(crate) fn sandbox(&self) -> &Sandbox {
        &self.sandbox
    }

    /// The time that is shown.
    pub(crate) fn now(&self) -> Time {
        self.sandbox.now()
    }

    /// Plays one frame of this many milliseconds.
    pub(crate) fn play(&mut self, frame_ms: f64) {
        if !self.playing {
            return;
        }
        let us = within(frame_ms, 0.0, FRAME_MS_MAX) * 1_000.0 * self.speed.factor() + self.fraction_us;
        self.fraction_us = us.fract();
        let until = Time(self.now().micros() + us as i64);
        self.memory.keep_ahead();
        let began = browser::wall_ms();
        while !self.sandbox.advance(until, EVENTS_PER_LOOK) && browser::wall_ms() - began <= FRAME_BUDGET_MS {}
    }

    /// Takes one event and stands still.
    pub(crate) fn step(&mut self) {
        self.playing = false;
        self.sandbox.step();
    }

    /// Breaks or mends something.
    pub(crate) fn fault(&mut self, fault: Fault) -> Result<(), String> {
        let outcome = self.sandbox.fault(fault);
        self.input_happened();
        outcome
    }

    /// Opens a terminal at a member.
    pub(crate) fn open_terminal(&mut self, endpoint: ActorId) -> Result<usize, String> {
        let outcome = self.sandbox.open_terminal(endpoint);
        self.input_happened();
        outcome
    }

    /// Types lines; each waits until the command before it has ended, or reads it.
    pub(crate) fn type_lines(&mut self, terminal: usize, lines: &[String]) {
        for line in lines {
            self.sandbox.type_line(terminal, line);
        }
        self.input_happened();
    }

    /// Ctrl-C: ends the program and forgets what was typed ahead.
    pub(crate) fn interrupt(&mut self, terminal: usize) {
        self.sandbox.interrupt(terminal);
        self.input_happened();
    }

    /// Ctrl-D.
    pub(crate) fn end_input(&mut self, terminal: usize) {
        self.sandbox.end_input(terminal);
        self.input_happened();
    }

    fn input_happened(&self) {
        browser::crash::remember(self.sandbox.report());
    }
}
