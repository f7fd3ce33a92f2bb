//! The architecture, enforced: who may import whom, where the browser and the machine may be touched, and that files stay
//! readable.
//!
//! The sources are parsed, not searched, so a grouped `use crate::{a, b}`, a path in an expression, a `super::super::` and a
//! path inside of a macro call all count. Every rule is also tried on a planted violation, because a checker that finds
//! nothing proves nothing.
//!
//! Deliberately absent: rules about single functions and types. Clippy and `clippy.toml` have those.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use proc_macro2::{TokenStream, TokenTree};
use syn::spanned::Spanned;
use syn::visit::{self, Visit};

/// What each part of the core may import besides itself: whole modules, or single names below one.
const ARROWS: [(&str, &[&str]); 16] = [
    ("engine", MODELS_AND_BELOW),
    ("sim", &[]),
    ("raft", &["sim"]),
    ("mvcc", &[]),
    ("etcd", BELOW_MODELS),
    ("zookeeper", BELOW_MODELS),
    ("consul", BELOW_MODELS),
    ("kafka", BELOW_MODELS),
    ("redis", BELOW_MODELS),
    ("history", MODELS_AND_BELOW),
    ("shell", MODELS_AND_BELOW),
    ("lesson", MODELS_AND_BELOW),
    (
        "sandbox",
        &["sim", "raft", "mvcc", "etcd", "zookeeper", "consul", "kafka", "redis", "history", "shell", "lesson"],
    ),
    ("fuzz", &["sim", "raft", "mvcc", "etcd", "history"]),
    ("main", &["sandbox", "fuzz"]),
    ("web", FACADE),
];

const BELOW_MODELS: &[&str] = &["sim", "raft", "mvcc"];
const MODELS_AND_BELOW: &[&str] = &["sim", "raft", "mvcc", "etcd", "zookeeper", "consul", "kafka", "redis"];
/// The façade, which also hands out the plain data that it speaks of.
const FACADE: &[&str] = &["sandbox"];

/// The parts of the standard library that reach outside of the simulation; `std::io`'s traits do not.
const MACHINE: [&str; 8] = ["env", "fs", "io::stderr", "io::stdin", "io::stdout", "net", "process", "thread"];

/// Lines a file may have, its tests not counted.
const LINES_MAX: usize = 650;

/// One source file, parsed.
struct Source {
    path: PathBuf,
    text: String,
    syntax: syn::File,
}

impl Source {
    fn parse(path: &str, text: &str) -> Self {
        let syntax = syn::parse_file(text).unwrap_or_else(|error| panic!("{path} does not parse: {error}"));
        Self { path: path.into(), text: text.to_owned(), syntax }
    }

    /// The part of the architecture that the file belongs to.
    fn layer(&self) -> String {
        if self.path.starts_with("web") {
            return "web".to_owned();
        }
        let inside = self.path.strip_prefix("src").expect("the core's files lie in src/");
        inside.iter().next().map(|first| first.to_string_lossy().replace(".rs", "")).unwrap_or_default()
    }

    /// The path of the module that the file is: `src/raft/log.rs` is `raft::log`.
    fn module(&self) -> Vec<String> {
        let inside = self.path.strip_prefix("src").unwrap_or(&self.path).with_extension("");
        let mut module: Vec<String> = inside.iter().map(|part| part.to_string_lossy().into_owned()).collect();
        if matches!(module.last().map(String::as_str), Some("mod" | "lib" | "main")) {
            module.pop();
        }
        module
    }

    /// Every path that the file names.
    fn names(&self) -> Vec<Name> {
        let mut names = Names { module: self.module(), found: Vec::new() };
        names.visit_file(&self.syntax);
        names.found
    }

    fn at(&self, line: usize) -> String {
        format!("{}:{line}", self.path.display())
    }
}

/// A path as it was written, the module that it was written in, and its line.
struct Name {
    segments: Vec<String>,
    module: Vec<String>,
    line: usize,
}

impl Name {
    /// The name seen from the root of the core, when it begins in the crate that the name was written in.
    fn in_own_crate(&self) -> Option<Vec<String>> {
        let mut base = self.module.clone();
        let mut segments = self.segments.iter();
        match segments.next()?.as_str() {
            "crate" => base.clear(),
            "self" => {}
            "super" => {
                base.pop();
            }
            _ => return None,
        }
        let mut rest = segments.peekable();
        while rest.next_if(|segment| *segment == "super").is_some() {
            base.pop();
        }
        base.extend(rest.cloned());
        Some(base)
    }

