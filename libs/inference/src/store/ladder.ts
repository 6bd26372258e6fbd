import type { KnownModel } from './model-entry.js';
import {
  type EmbeddingModel,
  knownModels,
  listModels,
  type ModelPlaces,
  verifyModel,
} from './model-store.js';

/** The known models, best first. */
export function ladder(places: ModelPlaces): KnownModel[] {
  return [...knownModels(places)].sort((one, other) => other.rank - one.rank);
}

/**
 * The best installed model of the ladder whose files are intact; undefined where only the bundled table is left.
 * `refused` is told of a model that was passed over, with the reason.
 */
export function bestInstalled(
  places: ModelPlaces,
  refused: (reason: string) => void = () => undefined,
): EmbeddingModel | undefined {
  const installed = listModels(places).filter((model) => model.installed);
  for (const { id } of ladder(places)) {
    const model = installed.find((one) => one.id === id);
    if (!model) continue;
    try {
      verifyModel(model);
      return model;
    } catch (error) {
      refused((error as Error).message);
    }
  }
  return undefined;
}

/** Whether `model` stands higher on the ladder than `other`; what is not on it is never compared. */
export function isBetter(model: string, other: string, places: ModelPlaces): boolean {
  const { models } = places;
  const bundled = listModels({ models }).map(({ id }) => id);
  const steps = [...ladder(places).map(({ id }) => id), ...bundled];
  const [step, than] = [steps.indexOf(model), steps.indexOf(other)];
  return step >= 0 && than >= 0 && step < than;
}
