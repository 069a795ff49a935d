// A map that is drawn here: the outlines of the world from this server, projected around a place.

import { geoGraticule10, geoMercator, geoPath } from 'd3-geo';
import { feature, mesh } from 'topojson-client';
import atlas from 'world-atlas/countries-50m.json?url';

type Topology = Parameters<typeof feature>[0];

let world: Promise<Topology> | undefined;

function load(): Promise<Topology> {
  world ??= fetch(atlas).then((answer) => {
    if (!answer.ok) throw new Error(`map: ${answer.status}`);
    return answer.json() as Promise<Topology>;
  });
  world.catch(() => (world = undefined));
  return world;
}

export interface Drawing {
  land: string;
  borders: string;
  grid: string;
  x: number;
  y: number;
}

/** The paths of the surroundings of a place, for a picture of this size. */
export async function draw(lat: number, lon: number, width: number, height: number, scale = 900): Promise<Drawing> {
  const topology = await load();
  const countries = topology.objects['countries'];
  const projection = geoMercator()
    .center([lon, Math.max(-80, Math.min(80, lat))])
    .scale(scale)
    .translate([width / 2, height / 2])
    .clipExtent([
      [0, 0],
      [width, height],
    ]);
  const path = geoPath(projection).digits(1);
  const [x, y] = projection([lon, lat]) ?? [width / 2, height / 2];
  if (!countries) throw new Error('map: no countries');
  return {
    land: path(feature(topology, countries)) ?? '',
    borders: path(mesh(topology, countries as never, (a, b) => a !== b)) ?? '',
    grid: path(geoGraticule10()) ?? '',
    x,
    y,
  };
}
