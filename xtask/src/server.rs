//! A static file server for the built page, on this machine only.
//!
//! It serves one folder below one path, so that the tests can prove that the page works from any sub-path. It reads every
//! file anew: a rebuilt page is served at the next reload.
//!
//! Deliberately absent: directory listings, ranges, compression, any address but the loopback one.

use std::io::ErrorKind;
use std::net::{Ipv4Addr, TcpListener};
use std::path::PathBuf;
use std::thread;

use anyhow::{Context, Result, anyhow};
use axum::Router;
use axum::http::HeaderValue;
use axum::http::header::CACHE_CONTROL;
use tokio::runtime::Builder;
use tower_http::services::ServeDir;
use tower_http::set_header::SetResponseHeaderLayer;

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
        self.0.set_nonblocking(true).context("the listener cannot wait")?;
        let runtime = Builder::new_current_thread().enable_all().build().context("could not start a runtime")?;
        thread::spawn(move || {
            let served = runtime.block_on(async {
                let listener = tokio::net::TcpListener::from_std(self.0)?;
                axum::serve(listener, router(folder, mount)).await
            });
            if let Err(error) = served {
                eprintln!("error: the server has stopped: {error}");
            }
        });
        Ok(format!("http://127.0.0.1:{port}{mount}"))
    }
}

fn router(folder: PathBuf, mount: &str) -> Router {
    let files = ServeDir::new(folder);
    let router = match mount {
        "/" => Router::new().fallback_service(files),
        mount => Router::new().nest_service(mount.trim_end_matches('/'), files),
    };
    router.layer(SetResponseHeaderLayer::overriding(CACHE_CONTROL, HeaderValue::from_static("no-cache")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::{Read as _, Write as _};
    use std::net::TcpStream;

    /// Asks for a path as it is, which no well-behaved client would do with all of those below. The status line's number.
    fn status(path: &str) -> u16 {
        let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("src");
        let address = Port::take_any().and_then(|port| port.serve(folder, "/some/path/")).expect("some port is free");
        let host = address.trim_start_matches("http://").trim_end_matches("/some/path/");
        let mut connection = TcpStream::connect(host).expect("it listens");
        write!(connection, "GET {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n").expect("it reads");
        let mut answer = String::new();
        connection.read_to_string(&mut answer).expect("it answers");
        answer.split(' ').nth(1).and_then(|status| status.parse().ok()).unwrap_or_else(|| panic!("{answer}"))
    }

    #[test]
    fn a_file_is_served_below_the_mount_and_nowhere_else() {
        assert_eq!(status("/some/path/main.rs?x=1"), 200);
        assert_eq!(status("/main.rs"), 404);
        assert_eq!(status("/some/path/nothing.rs"), 404);
    }

    #[test]
    fn no_address_leads_out_of_the_folder() {
        assert_eq!(status("/some/path/../Cargo.toml"), 404);
        assert_eq!(status("/some/path/%2e%2e/Cargo.toml"), 404);
        assert_eq!(status("/some/path//etc/passwd"), 404);
    }

    /// Browsers open connections before they need them.
    #[test]
    fn a_connection_that_says_nothing_holds_nobody_up() {
        let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
        let address = Port::take_any().and_then(|port| port.serve(folder, "/")).expect("some port is free");
        let host = address.trim_start_matches("http://").trim_end_matches('/');
        let silent: Vec<TcpStream> = (0..50).map(|_| TcpStream::connect(host).expect("it listens")).collect();
        let mut connection = TcpStream::connect(host).expect("it listens");
        write!(connection, "GET /Cargo.toml HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n").expect("it reads");
        let mut answer = String::new();
        connection.read_to_string(&mut answer).expect("it answers");
        assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
        drop(silent);
    }

    #[test]
    fn a_taken_port_is_reported_in_one_sentence() {
        let taken = Port::take_any().expect("some port is free");
        let number = taken.0.local_addr().expect("a bound listener has an address").port();
        let error = Port::take(number).err().expect("the port is taken").to_string();
        assert_eq!(error, format!("port {number} is taken by another program; choose a free one with --port N"));
    }
}
