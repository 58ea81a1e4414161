//! The agent of the example, and its registry: small HTTP servers on loopback. The install script starts the one, the example's pipeline
//! the other; `tidings demo --stop` stops both.

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::time::{Duration, Instant};

use crate::model::Digest;
use crate::ports::Failure;

/// The file in the state folder that says where the agent listens.
const ADDRESS: &str = "address";

/// The media type and the body of an answer.
type Answer = (&'static str, Vec<u8>);

/// Serves the agent until it is told to stop. `version` is the body of `/version`.
///
/// # Errors
/// The port is taken, or the state folder cannot be written.
pub fn serve(state: &Path, port: u16, version: &str) -> Result<(), Failure> {
    let json = |body: &str| Some(("application/json", body.as_bytes().to_vec()));
    listen(state, port, &|path| match path {
        "/version" => json(version),
        "/backup" => json("{\"backup\":\"ok\"}"),
        "/health" => json("{\"health\":\"ok\"}"),
        _ => None,
    })
}

/// Serves the images that were pushed, as the OCI distribution specification has it: manifests, by tag and by digest.
///
/// # Errors
/// As `serve`.
pub fn registry(state: &Path, port: u16) -> Result<(), Failure> {
    listen(state, port, &|path| {
        let (_, reference) = path.strip_prefix("/v2/")?.split_once("/manifests/")?;
        let sound = reference
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || ".-:".contains(c));
        let bytes = fs::read(state.join(file_of(reference)))
            .ok()
            .filter(|_| sound)?;
        Some(("application/vnd.oci.image.manifest.v1+json", bytes))
    })
}

/// A colon is no part of a file's name everywhere.
fn file_of(reference: &str) -> String {
    format!("manifest-{}", reference.replace(':', "-"))
}

/// Makes an image of a tag: nothing is in it. Gives its digest.
///
/// # Errors
/// The state folder cannot be written.
pub fn push(state: &Path, tag: &str) -> Result<String, Failure> {
    let empty = Digest::of(b"{}").to_string();
    let config = serde_json::json!({ "mediaType": "application/vnd.oci.empty.v1+json", "digest": empty, "size": 2 });
    let image = serde_json::json!({
        "schemaVersion": 2,
        "mediaType": "application/vnd.oci.image.manifest.v1+json",
        "config": config,
        "layers": [config],
        "annotations": { "org.opencontainers.image.version": tag }
    });
    let bytes = image.to_string().into_bytes();
    let digest = Digest::of(&bytes).to_string();
    fs::create_dir_all(state).map_err(|error| Failure::file("write", state, &error))?;
    for reference in [tag, &digest] {
        let file = state.join(file_of(reference));
        fs::write(&file, &bytes).map_err(|error| Failure::file("write", &file, &error))?;
    }
    Ok(digest)
}

fn listen(
    state: &Path,
    port: u16,
    answers: &dyn Fn(&str) -> Option<Answer>,
) -> Result<(), Failure> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).map_err(|error| {
        Failure::new(format!("cannot listen on port {port}: {error}"))
            .help("set ACME_PORT to a free one")
    })?;
    let address = listener
        .local_addr()
        .map_err(|error| Failure::new(error.to_string()))?;
    let file = state.join(ADDRESS);
    fs::write(&file, address.to_string()).map_err(|error| Failure::file("write", &file, &error))?;
    for stream in listener.incoming().flatten() {
        if !answer(stream, answers).unwrap_or(true) {
            break;
        }
    }
    let _ = fs::remove_file(&file);
    Ok(())
}

/// Answers one request; `false` once it was told to stop.
fn answer(
    mut stream: TcpStream,
    answers: &dyn Fn(&str) -> Option<Answer>,
) -> std::io::Result<bool> {
    stream.set_read_timeout(Some(Duration::from_secs(2)))?;
    let mut reader = BufReader::new(stream.try_clone()?.take(8 << 10));
    let mut line = String::new();
    reader.read_line(&mut line)?;
    let mut header = String::new();
    while reader.read_line(&mut header)? > 2 {
        header.clear();
    }
    let path = line.split(' ').nth(1).unwrap_or("");
    let found = if path == "/stop" {
        Some(("application/json", b"{\"stopping\":true}".to_vec()))
    } else {
        answers(path)
    };
    let status = if found.is_some() {
        "200 OK"
    } else {
        "404 Not Found"
    };
    let (kind, body) =
        found.unwrap_or_else(|| ("application/json", b"{\"error\":\"no such page\"}".to_vec()));
    write!(
        stream,
        "HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
        body.len()
    )?;
    if !line.starts_with("HEAD ") {
        stream.write_all(&body)?;
    }
    Ok(path != "/stop")
}

/// One request, the body of its answer.
fn request(address: SocketAddr, path: &str) -> std::io::Result<String> {
    let mut stream = TcpStream::connect_timeout(&address, Duration::from_secs(2))?;
    stream.set_read_timeout(Some(Duration::from_secs(5)))?;
    write!(
        stream,
        "GET {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n"
    )?;
    let mut answer = String::new();
    stream.take(1 << 20).read_to_string(&mut answer)?;
    answer
        .split_once("\r\n\r\n")
        .map(|(_, body)| body.to_owned())
        .ok_or_else(|| std::io::ErrorKind::UnexpectedEof.into())
}

/// Asks the agent on a port, again and again for `wait`.
///
/// # Errors
/// It did not answer.
pub fn ask(port: u16, path: &str, wait: Duration) -> Result<String, Failure> {
    let started = Instant::now();
    loop {
        match request(SocketAddr::from((Ipv4Addr::LOCALHOST, port)), path) {
            Ok(body) => return Ok(body),
            Err(error) if started.elapsed() >= wait => {
                return Err(Failure::new(format!(
                    "no agent answers on port {port}: {error}"
                )));
            }
            Err(_) => std::thread::sleep(Duration::from_millis(20)),
        }
    }
}

/// Stops the agent of a state folder and waits until it is gone. `false` where none runs.
///
/// # Errors
/// It runs on.
pub fn stop(state: &Path) -> Result<bool, Failure> {
    let file = state.join(ADDRESS);
    let Some(address) = fs::read_to_string(&file)
        .ok()
        .and_then(|text| text.trim().parse::<SocketAddr>().ok())
    else {
        return Ok(false);
    };
    if request(address, "/stop").is_err() {
        let _ = fs::remove_file(&file);
        return Ok(false);
    }
    let started = Instant::now();
    while TcpStream::connect_timeout(&address, Duration::from_millis(200)).is_ok() {
        if started.elapsed() > Duration::from_secs(5) {
            return Err(Failure::new(format!(
                "the agent at {address} does not stop"
            )));
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    let _ = fs::remove_file(&file);
    Ok(true)
}
