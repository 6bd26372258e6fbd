export {
  AcceptInvitation,
  ApiKey,
  DemoSignIn,
  Group,
  Invitation,
  Grantee,
  MembersChange,
  Name,
  NewApiKey,
  NewGroup,
  NewPerson,
  Person,
  PersonChange,
  PrincipalRef,
  ResourceRef,
  SignedInPerson,
  SignIn,
  SignInOptions,
} from './principals.js';
export {
  AccessView,
  Effect,
  Explanation,
  GrantRequest,
  GrantView,
  InheritanceRequest,
  RevokeRequest,
} from './permissions.js';
export {
  Accepted,
  Collection,
  DeletionReceipt,
  Document,
  DocumentContent,
  IngestionProgress,
  NewCollection,
  Stage,
} from './documents.js';
export {
  AcceptedQuestion,
  ConversationThread,
  Answer,
  AnswerEvent,
  AnswerSentence,
  AnswerSummary,
  AskRequest,
  AuditReport,
  Citation,
  Problem,
  SearchRequest,
  SearchResponse,
  SearchResult,
  AnswerRecord,
  Replay,
} from './answers.js';
export { DOCUMENT_TYPES, type DocumentType } from './document-types.js';
export { ReceiptCheck, Retention, RetentionDays, SweepReport } from './removal.js';
export {
  Conversation,
  ConversationChange,
  Conversations,
  ErasedConversation,
  Feedback,
  FeedbackReport,
  NewConversation,
  Suggestions,
} from './conversations.js';
export { followAnswer, type AnswerSource } from './follow-answer.js';