    /// The name seen from the root of the core, when it was written in another crate.
    fn in_core_from_outside(&self) -> Option<Vec<String>> {
        let (first, rest) = self.segments.split_first()?;
        (first == "quorate").then(|| rest.to_vec())
    }
}

/// Collects every path of a file.
struct Names {
    module: Vec<String>,
    found: Vec<Name>,
}

impl Names {
    fn add(&mut self, segments: Vec<String>, line: usize) {
        self.found.push(Name { segments, module: self.module.clone(), line });
    }

    fn add_use(&mut self, tree: &syn::UseTree, before: &[String]) {
        let line = tree.span().start().line;
        let with = |name: &syn::Ident| [before, &[name.to_string()]].concat();
        match tree {
            syn::UseTree::Path(path) => self.add_use(&path.tree, &with(&path.ident)),
            syn::UseTree::Group(group) => group.items.iter().for_each(|item| self.add_use(item, before)),
            syn::UseTree::Name(name) if name.ident == "self" => self.add(before.to_vec(), line),
            syn::UseTree::Name(name) => self.add(with(&name.ident), line),
            syn::UseTree::Rename(rename) => self.add(with(&rename.ident), line),
            _ => self.add(before.to_vec(), line),
        }
    }

    /// The paths in a macro's input, which only the macro could parse.
    fn add_tokens(&mut self, tokens: TokenStream) {
        let mut path: Vec<String> = Vec::new();
        let (mut line, mut colons) = (0, 0);
        for token in tokens {
            match token {
                TokenTree::Ident(ident) => {
                    if colons != 2 {
                        self.add(std::mem::take(&mut path), line);
                        line = ident.span().start().line;
                    }
                    path.push(ident.to_string());
                    colons = 0;
                }
                TokenTree::Punct(punct) if punct.as_char() == ':' => colons += 1,
                TokenTree::Group(group) => {
                    colons = 0;
                    self.add_tokens(group.stream());
                }
                _ => colons = 0,
            }
        }
        self.add(path, line);
    }
}

impl<'ast> Visit<'ast> for Names {
    fn visit_item_use(&mut self, item: &'ast syn::ItemUse) {
        self.add_use(&item.tree, &[]);
    }

    fn visit_item_mod(&mut self, item: &'ast syn::ItemMod) {
        self.module.push(item.ident.to_string());
        visit::visit_item_mod(self, item);
        self.module.pop();
    }

    fn visit_path(&mut self, path: &'ast syn::Path) {
        let segments = path.segments.iter().map(|segment| segment.ident.to_string()).collect();
        self.add(segments, path.span().start().line);
        visit::visit_path(self, path);
    }

    fn visit_macro(&mut self, call: &'ast syn::Macro) {
        self.visit_path(&call.path);
        self.add_tokens(call.tokens.clone());
    }

