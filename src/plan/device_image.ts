import { ImageCipher } from "../crypto/image_cipher.ts";
import type { XtsKeys } from "../crypto/xts.ts";
import { imageSize, writeImage } from "../nvs/partition.ts";
import type { Layout } from "../nvs/placement.ts";
import type { DeviceKeys, KeyScheme } from "../keys/key_scheme.ts";
import type { DeviceSpec } from "./checked_batch.ts";

/** Makes images, one after the other, in a buffer that is used again for each. */
export class ImageMaker {
  readonly #spec: DeviceSpec;
  readonly #buffer: Uint8Array;
  readonly #shared: { keys: XtsKeys; cipher: ImageCipher } | undefined;

  constructor(spec: DeviceSpec, { shared }: KeyScheme) {
    this.#spec = spec;
    this.#buffer = new Uint8Array(spec.geometry.sizeBytes);
    this.#shared = shared && { keys: shared, cipher: new ImageCipher(shared) };
  }

  /** The image of a layout under these keys; valid until the next one. */
  make(layout: Layout, { xts }: DeviceKeys): Uint8Array {
    const { geometry, formatVersion } = this.#spec;
    const image = this.#buffer.subarray(0, imageSize(layout, geometry));
    writeImage(layout, formatVersion, image);
    if (xts !== undefined) this.#encrypt(image, layout, xts);
    return image;
  }

  #encrypt(image: Uint8Array, { entriesPerPage }: Layout, keys: XtsKeys): void {
    if (this.#shared?.keys === keys) {
      this.#shared.cipher.encrypt(image, entriesPerPage);
      return;
    }
    using cipher = new ImageCipher(keys);
    cipher.encrypt(image, entriesPerPage);
  }
}
