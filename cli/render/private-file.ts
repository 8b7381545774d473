import {
  closeSync,
  constants,
  fchmodSync,
  fstatSync,
  ftruncateSync,
  lstatSync,
  openSync,
  writeFileSync,
} from "node:fs";
import { Refusal } from "../refusal.js";

const { O_CREAT, O_NOFOLLOW, O_NONBLOCK, O_WRONLY } = constants;

/**
 * Opens a file of ours for writing, empty, and readable by its owner only, also where an earlier one was open to others.
 * What is no regular file, a symbolic link too, was laid by somebody else: it is refused.
 */
export function openPrivate(file: string): number {
  const descriptor = openSync(file, O_WRONLY | O_CREAT | O_NOFOLLOW | O_NONBLOCK, 0o600);
  if (fstatSync(descriptor).isFile()) return emptied(descriptor, true);
  closeSync(descriptor);
  throw new Refusal(`${file} is no regular file: remove it.`);
}

/** Writes a file of ours that only its owner can read. */
export function writePrivate(file: string, text: string): void {
  writeTo(file, openPrivate, text);
}

/**
 * Writes to the place that a person named. A regular file becomes readable by its owner only; anything else (a link, as
 * /dev/stdout, a named pipe, a device) is written to as it is.
 */
export function writeNamed(file: string, text: string): void {
  writeTo(file, openNamed, text);
}

function openNamed(file: string): number {
  const isOurs = lstatSync(file, { throwIfNoEntry: false })?.isFile() ?? true;
  const descriptor = openSync(file, O_WRONLY | O_CREAT, 0o600);
  return fstatSync(descriptor).isFile() ? emptied(descriptor, isOurs) : descriptor;
}

/** Closed to others before anything is written. */
function emptied(descriptor: number, isOurs: boolean): number {
  if (isOurs) fchmodSync(descriptor, 0o600);
  ftruncateSync(descriptor);
  return descriptor;
}

function writeTo(file: string, open: (file: string) => number, text: string): void {
  let descriptor: number | undefined;
  try {
    descriptor = open(file);
    writeFileSync(descriptor, text);
  } catch (error) {
    // A full disk is met after the file was opened, where Node names none.
    throw Object.assign(error as NodeJS.ErrnoException, { path: file });
  } finally {
    if (descriptor !== undefined) closeSync(descriptor);
  }
}
