"""A vendor with real repositories, for the checks that need a server: two releases, a staging that answers /version."""
import http.server
import json
import os
import pathlib
import shutil
import socket
import subprocess
import threading
import time

ENVIRONMENT = {**os.environ, "GIT_AUTHOR_NAME": "T", "GIT_AUTHOR_EMAIL": "t@example.org", "GIT_COMMITTER_NAME": "T",
               "GIT_COMMITTER_EMAIL": "t@example.org"}
REVISION = "0123456789012345678901234567890123456789"


def free_port():
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


def until(what, ready, seconds=30):
    """Waits for a server to be up."""
    end = time.time() + seconds
    while time.time() < end:
        try:
            if ready():
                return
        except OSError:
            pass
        time.sleep(0.05)
    raise SystemExit(f"{what} did not come up")


def answers(port):
    def ready():
        with socket.create_connection(("127.0.0.1", port), timeout=1):
            return True
    return ready


class Vendor:
    def __init__(self, folder, tidings, image="registry.acme.example/agent", digests=None, operator=""):
        self.tidings_path, self.root = str(tidings), pathlib.Path(folder).resolve()
        shutil.rmtree(self.root, ignore_errors=True)
        self.bootstrap, self.source, self.state = self.root / "bootstrap", self.root / "source", self.root / "state"
        for made in (self.bootstrap, self.source, self.state):
            made.mkdir(parents=True)
        self.image, self.digests = image, digests or {}
        self.staging = self.serve()
        (self.bootstrap / "tidings.toml").write_text("""
[product]
name = "Agent"
vendor = "Acme"
[bootstrap]
repository = "https://github.com/acme/agent-bootstrap"
install = "./install.sh"
version_url = "http://127.0.0.1:8080/version"
[policy]
supported_minors = 2
[support]
contact = "support@acme.example"
response = "within a day"
""")
        install = self.bootstrap / "install.sh"
        install.write_text('#!/bin/sh\ncp pin.json "$STATE/running.json"\n')
        install.chmod(0o755)
        self.git("init", "--quiet", "--initial-branch=main", ".")
        subprocess.run(["git", "init", "--quiet", "--bare", str(self.root / "remote.git")], check=True)
        self.git("remote", "add", "origin", str(self.root / "remote.git"))
        (self.source / "operator.toml").write_text(f"""bootstrap = "../bootstrap"
[staging]
install_env = {{ STATE = "{self.state}" }}
version_url = "{self.staging}/version"
{operator}""")
        self.entries = []
        for version, day in (("1.0.0", "2026-01-10"), ("1.1.0", "2026-03-10")):
            self.release(version, day)

    def serve(self):
        state = self.state

        class Staging(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                pin = json.loads((state / "running.json").read_text())["agent"]
                body = json.dumps({"version": pin["version"], "digest": pin["digest"].split("@")[1], "revision": pin["source_revision"]})
                self.send_response(200)
                self.end_headers()
                self.wfile.write(body.encode())

            def log_message(self, *_):
                pass

        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Staging)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        return f"http://127.0.0.1:{server.server_port}"

    def digest(self, version):
        return self.digests.get(version) or "sha256:" + version.encode().hex().ljust(64, "0")

    def release(self, version, day, body="It works better now."):
        self.entries.insert(0, f"## [{version}] - {day}\n\n{body}\n")
        (self.bootstrap / "CHANGELOG.md").write_text("# Changelog\n\n## [Unreleased]\n\n" + "\n".join(self.entries))
        (self.bootstrap / "pin.json").write_text(json.dumps({"agent": {
            "version": version, "tag": f"v{version}", "digest": f"{self.image}@{self.digest(version)}", "source_revision": REVISION,
            "signed_by": {"certificate_identity": f"https://github.com/acme/agent/.github/workflows/release.yml@refs/tags/v{version}",
                          "certificate_oidc_issuer": "https://token.actions.githubusercontent.com"}}}, indent=1))
        self.git("add", "-A")
        self.git("commit", "--quiet", "-m", version)
        self.git("tag", "-a", f"v{version}", "-m", version)
        self.git("push", "--quiet", "--tags", "origin", "main")

    def git(self, *arguments, folder=None):
        return subprocess.run(["git", *arguments], cwd=folder or self.bootstrap, env=ENVIRONMENT, check=True, capture_output=True, text=True).stdout

    def tidings(self, *arguments, code=0, says=(), environment=None):
        ran = subprocess.run([self.tidings_path, *arguments], cwd=self.source, env={**ENVIRONMENT, **(environment or {})},
                             capture_output=True, text=True)
        everything = ran.stdout + ran.stderr
        assert ran.returncode == code, f"{arguments}: {ran.returncode}\n{everything}"
        for words in says:
            assert words in everything, f"{arguments} does not say `{words}`:\n{everything}"
        return ran.stdout
