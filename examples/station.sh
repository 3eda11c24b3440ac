#!/bin/sh
# Takes a plan of "mfg_gen flash-plan" to the line: board after board, the next device of the plan
# goes onto the board at the port, and a log says which device went into which MAC.
#
#   examples/station.sh [-y] [-1] plan /dev/ttyUSB0
#
#   -y  burn eFuses without asking for the word BURN: for a line that was tried out before
#   -1  one board, at once, without waiting for Enter: for a fixture that calls this script
#
# The log is station.csv in the plan's folder: time,mac,step,file. A board has its device from the
# step 0 on, before anything is written, so one that failed goes on with the same device and key.
# A second station needs a plan of its own. The programs are $ESPTOOL and $ESPEFUSE if set.
set -eu
fail() { echo "station.sh: $1" >&2; }
confirmed='' single=''
while getopts y1 option; do
  case $option in y) confirmed=--do-not-confirm ;; 1) single=yes ;; *) exit 2 ;; esac
done
shift $((OPTIND - 1))
[ $# -eq 2 ] || { fail "give the folder of the plan and the port" && exit 2; }
cd "$1"
port=$2 log=station.csv tab=$(printf '\t')
[ -r plan.csv ] || { fail "\"$1\" has no plan.csv" && exit 1; }
[ -e "$log" ] || echo time,mac,step,file >"$log"
sums() { if command -v sha256sum >/dev/null; then sha256sum "$@"; else shasum -a 256 "$@"; fi; }
# The lines of a CSV file behind its header, with tabs: $2 plain cells and a file, which may have quotes.
cells() {
  awk -v count="$2" 'NR > 1 {
    rest = $0; line = ""
    for (k = 1; k <= count; k++) {
      at = index(rest, ","); line = line substr(rest, 1, at - 1) "\t"; rest = substr(rest, at + 1)
    }
    if (rest ~ /^".*"$/) { rest = substr(rest, 2, length(rest) - 2); gsub(/""/, "\"", rest) }
    print line rest
  }' "$1"
}
# The log, an empty line, and the plan, for one awk that sees both.
both() { cells "$log" 3 && echo && cells plan.csv 5; }
record() { printf '%s,%s,%s,"%s"\n' "$(date -u +%FT%TZ)" "$mac" "$1" "$(printf %s "$2" | sed 's/"/""/g')" >>"$log"; }
flash() { # the board at the port
  # Chips with 802.15.4 have an EUI-64 too; the base MAC is the one that stays.
  mac=$("${ESPTOOL:-esptool}" --port "$port" --after no-reset read-mac | awk '
    /^BASE MAC:/ { base = $NF } /^MAC:/ { mac = $NF } END { print base == "" ? mac : base }')
  [ -n "$mac" ] || { fail "no board answers on $port" && return 1; }
  name=$(cells "$log" 3 | awk -F '\t' -v mac="$mac" '$2 == mac && $3 == 0 { n = $4 } END { print n }')
  if [ -z "$name" ]; then
    name=$(both | awk -F '\t' '
      NF == 0 { is_plan = 1; next }
      !is_plan { if ($3 == 0) used[$4] = 1; next }
      { sub(/\.(espefuse|esptool)\.args$/, "", $6) } !($6 in used) && n == "" { n = $6 }
      END { print n }')
    [ -n "$name" ] || { fail "no device is left for $mac" && return 1; }
    record 0 "$name" || return 1
  fi
  sums -c "./$name.sha256" >/dev/null || { fail "files of $name are not those of the plan" && return 1; }
  steps=$(both | NAME=$name awk -F '\t' -v mac="$mac" '
    NF == 0 { is_plan = 1; next }
    !is_plan { if ($2 == mac) done[$4] = 1; next }
    { n = $6; sub(/\.(espefuse|esptool)\.args$/, "", n) }
    n == ENVIRON["NAME"] && !($6 in done) { print $2 "\t" $3 "\t" $5 "\t" $6 }')
  [ -n "$steps" ] || { fail "$mac has all of $name already" && return 1; }
  while IFS="$tab" read -r step tool sha256 file <&3; do
    [ "$(sums <"$file" | cut -d' ' -f1)" = "$sha256" ] || { fail "$file is not that of the plan" && return 1; }
    case $tool in
      espefuse) "${ESPEFUSE:-espefuse}" --port "$port" $confirmed "@$file" || return 1 ;;
      esptool) "${ESPTOOL:-esptool}" --port "$port" "@$file" || return 1 ;;
      *) fail "$file is for a programmer" && return 1 ;;
    esac
    record "$step" "$file" || return 1
  done 3<<END
$steps
END
  echo "$mac: $name"
}

[ -z "$single" ] || { flash && exit 0 || exit 1; }
while printf 'Connect a board and press Enter, or q and Enter to stop: ' && read -r answer; do
  [ "$answer" != q ] || break
  flash || fail "connect the board again to go on with it"
done
