export { CalibrationService } from './calibration.service.js';
export type { Progress } from './answer-maker.js';
export { AnsweringService } from './answering.service.js';
export { ConversationService } from './conversations/conversation.service.js';
export { eraseAnswer } from './conversations/erase-answer.js';
export { exportErasures, reapplyErasures } from './conversations/tombstones.js';
export { FeedbackService } from './conversations/feedback.service.js';
export { QuestionDesk } from './conversations/question-desk.js';
export { suggestQuestions } from './conversations/suggestions.js';
