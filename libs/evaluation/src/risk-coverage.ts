/** An answerable question as it was judged: how sure the answer was, and whether what was shown holds an accepted one. */
export interface JudgedQuestion {
  readonly confidence: number;
  readonly shown: boolean;
  readonly right: boolean;
}

/** Of the surest answers, a share `coverage` of all answerable questions, the share that is wrong, down to `confidence`. */
export interface CurvePoint {
  readonly coverage: number;
  readonly risk: number;
  readonly confidence: number;
}

const POINTS = 10;

/** Risk against coverage in steps of a tenth, up to what the threshold lets through. */
export function riskCoverage(judged: readonly JudgedQuestion[]): CurvePoint[] {
  const shown = judged.filter((row) => row.shown).sort((a, b) => b.confidence - a.confidence);
  const counts = Array.from({ length: POINTS }, (_, index) => ((index + 1) / POINTS) * judged.length);
  const reached = counts.map(Math.ceil).filter((count) => count <= shown.length);
  const steps = shown.length > 0 ? [...new Set([...reached, shown.length])] : [];
  return steps.map((count) => {
    const kept = shown.slice(0, count);
    return {
      coverage: count / judged.length,
      risk: kept.filter((row) => !row.right).length / count,
      confidence: kept.at(-1)?.confidence ?? 0,
    };
  });
}

/** Expected calibration error of the confidence in ten bins: how far the words on an answer are from what happens. */
export function calibrationError(judged: readonly JudgedQuestion[]): number | null {
  const shown = judged.filter((row) => row.shown);
  if (shown.length === 0) return null;
  const binOf = ({ confidence }: JudgedQuestion) => Math.min(POINTS - 1, Math.floor(confidence * POINTS));
  const errors = Array.from({ length: POINTS }, (_, index) => {
    const bin = shown.filter((row) => binOf(row) === index);
    const sure = bin.reduce((sum, { confidence }) => sum + confidence, 0);
    return Math.abs(sure - bin.filter(({ right }) => right).length) / shown.length;
  });
  return errors.reduce((sum, error) => sum + error, 0);
}

/** The confidence below which a share `refused` of the answerable questions lies. */
export function thresholdAt(judged: readonly JudgedQuestion[], refused: number): number {
  const ordered = judged.map(({ confidence }) => confidence).sort((a, b) => a - b);
  return ordered[Math.floor(refused * ordered.length)] ?? 0;
}
