//! `etcdctl`: flags, commands, printers.
use super::process::{Action, ProcessEvent, Start};
/// The program.
#[derive(Clone, Debug)]
pub struct Etcdctl;
impl Etcdctl {
    /// Starts.
    pub fn start(_: Start) -> (Etcdctl, Vec<Action>) {
        (Etcdctl, vec![Action::Exit(0)])
    }
    /// Goes on.
    pub fn handle(&mut self, _: ProcessEvent) -> Vec<Action> {
        Vec::new()
    }
}
