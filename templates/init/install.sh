#!/bin/sh
# Installs the release that pin.json names: verifies its signature, pulls it by digest, starts it, and confirms what runs.
# What ran before is kept until the new one answers, and is put back when it does not. Run it again to repair; check out an older tag and run it to go back.
#
#   {{ prefix }}_PORT          where it answers                [{{ port }}]
#   {{ prefix }}_STATE         install log and settings        [~/.local/state/{{ slug }}]
#   {{ prefix }}_RUNTIME       docker or podman                [what is there]
#   {{ prefix }}_RUN_FLAGS     more flags of `run`
#   {{ prefix }}_WAIT          seconds until it must answer    [30]
#   {{ prefix }}_COSIGN_FLAGS  more flags of `cosign verify`, such as those for a registry of your own
set -eu
cd "$(dirname "$0")"

name={{ slug }}
state={% raw %}${{% endraw %}{{ prefix }}_STATE:-$HOME/.local/state/{{ slug }}}
port={% raw %}${{% endraw %}{{ prefix }}_PORT:-{{ port }}}
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
  sed -n 's/^.*"'"$1"'"[[:space:]]*:[[:space:]]*"\([^"]*\)".*$/\1/p' pin.json | head -n 1
}

{{ warning }}

[ -f pin.json ] || stop "there is no pin.json here: check out a release, such as git checkout v1.0.0"
version=$(fact version)
image=$(fact digest)
identity=$(fact certificate_identity)
issuer=$(fact certificate_oidc_issuer)
key=$(fact public_key)
digest=${image##*@}
case $digest in
  sha256:*) [ "{% raw %}${#digest}{% endraw %}" -eq 71 ] || stop "the digest in pin.json is not complete" ;;
  *) stop "pin.json names no digest" ;;
esac
case $image in
  -* | *[!A-Za-z0-9._:/@-]*) stop "pin.json names no image: $image" ;;
  *@*) : ;;
  *) stop "pin.json names no image" ;;
esac

runtime={% raw %}${{% endraw %}{{ prefix }}_RUNTIME:-}
[ -n "$runtime" ] || runtime=$(command -v docker || command -v podman) || stop "there is neither docker nor podman"
command -v cosign >/dev/null || stop "there is no cosign to verify the signature with: https://docs.sigstore.dev/cosign/"
command -v curl >/dev/null || stop "there is no curl to ask the agent with"

tidings_support_warning "$version" "$log"
installed=$(cat "$state/version" 2>/dev/null) || installed=
tidings_install_notes "$version" "$installed" "$log" || stop "you did not want to go on; nothing was changed"
say "installing $version ($digest)"

# The flags are split into words on purpose.
# shellcheck disable=SC2086
if [ -n "$key" ]; then
  cosign verify --key "$key" {% raw %}${{% endraw %}{{ prefix }}_COSIGN_FLAGS:-} "$image" >"$state/verify.log" 2>&1 ||
    stop "the signature is not that of $key: nothing was installed; see $state/verify.log"
else
  [ -n "$identity" ] || stop "pin.json names no signer"
  [ -n "$issuer" ] || stop "pin.json names no issuer of the signer's certificate"
  cosign verify --certificate-identity "$identity" --certificate-oidc-issuer "$issuer" {% raw %}${{% endraw %}{{ prefix }}_COSIGN_FLAGS:-} "$image" \
    >"$state/verify.log" 2>&1 || stop "the signature is not that of $identity: nothing was installed; see $state/verify.log"
fi
"$runtime" pull --quiet "$image" >/dev/null || stop "the image cannot be pulled"

# What runs is set aside, not removed.
before=$name-before
there() {
  "$runtime" inspect --type container "$1" >/dev/null 2>&1
}
put_back() {
  there "$before" || return 1
  "$runtime" rm --force "$name" >/dev/null 2>&1 || :
  "$runtime" rename "$before" "$name" && "$runtime" start "$name" >/dev/null
}
give_up() {
  trap '' HUP INT TERM
  if there "$before"; then
    put_back && stop "$1; what ran before runs again"
    stop "$1; what ran before could not be started again: $runtime start $name"
  fi
  "$runtime" rm --force "$name" >/dev/null 2>&1 || :
  stop "$1; nothing ran before"
}
# An install that was cut off left it so.
put_back || :
trap 'give_up "interrupted"' HUP INT TERM
if there "$name"; then
  "$runtime" rename "$name" "$before" || stop "what runs cannot be set aside"
  "$runtime" stop "$before" >/dev/null || give_up "what runs does not stop"
fi
# shellcheck disable=SC2086
"$runtime" run --detach --name "$name" --restart unless-stopped --publish "127.0.0.1:$port:8080" \
  --env "AGENT_DIGEST=$digest" {% raw %}${{% endraw %}{{ prefix }}_RUN_FLAGS:-} "$image" >/dev/null || give_up "the agent does not start"

tries=0
until running=$(curl -fsS --max-time 2 "http://127.0.0.1:$port/version" 2>/dev/null); do
  tries=$((tries + 1))
  [ "$tries" -le $(({% raw %}${{% endraw %}{{ prefix }}_WAIT:-30} * 2)) ] || give_up "the agent does not answer at /version"
  sleep 0.5
done
case $running in
  *"\"$version\""*) : ;;
  *) give_up "another version answers: $running" ;;
esac
trap - HUP INT TERM
"$runtime" rm --force "$before" >/dev/null 2>&1 || :
printf '%s\n' "$version" >"$state/version"
say "running $version"