    /// `pub(crate)` and its kin name a module without importing it.
    fn visit_vis_restricted(&mut self, _: &'ast syn::VisRestricted) {}
}

/// Whether a path lies in a part of the tree, or is that part.
fn begins_with(path: &[String], part: &str) -> bool {
    let part: Vec<&str> = part.split("::").collect();
    path.len() >= part.len() && path.iter().zip(&part).all(|(segment, wanted)| segment == wanted)
}

/// The imports that the arrows forbid.
fn wrong_imports(source: &Source) -> Vec<String> {
    let layer = source.layer();
    if layer == "lib" {
        return Vec::new();
    }
    let Some((_, allowed)) = ARROWS.iter().find(|(name, _)| *name == layer) else {
        return vec![format!("{}: the architecture has no place for `{layer}`", source.at(1))];
    };
    let outside = matches!(layer.as_str(), "main" | "web");
    let mut wrong = Vec::new();
    for name in source.names() {
        let resolved = if outside { name.in_core_from_outside() } else { name.in_own_crate() };
        let Some(path) = resolved else { continue };
        if path.first() != Some(&layer) && !allowed.iter().any(|part| begins_with(&path, part)) {
            let place = source.at(name.line);
            wrong.push(format!("{place}: `{layer}` imports `{}`; it may import {allowed:?}", name.segments.join("::")));
        }
    }
    wrong
}

/// The uses of `web_sys` outside of the one module that may touch the browser.
fn browser_uses(source: &Source) -> Vec<String> {
    if source.path.starts_with("web/src/browser") || source.path == Path::new("web/src/browser.rs") {
        return Vec::new();
    }
    let names = source.names();
    let uses = names.iter().filter(|name| name.segments.first().is_some_and(|first| first == "web_sys"));
    uses.map(|name| format!("{}: web_sys outside of web/src/browser/", source.at(name.line))).collect()
}

/// The uses of files, processes, threads and their like outside of the command.
fn machine_uses(source: &Source) -> Vec<String> {
    if source.layer() == "main" {
        return Vec::new();
    }
    let names = source.names();
    let uses = names.iter().filter(|name| {
        // `use std::io;` is no use of the machine, but `io::stdout()` below it is.
        let from_std = name.segments.first().filter(|first| *first == "std").map_or(0, |_| 1);
        let path = &name.segments[from_std..];
        let touches = MACHINE.iter().any(|part| begins_with(path, part));
        touches && (from_std == 1 || path[0] == "io")
    });
    uses.map(|name| format!("{}: the core uses {}", source.at(name.line), name.segments.join("::"))).collect()
}

/// Whether the file says first what it is for.
fn opens_with_an_essay(source: &Source) -> bool {
    source.text.starts_with("//! ")
}

fn is_test_only(item: &syn::ItemMod) -> bool {
    item.attrs.iter().any(|attribute| {
        attribute.path().is_ident("cfg")
            && attribute.parse_args::<syn::Path>().is_ok_and(|condition| condition.is_ident("test"))
    })
}

/// The test-only modules at the top of a file.
fn test_modules(source: &Source) -> impl Iterator<Item = &syn::ItemMod> {
    source.syntax.items.iter().filter_map(|item| match item {
        syn::Item::Mod(item) if is_test_only(item) => Some(item),
        _ => None,
    })
}

/// The lines of a file, its test modules not counted.
fn lines_without_tests(source: &Source) -> usize {
    let tests: usize = test_modules(source)
        .map(|item| {
            let span = item.span();
            span.end().line + 1 - span.start().line
        })
        .sum();
    source.text.lines().count() - tests
}

/// The folder or file of every test-only module that has a file of its own.
fn test_files(sources: &[Source]) -> BTreeSet<PathBuf> {
    let mut files = BTreeSet::new();
    for source in sources {
        let is_root = source.path.file_stem().is_some_and(|stem| stem == "mod" || stem == "lib" || stem == "main");
        let below = if is_root { source.path.with_file_name("") } else { source.path.with_extension("") };
        for item in test_modules(source).filter(|item| item.content.is_none()) {
            let module = below.join(item.ident.to_string());
            files.insert(module.with_extension("rs"));
            files.insert(module);
        }
    }
    files
}

/// The files that are not all test.
fn without_test_files(sources: &[Source]) -> impl Iterator<Item = &Source> {
    let tests = test_files(sources);
    sources.iter().filter(move |source| !source.path.ancestors().any(|ancestor| tests.contains(ancestor)))
}

/// Every Rust file below a folder of the workspace.
fn sources(folder: &str) -> Vec<Source> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut pending = vec![root.join(folder)];
    let mut sources = Vec::new();
    while let Some(path) = pending.pop() {
        if path.is_dir() {
            let entries = fs::read_dir(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
            pending.extend(entries.map(|entry| entry.expect("a folder can be listed").path()));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let text = fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
            let inside = path.strip_prefix(root).expect("the file lies in the workspace");
            sources.push(Source::parse(&inside.to_string_lossy(), &text));
        }
    }
    assert!(!sources.is_empty(), "{folder} holds no Rust file");
    sources
}

fn assert_none(violations: impl Iterator<Item = String>) {
    let violations: Vec<String> = violations.collect();
    assert!(violations.is_empty(), "\n{}\n", violations.join("\n"));
}

#[test]
fn imports_run_one_way() {
    assert_none(sources("src").iter().chain(&sources("web/src")).flat_map(wrong_imports));
}

#[test]
fn only_one_module_of_the_page_touches_the_browser() {
    assert_none(sources("web/src").iter().flat_map(browser_uses));
}

#[test]
fn only_the_command_touches_the_machine() {
    assert_none(sources("src").iter().flat_map(machine_uses));
}

#[test]
fn every_file_says_first_what_it_is_for() {
    for folder in ["src", "web/src", "xtask/src", "tests"] {
        let sources = sources(folder);
        let silent = without_test_files(&sources).filter(|source| !opens_with_an_essay(source));
        assert_none(silent.map(|source| format!("{}: opens without a `//!` essay", source.path.display())));
    }
}

#[test]
fn no_file_is_too_long_to_read() {
    for folder in ["src", "web/src", "xtask/src", "tests/page/src"] {
        let sources = sources(folder);
        let tests = test_files(&sources);
        let counted = sources.iter().filter(|source| !source.path.ancestors().any(|ancestor| tests.contains(ancestor)));
        assert_none(counted.filter_map(|source| {
            let lines = lines_without_tests(source);
            (lines > LINES_MAX).then(|| format!("{}: {lines} lines, at most {LINES_MAX}", source.path.display()))
        }));
    }
}

#[test]
fn a_planted_import_against_the_arrows_is_found() {
    for (path, text) in [
        ("src/sim/bus.rs", "use crate::raft::Term;"),
        ("src/raft/log.rs", "use crate::{sim::Time, mvcc::Revision};"),
        ("src/raft/log.rs", "fn f() { crate::etcd::serve(); }"),
        ("src/raft/log.rs", "fn f() -> super::super::mvcc::Revision { g() }"),
        ("src/raft/log.rs", "mod inner { use super::super::super::mvcc::Revision; }"),
        ("src/raft/mod.rs", "use super::mvcc;"),
        ("src/mvcc/store.rs", "fn f() { assert!(crate::sim::Time::ZERO < g()); }"),
        ("src/etcd/lease.rs", "use crate::consul as other;"),
        ("src/etcd.rs", "use crate::*;"),
        ("src/shell/mod.rs", "use crate::sandbox::Sandbox;"),
        ("src/main.rs", "use quorate::raft::Node;"),
        ("web/src/stage.rs", "fn f() { let _ = html! { <Ring term={quorate::raft::Term(1)} /> }; }"),
        ("src/utils.rs", "use std::fmt;"),
    ] {
        assert_eq!(wrong_imports(&Source::parse(path, text)).len(), 1, "{path}: {text}");
    }
}

#[test]
fn imports_along_the_arrows_are_allowed() {
    for (path, text) in [
        ("src/raft/log.rs", "use super::types::Term; use crate::sim::{Duration, Time}; pub(in crate::raft) fn f() {}"),
        ("src/etcd/server.rs", "use crate::{mvcc::Store, raft::Node, sim};"),
        ("src/etcd/server.rs", "fn f() { println!(\"{}\", crate::raft::Term(1)); }"),
        ("src/sandbox.rs", "use crate::lesson; use crate::shell::Shell;"),
        ("src/lib.rs", "pub mod sim; pub use crate::sandbox::Sandbox;"),
        ("src/main.rs", "use quorate::sandbox::Sandbox;"),
        ("web/src/stage.rs", "use crate::browser::now; use quorate::sandbox::{Time, view};"),
    ] {
        assert_eq!(wrong_imports(&Source::parse(path, text)), Vec::<String>::new(), "{path}: {text}");
    }
}

#[test]
fn a_planted_use_of_the_browser_or_the_machine_is_found() {
    let page = "use web_sys::Window; fn f(x: web_sys::Element) { dbg(html! { <p>{ web_sys::window() }</p> }); }";
    assert_eq!(browser_uses(&Source::parse("web/src/stage.rs", page)).len(), 3);
    assert_eq!(browser_uses(&Source::parse("web/src/browser/clock.rs", page)).len(), 0);
    let core = "use std::{fmt, fs::File, io::Write}; fn f() { std::thread::yield_now(); }";
    assert_eq!(machine_uses(&Source::parse("src/sim/disk.rs", core)).len(), 2);
    let output = "use std::io; fn f() { io::stdout(); }";
    assert_eq!(machine_uses(&Source::parse("src/sim/disk.rs", output)).len(), 1);
    assert_eq!(machine_uses(&Source::parse("src/main.rs", core)).len(), 0);
}

#[test]
fn tests_do_not_count_as_length() {
    let text = "//! Why.\nfn f() {}\n\n#[cfg(test)]\nmod tests {\n    fn g() {}\n}\n";
    assert_eq!(lines_without_tests(&Source::parse("src/sim/bus.rs", text)), 3);
    let outline = Source::parse("src/mvcc/mod.rs", "//! Why.\n#[cfg(test)]\nmod tests;\n");
    assert!(test_files(&[outline]).contains(Path::new("src/mvcc/tests")));
    assert!(!opens_with_an_essay(&Source::parse("src/sim/bus.rs", "use std::fmt;\n")));
}
