"""Three images of one release in a real registry, signed by a real cosign, and twelve single manipulations: images.py WORK TIDINGS COSIGN

`review` lets the untouched proposal pass and refuses each manipulation by the image that it is about.
"""
import hashlib
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import urllib.error
import urllib.request

from vendor import ENVIRONMENT, answers, free_port, until

work, tidings, cosign = (pathlib.Path(argument).resolve() for argument in sys.argv[1:4])
home = pathlib.Path(tempfile.mkdtemp(prefix="tidings-images-"))
port = free_port()
registry = f"127.0.0.1:{port}"
(home / "bin").mkdir()
(home / "registry.yml").write_text(f"""version: 0.1
storage: {{filesystem: {{rootdirectory: {home}/registry}}, delete: {{enabled: true}}}}
http: {{addr: {registry}}}
""")
# Offline there is no transparency log.
(home / "bin/cosign").write_text(f'#!/bin/sh\ncase $1 in verify) shift; exec {cosign} verify --insecure-ignore-tlog=true "$@" ;; *) exec {cosign} "$@" ;; esac\n')
(home / "bin/cosign").chmod(0o755)
environment = {**ENVIRONMENT, "PATH": f"{home}/bin:{os.environ['PATH']}", "HOME": str(home), "COSIGN_PASSWORD": ""}


def run(*arguments, folder=home, code=0):
    ran = subprocess.run([str(argument) for argument in arguments], cwd=folder, env=environment, capture_output=True, text=True)
    assert code is None or ran.returncode == code, f"{arguments}: {ran.returncode}\n{ran.stdout}{ran.stderr}"
    return ran.returncode, ran.stdout + ran.stderr


def git(folder, *arguments):
    return run("git", *arguments, folder=folder)[1].strip()


def ask(method, path, data=None, kind=None):
    request = urllib.request.Request(path if path.startswith("http") else f"http://{registry}{path}", data=data, method=method)
    if kind:
        request.add_header("Content-Type", kind)
    with urllib.request.urlopen(request) as answer:
        return dict(answer.headers)


def sha(data):
    return "sha256:" + hashlib.sha256(data).hexdigest()


def blob(name, data):
    place = ask("POST", f"/v2/{name}/blobs/uploads/", b"")["Location"]
    ask("PUT", place + ("&" if "?" in place else "?") + f"digest={sha(data)}", data, "application/octet-stream")
    return {"digest": sha(data), "size": len(data)}


def manifest(name, document, reference):
    data = json.dumps(document).encode()
    ask("PUT", f"/v2/{name}/manifests/{reference or sha(data)}", data, document["mediaType"])
    return {"mediaType": document["mediaType"], "digest": sha(data), "size": len(data)}


OCI = "application/vnd.oci.image."


def push(name, words, tag, key="vendor"):
    """An index for two platforms, signed. Gives its digest and those of the platforms."""
    children = []
    for architecture in ("amd64", "arm64"):
        config = json.dumps({"architecture": architecture, "os": "linux", "config": {}, "rootfs": {"type": "layers", "diff_ids": []}}).encode()
        layer = f"{name} {words} {architecture}".encode()
        child = manifest(name, {"schemaVersion": 2, "mediaType": OCI + "manifest.v1+json", "config": {"mediaType": OCI + "config.v1+json", **blob(name, config)},
                                "layers": [{"mediaType": OCI + "layer.v1.tar", **blob(name, layer)}]}, None)
        children.append({**child, "platform": {"os": "linux", "architecture": architecture}})
    whole = manifest(name, {"schemaVersion": 2, "mediaType": OCI + "index.v1+json", "manifests": children}, tag)
    if key:
        run("cosign", "sign", "--yes", "--tlog-upload=false", "--key", f"{home}/{key}.key", f"{registry}/{name}@{whole['digest']}")
    return whole["digest"], [child["digest"] for child in children]


PRODUCT = """[product]
name = "Agent"
vendor = "Acme"
[bootstrap]
repository = "https://github.com/acme/agent-bootstrap"
version_url = "http://127.0.0.1:1/version"
[support]
contact = "support@acme.example"
response = "soon"
[pin]
file = "images.json"
"""


def pin(version, digests, revision):
    images = {name: {"image": f"{registry}/acme/{name}:v{version}@{digest}"} for name, digest in digests.items()}
    images["agent"]["primary"] = True
    images["db"]["role"] = "third-party"
    return json.dumps({"version": version, "tag": f"v{version}", "source_revision": revision, "public_key": "cosign.pub", "images": images}, indent=1) + "\n"


def entry(version, day):
    return f"## [{version}] - {day}\n\nThe agent is better now.\n\n### Required action\n\nNothing.\n\n### Fixed\n\n- It starts.\n\n"


