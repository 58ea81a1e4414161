"""The images of a Compose project: those that `tidings pin` lists are those that Compose itself would run (`config --images`)."""
import json
import pathlib
import subprocess
import sys
import tempfile

COMPOSE = sys.argv[2]
TIDINGS = str(pathlib.Path(sys.argv[1]).resolve())
D = "sha256:" + "d" * 64
TOML = """[product]
name = "Agent"
vendor = "Acme"
[bootstrap]
repository = "https://github.com/acme/agent-bootstrap"
[support]
contact = "support@acme.example"
response = "soon"
[pin]
files = [%s]
"""

# Name: the files of the project, the one to read first; further ones laid over it are named `over-…`.
PROJECTS = {
    "plain": {"compose.yaml": "services: {a: {image: r.example/a:1}, b: {image: 'r.example/b@D'}}"},
    "old-version-key": {"compose.yaml": "version: '3.8'\nservices:\n  a:\n    image: r.example/a:1\n"},
    "anchor": {"compose.yaml": "x-a: &a {image: r.example/a:1}\nservices:\n  one: {<<: *a}\n  two: {<<: *a, image: r.example/b:2}\n"},
    "anchor-in-service": {"compose.yaml": "services:\n  one: &one {image: r.example/a:1, restart: always}\n  two: {<<: *one, restart: 'no'}\n"},
    "merge-list": {"compose.yaml": "x-a: &a {image: r.example/a:1}\nx-b: &b {image: r.example/b:1}\nservices: {one: {<<: [*b, *a]}}\n"},
    "nested-merge": {"compose.yaml": "x-a: &a {image: r.example/a:1}\nx-b: &b {<<: *a, restart: always}\nservices: {one: {<<: *b}}\n"},
    "alias-scalar": {"compose.yaml": "x-i: &i r.example/a:1\nservices: {one: {image: *i}}\n"},
    "block-scalar": {"compose.yaml": "services:\n  one:\n    image: >-\n      r.example/a:1\n"},
    "default": {"compose.yaml": "services: {a: {image: '${A:-r.example/a:1}'}, b: {image: 'r.example/b:${B-2}'}}"},
    "env-file": {"compose.yaml": "services: {a: {image: 'r.example/a:$V'}}", ".env": "V=7\n"},
    "env-empty": {"compose.yaml": "services: {a: {image: 'r.example/a:${V:-8}'}, b: {image: 'r.example/b${W-9}:1'}}", ".env": "V=\nW=\n"},
    "env-nested": {"compose.yaml": "services: {a: {image: '${R:-${S:-r.example}}/a:1'}}", ".env": "S=s.example\n"},
    "env-quotes": {"compose.yaml": "services: {a: {image: 'r.example/a:${V}'}, b: {image: 'r.example/b:${W}'}}", ".env": "V=\"1.0\" # one\nexport W='2.0'\n"},
    "env-of-env": {"compose.yaml": "services: {a: {image: 'r.example/a:${V}'}}", ".env": "BASE=1.2\nV=${BASE}.3\n"},
    "env-plus": {"compose.yaml": "services: {a: {image: 'r.example/a:1${V:+-debug}'}, b: {image: 'r.example/b:1${W:+-debug}'}}", ".env": "V=x\n"},
    "env-required": {"compose.yaml": "services: {a: {image: 'r.example/a:${V:?say which}'}}", ".env": "V=3\n"},
    "profiles": {"compose.yaml": "services: {a: {image: r.example/a:1}, b: {image: r.example/b:1, profiles: [debug]}}"},
    "build-only": {"compose.yaml": "services: {a: {image: r.example/a:1, build: .}}", "Dockerfile": "FROM scratch\n"},
    "extends-same": {"compose.yaml": "services: {base: {image: r.example/a:1}, a: {extends: base}, b: {extends: {service: base}, image: r.example/b:1}}"},
    "extends-file": {"compose.yaml": "services: {a: {extends: {file: parts/base.yaml, service: base}}}", "parts/base.yaml": "services: {base: {image: r.example/a:1}, other: {image: r.example/never:1}}"},
    "extends-chain": {"compose.yaml": "services: {a: {extends: {file: b.yaml, service: b}}}", "b.yaml": "services: {b: {extends: {file: c.yaml, service: c}}}", "c.yaml": "services: {c: {image: r.example/c:1}}"},
    "include": {"compose.yaml": "include: [db.yaml]\nservices: {a: {image: r.example/a:1}}", "db.yaml": "services: {db: {image: r.example/db:1}}"},
    "include-long": {"compose.yaml": "include:\n- path: parts/db.yaml\nservices: {a: {image: r.example/a:1}}", "parts/db.yaml": "services: {db: {image: 'r.example/db:${V:-2}'}}", "parts/.env": "V=5\n"},
    "include-include": {"compose.yaml": "include: [one.yaml]\nservices: {a: {image: r.example/a:1}}", "one.yaml": "include: [two.yaml]\nservices: {one: {image: r.example/one:1}}", "two.yaml": "services: {two: {image: r.example/two:1}}"},
    "override": {"compose.yaml": "services: {a: {image: r.example/a:1}, b: {image: r.example/b:1}}", "over-1.yaml": "services: {a: {image: r.example/a:2}, c: {image: r.example/c:1}}"},
    "override-twice": {"compose.yaml": "services: {a: {image: r.example/a:1}}", "over-1.yaml": "services: {a: {image: r.example/a:2}}", "over-2.yaml": "services: {a: {environment: {X: '1'}}}"},
    "json": {"compose.yaml": json.dumps({"services": {"a": {"image": "r.example/a:1"}}})},
    "port-in-registry": {"compose.yaml": "services: {a: {image: 'localhost:5000/a:1'}, b: {image: 'localhost:5000/b'}}"},
    "tag-and-digest": {"compose.yaml": "services: {a: {image: 'r.example/a:1@D'}}"},
    "official": {"compose.yaml": "services: {db: {image: postgres:16}, cache: {image: redis}}"},
    "comments-and-quotes": {"compose.yaml": "# one\nservices: # two\n  'a': # three\n    \"image\": \"r.example/a:1\" # four\n"},
    "dollar": {"compose.yaml": "services: {a: {image: r.example/a:1, command: 'echo $$HOME'}}"},
    "interpolated-name": {"compose.yaml": "name: ${P:-p}\nservices: {a: {image: 'r.example/${N:-a}:${V:-1}'}}"},
}


