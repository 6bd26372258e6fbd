export interface Expectation {
  kind: string;
  effects: number;
  patient?: boolean;
  output?: Record<string, unknown>;
}
export const EXPECTED: Record<string, Expectation>;
export const DEFINITION: Record<string, unknown>;
export function hostileContract(
  artifact: { artifact: string; integrity: string; entry: string | undefined },
  era: '2025' | '2026',
  behaviour: string,
  mount: string,
): Record<string, unknown>;