server = subprocess.Popen(["docker-registry", "serve", home / "registry.yml"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
try:
    until("the registry", answers(port))
    for key in ("vendor", "stranger"):
        run("cosign", "generate-key-pair", "--output-key-prefix", key)
    names = ("agent", "worker", "db")
    first = {name: push(f"acme/{name}", "first", "v1.0.0", key=None if name == "db" else "vendor")[0] for name in names}
    pushed = {name: push(f"acme/{name}", "second", "v1.0.1", key=None if name == "db" else "vendor") for name in names}
    second = {name: digest for name, (digest, _) in pushed.items()}

    source, bootstrap = home / "source", home / "bootstrap"
    for folder in (source, bootstrap):
        folder.mkdir()
        git(folder, "init", "--quiet", "--initial-branch=main", ".")
    (source / "VERSION").write_text("1.0.1\n")
    (source / "CHANGELOG.md").write_text("# Changelog\n\n" + entry("1.0.1", "2026-06-01") + entry("1.0.0", "2026-05-01"))
    (source / "operator.toml").write_text('bootstrap = "../bootstrap"\n[source]\nversion_file = "VERSION"\n[forge]\nkind = "folder"\n')
    (source / ".gitignore").write_text(".tidings/\n")
    (bootstrap / "tidings.toml").write_text(PRODUCT)
    (bootstrap / "CHANGELOG.md").write_text("# Changelog\n\n" + entry("1.0.0", "2026-05-01"))
    shutil.copy(home / "vendor.pub", bootstrap / "cosign.pub")
    for folder in (source, bootstrap):
        git(home, "init", "--quiet", "--bare", "--initial-branch=main", f"{folder.name}.git")
        git(folder, "remote", "add", "origin", home / f"{folder.name}.git")
    git(source, "add", "-A"), git(source, "commit", "--quiet", "-m", "work")
    git(source, "tag", "v1.0.0"), git(source, "tag", "v1.0.1"), git(source, "push", "--quiet", "--tags", "origin", "main")
    revision = git(source, "rev-parse", "HEAD")
    (bootstrap / "images.json").write_text(pin("1.0.0", first, revision))
    git(bootstrap, "add", "-A"), git(bootstrap, "commit", "--quiet", "-m", "Pin v1.0.0"), git(bootstrap, "tag", "v1.0.0")
    git(bootstrap, "push", "--quiet", "--tags", "origin", "main")

    def review(text):
        """What is said of a proposal of this pin."""
        git(bootstrap, "checkout", "--quiet", "-B", "pin/v1.0.1", "main")
        (bootstrap / "images.json").write_text(text)
        (bootstrap / "CHANGELOG.md").write_text((source / "CHANGELOG.md").read_text())
        git(bootstrap, "commit", "--quiet", "-am", "Pin v1.0.1")
        git(bootstrap, "push", "--quiet", "--force", "origin", "pin/v1.0.1")
        git(bootstrap, "checkout", "--quiet", "main")
        return run(tidings, "review", "1.0.1", folder=source, code=None)

    good = pin("1.0.1", second, revision)
    code, said = review(good)
    assert code == 0 and "cosign verifies it" in said and "signature of worker" in said, said
    unsigned = push("acme/worker", "unsigned", "unsigned", key=None)[0]
    foreign = push("acme/worker", "foreign", "foreign", key="stranger")[0]
    lost, platforms = push("acme/worker", "lost", "lost")
    ask("DELETE", f"/v2/acme/worker/manifests/{platforms[1]}")
    gone, _ = push("acme/agent", "gone", "gone")
    ask("DELETE", f"/v2/acme/agent/manifests/{gone}")
    sidecar, _ = push("acme/sidecar", "new", "v1.0.1")
    swap = lambda name, digest: good.replace(second[name], digest)
    cases = {
        "the worker is another build than its tag": (swap("worker", first["worker"]), "image worker"),
        "the worker's digest was never pushed": (swap("worker", "sha256:" + "e" * 64), "image worker"),
        "the worker is not signed": (swap("worker", unsigned), "signature of worker"),
        "a stranger signed the worker": (swap("worker", foreign), "signature of worker"),
        "a platform of the worker is gone": (swap("worker", lost).replace("worker:v1.0.1@", "worker:lost@"), "image worker"),
        "the agent is gone": (swap("agent", gone), "the registry has no"),
        "the agent is another build than its tag": (swap("agent", first["agent"]), "tag of the image"),
        "the database is another build than its tag": (swap("db", first["db"]), "image db"),
        "the worker is by tag": (good.replace("@" + second["worker"], ""), "is a tag, not a digest"),
        "the worker comes from elsewhere": (good.replace("acme/worker:", "mallory/worker:"), "image worker"),
        "an image more": (json.dumps({**json.loads(good), "images": {**json.loads(good)["images"], "sidecar": {"image": f"{registry}/acme/sidecar:v1.0.1@{sidecar}"}}}, indent=1), "image sidecar"),
        "another key for the worker": (good.replace(f'"image": "{registry}/acme/worker', f'"public_key": "other.pub",\n   "image": "{registry}/acme/worker'), "`worker`: signed by the key other.pub"),
    }
    for name, (text, words) in cases.items():
        assert text != good, name
        code, said = review(text)
        refused = [line for line in said.splitlines() if line.startswith("FAIL")]
        assert code == 1 and words in said and refused, f"{name}: {code}\n{said}"
    # The tag of an image moves after the proposal.
    push("acme/worker", "moved", "v1.0.1")
    code, said = review(good)
    assert code == 1 and "image worker" in said and "leads to" in said, said
    print(f"three images, {len(cases) + 1} single manipulations: each refused, the untouched proposal passes")
finally:
    server.kill()
    shutil.rmtree(home, ignore_errors=True)
