//! A registry that wants an account, answers "later" and refuses HEAD, asked through the live adapter.

use std::io::{BufRead, BufReader, Write};
use std::net::TcpListener;
use std::sync::{Arc, Mutex};

use tidings::adapters::Live;
use tidings::ports::{Remotes, may_lead};

const CHILD: &str = "sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";

/// Answers each request as `answer` says of method, path and `Authorization`. Gives `host:port` and what was asked.
fn serve(
    answer: impl Fn(usize, &str, &str, &str) -> String + Send + 'static,
) -> (String, Arc<Mutex<Vec<String>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let host = listener.local_addr().unwrap().to_string();
    let log = Arc::new(Mutex::new(Vec::new()));
    let kept = log.clone();
    std::thread::spawn(move || {
        for (number, stream) in listener.incoming().flatten().enumerate() {
            let mut reader = BufReader::new(stream.try_clone().unwrap());
            let (mut first, mut proof) = (String::new(), String::new());
            let _ = reader.read_line(&mut first);
            loop {
                let mut line = String::new();
                if reader.read_line(&mut line).is_err() || line.trim().is_empty() {
                    break;
                }
                if line.to_ascii_lowercase().starts_with("authorization:") {
                    proof = line.split_once(':').unwrap().1.trim().to_owned();
                }
            }
            kept.lock()
                .unwrap()
                .push(format!("{} {proof}", first.trim()));
            let mut words = first.split(' ');
            let (method, path) = (words.next().unwrap_or(""), words.next().unwrap_or(""));
            let said = answer(number, method, path, &proof);
            let _ = (&stream).write_all(said.as_bytes());
        }
    });
    (host, log)
}

fn http(status: &str, headers: &str, body: &str) -> String {
    format!(
        "HTTP/1.1 {status}\r\n{headers}Content-Length: {}\r\nConnection: close\r\n\r\n{body}",
        body.len()
    )
}

fn index() -> String {
    format!(
        "{{\"manifests\":[{{\"digest\":\"{CHILD}\",\"platform\":{{\"os\":\"linux\",\"architecture\":\"amd64\"}}}},\
         {{\"digest\":\"{}\",\"platform\":{{\"os\":\"unknown\",\"architecture\":\"unknown\"}},\
         \"annotations\":{{\"vnd.docker.reference.type\":\"attestation-manifest\",\"vnd.docker.reference.digest\":\"{CHILD}\"}}}}]}}",
        CHILD.replace("aaaa", "bbbb")
    )
}

#[test]
fn challenges_are_read_in_every_form() {
    for form in [
        "WWW-Authenticate: Bearer realm=\"http://HOST/token\",service=\"r\"\r\n",
        "WWW-Authenticate: BEARER Realm=http://HOST/token , Service=r\r\n",
        "WWW-Authenticate: Basic realm=\"a, \\\"b\\\"\", Bearer realm=\"http://HOST/token\"\r\n",
        "WWW-Authenticate: Negotiate abc==\r\nWWW-Authenticate: Bearer realm = \"http://HOST/token\"\r\n",
    ] {
        let (port, form) = (Arc::new(Mutex::new(String::new())), form.to_owned());
        let known = port.clone();
        let (host, log) = serve(move |_, _, path, proof| match (path, proof) {
            (path, _) if path.starts_with("/token") => http("200 OK", "", "{\"token\":\"good\"}"),
            (_, "Bearer good") => http("200 OK", "", "{}"),
            _ => http("401 No", &form.replace("HOST", &known.lock().unwrap()), ""),
        });
        *port.lock().unwrap() = host.clone();
        let found = Live.manifest(&format!("{host}/acme/agent"), "v1");
        assert!(matches!(found, Ok(Some(_))), "{:?}", log.lock().unwrap());
        let asked = log.lock().unwrap().join("\n");
        assert!(
            asked.contains("scope=repository%3Aacme%2Fagent%3Apull"),
            "{asked}"
        );
    }
}

