#!/bin/sh
# Takes a manifest to the line: board after board, the next image goes onto the board at the port,
# and a log says which image went into which MAC.
#
#   examples/flash.sh -m out/manifest-Dev.csv -o 0x9000 -p /dev/ttyUSB0
#
#   -m MANIFEST  manifest-<prefix>.csv; its paths are relative to its own folder
#   -o OFFSET    offset of the NVS partition
#   -p PORT      serial port (default: $ESPTOOL_PORT)
#   -l LOG       the record, appended (default: flashed.csv beside the manifest)
#   -t 4|5       major version of esptool (default: asked from "esptool version")
#   -1           one board, at once, without waiting for Enter: for a fixture that calls this script
#   -n           dry run: check the hashes and print the commands for all images that are left
#
# Encrypted images, keys in flash (flash encryption scheme):
#   -k OFFSET    offset of the nvs_keys partition
#   -e           flash encryption is enabled in the eFuses: the key partition is written with
#                --encrypt. Without -e the bootloader encrypts it on the first boot.
#   -K FILE      one key partition for all boards (batches made with --inputkey)
#
# Encrypted images, key in an eFuse (HMAC scheme):
#   -b BLOCK     BLOCK_KEY0 to BLOCK_KEY5: number CONFIG_NVS_SEC_HMAC_EFUSE_KEY_ID of the firmware.
#                Burning cannot be undone.
#   -H FILE      one HMAC key for all boards (batches made with --kp_hmac_inputkey)
#
# The image itself is never written with --encrypt: an NVS partition is encrypted by NVS or plain.
# The programs are $ESPTOOL and $ESPEFUSE if set. A board that failed after its key was burned gets
# the same image, and no second key, when it is connected again.
set -eu

fail() {
  echo "flash.sh: $1" >&2
  exit "${2:-1}"
}

manifest='' offset='' port=${ESPTOOL_PORT:-} log='' version='' keys_offset='' encrypt=''
common_keys='' block='' common_hmac_key='' is_dry='' is_single=''
while getopts m:o:p:l:t:k:eK:b:H:1nh option; do
  case $option in
    m) manifest=$OPTARG ;;
    o) offset=$OPTARG ;;
    p) port=$OPTARG ;;
    l) log=$OPTARG ;;
    t) version=$OPTARG ;;
    k) keys_offset=$OPTARG ;;
    e) encrypt=--encrypt ;;
    K) common_keys=$OPTARG ;;
    b) block=$OPTARG ;;
    H) common_hmac_key=$OPTARG ;;
    1) is_single=yes ;;
    n) is_dry=yes ;;
    *)
      sed -n '2,/^set/s/^# \{0,1\}//p' "$0" >&2
      exit 2
      ;;
  esac
done
shift $((OPTIND - 1))
[ $# -eq 0 ] || fail "unknown argument \"$1\"" 2
[ -n "$manifest" ] || fail "give the manifest with -m" 2
[ -n "$offset" ] || fail "give the offset of the NVS partition with -o" 2
[ -n "$port" ] || fail "give the serial port with -p" 2
[ -r "$manifest" ] || fail "cannot read \"$manifest\""
case $block in
  '' | BLOCK_KEY[0-5]) ;;
  *) fail "-b $block is none of BLOCK_KEY0 to BLOCK_KEY5" 2 ;;
esac
[ -z "$block" ] || [ -z "$keys_offset" ] || fail "-b and -k belong to different schemes; give one" 2
outdir=$(dirname "$manifest")
log=${log:-$outdir/flashed.csv}
# Neither can be in a file id or a path of the manifest.
unit=$(printf '\037')

# Version 5 has other command names, and programs without ".py".
find_program() {
  for name in "$@"; do
    if command -v "$name" >/dev/null 2>&1; then
      echo "$name"
      return
    fi
  done
  echo "$1"
}
if [ -z "$version" ]; then
  esptool=${ESPTOOL:-$(find_program esptool esptool.py)}
  version=$("$esptool" version | sed -n 's/^\([0-9][0-9]*\)\..*/\1/p' | tail -n 1) ||
    fail "cannot run \"$esptool\"; install esptool, or name it in \$ESPTOOL"
fi
case $version in
  4)
    esptool=${ESPTOOL:-$(find_program esptool.py esptool)}
    espefuse=${ESPEFUSE:-$(find_program espefuse.py espefuse)}
    write_flash=write_flash read_mac=read_mac no_reset=no_reset burn_key=burn_key
    ;;
  5)
    esptool=${ESPTOOL:-$(find_program esptool esptool.py)}
    espefuse=${ESPEFUSE:-$(find_program espefuse espefuse.py)}
    write_flash=write-flash read_mac=read-mac no_reset=no-reset burn_key=burn-key
    ;;
  *) fail "esptool version \"$version\" is unknown; this script knows 4 and 5" ;;
