import { readFileSync } from 'node:fs';
import { DomainError } from '@belay/errors';
import { GraphSession } from '../graph-session.js';
import { encoderInputs } from '../graph-values.js';
import { loadReader, type ModelPlaces, type ReaderModel, verifyModel } from '../store/model-store.js';
import { readTokenizer, type Tokenizer, VOCABULARY_FILE } from '../tokenizers/tokenizer.js';
import { type PackedReading, packReading, readScores, type Reading } from './pack-reading.js';

// As long as a question waits for its vector.
const PATIENCE_MS = 5000;

/**
 * Reads a question together with a few sentences: a BERT encoder over all of them at once (Devlin et al. 2019), with a
 * score for each token. It has a thread of its own and reads one question after another.
 */
export class SentenceReader {
  private readonly tokenizer: Tokenizer;
  private readonly graph: string;
  private session: Promise<GraphSession> | undefined;
  private last: Promise<unknown> = Promise.resolve();
  private closed = false;

  /** Files are checked by their digests, and the graph is loaded at once. Throws `inference.invalid-model`. */
  constructor(
    readonly model: ReaderModel,
    private readonly threads: number,
  ) {
    const paths = verifyModel(model);
    this.graph = paths.get('model.onnx') ?? '';
    const vocabulary = readFileSync(paths.get(VOCABULARY_FILE[model.tokenizer.type]) ?? '', 'utf8');
    this.tokenizer = readTokenizer({ ...model, specialTokens: true }, () => vocabulary);
    this.open().catch(() => undefined);
  }

  /** What it is called on records: "id@digest". */
  get name(): string {
    return `${this.model.id}@${this.model.digest}`;
  }

  /** Languages of the texts that it was trained on. */
  get languages(): readonly string[] {
    return this.model.languages;
  }

  /** The bundled reader. */
  static bundled(threads = 1, places: ModelPlaces = {}): SentenceReader {
    return new SentenceReader(loadReader(places), threads);
  }

  /**
   * Scores of `sentences`, in their order. Throws `inference.unavailable` where its thread fails, or where so many others
   * are read before that nobody waits any more.
   */
  read(question: string, sentences: readonly string[]): Promise<Reading> {
    const packed = packReading(this.tokenizer, question, sentences, this.model.limits);
    const expires = Date.now() + PATIENCE_MS;
    const reading = this.last.then(() => this.run(packed, expires));
    this.last = reading.catch(() => undefined);
    return reading;
  }

  /** Lets what is being read end and refuses what waits. */
  async close(): Promise<void> {
    this.closed = true;
    await this.last;
    await this.session?.then((session) => session.close()).catch(() => undefined);
  }

  private async run(packed: PackedReading, expires: number): Promise<Reading> {
    if (Date.now() > expires)
      throw new DomainError('inference.unavailable', 'Too many questions are being answered. Ask again.');
    const session = await this.open();
    const { scores } = await session.run(encoderInputs(session.inputs, packed.ids));
    return readScores(scores?.values ?? new Float32Array(), packed);
  }

  // A thread that ended is followed by another one.
  private async open(): Promise<GraphSession> {
    const before = this.session;
    const isOpen = before && (await before.then(({ hasEnded }) => !hasEnded).catch(() => false));
    if (this.closed) throw new DomainError('inference.unavailable', 'The reader was closed.');
    if (!isOpen) this.session = GraphSession.open(this.graph, this.threads);
    return this.session as Promise<GraphSession>;
  }
}
