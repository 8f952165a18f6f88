// Medians, quartiles and bars over what was measured.

/** What one run gave: the figure's value, and processor seconds per unit of `Figure.per`. */
export interface Sample { value: number; cpu?: number; notes?: Record<string, number> }

export interface Summary { runs: number; median: number; q1: number; q3: number }

/** The value below which a fraction p of the sorted values lies, between two of them in proportion. */
export function quantile(sorted: number[], p: number): number {
  if (sorted.length === 0) return NaN;
  const at = p * (sorted.length - 1), low = Math.floor(at);
  return sorted[low] + (at - low) * (sorted[Math.min(low + 1, sorted.length - 1)] - sorted[low]);
}

export function summarise(values: number[]): Summary {
  const s = [...values].sort((a, b) => a - b);
  return { runs: s.length, median: quantile(s, 0.5), q1: quantile(s, 0.25), q3: quantile(s, 0.75) };
}

/**
 * A promise: the median of `subject` is at least (or `lower`: at most) so many times that of `against`; without `against`, than 1. `note`: not
 * the figure's own value, but the note of this name.
 */
export interface Bar { subject: string; against?: string; factor: number; lower?: boolean; note?: string }
export interface Verdict { figure: string; text: string; ratio: number; held: boolean }

/** Judges a bar by the runs of each contender. One that has no run misses. */
export function judge(figure: string, bar: Bar, runs: Record<string, Sample[]>): Verdict {
  const median = (name: string): number => summarise((runs[name] ?? []).map(s => bar.note === undefined ? s.value : s.notes?.[bar.note] ?? NaN)).median;
  const ratio = median(bar.subject) / (bar.against === undefined ? 1 : median(bar.against));
  const than = bar.against === undefined ? String(bar.factor) : `${bar.factor} of ${bar.against}`;
  const text = `${bar.note ? `${bar.note} of ` : ""}${bar.subject} ${bar.lower ? "at most" : "at least"} ${than}`;
  return { figure, text, ratio, held: bar.lower ? ratio <= bar.factor : ratio >= bar.factor };
}
