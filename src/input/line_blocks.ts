/**
 * Chunks of a file to blocks of whole lines, each byte moved a few times at
 * most, whatever the chunks are.
 *
 * @module
 */

export const LF = 0x0A;
export const CR = 0x0D;

/** Larger chunks are taken in pieces, so that a block has one long line at most: its first. */
const PIECE_BYTES = 256 * 1024;
/** The first block has this many bytes, unless the file has fewer. */
const MIN_FIRST_BYTES = 2;

/** Blocks that end where a line does: behind LF, CRLF or CR. */
export class LineBlocks {
  readonly #pieces: Iterator<Uint8Array>;
  readonly #maxLineBytes: number;
  /** The block given last, and behind it the beginning of the next one. */
  #buffer = new Uint8Array(0);
  #bufferedBytes = 0;
  #blockBytes = 0;
  #minBytes = MIN_FIRST_BYTES;

  /** @param maxLineBytes A block that has no line end is given as soon as it is certainly longer. */
  constructor(chunks: Iterable<Uint8Array>, maxLineBytes: number) {
    this.#pieces = piecesOf(chunks);
    this.#maxLineBytes = maxLineBytes;
  }

  /** Bytes of the block given last and behind it. */
  get bufferedBytes(): number {
    return this.#bufferedBytes;
  }

  /**
   * The next block, of one byte at least; the last one may lack its line end.
   * It is valid until the next call.
   */
  next(): Uint8Array<ArrayBuffer> | undefined {
    this.#buffer.copyWithin(0, this.#blockBytes, this.#bufferedBytes);
    this.#bufferedBytes -= this.#blockBytes;
    let end = 0;
    while (end === 0 || this.#bufferedBytes < this.#minBytes) {
      const { value: piece, done } = this.#pieces.next();
      if (done) {
        end = this.#bufferedBytes;
        break;
      }
      const before = this.#bufferedBytes;
      const endsWithCr = before > 0 && this.#buffer[before - 1] === CR;
      this.#append(piece);
      const endInPiece = endOfLastLine(piece, endsWithCr);
      if (endInPiece >= 0) end = before + endInPiece;
      // One byte more may be a CR.
      else if (end === 0 && this.#bufferedBytes > this.#maxLineBytes + 1) end = this.#bufferedBytes;
    }
    this.#minBytes = 1;
    this.#blockBytes = end;
    return end === 0 ? undefined : this.#buffer.subarray(0, end);
  }

  #append(bytes: Uint8Array): void {
    const sizeBytes = this.#bufferedBytes + bytes.length;
    if (sizeBytes > this.#buffer.length) {
      const larger = new Uint8Array(Math.max(sizeBytes, 2 * this.#buffer.length));
      larger.set(this.#buffer.subarray(0, this.#bufferedBytes));
      this.#buffer = larger;
    }
    this.#buffer.set(bytes, this.#bufferedBytes);
    this.#bufferedBytes = sizeBytes;
  }
}

function* piecesOf(chunks: Iterable<Uint8Array>): Generator<Uint8Array> {
  for (const chunk of chunks) {
    for (let at = 0; at < chunk.length; at += PIECE_BYTES) {
      yield chunk.subarray(at, at + PIECE_BYTES);
    }
  }
}

/**
 * Offset behind the last line end; 0 for a CR just before the bytes, -1 if
 * there is none. A CR as the last byte does not count: it may be half a CRLF.
 */
function endOfLastLine(bytes: Uint8Array, isBehindCr: boolean): number {
  const endOfLf = bytes.lastIndexOf(LF) + 1;
  const end = endOfLf + bytes.subarray(endOfLf, -1).lastIndexOf(CR) + 1;
  return end === 0 && !isBehindCr ? -1 : end;
}
