//! A static file server for the built page, on this machine only.
//!
//! It serves one folder below one path, so that the tests can prove that the page works from any sub-path. It reads every
//! file anew: a rebuilt page is served at the next reload.
//!
//! Deliberately absent: directory listings, ranges, compression, any address but the loopback one.

use std::fs::File;
use std::io::{self, ErrorKind};
use std::net::{Ipv4Addr, TcpListener};
use std::path::{Component, Path, PathBuf};
use std::sync::Arc;
use std::thread;

use anyhow::{Context, Result, anyhow};
use tiny_http::{Header, Method, Request, Response, Server};

/// Threads that answer: as many as the connections a browser opens to one host.
const WORKERS: usize = 6;

/// A port of the loopback address, taken before anything slow begins.
pub(crate) struct Port(TcpListener);

impl Port {
    /// Takes the given port.
    pub(crate) fn take(port: u16) -> Result<Self> {
        match TcpListener::bind((Ipv4Addr::LOCALHOST, port)) {
            Ok(listener) => Ok(Self(listener)),
            Err(error) if error.kind() == ErrorKind::AddrInUse => {
                Err(anyhow!("port {port} is taken by another program; choose a free one with --port N"))
            }
            Err(error) => Err(error).with_context(|| format!("could not listen on port {port}")),
        }
    }

    /// Takes any free port.
    pub(crate) fn take_any() -> Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).context("no port of this machine is free")?;
        Ok(Self(listener))
    }

    /// Serves `folder` below `mount` (which begins and ends with `/`) and tells the address. The server runs until the
    /// process ends.
    pub(crate) fn serve(self, folder: PathBuf, mount: &'static str) -> Result<String> {
        let port = self.0.local_addr().context("the listener has no address")?.port();
        let server = Server::from_listener(self.0, None).map_err(|error| anyhow!("could not serve: {error}"))?;
        let (server, folder) = (Arc::new(server), Arc::new(folder));
        for _ in 0..WORKERS {
            let (server, folder) = (Arc::clone(&server), Arc::clone(&folder));
            thread::spawn(move || {
                for request in server.incoming_requests() {
                    // A browser that left before its answer is no fault of ours.
                    let _ = answer(request, &folder, mount);
                }
            });
        }
        Ok(format!("http://127.0.0.1:{port}{mount}"))
    }
}

fn answer(request: Request, folder: &Path, mount: &str) -> io::Result<()> {
    if !matches!(request.method(), Method::Get | Method::Head) {
        return request.respond(Response::from_string("only GET is answered here\n").with_status_code(405));
    }
    let file = file_of(request.url(), folder, mount).and_then(|path| Some((File::open(&path).ok()?, path)));
    match file {
        Some((file, path)) => {
            let kind = mime_guess::from_path(&path).first_or_octet_stream();
            let response = Response::from_file(file)
                .with_header(header("Content-Type", kind.as_ref()))
                .with_header(header("Cache-Control", "no-cache"));
            request.respond(response)
        }
        None => request.respond(Response::from_string("no such file\n").with_status_code(404)),
    }
}

/// The file that a request names, unless it lies outside `folder`.
fn file_of(url: &str, folder: &Path, mount: &str) -> Option<PathBuf> {
    let path = url.split(['?', '#']).next()?.strip_prefix(mount)?;
    let path = if path.is_empty() { "index.html" } else { path };
    let inside = Path::new(path).components().all(|part| matches!(part, Component::Normal(_)));
    let file = folder.join(path);
    (inside && file.is_file()).then_some(file)
}

fn header(name: &str, value: &str) -> Header {
    Header::from_bytes(name, value).expect("header names and media types are ASCII")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(url: &str) -> Option<PathBuf> {
        file_of(url, Path::new(env!("CARGO_MANIFEST_DIR")), "/some/path/")
    }

    #[test]
    fn a_file_is_served_below_the_mount_and_nowhere_else() {
        assert!(found("/some/path/Cargo.toml?x=1").is_some());
        assert!(found("/Cargo.toml").is_none());
        assert!(found("/some/path").is_none());
    }

    #[test]
    fn no_address_leads_out_of_the_folder() {
        assert!(found("/some/path/../Cargo.toml").is_none());
        assert!(found("/some/path//etc/passwd").is_none());
        assert!(found("/some/path/src/../../Cargo.toml").is_none());
    }

    #[test]
    fn a_taken_port_is_reported_in_one_sentence() {
        let taken = Port::take_any().expect("some port is free");
        let number = taken.0.local_addr().expect("a bound listener has an address").port();
        let error = Port::take(number).err().expect("the port is taken").to_string();
        assert_eq!(error, format!("port {number} is taken by another program; choose a free one with --port N"));
    }
}
