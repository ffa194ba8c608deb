/** Which rows of which files below a folder differ from a revision; rows are undefined for a file it does not have. */
export function changedSince(revision: string, folder: string): Map<string, [number, number][] | undefined>;
