/** What folders of a project hold that a line without a sandbox may be led by: read once, as long as a folder stays as it is. */
import { readdirSync } from 'node:fs';
import { systemClock } from '../../../base/clock.ts';
import { createListings } from '../../../base/files/listings.ts';

export interface FolderListing {
  folders: string[];
  links: string[];
  /** By what git knows a repository, and its own folder. */
  marks: string[];
  /** A name that is no text can't be said, and programs find it. */
  isText: boolean;
}

const MARKS = new Set(['.git', 'HEAD']);
const NOTHING: FolderListing = { folders: [], links: [], marks: [], isText: true };

const listed = createListings((folder) => read(String(folder)));

/** Undefined: nobody here may look. Of what is no folder there is nothing. */
export function listingOf(folder: string): FolderListing | undefined {
  try {
    return listed(Buffer.from(folder), systemClock.now());
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    return code === 'ENOENT' || code === 'ENOTDIR' ? NOTHING : undefined;
  }
}

function read(folder: string): FolderListing {
  const listing: FolderListing = { folders: [], links: [], marks: [], isText: true };
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const { name } = entry;
    if (name.includes('\ufffd')) listing.isText = false;
    else if (entry.isDirectory()) listing.folders.push(name);
    else if (entry.isSymbolicLink()) listing.links.push(name);
    if (MARKS.has(name)) listing.marks.push(name);
  }
  return listing;
}
