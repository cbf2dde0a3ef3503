/**
 * The files of a folder, in shared memory: workers read them without a copy.
 *
 * @module
 */
import type { File } from "../tasks/digests.ts";

/** One MB. */
export const MB = 2 ** 20;

/** Smaller files travel together. */
const PARCEL = 4 * MB;

/** Arguments of `digests()`. */
export type Job = [memory: SharedArrayBuffer, files: File[]];

/** What was read of a folder. */
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

/** A folder with real files in it, on every machine. */
export function defaultFolder(): string {
  const known: Partial<Record<typeof Deno.build.os, string>> = {
    linux: "/usr/lib",
    darwin: "/System/Library/Fonts",
    windows: `${Deno.env.get("SystemRoot") ?? "C:\\Windows"}\\Fonts`,
  };
  const folder = known[Deno.build.os];
  try {
    if (folder !== undefined && Deno.statSync(folder).isDirectory) return folder;
  } catch { /* not this machine: Deno itself is somewhere */ }
  return Deno.execPath().replace(/[/\\][^/\\]*$/, "");
}

/** Reads the files below a folder, no more than `cap` bytes; symbolic links are skipped. */
export function readCorpus(folder: string, cap: number): Corpus {
  const corpus: Corpus = {
    folder,
    memory: new SharedArrayBuffer(0),
    files: [],
    bytes: 0,
    unreadable: 0,
    partial: false,
  };
  const found = find(corpus, cap);
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

/** Jobs of a few MB, or one bigger file, the biggest first: none is left for the end that takes long. */
export function plan({ memory, files, bytes }: Corpus, least: number, cores: number): Job[] {
  const jobs: Job[] = [];
  let parcel: File[] = [], filled = PARCEL;
  for (const file of files.toSorted((a, b) => b[1] - a[1])) {
    if (filled + file[1] > PARCEL) {
      jobs.push([memory, parcel = []]);
      filled = 0;
    }
    parcel.push(file);
    filled += file[1];
  }
  const largest = size(jobs[0]);
  // A few big files are repeated until every core gets its share of them.
  const goal = Math.max(least, Math.min(2 * cores * largest, 4 * least));
  return Array.from({ length: Math.ceil(goal / bytes) }, () => jobs).flat().sort((a, b) => size(b) - size(a));
}

/** Bytes of one job. */
export function size([, files]: Job): number {
  return files.reduce((sum, [, length]) => sum + length, 0);
}

/** Bytes of all jobs. */
export function total(jobs: Job[]): number {
  return jobs.reduce((sum, job) => sum + size(job), 0);
}

/** Breadth first, so that a part of a folder is a mixture of it. */
function find(corpus: Corpus, cap: number): { path: string; size: number }[] {
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
        if (total + size > cap) corpus.partial = true;
        // A single file beyond the cap is left out; otherwise the cap is reached.
        if (size > cap) continue;
        if (total + size > cap) return found;
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
