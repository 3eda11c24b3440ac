import { decodePartition } from "../../src/nvs/decode.ts";
import type { ImageView } from "../../src/report/image_view.ts";
import { ImageBuilder } from "../nvs/image_builder.ts";

/** An image with a key of each kind, an erased one, and an empty namespace. */
export function smallImage(): ImageBuilder {
  return new ImageBuilder(4)
    .page(0, "active")
    .namespace({ entry: 0, key: "device" }, 1)
    .namespace({ entry: 1, key: "void" }, 2)
    .text({ entry: 2, key: "serial" }, "SN-0001")
    .number({ entry: 4, key: "channel" }, "u8", 11)
    .number({ entry: 5, key: "boots" }, "u32", 1)
    .state(0, 5, "erased")
    .data({ entry: 6, key: "cert", chunkIndex: 0 }, "blobData", new Uint8Array(70).fill(0xAB))
    .index({ entry: 10, key: "cert" }, 70, 1, 0)
    .text({ entry: 11, key: "text" }, `${"0123456789".repeat(5)}\n`)
    .data({ entry: 14, key: "mac" }, "blob", new Uint8Array([1, 2, 0xAB]));
}

/** The same with a damaged string. */
export function damagedImage(): ImageBuilder {
  const image = smallImage();
  image.bytes[image.offset(0, 3)]! ^= 1;
  return image;
}

/** Everything in it wants to be obeyed: by a terminal, or by a browser. */
export function hostileImage(): ImageBuilder {
  const image = new ImageBuilder(3)
    .page(0, "active")
    .namespace({ entry: 0, key: "<b onclick=x>" }, 1)
    .text({ entry: 1, key: "<script>x" }, "<script>window.injected = 1</script>")
    .text({ entry: 4, key: "\x1b]0;owned\x07" }, "\x1b[2J\x1b[31m\x9b31m\u202e \x7f")
    .text({ entry: 6, key: "'\"><img" }, `"'><img src=x onerror="window.injected = 1">&lt;`)
    .data({ entry: 9, key: "utf8" }, "string", new Uint8Array([0xC3, 0x28, 0]))
    .text({ entry: 11, key: "\x1b[5mlost" }, "damaged")
    .number({ entry: 13, key: "</style>" }, "u8", 1)
    .state(0, 13, "erased")
    .text({ entry: 14, key: "cr" }, "a\rb");
  image.bytes[image.offset(0, 12)]! ^= 1;
  return image;
}

/** The view of an image that is not in a file. */
export function viewOf({ bytes }: ImageBuilder, file = "dev.bin"): ImageView {
  return {
    file,
    sha256: "00".repeat(32),
    isEncrypted: false,
    plain: bytes,
    decoded: decodePartition(bytes),
  };
}