#[test]
fn later_is_tried_again_and_head_may_be_refused() {
    let (host, _) = serve(|number, method, _, _| match (number, method) {
        (0, _) => http("429 Later", "Retry-After: 0\r\n", ""),
        (1, _) => http("502 Bad", "Retry-After: 0\r\n", ""),
        (_, "HEAD") => http("405 No", "", ""),
        _ => http("200 OK", "", &index()),
    });
    let manifest = Live
        .manifest(&format!("{host}/acme/agent"), "v1")
        .unwrap_or_else(|failure| panic!("{}", failure.what))
        .unwrap();
    let [platform, attestation] = &manifest.children[..] else {
        panic!("{:?}", manifest.children)
    };
    assert!(platform.there && !platform.attestation);
    assert!(attestation.there && attestation.attestation);
    assert_eq!(attestation.platform, "attestation of linux/amd64");
}

#[test]
fn digests_are_written_beside_the_tags_and_nothing_else_changes() {
    let (host, _) = serve(|_, _, path, _| match path {
        path if path.contains("/gone/") => http("404 Not Found", "", ""),
        _ => http("200 OK", "", "{}"),
    });
    // Of `{}`, as every registry would answer.
    let digest = "sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a";
    for (name, before, after) in [
        (
            "compose.yaml",
            "# ours\nservices:\n  web:\n    image: 'HOST/acme/web:1.0.0' # keep\n  worker: {image: HOST/acme/worker:1.0.0}\n  old:\n    image: HOST/acme/old:1.0.0@DIGEST\n",
            "# ours\nservices:\n  web:\n    image: 'HOST/acme/web:1.0.0@DIGEST' # keep\n  worker: {image: HOST/acme/worker:1.0.0@DIGEST}\n  old:\n    image: HOST/acme/old:1.0.0@DIGEST\n",
        ),
        (
            "values.yaml",
            "web:\n  image:\n    registry: HOST\n    repository: acme/web\n    tag: 1.0.0\n    digest: \"\"\nworker:\n  image:\n    repository: HOST/acme/worker\n    tag: \"1.0.0\" # keep\n",
            "web:\n  image:\n    registry: HOST\n    repository: acme/web\n    tag: 1.0.0\n    digest: \"DIGEST\"\nworker:\n  image:\n    repository: HOST/acme/worker\n    tag: \"1.0.0@DIGEST\" # keep\n",
        ),
        (
            "kustomization.yaml",
            "images:\n- name: web\n  newName: HOST/acme/web\n  newTag: 1.0.0\n- name: worker\n  newName: HOST/acme/worker\n",
            "images:\n- name: web\n  newName: HOST/acme/web\n  newTag: 1.0.0\n  digest: DIGEST\n- name: worker\n  newName: HOST/acme/worker\n  digest: DIGEST\n",
        ),
        (
            ".env",
            "WEB_IMAGE=\"HOST/acme/web:1.0.0\"\nexport WORKER_IMAGE=HOST/acme/worker:1.0.0  # keep\n",
            "WEB_IMAGE=\"HOST/acme/web:1.0.0@DIGEST\"\nexport WORKER_IMAGE=HOST/acme/worker:1.0.0@DIGEST  # keep\n",
        ),
        (
            "compose.yaml",
            "services:\n  gone: {image: HOST/gone/x:1.0.0}\n  made: {image: 'HOST/acme/made:${V:-1}'}\n",
            "services:\n  gone: {image: HOST/gone/x:1.0.0}\n  made: {image: 'HOST/acme/made:${V:-1}'}\n",
        ),
    ] {
        let filled = |text: &str| text.replace("HOST", &host).replace("DIGEST", digest);
        let repo = crate::fixture::Repo::good();
        let mut toml: toml::Table = crate::fixture::TOML.parse().unwrap();
        let table = toml::Table::from_iter([("file".to_owned(), name.into())]);
        toml.insert("pin".to_owned(), toml::Value::Table(table));
        repo.write("tidings.toml", toml.to_string());
        repo.write(name, filled(before));
        let shown = repo.tidings(&["pin", "--resolve"]);
        assert_eq!(
            std::fs::read_to_string(repo.path().join(name)).unwrap(),
            filled(before),
            "only shown"
        );
        let all = !after.contains("${V");
        assert_eq!(shown.code, i32::from(!all), "{name}: {}", shown.out);
        assert_eq!(
            shown.out.contains("add `--yes`"),
            before != after,
            "{}",
            shown.out
        );
        repo.tidings(&["pin", "--resolve", "--yes"]);
        assert_eq!(
            std::fs::read_to_string(repo.path().join(name)).unwrap(),
            filled(after),
            "{name}: {}",
            shown.out
        );
        let listed = repo.tidings(&["pin"]);
        assert_eq!(
            listed.code,
            i32::from(!all),
            "{name}: {}{}",
            listed.out,
            listed.err
        );
    }
}

