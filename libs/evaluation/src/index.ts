export {
  type AnswerQuestion,
  type AnswerSet,
  type CorpusDocument,
  readAnswerSet,
  readRetrievalSet,
  type RetrievalSet,
} from './read-dataset.js';
export {
  type Judgements,
  type RetrievalMetrics,
  type Run,
  scoreRun,
  scoreRunByLanguage,
} from './score-run.js';
export { calibrationError, type CurvePoint, riskCoverage, thresholdAt } from './risk-coverage.js';
export {
  type AnswerMetrics,
  type AskedQuestion,
  judgeAnswers,
  scoreAnswers,
  scoreByLanguage,
} from './score-answers.js';
