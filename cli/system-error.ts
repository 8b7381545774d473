/** What a person can do about it, by the system's code. */
const REMEDIES: Record<string, string> = {
  ENOSPC: "the disk is full: make room, and try again",
  EDQUOT: "this user's share of the disk is used up: make room, and try again",
  ENOENT: "it, or the directory that it is to be in, is not there: make it",
  EACCES: "this user may not do that: try in a directory of your own",
  EPERM: "this user may not do that: try in a directory of your own",
  EROFS: "nothing can be written there: try in another directory",
  ELOOP: "it is a symbolic link, and somebody else may have laid it: remove it",
  EMFILE: "too many files are open: raise the limit (ulimit -n)",
};

/** A failure of the system in one sentence; undefined for an error that is our own fault. */
export function sentenceOf(error: unknown): string | undefined {
  const { code, syscall, path } = error as NodeJS.ErrnoException;
  if (code === undefined || syscall === undefined) return undefined;
  return `${path ?? syscall}: ${REMEDIES[code] ?? `${syscall} failed`} (${code}).`;
}
