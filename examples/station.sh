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
port=$2 log=station.csv
[ -r plan.csv ] || { fail "\"$1\" has no plan.csv" && exit 1; }
[ -e "$log" ] || echo time,mac,step,file >"$log"
sums() { if command -v sha256sum >/dev/null; then sha256sum "$@"; else shasum -a 256 "$@"; fi; }
name_of() { printf '%s\n' "$1" | sed -E 's/\.(espefuse|esptool)\.args$//'; }
# A file is the last cell of a line, and the only one that may have quotes.
file_of() { printf '%s\n' "$1" | cut -d, -f"$2"- | sed 's/^"\(.*\)"$/\1/; s/""/"/g'; }
record() { printf '%s,%s,%s,"%s"\n' "$(date -u +%FT%TZ)" "$mac" "$1" "$(printf %s "$2" | sed 's/"/""/g')" >>"$log"; }
# Files of the log, of one MAC and step where they are given.
logged() { awk -F, -v mac="$1" -v step="$2" '(mac == "" || $2 == mac) && $3 == step' "$log" |
  while IFS= read -r line; do file_of "$line" 4; done; }

flash() { # the board at the port
  # Chips with 802.15.4 have an EUI-64 too; the base MAC is the one that stays.
  mac=$("${ESPTOOL:-esptool}" --port "$port" --after no-reset read-mac | awk '
    /^BASE MAC:/ { base = $NF } /^MAC:/ { mac = $NF } END { print base == "" ? mac : base }')
  [ -n "$mac" ] || { fail "no board answers on $port" && return 1; }
  name=$(logged "$mac" 0 | tail -n 1)
  if [ -z "$name" ]; then
    taken=$(logged '' 0)
    while IFS= read -r line; do
      name=$(name_of "$(file_of "$line" 6)")
      printf '%s\n' "$taken" | grep -Fxq -e "$name" || break
      name=
    done <<END
$(tail -n +2 plan.csv)
END
    [ -n "$name" ] || { fail "no device is left for $mac" && return 1; }
    record 0 "$name" || return 1
  fi
  sums -c "$name.sha256" >/dev/null || { fail "files of $name are not those of the plan" && return 1; }
  fresh=
  while IFS=, read -r _ step tool _ sha256 rest <&3; do
    file=$(file_of "$rest" 1)
    [ "$(name_of "$file")" = "$name" ] || continue
    if logged "$mac" "$step" | grep -Fxq -e "$file"; then continue; fi
    [ "$(sums <"$file" | cut -d' ' -f1)" = "$sha256" ] || { fail "$file is not that of the plan" && return 1; }
    case $tool in
      espefuse) "${ESPEFUSE:-espefuse}" --port "$port" $confirmed "@$file" || return 1 ;;
      esptool) "${ESPTOOL:-esptool}" --port "$port" "@$file" || return 1 ;;
      *) fail "$file is for a programmer" && return 1 ;;
    esac
    record "$step" "$file" || return 1
    fresh=yes
  done 3<<END
$(tail -n +2 plan.csv)
END
  [ -n "$fresh" ] || { fail "$mac has all of $name already" && return 1; }
  echo "$mac: $name"
}

[ -z "$single" ] || { flash && exit 0 || exit 1; }
while printf 'Connect a board and press Enter, or q and Enter to stop: ' && read -r answer; do
  [ "$answer" != q ] || break
  flash || fail "connect the board again to go on with it"
done
