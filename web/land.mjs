// Writes src/generated/land.ts: the coast of all land as one SVG path, projected plainly (longitude and latitude are x
// and y) from 84 degrees north to 60 degrees south. Land only: the page draws no border between countries.
import { readFileSync, writeFileSync } from "node:fs";

const WIDTH = 1000;
const HEIGHT = 400;
const world = JSON.parse(readFileSync(new URL("./node_modules/world-atlas/land-110m.json", import.meta.url), "utf8"));
const { scale: [sx, sy], translate: [tx, ty] } = world.transform;

const arcs = world.arcs.map((arc) => {
  let [x, y] = [0, 0];
  return arc.map(([dx, dy]) => {
    x += dx;
    y += dy;
    return [((x * sx + tx + 180) / 360) * WIDTH, ((84 - (y * sy + ty)) / 144) * HEIGHT];
  });
});

function ring(indices) {
  const points = indices.flatMap((i, n) => (i < 0 ? [...arcs[~i]].reverse() : arcs[i]).slice(n ? 1 : 0));
  // Land on both sides of the 180th meridian is drawn beyond the edge, and once more from the other edge on.
  let turns = 0;
  const unwound = points.map(([x, y], i) => {
    const step = i ? x - points[i - 1][0] : 0;
    if (Math.abs(step) > WIDTH / 2) turns -= Math.sign(step);
    return [x + turns * WIDTH, y];
  });
  const xs = unwound.map(([x]) => x);
  const shifts = [0, ...(Math.max(...xs) > WIDTH ? [-WIDTH] : []), ...(Math.min(...xs) < 0 ? [WIDTH] : [])];
  return shifts.map((shift) => path(unwound.map(([x, y]) => [x + shift, y]))).join("");
}

function path(points) {
  const rounded = points.map(([x, y]) => [Math.round(x * 2), Math.round(y * 2)]).filter((p, i, all) => !i || p[0] !== all[i - 1][0] || p[1] !== all[i - 1][1]);
  if (rounded.length < 4) return "";
  let [px, py] = [0, 0];
  const steps = rounded.map(([x, y], i) => {
    const text = i ? `${x - px} ${y - py}` : `${x} ${y}`;
    [px, py] = [x, y];
    return text;
  });
  return `M${steps[0]}l${steps.slice(1).join(" ").replace(/ -/g, "-")}z`;
}

const [shape] = world.objects.land.geometries;
const rings = shape.type === "MultiPolygon" ? shape.arcs.flat() : shape.arcs;
// Rounded to half a unit of the drawing, which is then scaled.
const text = rings.map(ring).join("");
writeFileSync(new URL("./src/generated/land.ts", import.meta.url),
  `export const WIDTH = ${WIDTH * 2};\nexport const HEIGHT = ${HEIGHT * 2};\nexport const land = "${text}";\n`);