#[test]
fn only_loopback_leads_to_loopback_without_encryption() {
    for (from, to, may) in [
        (
            "https://registry.acme.example/v2/",
            "https://auth.acme.example/token",
            true,
        ),
        (
            "https://registry.acme.example/v2/",
            "http://auth.acme.example/token",
            false,
        ),
        (
            "https://registry.acme.example/v2/",
            "http://127.0.0.1:5000/token",
            false,
        ),
        (
            "https://registry.acme.example/v2/",
            "http://localhost/token",
            false,
        ),
        (
            "https://127.0.0.1.acme.example/v2/",
            "http://127.0.0.1/token",
            false,
        ),
        (
            "http://127.0.0.1:5000/v2/",
            "http://localhost:5001/token",
            true,
        ),
        ("http://[::1]:5000/v2/", "http://[::1]:5001/token", true),
        (
            "http://127.0.0.1:5000/v2/",
            "http://auth.acme.example/token",
            false,
        ),
        (
            "http://127.0.0.1:5000/v2/",
            "https://auth.acme.example/token",
            true,
        ),
        (
            "http://127.0.0.1:5000/v2/",
            "file://127.0.0.1/etc/passwd",
            false,
        ),
        ("http://127.0.0.1:5000/v2/", "127.0.0.1", false),
    ] {
        assert_eq!(may_lead(from, to), may, "{from} to {to}");
    }
}

/// A registry that wants an account, a program `docker-credential-ours` that answers as the script says, and `tidings pin --resolve` on its way.
#[cfg(unix)]
fn with_helper(script: &str) -> (crate::fixture::Repo, std::process::Child) {
    use std::os::unix::fs::PermissionsExt;
    let (host, _) = serve(|_, _, _, proof| match proof {
        // ci:secret
        "Basic Y2k6c2VjcmV0" => http("200 OK", "", "{}"),
        _ => http("401 No", "WWW-Authenticate: Basic realm=\"r\"\r\n", ""),
    });
    let repo = crate::fixture::Repo::good();
    let mut toml: toml::Table = crate::fixture::TOML.parse().unwrap();
    let table = toml::Table::from_iter([("file".to_owned(), "compose.yaml".into())]);
    toml.insert("pin".to_owned(), toml::Value::Table(table));
    repo.write("tidings.toml", toml.to_string())
        .write(
            "compose.yaml",
            format!("services:\n  web:\n    image: {host}/acme/web:1.0.0\n  worker:\n    image: {host}/acme/worker:1.0.0\n"),
        )
        .write("docker/config.json", "{\"credsStore\": \"ours\"}")
        .write(
            "bin/docker-credential-ours",
            format!("#!/bin/sh\n{script}\n"),
        );
    let helper = repo.path().join("bin/docker-credential-ours");
    std::fs::set_permissions(&helper, PermissionsExt::from_mode(0o755)).unwrap();
    let bin = repo.path().join("bin");
    let path = std::env::var("PATH").unwrap_or_default();
    let child = std::process::Command::new(env!("CARGO_BIN_EXE_tidings"))
        .args(["pin", "--resolve"])
        .current_dir(repo.path())
        .env("PATH", format!("{}:{path}", bin.display()))
        .env("DOCKER_CONFIG", repo.path().join("docker"))
        .env("BEATS", repo.path().join("beats"))
        .env_remove("REGISTRY_AUTH_FILE")
        .env_remove("TIDINGS_REGISTRY")
        .env("XDG_RUNTIME_DIR", "/nonexistent")
        // Never for this machine.
        .env("HTTP_PROXY", "http://127.0.0.1:9")
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    (repo, child)
}

