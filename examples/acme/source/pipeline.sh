#!/bin/sh
# Plays the pipeline of the example: waits for a tag, makes an image of it, pushes that to a registry on this
# machine, and proposes the pin on a branch of the bootstrap repository. A real one builds, scans and signs.
#
#   ./pipeline.sh TAG &
set -eu
cd "$(dirname "$0")"
tag=${1:?usage: ./pipeline.sh TAG}
version=${tag#v}
root=$(cd .. && pwd)
tidings=$root/tidings

waited=0
until git ls-remote --exit-code --tags origin "$tag" >/dev/null; do
  [ "$waited" -lt 300 ] || { echo "pipeline: no tag $tag came" >&2; exit 1; }
  waited=$((waited + 1))
  sleep 1
done
git fetch --quiet origin tag "$tag"

"$tidings" demo-agent stop --state "$root/registry" 2>/dev/null || true
digest=$("$tidings" demo-agent push --state "$root/registry" "$tag")
nohup "$tidings" demo-agent registry --state "$root/registry" --port 18081 >/dev/null 2>&1 </dev/null &
mkdir -p "dist/$version"
printf '{"bomFormat": "CycloneDX", "specVersion": "1.6", "version": 1, "components": []}\n' >"dist/$version/sbom.cdx.json"

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
git clone --quiet "$root/bootstrap.git" "$work/bootstrap"
git show "$tag:CHANGELOG.md" >"$work/bootstrap/CHANGELOG.md"
cd "$work/bootstrap"
before=$(sed -n 's/^ *"version": "\(.*\)",*$/\1/p' pin.json)
sed -e "s|v$before|$tag|; s|\"$before\"|\"$version\"|" \
  -e "s|\"digest\": \".*\"|\"digest\": \"127.0.0.1:18081/acme/agent@$digest\"|" \
  -e "s|\"source_revision\": \".*\"|\"source_revision\": \"$(git -C "$root/source" rev-parse "$tag^{commit}")\"|" \
  -e "s|\"released_utc\": \".*\"|\"released_utc\": \"$(date -u '+%Y-%m-%dT%H:%M:%SZ')\"|" pin.json >pin.new
mv pin.new pin.json
"$tidings" --quiet readme --write
"$tidings" --quiet install-notes --write
git checkout --quiet -B "pin/$tag"
git -c user.name="Acme pipeline" -c user.email=pipeline@acme.example commit --quiet -am "Pin $version"
git push --quiet --force origin "pin/$tag"
echo "pipeline: $tag is built, and pin/$tag proposes it" >&2
