import type { Playbook } from '@belay/contracts';
import type { Database, Transaction } from '@belay/database';
import type { SignedIn } from '@belay/identity';
import { frameOfExample } from './examples.js';
import type { ExampleVectors } from './match-playbook.js';
import { PlaybookRepository } from './playbook.repository.js';

/** Texts as vectors of the model that is in use, each of length 1. */
export interface Embedder {
  embedTexts(tenant: number, texts: readonly string[]): Promise<{ model: string; vectors: Float32Array[] }>;
}

/** The examples of playbooks as vectors of the model in use: kept with its id, and made where they are missing. */
export class PlaybookVectors {
  private readonly playbooks = new PlaybookRepository();

  constructor(
    private readonly database: Database,
    private readonly embedder: Embedder,
  ) {}

  /** Vectors of texts, and those of the examples of each playbook by the same model. */
  async compare(
    actor: SignedIn,
    texts: readonly string[],
    playbooks: readonly Playbook[],
  ): Promise<{ vectors: Float32Array[]; examples: ExampleVectors[] }> {
    const { model, vectors } = await this.embedder.embedTexts(actor.tenant, texts);
    const kept = await this.asApi(actor, (tx) => this.playbooks.vectors(tx, model));
    const examples: ExampleVectors[] = [];
    for (const playbook of playbooks) {
      const found = kept.find(
        (one) => one.playbook === playbook.playbook && one.version === playbook.version,
      );
      const known = found && unpack(found.vectors, playbook.examples.length);
      const made = known ?? (await this.make(actor, playbook, model));
      if (made) examples.push({ playbook, vectors: made });
    }
    return { vectors, examples };
  }

  /** Makes the vectors of a new playbook, so that nobody waits for them later. */
  async prepare(actor: SignedIn, playbook: Playbook): Promise<void> {
    await this.make(actor, playbook, undefined);
  }

  // A model that has become the active one meanwhile makes other vectors, which are not comparable.
  private async make(
    actor: SignedIn,
    playbook: Playbook,
    wanted: string | undefined,
  ): Promise<Float32Array[] | undefined> {
    const frames = playbook.examples.map(frameOfExample);
    const { model, vectors } = await this.embedder.embedTexts(actor.tenant, frames);
    await this.asApi(actor, (tx) => this.playbooks.saveVectors(tx, playbook, model, pack(vectors)));
    return wanted === undefined || model === wanted ? vectors : undefined;
  }

  private asApi<T>(actor: SignedIn, work: (tx: Transaction) => Promise<T>): Promise<T> {
    return this.database.transaction({ role: 'api', tenant: actor.tenant, person: actor.person }, work);
  }
}

const pack = (vectors: readonly Float32Array[]): Buffer =>
  Buffer.concat(
    vectors.map(({ buffer, byteOffset, byteLength }) => Buffer.from(buffer, byteOffset, byteLength)),
  );

function unpack(bytes: Buffer, count: number): Float32Array[] | undefined {
  const size = bytes.byteLength / count / 4;
  if (!Number.isInteger(size) || size === 0) return undefined;
  const all = new Float32Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength));
  return Array.from({ length: count }, (_, index) => all.subarray(index * size, (index + 1) * size));
}
