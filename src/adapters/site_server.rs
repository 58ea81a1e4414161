//! A site on the loopback address, made again when its sources change; open pages reload themselves.

use std::collections::BTreeMap;
use std::fs;
use std::net::Ipv4Addr;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Condvar, Mutex};
use std::time::{Duration, Instant, SystemTime};

use tiny_http::{Header, Request, Response, Server};

use crate::ports::{Failure, Files};

/// How often the sources are looked at. Looking at a few dozen files costs less than a watcher that misses network drives.
const LOOK: Duration = Duration::from_millis(40);

/// A page asks again after this time.
const PATIENCE: Duration = Duration::from_secs(25);

/// Waits for the next site, then loads the page again.
const RELOAD: &str = "const wait = () => fetch('/_tidings/next?' + NUMBER).then(answer => answer.status === 200 ? location.reload() : wait(), () => setTimeout(wait, 1000));\nwait();\n";

/// The site as it is now, and its number.
struct Shown {
    site: Mutex<(Arc<Files>, u64)>,
    changed: Condvar,
}

pub fn serve(
    port: u16,
    below: &str,
    watched: &[PathBuf],
    build: &mut dyn FnMut() -> Option<Files>,
    ready: &mut dyn FnMut(&str),
) -> Result<(), Failure> {
    let server = Server::http((Ipv4Addr::LOCALHOST, port)).map_err(|error| {
        Failure::new(format!("cannot listen on port {port}: {error}"))
            .help("give another with `--port`; `--port 0` takes a free one")
    })?;
    let address = server
        .server_addr()
        .to_ip()
        .map(|address| address.to_string())
        .unwrap_or_default();
    let mut seen = stamps(watched);
    let Some(first) = build() else {
        return Err(Failure::new("the guide cannot be made")
            .help("mend what is named above, then try again"));
    };
    let shown = Shown {
        site: Mutex::new((Arc::new(first), 1)),
        changed: Condvar::new(),
    };
    ready(&format!("http://{address}{below}"));
    std::thread::scope(|scope| {
        scope.spawn(|| {
            for request in server.incoming_requests() {
                scope.spawn(|| drop(answer(request, below, &shown)));
            }
        });
        loop {
            std::thread::sleep(LOOK);
            let now = stamps(watched);
            if now == seen {
                continue;
            }
            seen = now;
            if let (Some(files), Ok(mut site)) = (build(), shown.site.lock()) {
                *site = (Arc::new(files), site.1 + 1);
                shown.changed.notify_all();
            }
        }
    })
}

fn answer(request: Request, below: &str, shown: &Shown) -> std::io::Result<()> {
    let path = request
        .url()
        .split(['?', '#'])
        .next()
        .unwrap_or("/")
        .to_owned();
    if path == "/_tidings/next" {
        let since = request
            .url()
            .rsplit('?')
            .next()
            .and_then(|number| number.parse().ok())
            .unwrap_or(0);
        return request.respond(
            Response::from_string("").with_status_code(if later(shown, since) { 200 } else { 204 }),
        );
    }
    let Ok((files, number)) = shown.site.lock().map(|site| (Arc::clone(&site.0), site.1)) else {
        return Ok(());
    };
    if path == "/_tidings/reload.js" {
        return request.respond(typed(
            RELOAD.replace("NUMBER", &number.to_string()).into_bytes(),
            "x.js",
        ));
    }
    let name = decoded(
        path.strip_prefix(below)
            .unwrap_or(path.trim_start_matches('/')),
    );
    let name = if name.is_empty() || name.ends_with('/') {
        format!("{name}index.html")
    } else {
        name
    };
    match files.get(&name) {
        Some(bytes) => request.respond(typed(watching(&name, bytes), &name)),
        None => {
            let page = files
                .get("404.html")
                .map(|bytes| watching("404.html", bytes))
                .unwrap_or_default();
            request.respond(typed(page, "404.html").with_status_code(404))
        }
    }
}

/// Waits until there is a later site than number `since`; `false` where none came in time.
fn later(shown: &Shown, since: u64) -> bool {
    let Ok(site) = shown.site.lock() else {
        return false;
    };
    let start = Instant::now();
    shown
        .changed
        .wait_timeout_while(site, PATIENCE, |site| {
            site.1 <= since && start.elapsed() < PATIENCE
        })
        .is_ok_and(|(site, _)| site.1 > since)
}

/// A page with the script that waits for the next one.
fn watching(name: &str, bytes: &[u8]) -> Vec<u8> {
    if !name.ends_with(".html") {
        return bytes.to_vec();
    }
    let html = String::from_utf8_lossy(bytes);
    html.replace(
        "</head>",
        "<script src=\"/_tidings/reload.js\" defer></script>\n</head>",
    )
    .into_bytes()
}

fn typed(bytes: Vec<u8>, name: &str) -> Response<std::io::Cursor<Vec<u8>>> {
    let kind = match name.rsplit('.').next().unwrap_or("") {
        "html" => "text/html; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "js" => "text/javascript; charset=utf-8",
        "json" => "application/json",
        "xml" => "application/xml",
        "ics" => "text/calendar; charset=utf-8",
        "svg" => "image/svg+xml",
        "png" => "image/png",
        "jpg" | "jpeg" => "image/jpeg",
        "webp" => "image/webp",
        "txt" => "text/plain; charset=utf-8",
        _ => "application/octet-stream",
    };
    let headers = [
        ("Content-Type", kind),
        ("Cache-Control", "no-store"),
        ("X-Content-Type-Options", "nosniff"),
    ];
    headers
        .into_iter()
        .filter_map(|(name, value)| Header::from_bytes(name, value).ok())
        .fold(Response::from_data(bytes), Response::with_header)
}

/// `%20` and its like.
fn decoded(path: &str) -> String {
    let mut bytes = Vec::with_capacity(path.len());
    let mut rest = path.as_bytes();
    while let [first, tail @ ..] = rest {
        let hex = tail
            .get(..2)
            .and_then(|hex| std::str::from_utf8(hex).ok())
            .and_then(|hex| u8::from_str_radix(hex, 16).ok());
        match (first, hex) {
            (b'%', Some(byte)) => {
                bytes.push(byte);
                rest = &tail[2..];
            }
            _ => {
                bytes.push(*first);
                rest = tail;
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// When each file was changed, and its size.
fn stamps(watched: &[PathBuf]) -> BTreeMap<PathBuf, (Option<SystemTime>, u64)> {
    let mut all = BTreeMap::new();
    watched.iter().for_each(|path| stamp(path, &mut all, 4));
    all
}

fn stamp(path: &Path, all: &mut BTreeMap<PathBuf, (Option<SystemTime>, u64)>, depth: usize) {
    let Ok(found) = fs::metadata(path) else {
        return;
    };
    all.insert(
        path.to_path_buf(),
        (
            found.modified().ok(),
            if found.is_dir() { 0 } else { found.len() },
        ),
    );
    if found.is_dir() && depth > 0 {
        fs::read_dir(path)
            .into_iter()
            .flatten()
            .flatten()
            .for_each(|entry| stamp(&entry.path(), all, depth - 1));
    }
}
