import { z } from 'zod';

const Language = z.string().regex(/^[a-z]{2,3}(-[a-z]{2,4})?$/i, 'must be a language, as in "en" or "sv"');

/** What a search leaves out. Every part narrows; several types or languages are alternatives. */
export const SearchFilter = z.object({
  /** Extensions (`pdf`) or media types (`application/pdf`). */
  types: z.array(z.string().min(1).max(120)).max(50).optional(),
  languages: z.array(Language).max(50).optional(),
  /** A folder with everything below it. */
  folder: z.string().min(1).max(500).optional(),
  /** Changed on this day or later, by UTC. */
  since: z.iso.date().optional(),
  /** Changed on this day or earlier, by UTC. */
  until: z.iso.date().optional(),
});
export type SearchFilter = z.infer<typeof SearchFilter>;

/**
 * One value that documents have which the caller may read: how many of them the search would rank with it, the other
 * filters kept (`documents`), and how many of those share a word with the query (`matching`).
 */
export const FacetValue = z.object({
  value: z.string(),
  label: z.string(),
  documents: z.number(),
  matching: z.number(),
});
export type FacetValue = z.infer<typeof FacetValue>;

/** At most 50 values each, most matching first. `folders` are those directly below the chosen one. */
export const Facets = z.object({
  collections: z.array(FacetValue),
  types: z.array(FacetValue),
  languages: z.array(FacetValue),
  folders: z.array(FacetValue),
});
export type Facets = z.infer<typeof Facets>;
