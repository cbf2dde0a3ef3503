/**
 * Removes the temporary files and folders of scripts that were killed before they could do it themselves.
 *
 * @module
 */
import { Date } from "../core/platform.ts";

/** Age in milliseconds at which a file counts as left over. A script needs it for some seconds, until its worker connects. */
const LEFT_OVER = 3_600_000;

// The prefixes for which this was done.
const swept = new Set<string>();

/**
 * Removes the files or folders in `place` that are left over. Only the first call for a prefix does something.
 *
 * @param prefix How their names begin.
 * @param isFolder Whether they are folders; otherwise they are files.
 * @param uid The user of this script.
 * @param remove Removes one of them.
 */
export function removeLeftOver(
  place: string,
  prefix: string,
  isFolder: boolean,
  uid: number | null,
  remove: (path: string) => void,
): void {
  if (swept.has(prefix)) return;
  swept.add(prefix);
  try {
    for (const { name } of Deno.readDirSync(place)) {
      const path = `${place}/${name}`;
      if (name.startsWith(prefix) && isLeftOver(Deno.lstatSync(path), isFolder, uid)) remove(path);
    }
  } catch {
    // Another script removes them at the same time, or no descriptor is left.
  }
}

// Files of other users are not removed, and no links: another user's link could lead to files of this user.
function isLeftOver(info: Deno.FileInfo, isFolder: boolean, uid: number | null): boolean {
  const isKind = isFolder ? info.isDirectory : info.isFile;
  return isKind && info.uid === uid && info.mtime !== null && Date.now() - info.mtime.getTime() > LEFT_OVER;
}
