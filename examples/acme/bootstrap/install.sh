#!/bin/sh
# Installs the release that pin.json names. Run it again to repair; check out an
# older tag and run it to go back.
#
# This is the install script of an example: there is no registry to pull from, so
# instead of a container it starts `tidings demo-agent`, which answers at /version
# as the real agent would. Set TIDINGS to that program if it is not in the PATH.
set -eu
cd "$(dirname "$0")"

state=${ACME_STATE:-$(cd .. && pwd)/agent}
port=${ACME_PORT:-18080}
mkdir -p "$state"
log=$state/install.log

say() {
  printf '%s\n' "$1"
  printf '%s %s\n' "$(date -u '+%Y-%m-%dT%H:%M:%SZ')" "$1" >>"$log"
}

stop() {
  say "install failed: $1"
  exit 1
}

# One fact of pin.json.
fact() {
  sed -n 's/^ *"'"$1"'": "\(.*\)",\{0,1\}$/\1/p' pin.json | head -n 1
}

#SUPPORT-WARNING#
[ -f pin.json ] || stop "there is no pin.json here"
version=$(fact version)
image=$(fact digest)
digest=${image##*@}
revision=$(fact source_revision)
case $digest in
  sha256:*) [ "${#digest}" -eq 71 ] || stop "the digest in pin.json is not complete" ;;
  *) stop "pin.json names no digest" ;;
esac

agent=${TIDINGS:-}
[ -n "$agent" ] || agent=$(command -v tidings || true)
[ -n "$agent" ] || { [ -x ../tidings ] && agent=$(cd .. && pwd)/tidings; } || true
[ -n "$agent" ] || stop "cannot find tidings; set TIDINGS to it"

say "installing $version ($digest)"
tidings_support_warning "$version" "$log"
before=$(cat "$state/version" 2>/dev/null) || before=
tidings_install_notes "$version" "$before" "$log" || stop "you did not want to go on; nothing was changed"
"$agent" demo-agent stop --state "$state" || stop "the running agent does not stop"
nohup "$agent" demo-agent run --state "$state" --port "$port" \
  --release "$version" --digest "$digest" --revision "$revision" \
  >>"$state/agent.log" 2>&1 </dev/null &

running=$("$agent" demo-agent ask --port "$port" --wait 10) || stop "the agent does not answer; see $state/agent.log"
case $running in
  *"\"version\":\"$version\""*) printf '%s\n' "$version" >"$state/version" && say "running $version" ;;
  *) stop "another version answers: $running" ;;
esac
