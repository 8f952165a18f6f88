// Line plots as inline SVG.

export interface Series { name: string; points: [number, number][]; colour: string; step?: boolean; fill?: boolean }
export interface Mark { x: number; label: string; colour?: string }
export interface Plot {
  title: string;
  width: number; height: number;
  x: { from: number; to: number; unit: string; scale?: number };
  y: { from: number; to: number; unit: string; scale?: number };
  series: Series[];
  /** Vertical lines with a label at their top. */
  marks?: Mark[];
  /** Horizontal line with a label. */
  limit?: { y: number; label: string };
  /** Shaded span on the x axis. */
  span?: { from: number; to: number; label: string };
}

const PAD = { left: 62, right: 16, top: 40, bottom: 34 };
export const escape = (s: string): string => s.replace(/[&<>"]/g, c => `&#${c.charCodeAt(0)};`);
const n1 = (v: number): string => String(Math.round(v * 10) / 10);

/** Round values between from and to, about `most` of them. */
export function ticks(from: number, to: number, most: number): number[] {
  const raw = (to - from) / most || 1, power = 10 ** Math.floor(Math.log10(raw)), step = [1, 2, 5, 10].map(k => k * power).find(s => s >= raw)!;
  const out: number[] = [];
  for (let k = Math.ceil(from / step - 1e-9); k * step <= to + step * 1e-6; k++) out.push(Number((k * step).toPrecision(12)));
  return out;
}

/** The plot as an <svg> element. */
export function plot(p: Plot): string {
  const w = p.width - PAD.left - PAD.right, h = p.height - PAD.top - PAD.bottom, xs = p.x.scale ?? 1, ys = p.y.scale ?? 1;
  const x = (v: number): number => PAD.left + (v - p.x.from) / (p.x.to - p.x.from || 1) * w, y = (v: number): number => PAD.top + h - (v - p.y.from) / (p.y.to - p.y.from || 1) * h;
  const out = [`<svg viewBox="0 0 ${p.width} ${p.height}" role="img" aria-label="${escape(p.title)}"><text x="${PAD.left}" y="14" class="title">${escape(p.title)}</text>`];
  if (p.span) out.push(`<rect x="${n1(x(p.span.from))}" y="${PAD.top}" width="${n1(Math.max(1, x(p.span.to) - x(p.span.from)))}" height="${h}" class="span"/>`);
  for (const t of ticks(p.y.from / ys, p.y.to / ys, Math.max(2, h / 36))) out.push(`<line x1="${PAD.left}" x2="${PAD.left + w}" y1="${n1(y(t * ys))}" y2="${n1(y(t * ys))}" class="grid"/><text x="${PAD.left - 6}" y="${n1(y(t * ys) + 4)}" class="tick" text-anchor="end">${t}</text>`);
  for (const t of ticks(p.x.from / xs, p.x.to / xs, w / 80)) out.push(`<text x="${n1(x(t * xs))}" y="${PAD.top + h + 16}" class="tick" text-anchor="middle">${t}</text>`);
  out.push(`<text x="${PAD.left + w}" y="${p.height - 4}" class="tick" text-anchor="end">${escape(p.x.unit)}</text><text x="${PAD.left - 6}" y="${PAD.top - 10}" class="tick" text-anchor="end">${escape(p.y.unit)}</text>`);
  for (const s of p.series) out.push(line(s, x, y, PAD.top + h));
  if (p.limit) out.push(`<line x1="${PAD.left}" x2="${PAD.left + w}" y1="${n1(y(p.limit.y))}" y2="${n1(y(p.limit.y))}" class="limit"/><text x="${PAD.left + w}" y="${n1(y(p.limit.y) - 4)}" class="tick" text-anchor="end">${escape(p.limit.label)}</text>`);
  for (const m of p.marks ?? []) out.push(mark(m, x(m.x), PAD.left + w, h));
  out.push(legend(p.series, PAD.left + w), "</svg>");
  return out.join("");
}

function line(s: Series, x: (v: number) => number, y: (v: number) => number, floor: number): string {
  if (s.points.length === 0) return "";
  let d = "", before: string | undefined;
  for (const [a, b] of s.points) {
    const px = n1(x(a)), py = n1(y(b));
    d += before === undefined ? `M${px} ${py}` : s.step ? `H${px}V${py}` : `L${px} ${py}`;
    before = py;
  }
  const first = n1(x(s.points[0][0])), area = s.fill ? `<path d="${d}V${floor}H${first}Z" fill="${s.colour}" opacity=".12"/>` : "";
  return `${area}<path d="${d}" fill="none" stroke="${s.colour}" stroke-width="1.8" stroke-linejoin="round"/>`;
}

/** The label stands right of the line, or left of it where it would leave the plot. */
function mark(m: Mark, x: number, right: number, h: number): string {
  const left = x + m.label.length * 6.2 > right, colour = m.colour ?? "var(--kill)";
  return `<line x1="${n1(x)}" x2="${n1(x)}" y1="${PAD.top}" y2="${PAD.top + h}" stroke="${colour}" stroke-width="1.5" stroke-dasharray="4 3"/>`
    + `<text x="${n1(left ? x - 5 : x + 5)}" y="${PAD.top - 4}" class="mark" fill="${colour}" text-anchor="${left ? "end" : "start"}">${escape(m.label)}</text>`;
}

function legend(series: Series[], right: number): string {
  if (series.length < 2) return "";
  let at = right;
  return [...series].reverse().map(s => {
    at -= s.name.length * 6.4 + 26;
    return `<line x1="${n1(at)}" x2="${n1(at + 16)}" y1="10" y2="10" stroke="${s.colour}" stroke-width="3"/><text x="${n1(at + 21)}" y="14" class="tick">${escape(s.name)}</text>`;
  }).join("");
}
