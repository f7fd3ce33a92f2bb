//! The run that the page shows: the sandbox, how fast its time runs, and what is typed but not yet read.
//!
//! Invariants: the simulation advances by whole events; a frame spends at most a budget of wall time on it, and what it
//! could not do in time is not owed later; no wall time reaches the simulation except as "advance until".

use crate::action::Speed;
use crate::browser;
use quorate::sandbox::view::TerminalView;
pub(crate) use crate::fixture::{Sandbox, Settings};
use quorate::sim::{ActorId, Fault, Time};
use std::collections::{BTreeMap, VecDeque};

/// How much of a frame may go into simulating, in milliseconds.
const FRAME_BUDGET_MS: f64 = 8.0;
/// Between two looks at the wall clock the simulation takes at most this many events.
const EVENTS_PER_LOOK: usize = 256;
/// A frame that comes later than this counts as this late: a tab that slept does not make up for it.
const FRAME_MS_MAX: f64 = 100.0;
/// How many lines a terminal keeps for the program to read; more are refused.
const TYPED_AHEAD_MAX: usize = 1_000;

/// A run and its pace.
pub(crate) struct Session {
    sandbox: Sandbox,
    /// Where the playhead stands: the last event, or later while nothing happens.
    playhead: Time,
    pub(crate) playing: bool,
    pub(crate) speed: Speed,
    /// Part of a microsecond that is still to be played.
    fraction_us: f64,
    typed_ahead: BTreeMap<usize, VecDeque<String>>,
}

impl Session {
    /// Starts a cluster; time runs at once.
    pub(crate) fn new(settings: Settings) -> Session {
        let sandbox = Sandbox::new(settings);
        browser::crash::remember(sandbox.report());
        Session {
            playhead: sandbox.now(),
            sandbox,
            playing: true,
            speed: Speed::NORMAL,
            fraction_us: 0.0,
            typed_ahead: BTreeMap::new(),
        }
    }

    /// What may be looked at.
    pub(crate) fn sandbox(&self) -> &Sandbox {
        &self.sandbox
    }

    /// The time that is shown.
    pub(crate) fn now(&self) -> Time {
        self.playhead.max(self.sandbox.now())
    }

    /// Plays one frame of this many milliseconds.
    pub(crate) fn play(&mut self, frame_ms: f64) {
        if !self.playing {
            return;
        }
        let us = frame_ms.clamp(0.0, FRAME_MS_MAX) * 1_000.0 * self.speed.factor() + self.fraction_us;
        self.fraction_us = us.fract();
        let until = Time(self.now().micros() + us as i64);
        let began = browser::wall_ms();
        let reached = loop {
            if self.sandbox.advance(until, EVENTS_PER_LOOK) {
                break true;
            }
            if browser::wall_ms() - began > FRAME_BUDGET_MS {
                break false;
            }
        };
        self.playhead = if reached { until } else { self.sandbox.now() };
        self.feed();
    }

    /// Takes one event and stands still.
    pub(crate) fn step(&mut self) {
        self.playing = false;
        self.sandbox.step();
        self.playhead = self.sandbox.now();
        self.feed();
    }

    /// Breaks or mends something.
    pub(crate) fn fault(&mut self, fault: Fault) -> Result<(), String> {
        let outcome = self.sandbox.fault(fault);
        self.input_happened();
        outcome
    }

    /// Opens a terminal at a member.
    pub(crate) fn open_terminal(&mut self, endpoint: ActorId) -> usize {
        let terminal = self.sandbox.open_terminal(endpoint);
        self.input_happened();
        terminal
    }

    /// Types lines; each waits until the program before it has ended, or reads it.
    pub(crate) fn type_lines(&mut self, terminal: usize, lines: Vec<String>) -> Result<(), String> {
        let waiting = self.typed_ahead.entry(terminal).or_default();
        if waiting.len() + lines.len() > TYPED_AHEAD_MAX {
            return Err(format!("A terminal keeps at most {TYPED_AHEAD_MAX} lines that are still to be read."));
        }
        waiting.extend(lines);
        self.feed();
        Ok(())
    }

    /// Ctrl-C: ends the program and forgets what was typed ahead.
    pub(crate) fn interrupt(&mut self, terminal: usize) {
        self.typed_ahead.remove(&terminal);
        self.sandbox.interrupt(terminal);
        self.input_happened();
    }

    /// Ctrl-D.
    pub(crate) fn end_input(&mut self, terminal: usize) {
        self.sandbox.end_input(terminal);
        self.input_happened();
    }

    /// Hands each terminal what it can read now.
    fn feed(&mut self) {
        let mut fed = false;
        for (terminal, lines) in &mut self.typed_ahead {
            while !lines.is_empty() && reads(&self.sandbox.terminal(*terminal)) {
                if let Some(line) = lines.pop_front() {
                    self.sandbox.type_line(*terminal, &line);
                    fed = true;
                }
            }
        }
        self.typed_ahead.retain(|_, lines| !lines.is_empty());
        if fed {
            self.input_happened();
        }
    }

    fn input_happened(&self) {
        browser::crash::remember(self.sandbox.report());
    }
}

fn reads(terminal: &TerminalView) -> bool {
    terminal.running.is_none() || terminal.reads_input
}