#[cfg(unix)]
const BEATING: &str = "(while :; do echo >> \"$BEATS\"; sleep 0.05; done) &";

#[cfg(unix)]
fn beats(repo: &crate::fixture::Repo) -> u64 {
    std::fs::metadata(repo.path().join("beats")).map_or(0, |file| file.len())
}

#[cfg(unix)]
fn is_still(repo: &crate::fixture::Repo) {
    let before = beats(repo);
    std::thread::sleep(std::time::Duration::from_millis(400));
    assert_eq!(beats(repo), before, "what the helper started runs on");
}

#[test]
#[cfg(unix)]
fn a_helper_that_hangs_ends_with_all_that_it_started() {
    let (repo, child) = with_helper(&format!("{BEATING}\nsleep 60"));
    let start = std::time::Instant::now();
    while beats(&repo) == 0 {
        assert!(start.elapsed().as_secs() < 20, "the helper was not asked");
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
    let interrupted = std::process::Command::new("sh")
        .args(["-c", &format!("kill -INT {}", child.id())])
        .status();
    assert!(interrupted.unwrap().success());
    let output = child.wait_with_output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout) + String::from_utf8_lossy(&output.stderr);
    assert!(
        said.contains("`docker-credential-ours` was interrupted"),
        "{said}"
    );
    assert!(start.elapsed().as_secs() < 20, "it was waited for");
    is_still(&repo);
}

#[test]
#[cfg(unix)]
fn a_helper_that_leaves_something_behind_has_answered() {
    let (repo, child) = with_helper(&format!(
        "{BEATING}\necho >> \"$BEATS.asked\"\necho '{{\"Username\":\"ci\",\"Secret\":\"secret\"}}'"
    ));
    let start = std::time::Instant::now();
    let output = child.wait_with_output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    assert_eq!(said.matches("sha256:44136fa3").count(), 2, "{output:?}");
    let asked = std::fs::read(repo.path().join("beats.asked")).unwrap();
    assert_eq!(asked.len(), 1, "once for both repositories");
    assert!(start.elapsed().as_secs() < 15, "it was waited for");
    is_still(&repo);
}

/// The same, each request on a thread of its own.
fn serve_abreast(
    answer: impl Fn(&str, &str) -> String + Send + Sync + 'static,
) -> (String, Arc<Mutex<Vec<String>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let host = listener.local_addr().unwrap().to_string();
    let log = Arc::new(Mutex::new(Vec::new()));
    let (kept, answer) = (log.clone(), Arc::new(answer));
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let (kept, answer) = (kept.clone(), answer.clone());
            std::thread::spawn(move || {
                let mut lines = BufReader::new(&stream).lines().map_while(Result::ok);
                let first = lines.next().unwrap_or_default();
                let mut proof = String::new();
                for line in lines.take_while(|line| !line.is_empty()) {
                    if let Some((name, value)) = line.split_once(':')
                        && name.eq_ignore_ascii_case("authorization")
                    {
                        proof = value.trim().to_owned();
                    }
                }
                let path = first.split(' ').nth(1).unwrap_or("").to_owned();
                kept.lock().unwrap().push(format!("{path} {proof}"));
                let said = answer(&path, &proof);
                let _ = (&stream).write_all(said.as_bytes());
            });
        }
    });
    (host, log)
}

