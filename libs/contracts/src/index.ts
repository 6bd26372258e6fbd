export { AuditLeaf, AuditPage, AuditQuery, InclusionProof } from './audit.js';
export { Facets, FacetValue, SearchFilter } from './search.js';
export {
  AcceptInvitation,
  ApiKey,
  DemoSignIn,
  Group,
  ImportedPerson,
  Invitation,
  Grantee,
  Member,
  MembersChange,
  MembersQuery,
  Name,
  NewApiKey,
  NewGroup,
  NewPerson,
  PageQuery,
  PeopleImport,
  PeopleImported,
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
  Readers,
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
  PassageBoxes,
  Stage,
  UploadEntry,
  Uploads,
  UploadState,
} from './documents.js';
export {
  AcceptedQuestion,
  ConversationThread,
  Answer,
  AnswerEvent,
  AnswerSentence,
  AnswerSummary,
  AnswerThreshold,
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
export { readAs } from './read-as.js';
export { sayConfidence } from './say-confidence.js';
export { DOCUMENT_TYPES, type DocumentType } from './document-types.js';
export { ReceiptCheck, Retention, RetentionDays, SweepReport } from './removal.js';
export { NewSource, Source } from './sources.js';
export {
  AnswerReceipt,
  Conversation,
  ConversationChange,
  Conversations,
  ErasedConversation,
  Feedback,
  FeedbackExamples,
  FeedbackReport,
  NewConversation,
  Suggestions,
} from './conversations.js';
export { followAnswer, type AnswerSource } from './follow-answer.js';
export { CutOver, GateFigures, Generation, Generations, InstalledModel, NewGeneration } from './models.js';
export { EffectClass, HttpPeer, Peer, Sink, StdioPeer, ToolContract } from './tool-contracts.js';
export {
  ApproveContract,
  ConnectPeer,
  ContractDetail,
  ContractDraft,
  ContractRow,
  ContractState,
  ContractText,
  DefinitionChange,
  Finding,
  LintReport,
  OfferedTool,
  PeerOffer,
  SetAside,
  VerifiedContract,
} from './tools.js';
