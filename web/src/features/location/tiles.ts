// Which pictures of a map lie around a place, by the scheme of all servers of such (Web Mercator, 256 pixels).

const SIDE = 256;

export interface Tile {
  key: string;
  url: string;
  /** Of the picture's corner in the box. */
  left: number;
  top: number;
}

/** Of the earth at the equator, in metres. */
const AROUND_M = 40_075_017;

/** How many pixels a length on the ground is at a place. */
export function pixels(metres: number, lat: number, zoom: number): number {
  return (metres * 2 ** zoom * SIDE) / (AROUND_M * Math.cos((lat * Math.PI) / 180));
}

/** Those that fill a box of this size with the place in its middle. */
export function tilesAround(template: string, lat: number, lon: number, zoom: number, width: number, height: number): Tile[] {
  const all = 2 ** zoom;
  const angle = (Math.max(-85.05, Math.min(85.05, lat)) * Math.PI) / 180;
  const x = ((lon + 180) / 360) * all;
  const y = ((1 - Math.asinh(Math.tan(angle)) / Math.PI) / 2) * all;
  const tiles: Tile[] = [];
  for (let row = Math.floor(y - height / 2 / SIDE); row <= Math.floor(y + height / 2 / SIDE); row += 1) {
    if (row < 0 || row >= all) continue;
    for (let column = Math.floor(x - width / 2 / SIDE); column <= Math.floor(x + width / 2 / SIDE); column += 1) {
      const around = ((column % all) + all) % all;
      tiles.push({
        key: `${column} ${row}`,
        url: template.replaceAll('{z}', String(zoom)).replaceAll('{x}', String(around)).replaceAll('{y}', String(row)),
        left: Math.round(width / 2 + (column - x) * SIDE),
        top: Math.round(height / 2 + (row - y) * SIDE),
      });
    }
  }
  return tiles;
}