#[test]
fn ten_images_are_asked_side_by_side() {
    // Nobody gets an answer before all ten have asked; each has two platforms, asked for together too.
    let waiting = std::sync::Barrier::new(10);
    let (host, log) = serve_abreast(move |path, _| {
        if path.ends_with("/v1") {
            waiting.wait();
            http("200 OK", "", &index())
        } else {
            http("200 OK", "", "")
        }
    });
    let asked: Vec<(String, String)> = (0..10)
        .map(|number| (format!("{host}/acme/image-{number}"), "v1".to_owned()))
        .collect();
    let (done, answers) = std::sync::mpsc::channel();
    std::thread::spawn(move || done.send(Live.manifests(&asked)));
    let answers = answers
        .recv_timeout(std::time::Duration::from_secs(15))
        .expect("they wait for each other");
    for answer in answers {
        let children = answer.unwrap().unwrap().children;
        assert!(children.len() == 2 && children.iter().all(|child| child.there));
    }
    assert_eq!(log.lock().unwrap().len(), 30);
}

#[test]
fn what_a_registry_accepted_is_remembered() {
    let port = Arc::new(Mutex::new(String::new()));
    let (known, times) = (port.clone(), Mutex::new(0));
    let (host, log) = serve_abreast(move |path, proof| {
        if path.starts_with("/token") {
            let mut times = times.lock().unwrap();
            *times += 1;
            return match *times {
                1 => http("429 Later", "Retry-After: 0\r\n", ""),
                2 => http("200 OK", "", "{\"token\":\"first\"}"),
                _ => http("200 OK", "", "{\"token\":\"second\"}"),
            };
        }
        // The first token holds for `v1` only, as if it had expired since.
        match proof {
            "Bearer first" if path.ends_with("/v1") => http("200 OK", "", "{}"),
            "Bearer second" => http("200 OK", "", "{}"),
            _ => {
                let realm = format!("http://{}/token", known.lock().unwrap());
                let header = format!("WWW-Authenticate: Bearer realm=\"{realm}\"\r\n");
                http("401 No", &header, "")
            }
        }
    });
    *port.lock().unwrap() = host.clone();
    let image = format!("{host}/acme/agent");
    for reference in ["v1", "v1", "v2", "v2"] {
        let found = Live.manifest(&image, reference);
        assert!(matches!(found, Ok(Some(_))), "{reference}: {found:?}");
    }
    let words = log.lock().unwrap().clone();
    let asked: Vec<&str> = words
        .iter()
        .map(|line| line.split(['?', ' ']).next().unwrap())
        .map(|path| path.rsplit('/').next().unwrap())
        .collect();
    assert_eq!(
        asked,
        [
            "v1", "token", "token", "v1", "v1", "v2", "token", "v2", "v2"
        ],
        "{words:?}"
    );
}

#[test]
fn a_connection_that_breaks_is_made_again_once() {
    for (breaks, answered) in [(1, true), (2, false)] {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let host = listener.local_addr().unwrap().to_string();
        std::thread::spawn(move || {
            for (number, stream) in listener.incoming().flatten().enumerate() {
                let mut lines = BufReader::new(&stream).lines().map_while(Result::ok);
                let _ = lines.find(String::is_empty);
                if number >= breaks {
                    let _ = (&stream).write_all(http("200 OK", "", "{}").as_bytes());
                }
            }
        });
        let found = Live.manifest(&format!("{host}/acme/agent"), "v1");
        assert_eq!(matches!(found, Ok(Some(_))), answered, "{found:?}");
    }
}

