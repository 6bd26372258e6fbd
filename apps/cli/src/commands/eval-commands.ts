import { FeedbackReport, SearchRequest } from '@belay/contracts';
import {
  type AskedQuestion,
  calibrationError,
  type CurvePoint,
  judgeAnswers,
  readAnswerSet,
  readRetrievalSet,
  riskCoverage,
  scoreByLanguage,
} from '@belay/evaluation';
import { type Command, InvalidArgumentError, Option } from 'commander';
import type { Context } from '../context.js';
import { calibrateCollection } from '../evaluation/calibrate-collection.js';
import { evaluateAnswers } from '../evaluation/evaluate-answers.js';
import { evaluateRetrieval } from '../evaluation/evaluate-retrieval.js';
import { exportFeedback } from '../evaluation/export-feedback.js';
import { untilInterrupted } from '../evaluation/interruption.js';
import { refuseOtherModel } from '../evaluation/refuse-other-model.js';
import { inTrialCollection } from '../evaluation/trial-collection.js';
import { type CommonFlags, connect, overHttp, show } from './session.js';

interface RetrievalFlags extends CommonFlags {
  readonly dataset: string;
  readonly route: SearchRequest['route'];
  readonly model?: string;
  readonly by?: 'language';
}

interface AnswersFlags extends CommonFlags {
  readonly dataset: string;
  readonly sentences: number;
  readonly hideGold?: boolean;
  readonly curve?: boolean;
  readonly by?: 'language';
  readonly calibrate?: string;
}

interface FeedbackFlags extends CommonFlags {
  readonly out?: string;
}

/** The line that an evaluation ends with; more keys say what was measured and how. */
interface Result {
  readonly eval: string;
  readonly dataset: string;
  readonly metrics: object;
  readonly languages?: Record<string, object>;
}

/** `eval retrieval`, `eval answers` and `eval feedback`. */
export function addEvalCommands(program: Command, context: Context): void {
  const evaluation = program
    .command('eval')
    .description('measure quality on a dataset in BEIR layout, in a throw-away private collection');
  overDataset(evaluation.command('retrieval').description('nDCG and recall of the search'))
    .addOption(new Option('--route <route>', 'how to search').choices(ROUTES).default('hybrid'))
    .option('--model <id>', 'refuse to measure any other embedding model')
    .addOption(byLanguage())
    .action((flags: RetrievalFlags) => retrieval(flags, context));
  overDataset(evaluation.command('answers').description('answers, refusals and citations'))
    .option('--sentences <number>', 'at most this many sentences, 1 to 3', sentenceCount, 2)
    .option('--hide-gold', 'deny the asker the document that answers each question')
    .option('--curve', 'risk against coverage, and how far confidence is from what happened')
    .option('--calibrate <collection>', 'store a threshold of refusal for a collection that you manage')
    .addOption(byLanguage())
    .action((flags: AnswersFlags) => answers(flags, context));
  overHttp(evaluation.command('feedback').description('what people said of answers, as far as they share it'))
    .option('--out <folder>', 'write a dataset of what was useful and you may read')
    .action((flags: FeedbackFlags) => feedback(flags, context));
}

async function feedback(flags: FeedbackFlags, context: Context): Promise<void> {
  const api = connect(asMeasurer(flags, context), context);
  if (flags.out !== undefined) {
    const made = await exportFeedback(api, flags.out);
    return show(context, flags, made, [
      `${made.questions} questions and ${made.documents} documents in ${made.folder}.`,
      ...(made.unreadable > 0 ? [`${made.unreadable} quote only what you may not read.`] : []),
      ...(made.outdated > 0 ? [`${made.outdated} quote what has changed since.`] : []),
    ]);
  }
  const report = await api.call('feedback', FeedbackReport);
  show(context, flags, report, [
    ...Object.entries(report.figures).map(([name, count]) => `  ${name.padEnd(18)} ${count}`),
    ...report.shared.map((row) => `${row.useful ? 'useful' : 'not'}  ${row.question}  ${row.reason ?? ''}`),
  ]);
}

