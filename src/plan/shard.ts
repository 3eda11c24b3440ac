/** One of `count` equal parts of a batch: the `index`-th, from 1. */
export interface Shard {
  /** From 1. */
  index: number;
  /** Number of shards. */
  count: number;
}

/** The whole batch as a shard. */
export const WHOLE: Shard = { index: 1, count: 1 };

/** Whether a device (numbered from 1) belongs to a shard: every `count`-th from the `index`-th. */
export function isInShard(shard: Shard, deviceNumber: number): boolean {
  return (deviceNumber - 1) % shard.count === shard.index - 1;
}