/// Of `localhost`, for a hundred years, made for this test and used nowhere else.
const CERTIFICATE: &str = "MIIBLzCB16ADAgECAgEBMAoGCCqGSM49BAMCMBQxEjAQBgNVBAMMCWxvY2FsaG9zdDAgFw0yMDAxMDEwMDAwMDBaGA8yMTIwMDEwMTAwMDAwMFowFDESMBAGA1UEAwwJbG9jYWxob3N0MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEeOiNTcYrzpz/fhWSwy9FLXdp4qks7E0vOKwPOPg7LHu/Zpx1fgRyTd6Eyxu6GL5K7YqGlwrX749+8FqOjn4hXaMYMBYwFAYDVR0RBA0wC4IJbG9jYWxob3N0MAoGCCqGSM49BAMCA0cAMEQCIB9WAPMuTwHJuYEeE1DiQDpkbMs12q5J3xem68NhR83cAiB/roIFUBkG1r6UGXdpg0GXpRmEOf4YJuLpjRjcOku6Kw==";
const ITS_KEY: &str = "MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQggAtijhE1e4WsH0Kar15hWT8EFoDbM9TOLVAVSF4AYCChRANCAAR46I1NxivOnP9+FZLDL0Utd2niqSzsTS84rA84+Dsse79mnHV+BHJN3oTLG7oYvkrtioaXCtfvj37wWo6OfiFd";

#[test]
fn servers_with_a_certificate_of_ones_own_are_asked() {
    use base64::Engine as _;
    use rustls::pki_types::{CertificateDer, PrivateKeyDer};
    let bytes = |text: &str| {
        base64::engine::general_purpose::STANDARD
            .decode(text)
            .unwrap()
    };
    let key = PrivateKeyDer::try_from(bytes(ITS_KEY)).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![CertificateDer::from(bytes(CERTIFICATE))], key)
        .unwrap();
    let config = Arc::new(config);
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let server = rustls::ServerConnection::new(config.clone()).unwrap();
            let mut stream = rustls::StreamOwned::new(server, stream);
            let mut first = [0; 4096];
            let _ = std::io::Read::read(&mut stream, &mut first);
            let answer = format!(
                "{{\"version\":\"1.1.0\",\"digest\":\"{}\"}}",
                crate::fixture::digest("1.1.0")
            );
            let _ = stream.write_all(http("200 OK", "", &answer).as_bytes());
            stream.conn.send_close_notify();
            let _ = stream.flush();
        }
    });
    let repo = crate::fixture::Repo::good();
    let folded: Vec<&str> = (0..CERTIFICATE.len())
        .step_by(64)
        .map(|at| &CERTIFICATE[at..(at + 64).min(CERTIFICATE.len())])
        .collect();
    repo.write(
        "ours.pem",
        format!(
            "-----BEGIN CERTIFICATE-----\n{}\n-----END CERTIFICATE-----\n",
            folded.join("\n")
        ),
    );
    let ask = |trusted: bool| {
        let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_tidings"));
        command
            .args(["identify", &format!("https://localhost:{port}/version")])
            .current_dir(repo.path())
            // Never for this machine.
            .env("HTTPS_PROXY", "http://127.0.0.1:9")
            .env("HTTP_PROXY", "http://127.0.0.1:9");
        if trusted {
            command.env("SSL_CERT_FILE", repo.path().join("ours.pem"));
        }
        let output = command.output().unwrap();
        let (out, err) = (output.stdout, output.stderr);
        String::from_utf8([out, err].concat()).unwrap()
    };
    let trusted = ask(true);
    assert!(
        trusted.contains("1.1.0") && !trusted.contains("cannot ask"),
        "{trusted}"
    );
    let unknown = ask(false);
    assert!(unknown.contains("cannot ask"), "{unknown}");
}

#[test]
fn a_registry_that_wants_a_long_pause_is_not_waited_for() {
    let (host, log) = serve(|_, _, _, _| http("429 Later", "Retry-After: 3600\r\n", ""));
    let failure = Live
        .manifest(&format!("{host}/acme/agent"), "v1")
        .unwrap_err();
    let words = "it answers 429, after 1 request; it can be asked again in 3600 seconds";
    assert!(failure.what.contains(words), "{}", failure.what);
    assert_eq!(log.lock().unwrap().len(), 1);
}
