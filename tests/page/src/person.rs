//! What a person does on this very page and what they read there, by the names that the page shows.
//!
//! Everything here is a click, a key, or a look at text, labels and places; nothing calls the page's code.

use anyhow::{Context, Result, anyhow, ensure};
use serde::Deserialize;
use serde_json::json;

use crate::page::{Key, Page};

/// A member of the cluster as the stage shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Member {
    /// `n1`.
    pub name: String,
    /// The word under it: `leader`, `follower`, `crashed`, `paused`.
    pub role: String,
    /// Its term.
    pub term: u64,
    /// The last index that it knows to be committed.
    pub commit: u64,
}

/// What a terminal shows.
#[derive(Clone, Debug, Deserialize)]
pub struct Screen {
    /// The commands that were typed and what they printed, line by line: the kind of line and its text.
    lines: Vec<(String, String)>,
    /// A command runs.
    pub running: bool,
}

impl Screen {
    /// How many commands the terminal has taken.
    fn commands(&self) -> usize {
        self.lines.iter().filter(|(kind, _)| kind == "command").count()
    }

    /// What the newest command has printed, standard output and error.
    pub fn printed(&self) -> Vec<&str> {
        let after = self.lines.iter().rposition(|(kind, _)| kind == "command").map_or(0, |at| at + 1);
        let printed = self.lines[after..].iter().filter(|(kind, _)| kind == "output" || kind == "error");
        printed.map(|(_, text)| text.as_str()).collect()
    }

    /// The newest command as it was typed, without the prompt.
    pub fn command(&self) -> Option<&str> {
        let newest = self.lines.iter().rev().find(|(kind, _)| kind == "command");
        newest.and_then(|(_, text)| text.split_once(" $ ")).map(|(_, command)| command)
    }
}

/// The field of a terminal: 0 is `c1`.
pub fn field(terminal: usize) -> String {
    format!("[data-terminal=\"{terminal}\"]")
}

impl Page {
    /// The members in the order of their names.
    ///
    /// # Errors
    /// When a label does not read as expected.
    pub fn members(&self) -> Result<Vec<Member>> {
        let script = "return Array.from(document.querySelectorAll('[data-node]'), node => node.ariaLabel)";
        let labels: Vec<String> = self.js(script)?;
        labels.iter().map(|label| member(label).with_context(|| format!("a member is labelled {label:?}"))).collect()
    }

    /// The member of this name.
    ///
    /// # Errors
    /// When the stage shows none.
    pub fn member(&self, name: &str) -> Result<Member> {
        let found = self.members()?.into_iter().find(|member| member.name == name);
        found.ok_or_else(|| anyhow!("the stage shows no {name}"))
    }

    /// The name of the leader of the highest term, if any member leads.
    ///
    /// # Errors
    /// When the stage cannot be read.
    pub fn leader(&self) -> Result<Option<String>> {
        let leads = |member: &Member| member.role == "leader";
        let newest = self.members()?.into_iter().filter(leads).max_by_key(|member| member.term);
        Ok(newest.map(|member| member.name))
    }

    /// Waits until a member leads and all others follow it in its term; the leader's name and the others'.
    ///
    /// # Errors
    /// When nobody leads for too long.
    pub fn wait_for_leader(&self) -> Result<(String, Vec<String>)> {
        let settled = |members: &[Member]| {
            let is = |role| move |member: &&Member| member.role == role;
            members.iter().filter(is("leader")).count() == 1
                && members.iter().filter(is("follower")).count() == members.len() - 1
                && members.iter().all(|member| member.term == members[0].term)
        };
        self.wait_until("a leader that all follow", |page| Ok(settled(&page.members()?)))?;
        let leader = self.leader()?.context("the leader is gone again")?;
        let others = self.members()?.into_iter().map(|member| member.name).filter(|name| *name != leader);
        Ok((leader.clone(), others.collect()))
    }

    /// Waits until the word under a member is this one.
    ///
    /// # Errors
    /// When it does not become that.
    pub fn wait_for_role(&self, name: &str, role: &str) -> Result<()> {
        self.wait_until(&format!("{name} to be {role}"), |page| Ok(page.member(name)?.role == role))
    }

    /// The virtual time that the transport shows, in milliseconds.
    ///
    /// # Errors
    /// When the clock shows no time.
    pub fn clock_ms(&self) -> Result<u64> {
        let shown = self.text("[aria-label='Virtual time']")?;
        milliseconds(&shown).with_context(|| format!("the clock shows {shown:?}"))
    }

    /// Waits until so much virtual time has passed.
    ///
    /// # Errors
    /// When the clock does not get there.
    pub fn wait_virtual_seconds(&self, seconds: u64) -> Result<()> {
        let until = self.clock_ms()? + seconds * 1000;
        self.wait_until(&format!("{until} ms of virtual time"), |page| Ok(page.clock_ms()? >= until))
    }

