"""A release day with real containers: container.py WORK TIDINGS COSIGN

What `tidings init` makes installs an image that a registry has, cosign signed and podman runs; five ways to slip another image in are refused.
"""
import json
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import urllib.request

from vendor import ENVIRONMENT, answers, free_port, until

work, tidings, cosign = (pathlib.Path(argument).resolve() for argument in sys.argv[1:4])
# podman wants short paths for its sockets.
home = pathlib.Path(tempfile.mkdtemp(prefix="tidings-container-"))
registry_port, port = free_port(), free_port()
registry = f"127.0.0.1:{registry_port}"
image = f"{registry}/acme/agent"
(home / "bin").mkdir()
(home / "registry.yml").write_text(f"""version: 0.1
storage: {{filesystem: {{rootdirectory: {home}/registry}}, delete: {{enabled: true}}}}
http: {{addr: {registry}}}
""")
(home / "registries.conf").write_text(f'[[registry]]\nlocation = "{registry}"\ninsecure = true\n')
for name, text in (
    # Offline there is no transparency log.
    ("cosign", f'case $1 in verify) shift; exec {cosign} verify --insecure-ignore-tlog=true "$@" ;; *) exec {cosign} "$@" ;; esac'),
    ("podman-here", f'ulimit -n 1024\nexec podman --root {home}/podman --runroot {home}/run --runtime runc --storage-driver vfs '
                    '--cgroup-manager cgroupfs --events-backend file "$@"'),
):
    (home / "bin" / name).write_text(f"#!/bin/sh\n{text}\n")
    (home / "bin" / name).chmod(0o755)
environment = {
    **ENVIRONMENT, "PATH": f"{home}/bin:{os.environ['PATH']}", "HOME": str(home), "COSIGN_PASSWORD": "", "CONTAINERS_REGISTRIES_CONF": f"{home}/registries.conf",
    "ACME_AGENT_RUNTIME": "podman-here", "ACME_AGENT_PORT": str(port), "ACME_AGENT_WAIT": "4",
    "ACME_AGENT_RUN_FLAGS": f"--network=host --ulimit nofile=1024:1024 --ulimit nproc=1024:1024 --env PORT={port}",
}


def run(*arguments, folder=home, code=0, says=()):
    ran = subprocess.run([str(argument) for argument in arguments], cwd=folder, env=environment, capture_output=True, text=True)
    everything = ran.stdout + ran.stderr
    assert ran.returncode == code, f"{arguments}: {ran.returncode}\n{everything}"
    for words in says:
        assert words in everything, f"{arguments} does not say `{words}`:\n{everything}"
    return ran.stdout.strip()


def build(version, revision, key=None, tag=None):
    """An image with nothing but a web server that answers /version. Gives its digest."""
    root = home / "image"
    shutil.rmtree(root, ignore_errors=True)
    (root / "files/www").mkdir(parents=True)
    shutil.copy(shutil.which("busybox"), root / "files/busybox")
    (root / "files/agent").write_text(f"""#!/busybox sh
/busybox printf '{{"version":"{version}","digest":"%s","revision":"{revision}"}}\\n' "$AGENT_DIGEST" > /www/version
trap 'exit 0' TERM
/busybox httpd -f -p "127.0.0.1:$PORT" -h /www &
wait
""")
    (root / "files/agent").chmod(0o755)
    (root / "Dockerfile").write_text('FROM scratch\nCOPY files/ /\nCMD ["/agent"]\n')
    name = f"{image}:{tag or 'v' + version}"
    run("podman-here", "build", "-q", "--network=host", "-t", name, root)
    run("podman-here", "push", "-q", f"--digestfile={home}/digest", name)
    digest = (home / "digest").read_text().strip()
    if key:
        run("cosign", "sign", "--yes", "--tlog-upload=false", "--key", f"{home}/{key}.key", f"{image}@{digest}")
    return digest


def broken(version, words):
    """A signed image whose agent does something else than answer."""
    root = home / "image"
    agent = (root / "files/agent")
    build(version, "0" * 40, tag=f"before-{version}")
    agent.write_text(f"#!/busybox sh\n{words}\n")
    run("podman-here", "build", "-q", "--network=host", "-t", f"{image}:v{version}", root)
    run("podman-here", "push", "-q", f"--digestfile={home}/digest", f"{image}:v{version}")
    digest = (home / "digest").read_text().strip()
    run("cosign", "sign", "--yes", "--tlog-upload=false", "--key", f"{home}/vendor.key", f"{image}@{digest}")
    return digest


