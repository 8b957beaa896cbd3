(() => {
"use strict";
const NS = "http://www.w3.org/2000/svg", root = document.documentElement;
const pen = document.createElement("canvas").getContext("2d");
const PRINTED = 680, NARROW = 480;

function draw(tag, attributes, parent, text) {
  const made = document.createElementNS(NS, tag);
  for (const name in attributes) made.setAttribute(name, attributes[name]);
  if (text !== undefined) made.textContent = text;
  if (parent) parent.append(made);
  return made;
}
function put(tag, name, parent, text) {
  const made = document.createElement(tag);
  if (name) made.className = name;
  if (text !== undefined) made.textContent = text;
  parent.append(made);
  return made;
}
function width(text) {
  pen.font = `12px ${getComputedStyle(document.body).fontFamily}`;
  return pen.measureText(text).width;
}
function said(value, step) {
  if (value === null || value === undefined) return "–";
  const size = step || Math.abs(value) / 100 || 1;
  const digits = Math.min(6, Math.max(0, -Math.floor(Math.log10(size) + 1e-9)));
  return (value || 0).toLocaleString("en-GB", { minimumFractionDigits: step ? digits : 0, maximumFractionDigits: digits });
}

/* Scales: a number's place, and the numbers that are labelled. */
function linear(low, high, from, to, count, whole) {
  if (low === high) { low -= 1; high += 1; }
  const rough = (high - low) / Math.max(1, count), power = 10 ** Math.floor(Math.log10(rough));
  let step = power * ([1, 2, 5, 10].find((m) => m * power >= rough) || 10);
  if (whole) { low = Math.floor(low / step + 1e-9) * step; high = Math.ceil(high / step - 1e-9) * step; }
  const ticks = [];
  for (let i = Math.ceil(low / step - 1e-9); i * step <= high + step * 1e-9; i++) ticks.push(i * step || 0);
  return { at: (v) => from + (v - low) / (high - low) * (to - from), ticks, step, low, high };
}
function powers(low, high, from, to) {
  const put = (v) => Math.sign(v) * Math.log10(1 + Math.abs(v)), end = Math.max(1, put(high)), begin = Math.min(0, put(low));
  const ticks = [0];
  for (let i = 0; i <= end; i++) ticks.push(10 ** i);
  for (let i = 0; i <= -begin; i++) ticks.unshift(-(10 ** i));
  return { at: (v) => from + (put(v) - begin) / (end - begin) * (to - from), ticks, step: 0, low, high };
}

/* One figure. */
function figure(box) {
  const spec = JSON.parse(box.querySelector("script").textContent);
  const plot = box.querySelector(".plot"), legend = box.querySelector(".legend"), title = box.querySelector("figcaption").textContent;
  const off = new Set(), tip = put("div", "tip", box);
  let place = -1, drawn = null;
  tip.hidden = true;
  tip.setAttribute("role", "status");
  const shown = () => spec.series.filter((s) => !off.has(s.name));

  if (spec.series.length > 1) for (const s of spec.series) {
    const button = put("button", "", legend);
    button.type = "button";
    button.setAttribute("aria-pressed", "true");
    const sign = draw("svg", { viewBox: "0 0 14 10", "aria-hidden": "true" }, button);
    if (spec.kind === "lines" && !s.fill && !s.low && !spec.stacked) draw("path", { d: "M0 5H14", class: `line s-${s.colour}${s.dash || s.levels && !s.y ? " dashed" : ""}` }, sign);
    else draw("rect", { x: 1, y: s.mark ? 4 : 0, width: 12, height: s.mark ? 2.5 : 10, class: `f-${s.colour}${s.low ? " band" : ""}` }, sign);
    put("span", "", button, s.name);
    button.onclick = () => {
      if (off.has(s.name)) off.delete(s.name); else if (off.size + 1 < spec.series.length) off.add(s.name);
      button.setAttribute("aria-pressed", String(!off.has(s.name)));
      paint();
    };
  }

  function paint(forced) {
    const wide = Math.max(220, forced || plot.clientWidth);
    plot.replaceChildren();
    const svg = draw("svg", { role: "img", "aria-label": `${title}. ${spec.unit}. Arrow keys show values.`, tabindex: "0" }, plot);
    drawn = spec.kind === "rows" ? rows(svg, wide) : upright(svg, wide);
    svg.setAttribute("viewBox", `0 0 ${wide} ${drawn.high}`);
    svg.setAttribute("width", wide);
    svg.setAttribute("height", drawn.high);
    svg.onpointermove = (e) => { const r = svg.getBoundingClientRect(); point(drawn.near((e.clientX - r.left) * wide / r.width, (e.clientY - r.top) * drawn.high / r.height)); };
    svg.onpointerdown = svg.onpointermove;
    svg.onpointerleave = () => point(-1);
    svg.onblur = () => point(-1);
    svg.onkeydown = (e) => {
      const move = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[e.key];
      if (e.key === "Escape") point(-1);
      if (!move) return;
      e.preventDefault();
      point(Math.min(drawn.count - 1, Math.max(0, place + move)));
    };
    drawn.cursor = draw("g", { "pointer-events": "none" }, svg);
    place = -1;
    tip.hidden = true;
  }

  function point(next) {
    if (next === place) return;
    place = next;
    drawn.cursor.replaceChildren();
    tip.hidden = next < 0;
    if (next < 0) return;
    tip.replaceChildren();
    const spot = drawn.told(next);
    put("b", "", tip, spot.title);
    for (const [name, value] of spot.lines) { const line = put("div", "", tip); put("span", "", line, name); put("span", "", line, value); }
    const svg = plot.firstChild.getBoundingClientRect(), outer = box.getBoundingClientRect();
    const x = svg.left - outer.left + spot.x * svg.width / drawn.wide, y = svg.top - outer.top + spot.y * svg.height / drawn.high;
    tip.style.left = `${Math.min(Math.max(4, x + 14 + tip.offsetWidth > outer.width ? x - tip.offsetWidth - 14 : x + 14), Math.max(4, outer.width - tip.offsetWidth - 4))}px`;
    tip.style.top = `${Math.max(4, Math.min(y, outer.height - tip.offsetHeight - 4))}px`;
  }

  const value = (v) => `${said(v)}`;
  const named = (s, i) => s.low ? `${value(s.low[i])} to ${value(s.high[i])}` : value(s.y[i]);

  /* Least and greatest value shown. */
  function range() {
    let low = Infinity, high = -Infinity;
    const take = (v) => { if (v !== null && v !== undefined) { low = Math.min(low, v); high = Math.max(high, v); } };
    if (spec.stacked) {
      const count = Math.max(...shown().map((s) => (s.y || []).length));
      for (let i = 0; i < count; i++) { let up = 0, down = 0; for (const s of shown()) if (!s.mark) { const v = s.y[i] || 0; if (v > 0) up += v; else down += v; } take(up); take(down); }
    }
    for (const s of shown()) { if (!spec.stacked || s.mark) (s.y || []).forEach(take); (s.low || []).forEach(take); (s.high || []).forEach(take); (s.levels || []).forEach(take); }
    if (!isFinite(low)) { low = 0; high = 1; }
    const bare = spec.kind === "lines" && !spec.stacked && low > 0 && low > high * 0.6;
    if (!bare) { low = Math.min(0, low); high = Math.max(0, high); }
    if (spec.most !== null) high = Math.min(high, spec.most);
    return [low, high];
  }

  /* Curves and upright bars. */
  function upright(svg, wide) {
    const high = wide < NARROW ? 230 : 270, [low, most] = range(), top = 30, base = high - (spec.xUnit ? 38 : 24);
    const y = linear(low, most, base, top, 5, true);
    const left = Math.ceil(Math.max(...y.ticks.map((t) => width(said(t, y.step))))) + 10, right = wide - 10;
    draw("text", { x: 0, y: 12 }, svg, spec.unit);
    for (const t of y.ticks) {
      draw("line", { x1: left, x2: right, y1: y.at(t), y2: y.at(t), class: Math.abs(t) < y.step / 1e6 ? "zero" : "grid" }, svg);
      draw("text", { x: left - 6, y: y.at(t) + 4, "text-anchor": "end" }, svg, said(t, y.step));
    }
    const bars = spec.kind === "bars", names = spec.categories, count = names.length || spec.x.length || Math.max(...spec.series.map((s) => (s.y || []).length));
    const slot = (right - left) / Math.max(1, count);
    let place;
    if (names.length) {
      place = (i) => left + (i + 0.5) * slot;
      const each = Math.max(1, Math.ceil((Math.max(...names.map(width)) + 6) / slot));
      names.forEach((name, i) => { if (i % each === 0) draw("text", { x: Math.min(Math.max(place(i), left + width(name) / 2 - 8), right + 8 - width(name) / 2), y: base + 17, "text-anchor": "middle", class: "x" }, svg, name); });
    } else {
      const xs = spec.x.length ? spec.x : spec.series.flatMap((s) => s.x || []), [from, to] = spec.domain || [Math.min(...xs), Math.max(...xs)];
      const day = from === 0 && to === 24, x = linear(from, to, left, right, wide < NARROW ? 4 : 8);
      const ticks = day ? [0, 3, 6, 9, 12, 15, 18, 21, 24].filter((t) => wide >= NARROW || t % 6 === 0) : x.ticks;
      for (const t of ticks) draw("text", { x: x.at(t), y: base + 17, "text-anchor": t === to ? "end" : "middle", class: "x" }, svg, said(t, day ? 1 : x.step));
      place = (i, s) => x.at((s && s.x ? s.x : spec.x)[i]);
      if (bars) place.width = Math.max(1, x.at(from + (spec.x[1] - spec.x[0] || 1)) - left);
    }
    if (spec.xUnit) draw("text", { x: right, y: high - 4, "text-anchor": "end" }, svg, spec.xUnit);
    const clip = `c${Math.random().toString(36).slice(2)}`;
    draw("rect", { x: left, y: top - 3, width: right - left, height: base - top + 6 }, draw("clipPath", { id: clip }, svg));
    const inside = draw("g", { "clip-path": `url(#${clip})` }, svg);
    const level = (s) => (s.levels || []).forEach((v) => draw("line", { x1: left, x2: right, y1: y.at(v), y2: y.at(v), class: `line dashed s-${s.colour}` }, inside));
    if (bars) {
      const some = shown().filter((s) => !s.mark), groups = spec.stacked ? 1 : Math.max(1, some.length), full = (place.width || slot) * (place.width ? 1 : 0.72), thick = full / groups;
      for (let i = 0; i < count; i++) {
        let up = 0, down = 0;
        some.forEach((s, k) => {
          const v = s.y[i];
          if (v === null || v === undefined) return;
          const begin = spec.stacked ? (v >= 0 ? up : down) : 0, end = begin + v;
          if (v >= 0) up = end; else down = end;
          const x = place.width ? place(i) : place(i) - full / 2 + (spec.stacked ? 0 : k * thick);
          draw("rect", { x, y: Math.min(y.at(begin), y.at(end)), width: Math.max(0.8, thick - (place.width ? 0 : 1)), height: Math.abs(y.at(begin) - y.at(end)), class: `f-${s.colour}` }, inside);
        });
        for (const s of shown()) if (s.mark) draw("rect", { x: place(i) - slot * 0.42, y: y.at(s.y[i]) - 1.25, width: slot * 0.84, height: 2.5, class: `f-${s.colour}` }, inside);
      }
    } else {
      let under = [];
      for (const s of shown()) {
        level(s);
        if (s.low) { curve(s, s.high, s.low, "band"); continue; }
        if (!s.y) continue;
        if (spec.stacked) { const sum = s.y.map((v, i) => (v || 0) + (under[i] || 0)); curve(s, sum, under.length ? under : sum.map(() => 0), "area"); under = sum; } else if (s.fill) curve(s, s.y, s.y.map(() => 0), "area"); else curve(s, s.y);
      }
    }
    function curve(s, values, floor, kind) {
      const stride = spec.x.length > 1 ? spec.x[1] - spec.x[0] : 0;
      const edge = (i) => s.step && stride ? Math.min(right, place(i, s) + (place(1, s) - place(0, s))) : place(i, s);
      let path = "", back = "", started = false;
      const close = () => { if (floor && path) path += `${back}Z`; back = ""; };
      values.forEach((v, i) => {
        if (v === null) { if (floor) close(); started = false; return; }
        path += `${started ? "L" : "M"}${place(i, s).toFixed(1)} ${y.at(v).toFixed(1)}`;
        if (floor) back = `L${place(i, s).toFixed(1)} ${y.at(floor[i]).toFixed(1)}${back}`;
        if (s.step) { path += `H${edge(i).toFixed(1)}`; if (floor) back = `L${edge(i).toFixed(1)} ${y.at(floor[i]).toFixed(1)}${back}`; }
        started = true;
      });
      close();
      draw("path", { d: path, class: floor ? `f-${s.colour}${kind === "band" ? " band" : ""}` : `line s-${s.colour}${s.dash ? " dashed" : ""}` }, inside);
      if (!floor && values.length < 40 && !s.step) values.forEach((v, i) => { if (v !== null) draw("circle", { cx: place(i, s), cy: y.at(v), r: 2.6, class: `f-${s.colour}` }, inside); });
    }
    const own = !names.length && !spec.x.length;
    const lead = own ? spec.series.reduce((a, b) => (b.x || []).length > (a.x || []).length ? b : a) : null;
    const middle = (i) => own ? place(i, lead) : place.width ? place(i) + place.width / 2 : place(i);
    const total = own ? lead.x.length : count;
    return {
      wide, high, count: total,
      near(px) { if (px < left - 8 || px > right + 8) return -1; let best = 0; for (let i = 1; i < total; i++) if (Math.abs(middle(i) - px) < Math.abs(middle(best) - px)) best = i; return best; },
      told(i) {
        const x = middle(i);
        draw("line", { x1: x, x2: x, y1: top, y2: base, class: "cursor" }, drawn.cursor);
        const at = own ? lead.x[i] : spec.x[i], lines = [];
        for (const s of shown()) {
          if (!s.y && !s.low) continue;
          const k = own ? s.x.reduce((best, v, j) => Math.abs(v - at) < Math.abs(s.x[best] - at) ? j : best, 0) : i;
          lines.push([s.name, named(s, k)]);
          if (s.y && !bars && !spec.stacked && s.y[k] !== null) draw("circle", { cx: place(k, s), cy: y.at(s.y[k]), r: 3.5, class: `f-${s.colour}` }, drawn.cursor);
        }
        return { title: spec.tips[i] || names[i] || `${said(at)} ${spec.xUnit}`, lines, x, y: top };
      },
    };
  }

  /* Lying bars, a row for each category. */
  function rows(svg, wide) {
    const names = spec.categories, some = shown().filter((s) => !s.mark), groups = spec.stacked ? 1 : Math.max(1, some.length), above = wide < NARROW;
    const bar = spec.stacked || groups === 1 ? 15 : 9, slot = groups * bar + (above ? 22 : 9), [low, most] = range(), top = 6;
    const left = above ? 4 : Math.ceil(Math.max(...names.map(width))) + 12, base = top + names.length * slot, high = base + 38;
    const scale = spec.scale === "symlog" ? powers(low, most, left, wide - 14) : linear(low, most, left, wide - 14, above ? 3 : 6, true);
    let last = -Infinity;
    for (const t of scale.ticks) {
      const x = scale.at(t), text = said(t, scale.step || 1);
      if (x < left - 1 || x > wide) continue;
      draw("line", { x1: x, x2: x, y1: top, y2: base, class: t === 0 ? "zero" : "grid" }, svg);
      const half = width(text) / 2, spot = Math.min(Math.max(x, half), wide - half);
      if (spot - half < last + 8) continue;
      last = spot + half;
      draw("text", { x: spot, y: base + 16, "text-anchor": "middle", class: "x" }, svg, text);
    }
    draw("text", { x: wide, y: high - 4, "text-anchor": "end" }, svg, spec.unit);
    names.forEach((name, i) => {
      const begin = top + i * slot + (above ? 17 : 4);
      draw("text", above ? { x: left, y: begin - 4, class: "name" } : { x: left - 8, y: begin + groups * bar / 2 + 4, "text-anchor": "end", class: "name" }, svg, name);
      let up = 0, down = 0;
      some.forEach((s, k) => {
        const v = s.y[i] || 0, from = spec.stacked ? (v >= 0 ? up : down) : 0, to = from + v;
        if (v >= 0) up = to; else down = to;
        draw("rect", { x: Math.min(scale.at(from), scale.at(to)), y: begin + (spec.stacked ? 0 : k * bar), width: Math.abs(scale.at(to) - scale.at(from)), height: bar - 1, class: `f-${s.colour}` }, svg);
      });
      for (const s of shown()) if (s.mark) draw("rect", { x: scale.at(s.y[i]) - 1.5, y: begin - 2, width: 3, height: groups * bar + 3, class: `f-${s.colour}` }, svg);
    });
    return {
      wide, high, count: names.length,
      near(px, py) { const i = Math.floor((py - top) / slot); return i >= 0 && i < names.length ? i : -1; },
      told(i) {
        draw("rect", { x: 0.5, y: top + i * slot, width: wide - 1, height: slot, fill: "none", class: "cursor" }, drawn.cursor);
        return { title: names[i], lines: shown().map((s) => [s.name, `${said(s.y[i])} ${spec.unit}`]), x: left, y: top + (i + 1) * slot };
      },
    };
  }

  paint();
  let before = plot.clientWidth;
  new ResizeObserver(() => { if (plot.clientWidth !== before && plot.clientWidth) { before = plot.clientWidth; paint(); } }).observe(plot);
  addEventListener("beforeprint", () => paint(PRINTED));
  addEventListener("afterprint", () => paint());
}

/* Tables. */
function sortable(table) {
  const heads = [...table.tHead.rows[0].cells], body = table.tBodies[0], fold = Number(table.dataset.fold);
  const key = (row, at, numeric) => {
    const text = row.cells[at].textContent;
    return numeric ? (text === "" ? -Infinity : Number(text.replace(/,/g, ""))) : text;
  };
  heads.forEach((head, at) => {
    head.querySelector("button").onclick = () => {
      const numeric = head.classList.contains("n"), down = head.getAttribute("aria-sort") ? head.getAttribute("aria-sort") === "ascending" : numeric;
      heads.forEach((h) => h.removeAttribute("aria-sort"));
      head.setAttribute("aria-sort", down ? "descending" : "ascending");
      const sorted = [...body.rows].map((row) => [key(row, at, numeric), row]);
      sorted.sort(([a], [b]) => (numeric ? a - b || 0 : a.localeCompare(b, "en", { numeric: true })) * (down ? -1 : 1));
      sorted.forEach(([, row], i) => row.classList.toggle("more", i >= fold));
      body.append(...sorted.map(([, row]) => row));
    };
  });
  const button = table.closest(".scroll").nextElementSibling?.querySelector?.(".unfold");
  if (button) {
    const more = button.textContent;
    button.onclick = () => { button.textContent = table.classList.toggle("open") ? "Show fewer rows" : more; };
  }
}

document.querySelectorAll("figure").forEach(figure);
document.querySelectorAll("table.data").forEach(sortable);

const contents = document.querySelector("nav details"), roomy = matchMedia("(min-width: 1100px)");
const fit = () => { contents.open = roomy.matches; };
roomy.addEventListener("change", fit);
addEventListener("beforeprint", () => { contents.open = true; });
addEventListener("afterprint", fit);
fit();
const links = new Map([...document.querySelectorAll("nav a")].map((a) => [a.hash.slice(1), a]));
const seen = new IntersectionObserver((entries) => {
  for (const e of entries) if (e.isIntersecting) { links.forEach((a) => a.removeAttribute("aria-current")); links.get(e.target.id)?.setAttribute("aria-current", "true"); }
}, { rootMargin: "0px 0px -75% 0px" });
document.querySelectorAll("h2[id]").forEach((h) => seen.observe(h));

document.getElementById("theme").onclick = () => {
  const dark = root.dataset.theme ? root.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
  root.dataset.theme = dark ? "light" : "dark";
};
})();