    /// Lets time run as fast as the page offers: ten times.
    ///
    /// # Errors
    /// When the slider does not take it.
    pub fn full_speed(&self) -> Result<()> {
        self.type_text("[aria-label='Speed']", &char::from(Key::End).to_string())?;
        self.wait_for_text("output[for='speed']", "10×")
    }

    /// Stops time. What the page shows stands still from then on.
    ///
    /// # Errors
    /// When time does not run or does not stop.
    pub fn pause(&self) -> Result<()> {
        self.click_label("Pause")?;
        self.wait_for("[aria-label='Play']")
    }

    /// Lets time run again.
    ///
    /// # Errors
    /// When time does not stand still or does not run.
    pub fn play(&self) -> Result<()> {
        self.click_label("Play")?;
        self.wait_for("[aria-label='Pause']")
    }

    /// What a terminal shows.
    ///
    /// # Errors
    /// When it is not on the screen.
    pub fn screen(&self, terminal: usize) -> Result<Screen> {
        let script = "const input = document.querySelector(FIELD); if (!input) return null; \
            const lines = Array.from(input.closest('.term').querySelectorAll('.term-line'), line => \
                [line.classList[1], line.querySelector('.text').innerText]); \
            return { lines, running: input.ariaLabel.startsWith('Input of') };";
        let screen: Option<Screen> = self.js(&script.replace("FIELD", &json!(field(terminal)).to_string()))?;
        screen.with_context(|| format!("terminal {terminal} is not on the screen"))
    }

    /// Types a command and waits for its end; what it has printed.
    ///
    /// # Errors
    /// When the command does not end.
    pub fn run(&self, terminal: usize, line: &str) -> Result<Vec<String>> {
        let before = self.screen(terminal)?.commands();
        self.type_line(&field(terminal), line)?;
        self.wait_until(&format!("the end of {line:?}"), |page| {
            let screen = page.screen(terminal)?;
            Ok(screen.commands() > before && !screen.running)
        })?;
        let screen = self.screen(terminal)?;
        ensure!(screen.command() == Some(line), "typed {line:?}, and the terminal shows {:?}", screen.command());
        Ok(screen.printed().into_iter().map(str::to_owned).collect())
    }

    /// Runs a command that is to print exactly this.
    ///
    /// # Errors
    /// When it prints something else, or does not end.
    pub fn run_prints(&self, terminal: usize, line: &str, wanted: &[&str]) -> Result<()> {
        let printed = self.run(terminal, line)?;
        ensure!(printed == wanted, "{line}\nprinted {printed:?}\ninstead of {wanted:?}");
        Ok(())
    }

    /// Types a command that goes on by itself, and waits until it runs.
    ///
    /// # Errors
    /// When it does not run.
    pub fn start(&self, terminal: usize, line: &str) -> Result<()> {
        self.type_line(&field(terminal), line)?;
        self.wait_until(&format!("{line:?} to run"), |page| {
            let screen = page.screen(terminal)?;
            Ok(screen.running && screen.command() == Some(line))
        })
    }

    /// Waits until the newest command of a terminal has printed exactly this.
    ///
    /// # Errors
    /// When it prints something else, with what that is.
    pub fn wait_printed(&self, terminal: usize, wanted: &[&str]) -> Result<()> {
        let printed = || self.screen(terminal).map(|screen| format!("{:?}", screen.printed()));
        self.wait_until("what a command prints", |page| Ok(page.screen(terminal)?.printed() == wanted))
            .with_context(|| format!("it printed {}\ninstead of {wanted:?}", printed().unwrap_or_default()))
    }

    /// Presses Ctrl-C in a terminal and waits until nothing runs in it any more.
    ///
    /// # Errors
    /// When the command goes on.
    pub fn interrupt(&self, terminal: usize) -> Result<()> {
        self.click(&field(terminal))?;
        self.press(&[Key::Control.into(), 'c'])?;
        self.wait_until("the command to stop", |page| Ok(!page.screen(terminal)?.running))
    }

    /// Opens one more terminal at a member, by the button beside the tabs of a pane; its number.
    ///
    /// # Errors
    /// When the page does not offer the member, or shows no new terminal.
    pub fn open_terminal(&self, pane: usize, member: &str) -> Result<usize> {
        let tabs = self.count(".terms [role=tab]")?;
        self.click_nth("[aria-label='New terminal']", pane)?;
        self.wait_for(".terms [role=menuitem]")?;
        self.click_text(".terms [role=menuitem]", member)?;
        self.wait_for(&field(tabs))?;
        Ok(tabs)
    }

