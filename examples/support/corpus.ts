/**
 * Reads the files of a folder into shared memory, where workers use them without a copy.
 *
 * @module
 */
import type { File } from "../tasks/digests.ts";

/** One MB. */
export const MB = 2 ** 20;

/** Files are put together into jobs of this size. */
const JOB_BYTES = 4 * MB;

/** Arguments of `digests()`. */
export type Job = [memory: SharedArrayBuffer, files: File[]];

/** The files that were read from a folder. */
export interface Corpus {
  folder: string;
  memory: SharedArrayBuffer;
  files: File[];
  /** Of all files together. */
  bytes: number;
  /** Files and folders that could not be read. */
  unreadable: number;
  /** Whether there is more below the folder than was read. */
  partial: boolean;
}

/** Gives a folder that has files on every machine. */
export function defaultFolder(): string {
  const known: Partial<Record<typeof Deno.build.os, string>> = {
    linux: "/usr/lib",
    darwin: "/System/Library/Fonts",
    windows: `${Deno.env.get("SystemRoot") ?? "C:\\Windows"}\\Fonts`,
  };
  const folder = known[Deno.build.os];
  try {
    if (folder !== undefined && Deno.statSync(folder).isDirectory) return folder;
  } catch { /* The folder does not exist: uses the folder of Deno itself. */ }
  return Deno.execPath().replace(/[/\\][^/\\]*$/, "");
}

/** Reads the files below a folder, at most `maxBytes`; skips symbolic links. */
export function readCorpus(folder: string, maxBytes: number): Corpus {
  const corpus: Corpus = {
    folder,
    memory: new SharedArrayBuffer(0),
    files: [],
    bytes: 0,
    unreadable: 0,
    partial: false,
  };
  const found = find(corpus, maxBytes);
  corpus.memory = new SharedArrayBuffer(found.reduce((sum, { size }) => sum + size, 0));
  for (const { path, size } of found) {
    try {
      const length = readInto(path, new Uint8Array(corpus.memory, corpus.bytes, size));
      corpus.files.push([corpus.bytes, length]);
      corpus.bytes += length;
    } catch {
      corpus.unreadable++;
    }
  }
  return corpus;
}

/** Makes jobs of a few MB or of one bigger file, the biggest first, so that no long job runs alone at the end. */
export function plan({ memory, files, bytes }: Corpus, minBytes: number, cores: number): Job[] {
  const jobs: Job[] = [];
  let group: File[] = [], filled = JOB_BYTES;
  for (const file of files.toSorted((a, b) => b[1] - a[1])) {
    if (filled + file[1] > JOB_BYTES) {
      jobs.push([memory, group = []]);
      filled = 0;
    }
    group.push(file);
    filled += file[1];
  }
  const largest = size(jobs[0]);
  // A few big files are repeated until every core has some of them.
  const goal = Math.max(minBytes, Math.min(2 * cores * largest, 4 * minBytes));
  return Array.from({ length: Math.ceil(goal / bytes) }, () => jobs).flat().sort((a, b) => size(b) - size(a));
}

/** Gives the bytes of one job. */
export function size([, files]: Job): number {
  return files.reduce((sum, [, length]) => sum + length, 0);
}

/** Gives the bytes of all jobs. */
export function total(jobs: Job[]): number {
  return jobs.reduce((sum, job) => sum + size(job), 0);
}

/** Finds files breadth first, so that a part of a folder has files of many of its folders. */
function find(corpus: Corpus, maxBytes: number): { path: string; size: number }[] {
  const found = [];
  const folders = [corpus.folder];
  let total = 0;
  for (const folder of folders) {
    try {
      for (const { name, isFile, isDirectory } of Deno.readDirSync(folder)) {
        const path = `${folder}/${name}`;
        if (isDirectory) folders.push(path);
        if (!isFile) continue;
        const { size } = Deno.lstatSync(path);
        if (total + size > maxBytes) corpus.partial = true;
        // A single file above the maximum is left out; otherwise the maximum is reached.
        if (size > maxBytes) continue;
        if (total + size > maxBytes) return found;
        total += size;
        found.push({ path, size });
      }
    } catch {
      corpus.unreadable++;
    }
  }
  return found;
}

function readInto(path: string, bytes: Uint8Array): number {
  using file = Deno.openSync(path);
  let length = 0;
  while (length < bytes.length) {
    const read = file.readSync(bytes.subarray(length));
    if (read === null) break;
    length += read;
  }
  return length;
}
