// C2SP tlog-tiles: where a part of the tree is found by name, so that it can be served as files for ever.

/** Hashes in a full tile, one row of it: eight levels of the tree per tile. */
export const TILE_WIDTH = 256;

export interface Tile {
  /** Tile level: its hashes are nodes of tree level 8 * level. */
  level: number;
  index: number;
  /** 1 to 256. Fewer than 256 is a partial tile, which only the right edge has. */
  width: number;
}

/** "0/x001/x234/067", with ".p/5" for a partial tile. */
export function tilePath(tile: Tile): string {
  const groups = [String(tile.index % 1000).padStart(3, '0')];
  for (let rest = Math.floor(tile.index / 1000); rest > 0; rest = Math.floor(rest / 1000)) {
    groups.unshift(`x${String(rest % 1000).padStart(3, '0')}`);
  }
  return `${tile.level}/${groups.join('/')}${tile.width === TILE_WIDTH ? '' : `.p/${tile.width}`}`;
}

/** Undefined for anything that tilePath would not have written: every tile has exactly one name. */
export function parseTilePath(path: string): Tile | undefined {
  const [, level = '', groups = '', width] =
    /^(\d{1,2})\/((?:x\d{3}\/){0,5}\d{3})(?:\.p\/(\d{1,3}))?$/.exec(path) ?? [];
  const tile = { level: Number(level), index: Number(groups.replace(/[x/]/g, '')), width: Number(width ?? TILE_WIDTH) };
  if (groups === '' || tile.level > 63 || tile.width < 1 || tile.width > TILE_WIDTH) return undefined;
  return tilePath(tile) === path ? tile : undefined;
}
