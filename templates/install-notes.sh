# From here to the end marker: made by `tidings install-notes --shell`. Says what an install from the version that runs to the
# one in this clone asks of you: from the clone alone, without a network. On a terminal it asks once; elsewhere, and with
# INSTALL_YES=1, it goes on. Arguments: the version being installed, the one that runs (empty where none does), the install log.
# Fails only where you say no.
tidings_install_notes() {
  [ -z "${TIDINGS_NO_NOTES:-}" ] || return 0
  tidings_to=${1:-}
  tidings_from=${2:-}
  tidings_log=${3:-}
  tidings_prefix={{ tag_prefix | shell }}
  tidings_to=${tidings_to#"$tidings_prefix"}
  tidings_from=${tidings_from#"$tidings_prefix"}
  if [ -z "$tidings_from" ] || [ ! -f install-notes.tsv ]; then return 0; fi
  # What was found out since this release stands in the newest notes that the clone knows.
  tidings_newer='' tidings_most=0
  for tidings_ref in origin/HEAD origin/main origin/master $(git for-each-ref --sort=-version:refname --sort=-creatordate --count=3 --format='%(objectname)' "refs/tags/${tidings_prefix}*" 2>/dev/null); do
    tidings_text=$(git show "$tidings_ref:./install-notes.tsv" 2>/dev/null) || continue
    tidings_count=$(printf '%s\n' "$tidings_text" | grep -c '^release' || :)
    if [ "$tidings_count" -gt "$tidings_most" ]; then
      tidings_newer=$tidings_text tidings_most=$tidings_count
    fi
  done
  tidings_said=$({
    cat install-notes.tsv
    printf '\nnewer\n%s\n' "$tidings_newer"
  } | tr -d '\000-\010\013-\037\177' | awk -v to="$tidings_to" -v from="$tidings_from" -v product={{ product.name | shell }} '
    function item(text) { if (shown < 12) print "  " text; else more++; shown++ }
    BEGIN { FS = "\t" }
    $1 == "newer" { newer = 1 }
    $1 == "notes" && !newer { of = $3; list = $4 }
    $1 == "release" { if (newer) { place[$2] = ++last; names[last] = $2 } else { place_own[$2] = ++last_own; page_own[$2] = $4 } }
    $1 == "withdrawn" { withdrawn[$2] = $3 == "" ? "there is nothing to take its place" : $3 " takes its place" }
    $1 == "stays" { stays[$2] = $3 }
    $1 == "known" && index(" " $5 " ", " " to " ") { if (!($2 in title)) issues[++issue_count] = $2; title[$2] = $3; workaround[$2] = $4 }
    $1 == "step" && !newer { kind[$2] = $3; at[$2] = $4; takes[$2] = $5; says[$2] = $6 }
    $1 == "from" && !newer && $2 == from { way = 1; total = $3; ids = $4; stops = $5; url = $6 }
    END {
      if (of != to) exit
      if (to in withdrawn) { print product " " to " was withdrawn: do not install it; " withdrawn[to]; ask = 1 }
      if (from == to) print product " " to " is installed again."
      else if (way) {
        print product ": from " from " to " to (total == "" ? "" : ", " total " of downtime")
        if (stops != "") { item("install first, one after the other: " stops); ask = 1 }
        count = split(ids, id, " ")
        for (i = 1; i <= count; i++) {
          number += kind[id[i]] == "action"
          label = kind[id[i]] == "action" ? number ". " : says[id[i]] ~ /^[Bb][Rr][Ee][Aa][Kk]/ ? "" : "Breaking: "
          item(label says[id[i]] " (" at[id[i]] (takes[id[i]] == "" ? "" : ", " takes[id[i]]) ")")
          ask = 1
        }
        if (count == 0 && stops == "") item("nothing is asked of you")
      } else {
        if (from in place && to in place) {
          if (place[from] > place[to]) back = 1
        } else if (from in place_own) back = place_own[from] > place_own[to]
        if (back) {
          print product ": back from " from " to " to
          for (i = place[to] + 1; i <= place[from]; i++) if (names[i] in stays) { item("not undone: " stays[names[i]] " (" names[i] ")"); ask = 1 }
          url = page_own[to]
        } else {
          print product ": nobody here knows " from "; what an upgrade from it asks is at the address below."
          url = list
          ask = 1
        }
      }
      for (i = 1; i <= issue_count; i++) { name = issues[i]; item("known issue " name ": " title[name] (workaround[name] == "" ? "" : "; until it is mended: " workaround[name])) }
      if (more) print "  and " more " more"
      if (url != "") print "  all of it: " url
      if (ask) print "ask"
    }' 2>/dev/null) || return 0
  tidings_shown=$(printf '%s\n' "$tidings_said" | sed '/^ask$/d')
  [ -n "$tidings_shown" ] || return 0
  printf '%s\n' "$tidings_shown" >&2
  if [ -n "$tidings_log" ]; then
    printf '%s\n' "$tidings_shown" | while IFS= read -r tidings_line; do
      printf '%s %s\n' "$(date -u '+%Y-%m-%dT%H:%M:%SZ')" "$tidings_line"
    done >>"$tidings_log" 2>/dev/null || :
  fi
  case $tidings_said in
    *"
ask") [ -z "${INSTALL_YES:-}" ] && [ -t 0 ] && [ -t 2 ] || return 0 ;;
    *) return 0 ;;
  esac
  printf 'Go on? [y/N] ' >&2
  IFS= read -r tidings_answer || tidings_answer=
  case $tidings_answer in
    [yY] | [yY][eE][sS]) return 0 ;;
  esac
  return 1
}
# End of the part made by `tidings install-notes --shell`.