    /// Shows a terminal by its tab.
    ///
    /// # Errors
    /// When it has no tab.
    pub fn show_terminal(&self, terminal: usize) -> Result<()> {
        self.click_text(".terms [role=tab] b", &format!("c{}", terminal + 1))?;
        self.wait_for(&field(terminal))
    }

    /// Opens a tab of the side panel.
    ///
    /// # Errors
    /// When there is none of this name.
    pub fn show_panel(&self, name: &str) -> Result<()> {
        self.click_text("[aria-label=Panels] [role=tab]", name)?;
        self.wait_for(&format!(".panel-{}", name.to_lowercase()))
    }

    /// The cells of the rows of a table of the side panel.
    ///
    /// # Errors
    /// When the browser does not answer.
    pub fn panel_rows(&self) -> Result<Vec<Vec<String>>> {
        self.js("return Array.from(document.querySelectorAll('#panel tbody tr'), \
                 row => Array.from(row.cells, cell => cell.innerText))")
    }

    /// Clicks the element among those that match the selector whose text is this.
    ///
    /// # Errors
    /// When none has that text or it cannot be clicked.
    pub fn click_text(&self, css: &str, text: &str) -> Result<()> {
        let at = self.texts(css)?.iter().position(|shown| shown.trim() == text);
        let at = at.with_context(|| format!("no {css} says {text:?}"))?;
        self.click_nth(css, at)
    }

    /// Selects a member on the stage by a click, once it stands still, so that the inspector shows it.
    ///
    /// # Errors
    /// When it is not there or another element lies on top.
    pub fn select_member(&self, name: &str) -> Result<()> {
        let css = format!("[data-node][aria-label^='{name},']");
        let mut stood = self.bounds(&css)?;
        self.wait_until(&format!("{name} to stand still"), |page| {
            let stands = page.bounds(&css)?;
            Ok(std::mem::replace(&mut stood, stands) == stands)
        })?;
        self.click(&css)?;
        self.wait_for(&format!("[aria-label='{name}, inspector']"))
    }

    /// Does to a member what a button of its inspector offers: `Crash`, `Isolate`.
    ///
    /// # Errors
    /// When the inspector offers no such thing.
    pub fn do_to(&self, name: &str, button: &str) -> Result<()> {
        if self.count(&format!("[aria-label='{name}, inspector']"))? == 0 {
            self.select_member(name)?;
        }
        self.click_text(".inspector footer button", button)
    }

    /// What the inspector shows: each field's name and value.
    ///
    /// # Errors
    /// When the browser does not answer.
    pub fn inspected(&self) -> Result<Vec<(String, String)>> {
        Ok(self.texts(".inspector dt")?.into_iter().zip(self.texts(".inspector dd")?).collect())
    }

    /// A point of an element where nothing else lies on top, for what is thin or partly covered: along a path if it is
    /// one, else its middle.
    ///
    /// # Errors
    /// When it is covered everywhere.
    pub fn free_point(&self, css: &str) -> Result<(f64, f64)> {
        let script = "for (const element of document.querySelectorAll(SELECTOR)) { \
                const box = element.getBoundingClientRect(); \
                const points = [[box.x + box.width / 2, box.y + box.height / 2]]; \
                if (element.getPointAtLength) { \
                    const length = element.getTotalLength(), matrix = element.getScreenCTM(); \
                    for (let step = 1; step < 40; step += 1) { \
                        const at = element.getPointAtLength(length * step / 40).matrixTransform(matrix); \
                        points.push([at.x, at.y]); \
                    } \
                } \
                for (const [x, y] of points) { \
                    if (element.contains(document.elementFromPoint(x, y))) return [x, y]; \
                } \
            } \
            return null;";
        let point: Option<(f64, f64)> = self.js(&script.replace("SELECTOR", &json!(css).to_string()))?;
        point.with_context(|| format!("no {css} can be pressed anywhere"))
    }
}

/// Reads `n1, leader, term 2, commit 5`.
fn member(label: &str) -> Option<Member> {
    let mut parts = label.split(", ");
    let (name, role) = (parts.next()?.to_owned(), parts.next()?.to_owned());
    let term = parts.next()?.strip_prefix("term ")?.parse().ok()?;
    let commit = parts.next()?.strip_prefix("commit ")?.parse().ok()?;
    Some(Member { name, role, term, commit })
}

/// Reads `17.393 s` as milliseconds.
pub fn milliseconds(shown: &str) -> Result<u64> {
    let seconds = shown.trim().trim_end_matches('s').trim_end();
    let (whole, thousandths) = seconds.split_once('.').context("seconds have three decimals")?;
    Ok(whole.parse::<u64>()? * 1000 + thousandths.parse::<u64>()?)
}