const ROUTES = ['hybrid', 'vector', 'lexical'] satisfies SearchRequest['route'][];

const byLanguage = (): Option =>
  new Option('--by <what>', 'figures of each language by itself').choices(['language']);

function overDataset(command: Command): Command {
  return overHttp(command).requiredOption('--dataset <folder>', 'corpus.jsonl, queries.jsonl and judgements');
}

function sentenceCount(text: string): number {
  if (!/^[123]$/.test(text)) throw new InvalidArgumentError('Say 1, 2 or 3.');
  return Number(text);
}

async function retrieval(flags: RetrievalFlags, context: Context): Promise<void> {
  const set = readRetrievalSet(flags.dataset);
  const api = connect(asMeasurer(flags, context), context);
  if (flags.model) await refuseOtherModel(api, flags.model);
  const { metrics, languages, models } = await untilInterrupted(context, (interrupted) =>
    inTrialCollection({ api, corpus: set.corpus, note: context.note, interrupted }, (collection) =>
      evaluateRetrieval(api, set, collection, flags.route),
    ),
  );
  const size = { documents: set.corpus.length, queries: set.queries.size };
  const facts = { route: flags.route, ...size, models, ...(flags.by && { languages }) };
  report(context, flags, { eval: 'retrieval', dataset: set.name, metrics, ...facts });
}

async function answers(flags: AnswersFlags, context: Context): Promise<void> {
  const set = readAnswerSet(flags.dataset);
  const api = connect(asMeasurer(flags, context), context);
  const options = { sentences: flags.sentences, hideGold: flags.hideGold ?? false };
  const { metrics, asked, models, strategy } = await untilInterrupted(context, (interrupted) =>
    inTrialCollection({ api, corpus: set.corpus, note: context.note, interrupted }, (collection) =>
      evaluateAnswers(api, set, collection, options),
    ),
  );
  const size = { documents: set.corpus.length, questions: set.questions.length };
  const facts = { ...options, ...size, strategy, models, ...furtherFigures(asked, flags) };
  report(context, flags, { eval: 'answers', dataset: set.name, metrics, ...facts });
  if (flags.calibrate !== undefined) {
    const threshold = await calibrateCollection(api, flags.calibrate, asked, models);
    context.note(
      `Within "${flags.calibrate}", questions are now refused below a confidence of ${threshold.toFixed(3)}.`,
    );
  }
}

function furtherFigures(asked: readonly AskedQuestion[], { curve, by }: AnswersFlags) {
  const judged = judgeAnswers(asked);
  return {
    ...(curve && { curve: riskCoverage(judged), calibration_error: calibrationError(judged) }),
    ...(by && { languages: scoreByLanguage(asked) }),
  };
}

// Anybody may make a collection of their own; without a key, a person of the demo company does.
function asMeasurer<Flags extends CommonFlags>(flags: Flags, { environment }: Context): Flags {
  return environment['BELAY_API_KEY'] ? flags : { ...flags, as: flags.as ?? 'developer' };
}

function report(context: Context, flags: CommonFlags, result: Result & { curve?: CurvePoint[] }): void {
  const languages = Object.entries(result.languages ?? {});
  show(context, flags, result, [
    `${result.eval} on ${result.dataset}`,
    ...table(result.metrics),
    ...languages.flatMap(([language, metrics]) => [`in ${language}`, ...table(metrics)]),
    ...(result.curve ? ['  coverage  risk    confidence'] : []),
    ...(result.curve ?? []).map(
      ({ coverage, risk, confidence }) =>
        `  ${coverage.toFixed(2).padEnd(8)}  ${risk.toFixed(4)}  ${confidence.toFixed(3)}`,
    ),
  ]);
}

function table(metrics: object): string[] {
  const figure = (value: number | null): string => value?.toFixed(4) ?? 'nothing to measure';
  return Object.entries<number | null>({ ...metrics }).map(
    ([name, value]) => `  ${name.padEnd(18)} ${figure(value)}`,
  );
}