def main():
    failures = []
    for name, files in PROJECTS.items():
        with tempfile.TemporaryDirectory() as folder:
            folder = pathlib.Path(folder)
            for path, text in files.items():
                (folder / path).parent.mkdir(parents=True, exist_ok=True)
                (folder / path).write_text(text.replace("@D", "@" + D))
            over = ["compose.yaml"] + sorted(path for path in files if path.startswith("over-"))
            (folder / "tidings.toml").write_text(TOML % ", ".join(f'"{path}"' for path in over))
            args = [word for path in over for word in ("-f", path)]
            theirs = subprocess.run([COMPOSE, *args, "--profile", "*", "config", "--images"], cwd=folder, capture_output=True, text=True, env={"PATH": "/usr/bin:/bin", "HOME": str(folder)})
            ours = subprocess.run([TIDINGS, "pin", "--format", "json"], cwd=folder, capture_output=True, text=True)
            if theirs.returncode:
                failures.append(f"{name}: Compose: {theirs.stderr.strip()}")
                continue
            if ours.returncode not in (0, 1) or not ours.stdout:
                failures.append(f"{name}: tidings: {ours.stderr.strip()}")
                continue
            wanted = sorted(set(theirs.stdout.split()))
            found = sorted({image["reference"] for image in json.loads(ours.stdout)["images"]})
            if wanted != found:
                failures.append(f"{name}: Compose runs {wanted}, tidings lists {found}")
    for failure in failures:
        print(failure)
    print(f"{len(PROJECTS)} Compose projects, {len(failures)} read otherwise than by Compose itself")
    return bool(failures)


sys.exit(main())
