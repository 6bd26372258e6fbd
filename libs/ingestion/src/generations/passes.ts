import type { GenerationRow } from './generation.repository.js';

/** Whether the figures of a generation allow it to become the active one; null where there are none. */
export function passes({ figures, margin }: Pick<GenerationRow, 'figures' | 'margin'>): boolean | null {
  return figures && figures.candidate >= figures.active - margin;
}
