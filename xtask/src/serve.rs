//! A small server of static files, on this machine only.

use crate::site::{self, Profile};
use anyhow::{Context, Result, bail};
use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use std::{fs, thread};

const PORT_DEFAULT: u16 = 8080;
const REQUEST_BYTES_MAX: u64 = 64 * 1024;
const READ_SECONDS_MAX: u64 = 10;

pub fn serve(args: &[&str]) -> Result<()> {
    let options = options(args)?;
    let dir = site::build(options.profile)?;
    let listener = listen(options.port)?;
    let port = listener.local_addr()?.port();
    println!("serving http://127.0.0.1:{port}{}  (Ctrl-C stops)", options.base);
    let site = Arc::new(Site { dir, base: options.base });
    for stream in listener.incoming().flatten() {
        let site = Arc::clone(&site);
        // A browser that goes away in the middle of an answer is no concern of others.
        thread::spawn(move || site.answer(&stream).ok());
    }
    Ok(())
}

#[derive(Debug)]
struct Options {
    profile: Profile,
    port: Option<u16>,
    base: String,
}

fn options(args: &[&str]) -> Result<Options> {
    let mut options = Options { profile: Profile::Dev, port: None, base: "/".into() };
    let mut rest = args.iter();
    while let Some(arg) = rest.next() {
        let mut value = || rest.next().with_context(|| format!("{arg} needs a value"));
        match *arg {
            "--release" => options.profile = Profile::Release,
            "--port" => {
                let text = value()?;
                let port = text.parse().with_context(|| format!("{text:?} is not a port"))?;
                options.port = Some(port);
            }
            "--base" => {
                let path = value()?.trim_matches('/');
                options.base = format!("/{path}/").replace("//", "/");
            }
            other => bail!("serve has no option {other:?}"),
        }
    }
    Ok(options)
}

/// The port asked for, or the usual one, or any free one.
fn listen(port: Option<u16>) -> Result<TcpListener> {
    let bind = |port| TcpListener::bind((Ipv4Addr::LOCALHOST, port));
    match port {
        Some(port) => bind(port).with_context(|| format!("port {port} cannot be used")),
        None => bind(PORT_DEFAULT).or_else(|_| bind(0)).context("no port can be used"),
    }
}

struct Site {
    dir: PathBuf,
    base: String,
}

impl Site {
    fn answer(&self, stream: &TcpStream) -> io::Result<()> {
        stream.set_read_timeout(Some(Duration::from_secs(READ_SECONDS_MAX)))?;
        let mut reader = BufReader::new(stream).take(REQUEST_BYTES_MAX);
        let mut line = String::new();
        reader.read_line(&mut line)?;
        loop {
            let mut header = String::new();
            if reader.read_line(&mut header)? == 0 || header.trim().is_empty() {
                break;
            }
        }
        let mut words = line.split_whitespace();
        match (words.next(), words.next()) {
            (Some(method @ ("GET" | "HEAD")), Some(target)) => {
                let found = file_of(&self.dir, &self.base, target);
                let body = found.as_deref().and_then(|path| Some((path, fs::read(path).ok()?)));
                match body {
                    Some((path, bytes)) => {
                        send(stream, "200 OK", media_type(path), &bytes, method == "GET")
                    }
                    None => send(stream, "404 Not Found", TEXT, b"not found\n", method == "GET"),
                }
            }
            _ => send(stream, "405 Method Not Allowed", TEXT, b"only GET and HEAD\n", true),
        }
    }
}

fn send(mut to: &TcpStream, status: &str, kind: &str, body: &[u8], whole: bool) -> io::Result<()> {
    let length = body.len();
    let head = format!(
        "HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {length}\r\n\
         Cache-Control: no-cache\r\nX-Content-Type-Options: nosniff\r\nConnection: close\r\n\r\n"
    );
    to.write_all(head.as_bytes())?;
    if whole {
        to.write_all(body)?;
    }
    to.flush()
}

/// The file that a request names, never one outside of `dir`.
fn file_of(dir: &Path, base: &str, target: &str) -> Option<PathBuf> {
    let path = target.split(['?', '#']).next()?;
    let path = path.strip_prefix(base)?;
    let mut file = dir.to_path_buf();
    for part in path.split('/').filter(|part| !part.is_empty()) {
        let plain = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
        if part.starts_with('.') || !part.chars().all(plain) {
            return None;
        }
        file.push(part);
    }
    if path.is_empty() || path.ends_with('/') {
        file.push("index.html");
    }
    Some(file)
}

const TEXT: &str = "text/plain; charset=utf-8";

fn media_type(path: &Path) -> &'static str {
    match path.extension().and_then(|extension| extension.to_str()).unwrap_or_default() {
        "html" => "text/html; charset=utf-8",
        "js" | "mjs" => "text/javascript; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "csv" => "text/csv; charset=utf-8",
        "wasm" => "application/wasm",
        "json" => "application/json",
        "webmanifest" => "application/manifest+json",
        "svg" => "image/svg+xml",
        "png" => "image/png",
        "ico" => "image/x-icon",
        "txt" => TEXT,
        _ => "application/octet-stream",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(base: &str, target: &str) -> Option<String> {
        let path = file_of(Path::new("d"), base, target)?;
        Some(path.to_string_lossy().replace('\\', "/"))
    }

    #[test]
    fn requests_name_files() {
        assert_eq!(file("/", "/").as_deref(), Some("d/index.html"));
        assert_eq!(file("/", "/app-1.js?v=2").as_deref(), Some("d/app-1.js"));
        assert_eq!(file("/a/b/", "/a/b/").as_deref(), Some("d/index.html"));
        assert_eq!(file("/a/b/", "/a/b/x/y.css").as_deref(), Some("d/x/y.css"));
    }

    #[test]
    fn requests_outside_are_refused() {
        for target in ["/../x", "/a/../../x", "/.git/config", "/%2e%2e/x", "/c:\\x", ""] {
            assert_eq!(file("/", target), None, "{target}");
        }
        assert_eq!(file("/a/b/", "/app.js"), None);
    }

    #[test]
    fn options_are_read() {
        let given = options(&["--port", "81", "--base", "some/sub", "--release"]).unwrap();
        assert_eq!((given.port, given.base.as_str()), (Some(81), "/some/sub/"));
        assert_eq!(options(&["--base", "/"]).unwrap().base, "/");
        assert!(options(&["--port"]).is_err());
        assert!(options(&["--port", "x"]).is_err());
        assert!(options(&["--fast"]).is_err());
    }
}
