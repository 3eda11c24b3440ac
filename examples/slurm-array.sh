#!/bin/sh
# Splits a batch over a Slurm cluster: each task of an array job is one shard.
#
#   sbatch --array=1-8 examples/slurm-array.sh conf.csv values.csv Dev 0x3000 --outdir out
#
# The arguments are those of "mfg_gen generate". The folder that sbatch is called in has to be
# shared by the nodes, and mfg_gen on their PATH. A task that failed or was requeued goes on where
# it stopped; to go on after the whole job has ended, submit the same array again: a device that is
# done costs a hash. To submit only some tasks again, say how many shards there are:
#
#   SHARDS=8 sbatch --array=3,5 examples/slurm-array.sh conf.csv values.csv Dev 0x3000 --outdir out
#
#SBATCH --job-name=mfg_gen
#SBATCH --array=1-8
#SBATCH --ntasks=1
#SBATCH --cpus-per-task=2
#SBATCH --requeue
set -eu

if [ -z "${SHARDS:-}" ]; then
  # With a part of an array its size is not the number of shards.
  if [ "$SLURM_ARRAY_TASK_MIN" -ne 1 ] || [ "$SLURM_ARRAY_TASK_MAX" -ne "$SLURM_ARRAY_TASK_COUNT" ]
  then
    echo "$0: give --array=1-N, or SHARDS=N in the environment" >&2
    exit 2
  fi
  SHARDS=$SLURM_ARRAY_TASK_COUNT
fi

# As a step of its own, so that scancel's SIGTERM reaches it and it finishes the device at hand.
exec srun mfg_gen generate "$@" --resume --jobs "${SLURM_CPUS_PER_TASK:-1}" \
  --shard "$SLURM_ARRAY_TASK_ID/$SHARDS"
