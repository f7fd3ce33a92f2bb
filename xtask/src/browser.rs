//! A browser for the tests, the page bench and the screenshots: Chromium with ChromeDriver, and the built page served from
//! a sub-path. The harness in `tests/page` drives them; this module starts and stops them.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};
use std::{fmt, fs};

use anyhow::{Context, Result, anyhow, bail};

use crate::process::{Process, cargo, find_program, root};
use crate::server::Port;
use crate::site;

/// The page is tested below a path, because a static host may put it anywhere.
const MOUNT: &str = "/any/sub/path/";

const WHAT_TO_INSTALL: &str = "the browser tests need Chromium and ChromeDriver of the same version: \
    install Debian's packages chromium and chromium-driver, or put both programs on PATH";

/// How long ChromeDriver may take to come up or to go.
const PATIENCE: Duration = Duration::from_secs(20);

/// A failure that the harness's tool has reported itself.
#[derive(Debug)]
pub(crate) struct AlreadyTold;

impl fmt::Display for AlreadyTold {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("the page's tool failed, as it said above")
    }
}

impl std::error::Error for AlreadyTold {}

/// The built page being served and a ChromeDriver waiting for sessions; both end with this value.
pub(crate) struct Session {
    page_url: String,
    chromium: PathBuf,
    driver: Driver,
}

impl Session {
    /// Installs the browser if need be, serves `dist/` and starts ChromeDriver.
    pub(crate) fn start() -> Result<Self> {
        let (chromium, chromedriver) = ensure_installed()?;
        let page_url = Port::take_any()?.serve(site::folder(), MOUNT)?;
        let driver = Driver::start(&chromedriver)?;
        Ok(Self { page_url, chromium, driver })
    }

    /// Runs the browser tests.
    pub(crate) fn test(&self) -> Result<()> {
        self.reach(cargo(&["test", "--package", "quorate-page-tests", "--features", "browser", "--test", "*"])).run()
    }

    /// Runs the harness's own tool.
    pub(crate) fn tool(&self, arguments: &[&str]) -> Result<()> {
        self.reach(tool_command(arguments)).run().map_err(|_| AlreadyTold.into())
    }

    fn reach(&self, process: Process) -> Process {
        process
            // An error of the harness says in words where it came from.
            .env("RUST_LIB_BACKTRACE", "0")
            .env("QUORATE_PAGE_URL", &self.page_url)
            .env("QUORATE_WEBDRIVER_URL", format!("http://127.0.0.1:{}", self.driver.port))
            .env("QUORATE_CHROMIUM", &self.chromium)
            .env("QUORATE_DIST", site::folder())
            .env("QUORATE_SCREENSHOTS", root().join("target/screenshots"))
    }
}

/// The harness's tool, with nothing for it to reach yet.
pub(crate) fn tool_command(arguments: &[&str]) -> Process {
    let mut all = vec!["run", "--quiet", "--package", "quorate-page-tests", "--bin", "page-tool", "--"];
    all.extend(arguments);
    cargo(&all)
}

fn installed() -> Option<(PathBuf, PathBuf)> {
    let on_mac = Path::new("/Applications/Google Chrome.app/Contents/MacOS/Google Chrome");
    let chromium = find_program(&["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"])
        .or_else(|| on_mac.is_file().then(|| on_mac.to_path_buf()))?;
    Some((chromium, find_program(&["chromedriver"])?))
}

fn ensure_installed() -> Result<(PathBuf, PathBuf)> {
    if let Some(found) = installed() {
        return Ok(found);
    }
    let Some(prefix) = root_prefix().filter(|_| find_program(&["apt-get"]).is_some()) else {
        bail!(WHAT_TO_INSTALL);
    };
    println!("Installing Debian's chromium and chromium-driver (for the browser tests; about a minute, once).");
    let apt = |arguments: &[&str]| {
        let mut all = prefix.to_vec();
        all.extend(["env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "--yes", "--quiet=2"]);
        all.extend(arguments);
        Process::new(all[0], &all[1..]).run()
    };
    // An old package list may still do, so only the installation decides.
    let listed = apt(&["update"]);
    let fonts = ["fonts-dejavu-core", "fonts-liberation"];
    let packages = ["install", "--no-install-recommends", "chromium", "chromium-driver", fonts[0], fonts[1]];
    apt(&packages).and(listed).context(WHAT_TO_INSTALL)?;
    installed().ok_or_else(|| anyhow!(WHAT_TO_INSTALL))
}

/// What goes before a command to run it as root: nothing for root, `sudo` where it asks for no password.
fn root_prefix() -> Option<&'static [&'static str]> {
    if Process::new("id", &["-u"]).answer()? == "0" {
        return Some(&[]);
    }
    Process::new("sudo", &["-n", "true"]).answer().map(|_| ["sudo", "-n"].as_slice())
}

/// A running ChromeDriver.
struct Driver {
    child: Child,
    port: u16,
}

impl Driver {
    fn start(program: &Path) -> Result<Self> {
        let log = root().join("target/chromedriver.log");
        fs::create_dir_all(root().join("target")).context("could not create target/")?;
        let log_argument = format!("--log-path={}", log.display());
        let mut child = Process::new(program, &["--port=0", &log_argument])
            .into_command()
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .with_context(|| format!("could not start {}", program.display()))?;
        let output = child.stdout.take().expect("its output is piped");
        match announced_port(output) {
            Some(port) => Ok(Self { child, port }),
            None => {
                let _ = child.kill();
                let _ = child.wait();
                bail!("ChromeDriver did not come up; {} may say why", log.display())
            }
        }
    }

    /// Asks ChromeDriver to close every browser that it started, and itself.
    fn shut_down(&self) -> std::io::Result<()> {
        let mut stream = TcpStream::connect(("127.0.0.1", self.port))?;
        stream.set_read_timeout(Some(PATIENCE))?;
        let port = self.port;
        write!(stream, "GET /shutdown HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nConnection: close\r\n\r\n")?;
        stream.read_to_end(&mut Vec::new()).map(|_| ())
    }
}

impl Drop for Driver {
    fn drop(&mut self) {
        let deadline = Instant::now() + PATIENCE;
        if self.shut_down().is_ok() {
            while Instant::now() < deadline {
                if matches!(self.child.try_wait(), Ok(Some(_))) {
                    return;
                }
                thread::sleep(Duration::from_millis(20));
            }
        }
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Waits for ChromeDriver to say which port it took, then keeps its output flowing.
fn announced_port(output: ChildStdout) -> Option<u16> {
    let (sender, receiver) = mpsc::channel();
    thread::spawn(move || {
        for line in BufReader::new(output).lines().map_while(Result::ok) {
            if let Some(port) = port_in(&line) {
                let _ = sender.send(port);
            }
        }
    });
    receiver.recv_timeout(PATIENCE).ok()
}

/// The port in "ChromeDriver was started successfully on port 41231."
fn port_in(line: &str) -> Option<u16> {
    line.split_once("successfully on port ")?.1.trim_end_matches('.').parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_port_is_read_from_what_chromedriver_prints() {
        assert_eq!(port_in("ChromeDriver was started successfully on port 41231."), Some(41231));
        assert_eq!(port_in("Please see https://chromedriver.chromium.org/security-considerations"), None);
    }
}