def pin(version, digest, revision):
    return json.dumps({"version": version, "tag": f"v{version}", "digest": f"{image}@{digest}", "source_revision": revision, "public_key": "cosign.pub"}, indent=1) + "\n"


def running():
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/version", timeout=5) as answer:
        return json.load(answer)["version"]


source, bootstrap = home / "agent", home / "acme-agent-bootstrap"


def git(folder, *arguments):
    return run("git", *arguments, folder=folder)


def release(level, version, day):
    text = (source / "CHANGELOG.md").read_text()
    (source / "CHANGELOG.md").write_text(text.replace("## [Unreleased]\n", "## [Unreleased]\n\nThe agent is better now.\n\n### Required action\n\nNothing.\n\n"
                                                      f"### Fixed\n\n- {day}\n", 1))
    git(source, "commit", "--quiet", "-am", "work")
    run(tidings, "bump", level, "--commit", "--push", folder=source)
    run(tidings, "preflight", folder=source, says=[f"{version}: good"])
    revision = git(source, "rev-parse", "HEAD")
    digest = build(version, revision, "vendor")
    git(home, "clone", "--quiet", "bootstrap.git", f"runner-{version}")
    runner = home / f"runner-{version}"
    git(runner, "checkout", "--quiet", "-b", f"pin/v{version}")
    (runner / "pin.json").write_text(pin(version, digest, revision))
    shutil.copy(source / "CHANGELOG.md", runner)
    git(runner, "add", "-A")
    git(runner, "commit", "--quiet", "-m", f"Pin v{version}")
    git(runner, "push", "--quiet", "origin", f"pin/v{version}")
    run(tidings, "cut", "--yes", folder=source, says=["cosign verifies it", ", as in the pin", f"v{version} is released"])
    run(tidings, "smoke", folder=source, says=[f"v{version} passed its smoke test", f"containers run the images of {version}"])
    return digest, revision


