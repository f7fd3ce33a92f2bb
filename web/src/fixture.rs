//! Throw-away: the scene of the visual brief.
#![allow(missing_docs, clippy::all)]
use quorate::sandbox::view::*;
use quorate::sim::*;
use std::rc::Rc;

#[derive(Clone, PartialEq, Debug)]
pub struct Settings { pub nodes: usize, pub seed: u64, pub network: NetworkProfile }
impl Default for Settings { fn default() -> Self { Settings { nodes: 5, seed: 4217, network: NetworkProfile::Classroom } } }

#[derive(Clone)]
pub struct Sandbox { settings: Settings, now: Time, cut: bool, terms: Vec<Vec<LineView>>, running: Vec<Option<(Rc<str>, Time)>>, states: Vec<ActorState>, marks: Vec<MarkView> }

const S: i64 = 1_000_000;
fn name(i: u16) -> Rc<str> { if i < 100 { format!("n{}", i + 1).into() } else { format!("c{}", i - 99).into() } }

impl Sandbox {
  pub fn new(settings: Settings) -> Sandbox {
    let n = settings.nodes;
    let l = |k, t: &str, at: i64, note: Option<&str>| LineView { kind: k, text: t.into(), at: Time(at), note: note.map(Into::into) };
    let full = n == 5;
    let t0 = if full { vec![l(LineKind::Command, "etcdctl put /config/flags/beta off", 8100_000, Some("8.100 s")), l(LineKind::Output, "OK", 8139_000, Some("took 39 ms")),
      l(LineKind::Command, "etcdctl put /config/flags/beta on", 10_900_000, Some("10.900 s")), l(LineKind::Error, "Error: context deadline exceeded", 15_900_000, Some("after 5.000 s")),
      l(LineKind::Command, "etcdctl put /config/flags/beta on", 17_380_000, Some("17.380 s"))] } else { vec![] };
    let t1 = if full { vec![l(LineKind::Command, "etcdctl watch /config/ --prefix", 7600_000, Some("7.600 s")), l(LineKind::Output, "PUT", 8135_000, Some("8.135 s, revision 5")),
      l(LineKind::Output, "/config/flags/beta", 8135_000, None), l(LineKind::Output, "off", 8135_000, None), l(LineKind::Output, "PUT", 13282_000, Some("13.282 s, revision 6")),
      l(LineKind::Output, "/config/limits/rps", 8135_000, None), l(LineKind::Output, "500", 8135_000, None)] } else { vec![] };
    let run = if full { vec![Some(("etcdctl put /config/flags/beta on".into(), Time(17_380_000))), Some(("etcdctl watch /config/ --prefix".into(), Time(7_600_000))), None] } else { vec![None, None] };
    let m = |at: i64, kind, label: &str| MarkView { at: Time(at), kind, label: label.into() };
    let marks = vec![m(1_180_000, MarkKind::Won, "n2 leads term 2"), m(2_400_000, MarkKind::Command, "txn"), m(4_200_000, MarkKind::Crash, "n5 crashed"), m(5_640_000, MarkKind::Won, "n1 leads term 3"), m(7_200_000, MarkKind::Command, "del"), m(7_600_000, MarkKind::Command, "watch"), m(8_100_000, MarkKind::Command, "put"), m(9_000_000, MarkKind::Cut, "n1, n2 cut off"), m(10_522_000, MarkKind::Won, "n3 leads term 4"), m(10_900_000, MarkKind::Command, "put")];
    Sandbox { settings, now: if full { Time(17_393_000) } else { Time(0) }, cut: full, terms: if full { vec![t0, t1, vec![]] } else { vec![t0, t1] }, running: run, states: vec![ActorState::Up; n], marks }
  }
  pub fn settings(&self) -> &Settings { &self.settings }
  pub fn now(&self) -> Time { self.now }
  pub fn step(&mut self) -> bool { self.now += Duration::millis(3); true }
  pub fn advance(&mut self, until: Time, _events_max: usize) -> bool { self.now = until; true }
  pub fn fault(&mut self, fault: Fault) -> Result<(), String> {
    match fault { Fault::HealAll => self.cut = false, Fault::Split(_) => self.cut = true,
      Fault::Crash(i) => self.states[i.index()] = ActorState::Down, Fault::Restart(i) | Fault::Resume(i) => self.states[i.index()] = ActorState::Up, Fault::Pause(i) => self.states[i.index()] = ActorState::Paused,
      other => return Err(format!("the fixture cannot {other:?}")) } Ok(()) }
  pub fn open_terminal(&mut self, _e: ActorId) -> usize { self.terms.push(vec![]); self.running.push(None); self.terms.len() - 1 }
  pub fn type_line(&mut self, t: usize, line: &str) { let now = self.now; self.terms[t].push(LineView { kind: LineKind::Command, text: line.into(), at: now, note: Some(format!("{now}").into()) }); self.terms[t].push(LineView { kind: LineKind::Output, text: "OK".into(), at: now, note: Some("took 39 ms".into()) }); }
  pub fn interrupt(&mut self, t: usize) { self.running[t] = None; }
  pub fn end_input(&mut self, _t: usize) {}
  pub fn complete(&self, _t: usize, line: &str) -> CompletionView { let start = line.rfind(' ').map_or(0, |a| a + 1); let w = &line[start..];
    CompletionView { start, candidates: ["etcdctl", "get", "put", "partition", "pause"].iter().filter(|c| c.starts_with(w)).map(|c| (c.to_string(), String::new())).collect() } }
  fn term(&self, i: usize) -> u64 { if i < 2 { 3 } else { 4 } }
  pub fn scene(&self) -> SceneView {
    let n = self.settings.nodes;
    let nodes = (0..n).map(|i| { let lead = (i == 0 || i == 2) && (self.cut || i == 2); let t = self.term(i);
      let names: Vec<Rc<str>> = (0..n as u16).map(name).collect();
      Rc::new(NodeView { id: ActorId(i as u16), name: name(i as u16), member_id: "8e9e05c52164694d".into(), state: self.states[i], role: if lead { RoleView::Leader } else { RoleView::Follower }, term: t, vote: Some(name(if i < 2 { 0 } else { 2 })), leader: Some(name(if i < 2 { 0 } else { 2 })),
        commit: if i < 2 { 11 } else { 14 }, applied: if i < 2 { 11 } else { 14 }, first_index: if i == 3 { 6 } else { 1 }, last_index: [13, 13, 15, 14, 15, 15, 15][i], last_term: t, election_timer: (!lead).then(|| (Time((self.now.0 - 1) / 100_000 * 100_000), Time((self.now.0 - 1) / 100_000 * 100_000 + 1_300_000 + i as i64 * 130_000))), votes: vec![], quorum: n / 2 + 1, voters: n,
        acks: if lead { names.iter().enumerate().map(|(k, x)| (x.clone(), if i == 0 { k < 2 } else { k == 2 })).collect() } else { vec![] },
        progress: if i == 2 { names.iter().enumerate().filter(|(k, _)| *k != 2).map(|(k, x)| ProgressView { name: x.clone(), state: if k < 2 { "Probe" } else { "Replicate" }, match_index: if k < 2 { 0 } else { 14 }, next_index: if k < 2 { 12 } else { 16 }, inflight: (k > 1) as usize, heard_at: (k > 1).then(|| Time(self.now.0 - 26_000)) }).collect() } else { vec![] },
        synced_index: 13, syncing: false, revision: 6, compact_revision: 3, keys: 3, leases: 1, watches: 1 }) }).collect();
    let c = |i: u16, e: u16, doing: Option<&str>, since: i64, waiting| Rc::new(ClientView { id: ActorId(100 + i), name: name(100 + i), endpoints: vec![name(e)], doing: doing.map(Into::into), since: Some(Time(since)), waiting });
    let clients = if n == 5 { vec![c(0, 0, Some("put"), 17_380_000, true), c(1, 3, Some("watching"), 7_600_000, false), c(2, 2, Some("put"), 17_371_000, true)] } else { vec![c(0, 0, None, 0, false), c(1, 1, None, 0, false)] };
    let a: Vec<ActorId> = (0..2).map(ActorId).collect(); let b: Vec<ActorId> = (2..n as u16).map(ActorId).collect();
    let sides = if self.cut { vec![SideView { nodes: a.clone(), voters: 2, has_quorum: false, since: Time(9 * S) }, SideView { nodes: b.clone(), voters: n - 2, has_quorum: n > 4, since: Time(9 * S) }] } else { vec![] };
    let mut cuts = vec![]; if self.cut { for x in &a { for y in &b { cuts.push(CutView { from: *x, to: *y, since: Time(9 * S) }); cuts.push(CutView { from: *y, to: *x, since: Time(9 * S) }); } } }
    SceneView { now: self.now, events_total: self.now.0 as u64 / 10_000, nodes, clients, cuts, sides }
  }
  pub fn messages(&self) -> Vec<MessageView> {
    let mut all = vec![]; let base = self.now.0 / 100_000 * 100_000;
    let mut add = |k: u64, from: u16, to: u16, at: i64, len: i64, shape, reply, dies: Option<i64>, term| { let sent = base + at; let now = self.now.0; let end = dies.map_or(sent + len, |d| sent + d + 12_000); if now >= sent && now <= end { all.push(MessageView { number: base as u64 / 1000 * 10 + k, from: ActorId(from), to: ActorId(to), sent_at: Time(sent), arrives_at: Time(sent + len), dies_at: dies.map(|d| Time(sent + d)), loss: dies.map(|_| LossReason::Cut), held: false, shape, reply, term }) } };
    add(0, 2, 3, 75_000, 30_000, MessageShape::AppendEntries, None, None, 4); add(1, 4, 2, 70_000, 40_000, MessageShape::AppendEntries, Some(true), None, 4);
    if self.cut { add(2, 0, 4, 65_000, 44_000, MessageShape::AppendEntries, None, Some(26_000), 3); }
    add(3, 2, 4, 10_000, 30_000, MessageShape::Heartbeat, None, None, 4); add(4, 3, 2, 20_000, 30_000, MessageShape::RequestVote, Some(false), None, 4); add(5, 100, 0, 30_000, 30_000, MessageShape::Client, None, None, 0);
    all }
  pub fn message_fields(&self, _n: u64) -> Option<(String, Vec<FieldView>)> { Some(("AppendEntries 15".into(), vec![FieldView { name: "term", value: "4".into() }, FieldView { name: "previous", value: "14, term 4".into() }, FieldView { name: "commit", value: "14".into() }])) }
  pub fn node_fields(&self, n: ActorId) -> Vec<FieldView> { let s = self.scene(); let v = &s.nodes[n.index()]; let f = |name, value: String| FieldView { name, value };
    vec![f("role", words(v.role)), f("term", v.term.to_string()), f("vote", v.vote.as_deref().unwrap_or("").into()), f("leader it sees", v.leader.as_deref().unwrap_or("").into()), f("commit", v.commit.to_string()), f("applied", v.applied.to_string()), f("last log", format!("{}", v.last_index)), f("election timer", "off, leading".into()), f("disk", "synced to 13".into()), f("revision", "6".into())] }
  pub fn log(&self, node: ActorId, from: u64, to: u64) -> LogView {
    let i = node.index(); let base = [(1,"conf"),(1,"conf"),(1,"conf"),(1,"conf"),(1,"conf"),(2,"∅"),(2,"txn"),(2,"put"),(3,"∅"),(3,"del"),(3,"put")];
    let mut all: Vec<(u64, &'static str)> = base.to_vec(); if i < 2 { all.extend([(3,"put"),(3,"put")]) } else { all.extend([(4,"∅"),(4,"put"),(4,"cpt")]); if i != 3 { all.push((4,"put")) } }
    let commit = if i < 2 { 11 } else { 14 }; let snap = if i == 3 { 5 } else { 0 };
    LogView { snapshot_index: snap, snapshot_term: if snap > 0 { 1 } else { 0 }, entries: all.into_iter().enumerate().map(|(k, (term, word))| EntryView { index: k as u64 + 1, term, word, command: if i < 2 { "put /config/flags/beta on" } else { "put /config/limits/rps 500" }.into(), committed: k as u64 + 1 <= commit, synced: true }).filter(|e| e.index >= from && e.index <= to && e.index > snap).collect() } }
  pub fn log_last_index(&self) -> u64 { 15 }
  pub fn store(&self, node: ActorId, revision: Option<i64>) -> StoreView {
    let k = |key: &str, value: &str, c, m, v| KeyView { key: key.into(), value: value.into(), create_revision: c, mod_revision: m, version: v, lease: None };
    let ch = |revision, value: Option<&str>, term| ChangeView { revision, value: value.map(Into::into), term };
    StoreView { node: name(node.0), revision: 6, compact_revision: 3, shown_revision: revision.unwrap_or(6), keys: vec![k("/config/db/host", "db-1", 2, 2, 1), k("/config/flags/beta", "off", 5, 5, 1), k("/config/limits/rps", "200", 2, 3, 2)],
      lifelines: vec![LifelineView { key: "/config/db/host".into(), changes: vec![ch(2, Some("db-1"), 2)] }, LifelineView { key: "/config/flags/alpha".into(), changes: vec![ch(2, Some("on"), 2), ch(4, None, 3)] }, LifelineView { key: "/config/flags/beta".into(), changes: vec![ch(5, Some("off"), 3)] }, LifelineView { key: "/config/limits/rps".into(), changes: vec![ch(2, Some("100"), 2), ch(3, Some("200"), 2), ch(6, Some("500"), 4)] }],
      applied: vec![(name(0), 5), (name(1), 5), (name(2), 6), (name(3), 6), (name(4), 6)] } }
  pub fn leases(&self) -> Vec<LeaseView> { vec![LeaseView { id: "694d71ddacfda227".into(), ttl_s: 30, expires_at: Some(Time(40 * S)), keys: vec!["/services/api/server-1".into()] }] }
  pub fn watches(&self) -> Vec<WatchView> { vec![WatchView { node: name(3), client: name(101), range: "/config/ (prefix)".into(), next_revision: 7, synced: true, sent: 2 }] }
  pub fn members(&self) -> Vec<MemberView> { (0..5).map(|i| MemberView { id: "8e9e05c52164694d".into(), name: name(i), peer_urls: "http://10.0.0.1:2380".into(), client_urls: "http://10.0.0.1:2379".into(), role: "follower", state: "up" }).collect() }
  pub fn operations(&self) -> Vec<OperationView> { let o = |number, c: u16, op: &str, a: i64, r: Option<i64>, outcome, result: &str| OperationView { number, client: name(c), operation: op.into(), called_at: Time(a * 1000), returned_at: r.map(|r| Time((a + r) * 1000)), outcome, result: result.into() };
    vec![o(1, 102, "txn 3 puts", 2400, Some(46), "ok", "revision 2"), o(2, 102, "put /config/limits/rps 200", 3100, Some(42), "ok", "revision 3"), o(3, 100, "del /config/flags/alpha", 7200, Some(38), "ok", "revision 4"), o(4, 100, "put /config/flags/beta off", 8100, Some(39), "ok", "revision 5"), o(5, 100, "put /config/flags/beta on", 10900, Some(5000), "unknown", "timed out after 5 s"), o(6, 101, "get /config/flags/beta", 12000, Some(64), "ok", "off, revision 5"), o(9, 102, "get /config/limits/rps --rev=2", 14600, Some(2), "failed", "revision compacted"), o(11, 100, "put /config/flags/beta on", 17380, None, "waiting", "")] }
  pub fn narration(&self) -> Rc<[NarrationView]> { let n = |e, at, kind, h: &str, t: &str| NarrationView { event: EventId(e), at: Time(at), kind, headline: h.into(), text: t.into(), source: Some(("Raft §5.3", "https://raft.github.io/raft.pdf")) };
    vec![n(1, 1_180_000, NarrationKind::Election, "n2 leads term 2", "n1, n2 and n3 voted for it, which is a quorum of 5."), n(2, 9_000_000, NarrationKind::Fault, "n1 and n2 are cut off", "No message crosses until somebody heals the links."), n(3, 17_391_000, NarrationKind::Log, "n1 cannot commit entry 13", "2 of 5 have acknowledged it, n1 and n2; it needs 3. n3, n4 and n5 are behind the cut and follow term 4.")].into() }
  pub fn marks(&self) -> &[MarkView] { &self.marks }
  pub fn term_bands(&self) -> &[TermBand] { const B: [TermBand; 4] = [TermBand { from: Time(0), term: 1 }, TermBand { from: Time(1_180_000), term: 2 }, TermBand { from: Time(5_640_000), term: 3 }, TermBand { from: Time(10_460_000), term: 4 }]; &B }
  pub fn terminals(&self) -> usize { self.terms.len() }
  pub fn terminal(&self, t: usize) -> TerminalView { TerminalView { terminal: t, name: name(100 + t as u16), endpoints: vec![name([0, 3, 2, 0, 0, 0][t])], lines: self.terms[t].clone().into(), lines_dropped: 0, running: self.running[t].clone(), reads_input: false, history: Rc::new([]) } }
  pub fn report(&self) -> String { "seed 1".into() }
}
fn words(r: RoleView) -> String { format!("{r:?}").to_lowercase() }
