# From here to the end marker: made by `tidings support --shell`. Prints one
# line, to the terminal and to the install log, when the version being
# installed is more than {{ warn_beyond }} minor versions behind. It never fails, never waits,
# and needs nothing but this clone's own tags. Silence it with
# TIDINGS_NO_WARNING=1.
tidings_support_warning() {
  [ -z "${TIDINGS_NO_WARNING:-}" ] || return 0
  tidings_version=${1:-}
  tidings_log=${2:-}
  tidings_product={{ product.name | shell }}
  tidings_prefix={{ tag_prefix | shell }}
  tidings_line=$(git tag --list "${tidings_prefix}[0-9]*" 2>/dev/null | awk -v own="$tidings_version" -v prefix="$tidings_prefix" '
    function line(version, parts, count) {
      count = split(version, parts, ".")
      if (count < {{ line_parts }}) return ""
      return {{ line_key }}
    }
    {
      version = substr($0, length(prefix) + 1)
      if (version !~ /^[0-9]+(\.[0-9]+)*$/) next
      key = line(version)
      if (key == "" || key in seen) next
      seen[key] = 1
      lines[++total] = key
      if (key > newest) { newest = key; latest = version }
    }
    END {
      if (own !~ /^[0-9]+(\.[0-9]+)*/) exit
      sub(/[-+].*$/, "", own)
      mine = line(own)
      for (i = 1; i <= total; i++) if (lines[i] > mine) behind++
      if (behind > {{ warn_beyond }}) printf "%d", behind
    }' 2>/dev/null) || return 0
  [ -n "$tidings_line" ] || return 0
  tidings_latest=$(git tag --list "${tidings_prefix}[0-9]*" --sort=-version:refname 2>/dev/null | grep -v -- '-' 2>/dev/null | head -n 1)
  tidings_text="warning: $tidings_product $tidings_version is $tidings_line minor versions behind ${tidings_latest#"$tidings_prefix"}; only the last {{ supported }} get fixes. The install goes on; if you are rolling back, this is fine."
  printf '%s\n' "$tidings_text" >&2
  if [ -n "$tidings_log" ]; then
    printf '%s %s\n' "$(date -u '+%Y-%m-%dT%H:%M:%SZ')" "$tidings_text" >>"$tidings_log" 2>/dev/null || :
  fi
  return 0
}
# End of the part made by `tidings support --shell`.
