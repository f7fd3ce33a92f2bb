//! A static file server for the built page, on this machine only.
//!
//! It serves one folder below one path, so that the tests can prove that the page works from any sub-path. It reads every
//! file anew: a rebuilt page is served at the next reload.
//!
//! Invariant: no connection waits for another. Each has a thread of its own, and one answer. (tiny_http, which was here
//! before, leaves the fifth and sixth connection of a browser that opens six at once without a thread, and the page hangs.)
//!
//! Deliberately absent: directory listings, ranges, compression, kept connections, any address but the loopback one.

use std::fs::File;
use std::io::{self, BufRead, BufReader, ErrorKind, Read, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::path::{Component, Path, PathBuf};
use std::sync::Arc;
use std::thread;

use anyhow::{Context, Result, anyhow};

/// A request's head may have so many bytes; what is longer is cut off and not understood.
const HEAD_BYTES_MAX: u64 = 16 * 1024;

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
        let folder = Arc::new(folder);
        thread::spawn(move || {
            for stream in self.0.incoming().flatten() {
                let folder = Arc::clone(&folder);
                // A browser that left before its answer is no fault of ours.
                thread::spawn(move || answer(&stream, &folder, mount));
            }
        });
        Ok(format!("http://127.0.0.1:{port}{mount}"))
    }
}

/// Reads a request's head and answers it.
fn answer(stream: &TcpStream, folder: &Path, mount: &str) -> io::Result<()> {
    let mut head = BufReader::new(stream.take(HEAD_BYTES_MAX));
    let mut request = String::new();
    head.read_line(&mut request)?;
    let mut line = String::new();
    while head.read_line(&mut line)? > 2 {
        line.clear();
    }
    let mut words = request.split(' ');
    let (method, url) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
    if !matches!(method, "GET" | "HEAD") {
        return refuse(stream, "405 Method Not Allowed", "only GET is answered here\n");
    }
    let file = file_of(url, folder, mount).and_then(|path| Some((File::open(&path).ok()?, path)));
    let Some((mut file, path)) = file else {
        return refuse(stream, "404 Not Found", "no such file\n");
    };
    let kind = mime_guess::from_path(&path).first_or_octet_stream();
    begin(stream, "200 OK", kind.as_ref(), file.metadata()?.len())?;
    if method == "GET" {
        io::copy(&mut file, &mut { stream })?;
    }
    Ok(())
}

fn refuse(mut stream: &TcpStream, status: &str, sentence: &str) -> io::Result<()> {
    begin(stream, status, "text/plain", sentence.len() as u64)?;
    stream.write_all(sentence.as_bytes())
}

fn begin(mut stream: &TcpStream, status: &str, kind: &str, length: u64) -> io::Result<()> {
    let head = format!(
        "HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {length}\r\nCache-Control: no-cache\r\n\
         Connection: close\r\n\r\n"
    );
    stream.write_all(head.as_bytes())
}

/// The file that a request names, unless it lies outside `folder`.
fn file_of(url: &str, folder: &Path, mount: &str) -> Option<PathBuf> {
    let path = url.split(['?', '#']).next()?.strip_prefix(mount)?;
    let path = if path.is_empty() { "index.html" } else { path };
    let inside = Path::new(path).components().all(|part| matches!(part, Component::Normal(_)));
    let file = folder.join(path);
    (inside && file.is_file()).then_some(file)
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

    /// What the server answers to these bytes.
    fn answered(address: &str, request: &str) -> String {
        let host = address.trim_start_matches("http://").split('/').next().expect("an address has a host");
        let mut stream = TcpStream::connect(host).expect("the server listens");
        stream.write_all(request.as_bytes()).expect("the server reads");
        let mut answer = String::new();
        stream.read_to_string(&mut answer).expect("the answer is text");
        answer
    }

    #[test]
    fn connections_that_say_nothing_keep_no_other_from_its_answer() {
        let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
        let address = Port::take_any().expect("some port is free").serve(folder, "/").expect("it can be served");
        let host = address.trim_start_matches("http://").trim_end_matches('/');
        let _silent: Vec<TcpStream> = (0..20).filter_map(|_| TcpStream::connect(host).ok()).collect();
        let found = answered(&address, "GET /Cargo.toml HTTP/1.1\r\nHost: here\r\n\r\n");
        assert!(found.starts_with("HTTP/1.1 200 OK\r\n") && found.contains("[package]"), "{found}");
        let head = answered(&address, "HEAD /Cargo.toml HTTP/1.1\r\n\r\n");
        assert!(head.ends_with("\r\n\r\n") && !head.contains("[package]"), "{head}");
        assert!(answered(&address, "GET /nowhere HTTP/1.1\r\n\r\n").starts_with("HTTP/1.1 404 "));
        assert!(answered(&address, "POST / HTTP/1.1\r\n\r\n").starts_with("HTTP/1.1 405 "));
        assert!(answered(&address, "what\r\n\r\n").starts_with("HTTP/1.1 405 "));
    }

    #[test]
    fn a_taken_port_is_reported_in_one_sentence() {
        let taken = Port::take_any().expect("some port is free");
        let number = taken.0.local_addr().expect("a bound listener has an address").port();
        let error = Port::take(number).err().expect("the port is taken").to_string();
        assert_eq!(error, format!("port {number} is taken by another program; choose a free one with --port N"));
    }
}
