//! A registry that wants an account, answers "later" and refuses HEAD, asked through the live adapter.

use std::io::{BufRead, BufReader, Write};
use std::net::TcpListener;
use std::sync::{Arc, Mutex};

use tidings::adapters::Live;
use tidings::ports::Remotes;

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