esac

# Prints the lines of a CSV file that have $2 cells, with the unit separator between the cells.
# Torn and damaged lines of a manifest have fewer, no hash in column 6, or no encryption in column 11.
cells_of() {
  awk -v count="$2" -v unit="$unit" '
    { sub(/\r$/, "") }
    NR == 1 { next }
    {
      n = 0; cell = ""; quoted = 0; size = length($0)
      for (at = 1; at <= size; at++) {
        c = substr($0, at, 1)
        if (quoted && c == "\"" && substr($0, at + 1, 1) == "\"") { cell = cell c; at++ }
        else if (c == "\"") quoted = !quoted
        else if (c == "," && !quoted) { cells[++n] = cell; cell = "" }
        else cell = cell c
      }
      cells[++n] = cell
      if (n != count || quoted) next
      line = cells[1]
      for (k = 2; k <= n; k++) line = line unit cells[k]
      print line
    }' "$1"
}

# The last row of an image holds; rows come in the order of the values file.
rows=$(cells_of "$manifest" 11 | awk -F "$unit" '
  length($6) == 64 && $6 !~ /[^0-9a-f]/ && $11 ~ /^(none|given|own|hmac-given|hmac-own)$/ { row[$4] = $0; number[$4] = $2 }
  END { for (image in row) print number[image] FS row[image] }' | sort -n | cut -d "$unit" -f 2-)
[ -n "$rows" ] || fail "\"$manifest\" has no rows"

if [ ! -e "$log" ] && [ -z "$is_dry" ]; then
  echo "time,mac,file_id,image,image_sha256,step" >"$log"
fi
logged=
read_log() {
  logged=
  [ ! -e "$log" ] || logged=$(cells_of "$log" 6)
}
# Cell $1 of the last log entry whose cell $2 is $3 and whose step is $4 ("" for any).
log_cell() {
  printf '%s\n' "$logged" | awk -F "$unit" -v want="$1" -v key="$2" -v step="$4" '
    BEGIN { value = ARGV[1]; ARGC = 1 }
    $key == value && (step == "" || $6 == step) { found = $want }
    END { print found }' "$3"
}
add_to_log() {
  printf '%s,%s,"%s","%s",%s,%s\n' "$(date -u +%Y-%m-%dT%H:%M:%SZ)" "$1" \
    "$(printf %s "$file_id" | sed 's/"/""/g')" "$(printf %s "$image" | sed 's/"/""/g')" \
    "$image_sha256" "$2" >>"$log"
}

path_of() {
  case $1 in
    /*) printf '%s' "$1" ;;
    *) printf '%s/%s' "$outdir" "$1" ;;
  esac
}

check_hash() {
  if command -v sha256sum >/dev/null 2>&1; then
    found=$(sha256sum <"$1")
  else
    found=$(shasum -a 256 <"$1")
  fi || fail "cannot read \"$1\""
  [ "${found%% *}" = "$2" ] || fail "\"$1\" is not what the manifest says: its SHA-256 differs"
}

# Runs a command, or prints it as a shell would read it.
run() {
  if [ -z "$is_dry" ]; then
    "$@"
    return
  fi
  line=
  for word in "$@"; do
    case $word in
      *[!A-Za-z0-9_@%+=:,./-]*) word="'$(printf %s "$word" | sed "s/'/'\\\\''/g")'" ;;
    esac
    line="$line${line:+ }$word"
  done
  printf '%s\n' "$line"
}

# Sets the variables of a row, checks its files, and finds out which keys go where.
take_row() {
  IFS=$unit read -r _ _ file_id image _ image_sha256 keys keys_sha256 hmac_key hmac_key_sha256 \
    encryption <<EOF
$1
EOF
  image_path=$(path_of "$image")
  check_hash "$image_path" "$image_sha256"
  keys_path='' hmac_key_path=''
  if [ -n "$block" ]; then
    hmac_key_path=$common_hmac_key
    if [ -z "$hmac_key_path" ]; then
      [ -n "$hmac_key" ] || fail "\"$image\" has no HMAC key of its own; give the common one with -H"
      hmac_key_path=$(path_of "$hmac_key")
    fi
    [ -z "$hmac_key_sha256" ] || check_hash "$hmac_key_path" "$hmac_key_sha256"
  elif [ -n "$keys_offset" ]; then
    keys_path=$common_keys
    if [ -z "$keys_path" ]; then
      [ -n "$keys" ] || fail "\"$image\" has no key partition of its own; give the common one with -K"
      [ -z "$hmac_key" ] || fail "\"$image\" is of the HMAC scheme; give -b in place of -k"
      keys_path=$(path_of "$keys")
    fi
    [ -z "$keys_sha256" ] || check_hash "$keys_path" "$keys_sha256"
  else
    case $encryption in
      none) ;;
      given) fail "\"$image\" is encrypted: give -k, the offset of nvs_keys, and -K" ;;
      own) fail "\"$image\" is encrypted: give -k, the offset of nvs_keys" ;;
      hmac-given) fail "\"$image\" is encrypted: give -b and -H, or -k, the offset of nvs_keys" ;;
      hmac-own) fail "\"$image\" is encrypted: give -b, the eFuse block for its HMAC key" ;;
    esac
  fi
}

# Writes all of one board. The chip stays in its bootloader until everything is there: the firmware
# must not start before, or it would make keys of its own.
flash_board() {
  if [ -n "$hmac_key_path" ] && [ -z "$is_key_burned" ]; then
    run "$espefuse" --port "$port" --do-not-confirm "$burn_key" "$block" "$hmac_key_path" HMAC_UP ||
      return 1
    [ -n "$is_dry" ] || add_to_log "$mac" hmac-key || return 1
  fi
  if [ -n "$keys_path" ]; then
    # shellcheck disable=SC2086 # $encrypt is one word or none
    run "$esptool" --port "$port" --after "$no_reset" "$write_flash" $encrypt \
      "$keys_offset" "$keys_path" || return 1
  fi
  run "$esptool" --port "$port" "$write_flash" "$offset" "$image_path" || return 1
  [ -n "$is_dry" ] || add_to_log "$mac" "done"
}

# The first row that no board has; prints nothing when all are used.
next_row() {
  printf '%s\n\n%s\n' "$logged" "$rows" | awk -F "$unit" '
    $0 == "" { behind_log = 1; next }
    !behind_log { used[$4] = 1; next }
    !($4 in used) && row == "" { row = $0 }
    END { print row }'
}

row_of_image() {
  printf '%s\n' "$rows" | awk -F "$unit" 'BEGIN { image = ARGV[1]; ARGC = 1 } $4 == image' "$1"
}

if [ -n "$is_dry" ]; then
  read_log
  is_key_burned=
  while IFS= read -r row <&3; do
    image_of_row=$(printf '%s' "$row" | cut -d "$unit" -f 4)
    [ -z "$(log_cell 2 4 "$image_of_row" "")" ] || continue
    take_row "$row"
    flash_board
  done 3<<EOF
$rows
EOF
  exit 0
fi

while :; do
  read_log
  row=$(next_row)
  if [ -z "$is_single" ]; then
    [ -n "$row" ] || echo "All images are used; only a board that failed can be finished."
    printf 'Connect a board and press Enter, or q and Enter to stop: '
    read -r answer || break
    [ "$answer" != q ] || break
  fi
  # Chips with 802.15.4 have an EUI-64 too; the base MAC is the one that stays.
  mac=$("$esptool" --port "$port" --after "$no_reset" "$read_mac" | awk '
    /^BASE MAC:/ { base = $NF } /^MAC:/ { mac = $NF } END { print base == "" ? mac : base }')
  is_key_burned='' problem=''
  if [ -z "$mac" ]; then
    problem="no board answers on $port"
  elif [ -n "$(log_cell 4 2 "$mac" "done")" ]; then
    problem="$mac has its image already: $(log_cell 4 2 "$mac" "done")"
  else
    burned_for=$(log_cell 4 2 "$mac" hmac-key)
    if [ -n "$burned_for" ]; then
      is_key_burned=yes
      row=$(row_of_image "$burned_for")
    fi
    if [ -z "$row" ]; then
      problem="no image is left for $mac"
      [ -z "$burned_for" ] || problem="$mac has the key of $burned_for, which is not in the manifest"
    else
      take_row "$row"
      flash_board || problem="$mac failed; connect it again to go on with $image"
    fi
  fi
  if [ -n "$problem" ]; then
    echo "flash.sh: $problem" >&2
  else
    echo "$mac: $file_id ($image)"
  fi
  if [ -n "$is_single" ]; then
    [ -z "$problem" ] || exit 1
    break
  fi
done
