/**
 * Removes from a folder for temporary files what scripts have left there that were killed.
 *
 * @module
 */
import { Date } from "../core/platform.ts";

/** Milliseconds after which something is left over: a worker connects within seconds. */
const LEFT_OVER = 3_600_000;

const looked = new Set<string>();

/**
 * Removes what is left over in `place`; at the first call for a prefix, others do nothing.
 *
 * @param prefix How the names begin.
 * @param isFolder Whether these are folders; else they are files.
 * @param uid The user of this script.
 */
export function removeLeftOver(
  place: string,
  prefix: string,
  isFolder: boolean,
  uid: number | null,
  remove: (path: string) => void,
): void {
  if (looked.has(prefix)) return;
  looked.add(prefix);
  try {
    for (const { name } of Deno.readDirSync(place)) {
      const path = `${place}/${name}`;
      if (name.startsWith(prefix) && isLeftOver(Deno.lstatSync(path), isFolder, uid)) remove(path);
    }
  } catch {
    // Another script removes them at the same time, or there is no descriptor left.
  }
}

// What another user has made stays, above all a link: it could lead to files of this user.
function isLeftOver(info: Deno.FileInfo, isFolder: boolean, uid: number | null): boolean {
  const isKind = isFolder ? info.isDirectory : info.isFile;
  return isKind && info.uid === uid && info.mtime !== null && Date.now() - info.mtime.getTime() > LEFT_OVER;
}
