export { encodePartition } from "./src/nvs/partition.ts";
