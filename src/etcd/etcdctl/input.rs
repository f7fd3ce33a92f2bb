//! Standard input, line by line, for the commands that converse.

use super::session::{STDIN_BYTES_MAX, Stop, exit};

/// What has arrived and is not read yet. Bounded: see [`Input::push`].
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(crate) struct Input {
    text: String,
    /// How much of the text is read.
    read: usize,
    ended: bool,
}

/// What comes next.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Next {
    /// A whole line, without its end.
    Line(String),
    /// Nothing yet.
    Wait,
    /// Nothing any more. A last line without an end counts for nothing, as in Go's `ReadString`.
    End,
}

impl Input {
    /// What is there at the start.
    pub(crate) fn new(text: String, ended: bool) -> Input {
        Input { text, read: 0, ended }
    }

    /// More has arrived.
    ///
    /// # Errors
    /// More is waiting than will ever be read.
    pub(crate) fn push(&mut self, text: &str) -> Result<(), Stop> {
        self.text.drain(..self.read);
        self.read = 0;
        self.text.push_str(text);
        if self.text.len() > STDIN_BYTES_MAX {
            let text = format!("too much standard input: at most {STDIN_BYTES_MAX} bytes may wait");
            return Err(Stop::error(exit::INVALID_INPUT, text));
        }
        Ok(())
    }

    /// Nothing more will arrive.
    pub(crate) fn end(&mut self) {
        self.ended = true;
    }

    /// Takes the next line.
    pub(crate) fn next(&mut self) -> Next {
        match self.text[self.read..].split_once('\n') {
            Some((line, _)) => {
                self.read += line.len() + 1;
                Next::Line(line.to_string())
            }
            None if self.ended => Next::End,
            None => Next::Wait,
        }
    }
}
