import { readFileSync } from 'node:fs';
import { DomainError } from '@belay/errors';
import { GraphSession } from '../graph-session.js';
import { encoderInputs } from '../graph-values.js';
import { loadReader, type ModelPlaces, type ReaderModel, verifyModel } from '../store/model-store.js';
import { readTokenizer, type Tokenizer, VOCABULARY_FILE } from '../tokenizers/tokenizer.js';
import { packReading, readScores, type Reading } from './pack-reading.js';

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

  /** Scores of `sentences`, in their order. Throws `inference.unavailable` where its thread fails. */
  read(question: string, sentences: readonly string[]): Promise<Reading> {
    const packed = packReading(this.tokenizer, question, sentences, this.model.limits);
    const reading = this.last.then(async () => {
      const session = await this.open();
      const { scores } = await session.run(encoderInputs(session.inputs, packed.ids));
      return readScores(scores?.values ?? new Float32Array(), packed);
    });
    this.last = reading.catch(() => this.forget());
    return reading;
  }

  /** Lets what is being read end, and gives the model's memory back. */
  async close(): Promise<void> {
    this.closed = true;
    await this.last;
    await this.forget();
  }

  private open(): Promise<GraphSession> {
    if (this.closed)
      return Promise.reject(new DomainError('inference.unavailable', 'The reader was closed.'));
    return (this.session ??= GraphSession.open(this.graph, this.threads));
  }

  // The next question gets a new thread.
  private async forget(): Promise<void> {
    const session = this.session;
    this.session = undefined;
    await session?.then((open) => open.close()).catch(() => undefined);
  }
}
