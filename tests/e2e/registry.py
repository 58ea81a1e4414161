"""`verify` against a real registry: registry.py WORK TIDINGS. The registry is Debian's docker-registry, on loopback."""
import hashlib
import json
import pathlib
import shutil
import subprocess
import sys
import urllib.request

from vendor import Vendor, answers, free_port, until

work, tidings = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2]).resolve()
shutil.rmtree(work, ignore_errors=True)
work.mkdir(parents=True)
port = free_port()
(work / "registry.yml").write_text(f"""version: 0.1
log: {{level: error}}
storage: {{filesystem: {{rootdirectory: {work}/images}}, delete: {{enabled: true}}}}
http: {{addr: "127.0.0.1:{port}"}}
""")
server = subprocess.Popen(["docker-registry", "serve", work / "registry.yml"], stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
BASE = f"http://127.0.0.1:{port}/v2/acme/agent"


def digest(data):
    return "sha256:" + hashlib.sha256(data).hexdigest()


def blob(data):
    with urllib.request.urlopen(urllib.request.Request(f"{BASE}/blobs/uploads/", method="POST")) as answer:
        place = answer.headers["Location"]
    place += ("&" if "?" in place else "?") + f"digest={digest(data)}"
    request = urllib.request.Request(place, data=data, method="PUT", headers={"Content-Type": "application/octet-stream"})
    urllib.request.urlopen(request).close()
    return {"digest": digest(data), "size": len(data)}


def manifest(document, kind, name):
    data = json.dumps(document).encode()
    request = urllib.request.Request(f"{BASE}/manifests/{name or digest(data)}", data=data, method="PUT", headers={"Content-Type": kind})
    urllib.request.urlopen(request).close()
    return {"mediaType": kind, "digest": digest(data), "size": len(data)}


INDEX, IMAGE = "application/vnd.oci.image.index.v1+json", "application/vnd.oci.image.manifest.v1+json"


def image(version):
    """An index with two platforms, as a release has it."""
    children = []
    for architecture in ("amd64", "arm64"):
        layer = blob(f"{version} for {architecture}".encode())
        config = blob(json.dumps({"os": "linux", "architecture": architecture, "rootfs": {"type": "layers", "diff_ids": []}}).encode())
        child = manifest({"schemaVersion": 2, "mediaType": IMAGE, "config": {"mediaType": "application/vnd.oci.image.config.v1+json", **config},
                          "layers": [{"mediaType": "application/vnd.oci.image.layer.v1.tar", **layer}]}, IMAGE, None)
        children.append({**child, "platform": {"os": "linux", "architecture": architecture}})
    return manifest({"schemaVersion": 2, "mediaType": INDEX, "manifests": children}, INDEX, f"v{version}")["digest"], children


try:
    until("the registry", answers(port))
    made = {version: image(version) for version in ("1.0.0", "1.1.0")}
    vendor = Vendor(work / "vendor", tidings, f"127.0.0.1:{port}/acme/agent", {version: digest for version, (digest, _) in made.items()})
    vendor.tidings("smoke")
    vendor.tidings("publish")
    vendor.tidings("verify", says=["same     registry: digest", "same     registry: linux/amd64", "same     registry: linux/arm64", "same     registry: tag v1.1.0"])

    # A clean-up job takes a platform away and leaves the index.
    gone = made["1.1.0"][1][1]["digest"]
    urllib.request.urlopen(urllib.request.Request(f"{BASE}/manifests/{gone}", method="DELETE")).close()
    vendor.tidings("verify", code=1, says=["CHANGED  registry: linux/arm64", "now  gone", "same     registry: linux/amd64"])
    # Somebody moves the tag.
    manifest({"schemaVersion": 2, "mediaType": INDEX, "manifests": [made["1.1.0"][1][0]]}, INDEX, "v1.1.0")
    rows = json.loads(vendor.tidings("verify", "--format", "json", code=1))["rows"]
    assert [row["what"] for row in rows if row["state"] == "changed"] == ["registry: linux/arm64", "registry: tag v1.1.0", "published digests"], rows
    urllib.request.urlopen(urllib.request.Request(f"{BASE}/manifests/{made['1.1.0'][0]}", method="DELETE")).close()
    vendor.tidings("verify", code=1, says=["CHANGED  registry: digest"])
finally:
    server.kill()
vendor.tidings("verify", says=["unread   registry: digest", "could not be looked at"])
vendor.tidings("verify", "--strict", code=1, says=["unread   registry: digest"])
print("a real registry: digest, platforms and tag are compared; what is gone or moved is said")
