import { gzipSync } from "node:zlib";

/**
 * A gzip member (RFC 1952) of stored blocks (RFC 1951, 3.2.4): what compresses well or badly depends on the version of
 * zlib, and then the same release would not have the same bytes everywhere.
 */
export function gzipOf(content: Buffer): Buffer {
  const parts: Buffer[] = [HEADER];
  for (let at = 0; at === 0 || at < content.length; at += LONGEST) {
    const block = content.subarray(at, at + LONGEST);
    const head = Buffer.alloc(5);
    head.writeUInt8(at + LONGEST >= content.length ? 1 : 0);
    head.writeUInt16LE(block.length, 1);
    head.writeUInt16LE(~block.length & 0xffff, 3);
    parts.push(head, block);
  }
  // CRC-32 and length are those of any other gzip of it.
  return Buffer.concat([...parts, gzipSync(content, { level: 1 }).subarray(-8)]);
}

/** No name, no time, no system. */
const HEADER = Buffer.from([0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255]);

/** Of a stored block, bytes. */
const LONGEST = 0xffff;
