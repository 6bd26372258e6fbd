export {
  type AnswerQuestion,
  type AnswerSet,
  type CorpusDocument,
  readAnswerSet,
  readRetrievalSet,
  type RetrievalSet,
} from './read-dataset.js';
export { type Judgements, type RetrievalMetrics, type Run, scoreRun } from './score-run.js';
export { type AnswerMetrics, type AskedQuestion, scoreAnswers } from './score-answers.js';
