#!/bin/sh
# Splits a batch over several machines, or over this one, with GNU parallel.
#
#   examples/gnu-parallel.sh -S 'host1,host2,:' conf.csv values.csv Dev 0x3000 --outdir out
#
#   -S HOSTS   where to run: SSH logins with commas between; ":" is this machine (default)
#   -n SHARDS  into how many parts (default: one for each host and process)
#   -j COUNT   processes at once on each host (default: 1; each uses the host's processors)
#
# Everything behind that goes to "mfg_gen generate". Every host needs mfg_gen on its PATH, GNU
# parallel needs none there, and the current folder has to be the same shared folder everywhere.
# If a host fails, give the same command with --resume at its end: what is done is kept, as long
# as -n stays the same or no other shard is running.
#
# Exit status: 0 if all shards succeeded, else how many failed.
set -eu

hosts=: shards='' processes=1
while getopts S:n:j:h option; do
  case $option in
    S) hosts=$OPTARG ;;
    n) shards=$OPTARG ;;
    j) processes=$OPTARG ;;
    *)
      sed -n '2,/^set/s/^# \{0,1\}//p' "$0" >&2
      exit 2
      ;;
  esac
done
shift $((OPTIND - 1))

if [ -z "$shards" ]; then
  host_count=$(printf '%s\n' "$hosts" | awk -F, '{ print NF }')
  shards=$((host_count * processes))
fi

# -q keeps each argument one word; TERM lets a shard finish the device at hand.
awk -v count="$shards" 'BEGIN { for (k = 1; k <= count; k++) print k }' |
  parallel -q --tag --halt soon,fail=1 --termseq TERM,5000,KILL,25 \
    --sshlogin "$hosts" --jobs "$processes" --workdir "$PWD" \
    mfg_gen generate "$@" --shard "{}/$shards"