server = subprocess.Popen(["docker-registry", "serve", home / "registry.yml"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
try:
    until("the registry", answers(registry_port))
    for key in ("vendor", "stranger"):
        run("cosign", "generate-key-pair", "--output-key-prefix", key)
    source.mkdir()
    git(source, "init", "--quiet", "--initial-branch=main", ".")
    run(tidings, "init", "--product", "Acme Agent", "--vendor", "Acme", "--repository", "https://github.com/acme/agent-bootstrap", "--contact",
        "support@acme.example", "--port", port, folder=source)
    run("shellcheck", "--shell=sh", bootstrap / "install.sh")
    shutil.copy(home / "vendor.pub", bootstrap / "cosign.pub")
    operator = source / "operator.toml"
    text = operator.read_text()
    assert "[staging]" in text
    operator.write_text(text.replace("[staging]", '[staging]\nengine = "podman-here"', 1))
    (source / "VERSION").write_text("0.9.0\n")
    (source / ".gitignore").write_text(".tidings/\n")
    for folder, remote in ((source, "source.git"), (bootstrap, "bootstrap.git")):
        git(home, "init", "--quiet", "--bare", "--initial-branch=main", remote)
        git(folder, "remote", "add", "origin", home / remote)
        git(folder, "add", "-A")
        git(folder, "commit", "--quiet", "-m", "begin")
        git(folder, "push", "--quiet", "-u", "origin", "main")

    first, revision = release("1.0.0", "1.0.0", "It starts.")
    second, revision = release("patch", "1.0.1", "It stops.")
    assert running() == "1.0.1"
    run(tidings, "rollback", "--yes", folder=bootstrap, says=["1.0.0 runs again"])
    assert running() == "1.0.0"
    # A container beside it runs what was released before: `/version` does not say so, the engine does.
    run("podman-here", "create", "--name", "stray", "--network=host", "--ulimit", "nofile=1024:1024", "--ulimit", "nproc=1024:1024", "--env", f"PORT={free_port()}", f"{image}@{first}")
    run("podman-here", "start", "stray")
    run(tidings, "smoke", folder=source, code=1, says=["`stray` runs", f"the pin names {image}@{second}"])
    run("podman-here", "rm", "--force", "stray")
    run(tidings, "smoke", folder=source, says=["v1.0.1 passed its smoke test"])
    run(tidings, "rollback", "--yes", folder=bootstrap, says=["1.0.0 runs again"])
    print("two releases cut, verified, run by podman, rolled back and forward")

    # What must not be installed; what runs goes on.
    unsigned, foreign = build("6.6.6", revision, tag="unsigned"), build("6.6.7", revision, "stranger", tag="foreign")
    altered = first[:-1] + ("0" if first[-1] != "0" else "1")
    spoilt = build("6.6.8", revision, "vendor", tag="spoilt")
    deleted = build("6.6.9", revision, "vendor", tag="deleted")
    manifest = json.loads(urllib.request.urlopen(urllib.request.Request(
        f"http://{registry}/v2/acme/agent/manifests/{spoilt}", headers={"Accept": "application/vnd.oci.image.manifest.v1+json"})).read())
    layer = manifest["layers"][0]["digest"].split(":")[1]
    blob = home / "registry/docker/registry/v2/blobs/sha256" / layer[:2] / layer / "data"
    run("podman-here", "rmi", "--force", f"{image}:spoilt", f"{image}:deleted")
    content = bytearray(blob.read_bytes())
    content[len(content) // 2] ^= 1
    blob.write_bytes(content)
    urllib.request.urlopen(urllib.request.Request(f"http://{registry}/v2/acme/agent/manifests/{deleted}", method="DELETE"))
    for digest, words in ((unsigned, "the signature is not that of"), (foreign, "the signature is not that of"), (altered, "the signature is not that of"),
                          (deleted, "the image cannot be pulled"), (spoilt, "the image cannot be pulled")):
        (bootstrap / "pin.json").write_text(pin("1.0.0", digest, revision))
        for shell in ("dash", "busybox sh", "bash"):
            run(*shell.split(), "./install.sh", folder=bootstrap, code=1, says=["install failed", words])
        assert running() == "1.0.0"
    # What is signed and does not work: what ran before is put back.
    for version, words, said in (("7.0.0", "sleep 60", "does not answer at /version"), ("7.0.1", "exit 3", "/version"),
                                 ("7.0.2", 'echo \'{"version":"0.0.1"}\' >/www/version; exec /busybox httpd -f -p "127.0.0.1:$PORT" -h /www', "another version answers")):
        (bootstrap / "pin.json").write_text(pin(version, broken(version, words), revision))
        run("dash", "./install.sh", folder=bootstrap, code=1, says=["install failed", said, "what ran before runs again"])
        until("the old one", lambda: running() == "1.0.0")
    # Cut off anywhere and typed again: one container, the right one.
    (bootstrap / "pin.json").write_text(pin("1.0.1", second, revision))
    for wait in (0.3, 0.6, 0.9, 1.2, 1.5, 1.8, 2.4, 3.0):
        cut_off = subprocess.Popen(["dash", "./install.sh"], cwd=bootstrap, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True)
        time.sleep(wait)
        os.killpg(cut_off.pid, signal.SIGKILL)
        cut_off.wait()
        run("dash", "./install.sh", folder=bootstrap, says=["running 1.0.1"])
        names = run("podman-here", "ps", "--all", "--format", "{{.Names}}").split()
        assert names == ["acme-agent"] and running() == "1.0.1", names
    git(bootstrap, "checkout", "--quiet", "--", "pin.json")
    run("dash", "./install.sh", folder=bootstrap, says=["running 1.0.0"])
    print("three releases that do not work are taken back; an install cut off at eight moments is completed by the next")
    print("an unsigned image, a foreign key, an altered digest, a deleted one and an altered image are refused by dash, busybox and bash; what ran goes on")

    # The tag of the image moves: the digest is installed all the same, and a review sees it.
    build("1.0.1", "0" * 40, "vendor")
    run(tidings, "review", "1.0.1", "--at", "refs/remotes/origin/pin/v1.0.1", folder=source, code=1, says=["tag of the image", "leads to sha256:"])
    git(bootstrap, "checkout", "--quiet", "v1.0.1")
    for shell in ("dash", "busybox sh", "bash"):
        run(*shell.split(), "./install.sh", folder=bootstrap, says=["running 1.0.1"])
    assert running() == "1.0.1"
    run("podman-here", "rm", "--force", "acme-agent")
    print("an image tag that moved changes nothing for who installs, and stops a review")
finally:
    subprocess.run(["podman-here", "rm", "--all", "--force"], env=environment, capture_output=True)
    server.kill()
    shutil.rmtree(home, ignore_errors=True)
