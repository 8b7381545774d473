/**
 * A tar archive of one file, always the same bytes: owned by root, at the beginning of time (POSIX ustar).
 *
 *     offset  0 name[100]  100 mode[8]  108 uid[8]  116 gid[8]  124 size[12]  136 mtime[12]  148 checksum[8]
 *           156 type[1]    157 link[100]  257 "ustar\0" "00"
 *     then the file, filled up to 512, and two blocks of zeros
 *
 * By hand, as the OCI layout and the SBOM are: the libraries are larger than these few lines, and the bytes of a release would
 * change with their versions.
 */
export function tarOf(name: string, content: Buffer): Buffer {
  const header = Buffer.alloc(BLOCK);
  const octal = (value: number, at: number, width: number) =>
    header.write(value.toString(8).padStart(width - 1, "0") + "\0", at);
  header.write(name, 0, 100);
  octal(0o644, 100, 8);
  octal(0, 108, 8);
  octal(0, 116, 8);
  octal(content.length, 124, 12);
  octal(0, 136, 12);
  header.write("0", 156);
  header.write("ustar\0" + "00", 257);
  // The sum of the header's bytes, with blanks in place of the sum itself.
  header.fill(" ", 148, 156);
  octal(
    header.reduce((sum, byte) => sum + byte, 0),
    148,
    7,
  );
  return Buffer.concat([
    header,
    content,
    Buffer.alloc((BLOCK - (content.length % BLOCK)) % BLOCK),
    Buffer.alloc(2 * BLOCK),
  ]);
}

const BLOCK = 512;
