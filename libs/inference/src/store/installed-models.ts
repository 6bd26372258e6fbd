import type { Config } from '@belay/config';
import { DomainError } from '@belay/errors';
import { type EmbeddingModel, listModels, loadModel } from './model-store.js';

/** The models of this instance's folders, as processes without inference need them: by their entries, never their files. */
export class InstalledModels {
  private readonly known = new Map<string, EmbeddingModel>();

  constructor(private readonly config: Pick<Config, 'home' | 'models'>) {}

  list(): EmbeddingModel[] {
    return listModels(this.config);
  }

  /** The installed model of an id. Throws `not-found` where there is none. */
  named(id: string): EmbeddingModel {
    const model = this.list().find((one) => one.id === id);
    if (model) return model;
    const names = this.list().map((one) => one.id);
    throw new DomainError(
      'not-found',
      `No model "${id}" is installed. Installed are: ${names.join(', ')}. See: belay models list.`,
    );
  }

  /** The model of an id and of exactly these files. Throws `inference.invalid-model` where it is another. */
  exactly(id: string, digest: string): EmbeddingModel {
    const key = `${id}@${digest}`;
    const known = this.known.get(key);
    if (known) return known;
    const model = loadModel(id, this.config);
    if (model.digest !== digest) {
      throw new DomainError(
        'inference.invalid-model',
        `The installed model ${id} is not the one that the index was made with. An administrator can restore it.`,
      );
    }
    this.known.set(key, model);
    return model;
  }
}
