export { AuditLeaf, AuditPage, AuditQuery, InclusionProof } from './audit.js';
export { Facets, FacetValue, SearchFilter } from './search.js';
export {
  AcceptInvitation,
  ApiKey,
  ChangePassword,
  DemoSignIn,
  Group,
  ImportedPerson,
  Invitation,
  InvitedPerson,
  Grantee,
  KeyAction,
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
  ShowInvitation,
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
  LONGEST_QUESTION,
} from './answers.js';
export { hasUnseen, showUnseen, splitUnseen } from './unseen-characters.js';
export { isDeeperThan } from './is-deeper-than.js';
export { toShortName } from './short-name.js';
export { isStorable, storable } from './storable.js';
export { readAs, readIssues } from './read-as.js';
export { sayAbsent } from './say-absent.js';
export { sayConfidence } from './say-confidence.js';
export { sayPlaces } from './say-place.js';
export { type PlannedPlace, sayLoop, sayReference } from './say-reference.js';
export { DOCUMENT_TYPES, type DocumentType } from './document-types.js';
export {
  Receipt,
  ReceiptCheck,
  Receipts,
  ReceiptsQuery,
  Retention,
  RetentionDays,
  SweepReport,
} from './removal.js';
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
export { followRun } from './follow-run.js';
export { CutOver, GateFigures, Generation, Generations, InstalledModel, NewGeneration } from './models.js';
export { EffectClass, HttpPeer, Peer, SecretName, Sink, StdioPeer, ToolContract } from './tool-contracts.js';
export {
  FixtureResult,
  ApproveContract,
  ConnectPeer,
  ContractCall,
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
  SecretInfo,
  SecretPlace,
  SetAside,
  SetSecret,
  ToolUsage,
  VerifiedContract,
} from './tools.js';
export {
  Approval,
  ApprovalPage,
  ApprovalState,
  ApprovalText,
  DecideApproval,
  HOLD_REASONS,
  HoldReason,
} from './approvals.js';
export { Kill, KillScope, SetKill } from './kills.js';
export {
  Condition,
  NewRun,
  type PlannedBranches,
  PlannedCall,
  type PlannedChoice,
  type PlannedLoop,
  PlannedQuestion,
  PlanNode,
  Reference,
} from './plans.js';
export {
  AnswerQuestion,
  isOver,
  JournalEntry,
  ONLY_IF_THERE,
  PlanBounds,
  PreviewStep,
  Run,
  RunEvent,
  RunPage,
  RunRow,
  RunsQuery,
  RunState,
  RunStep,
  StepState,
} from './runs.js';
export {
  AskedSlot,
  Fixture,
  MatchPlaybook,
  Playbook,
  PlaybookDetail,
  PlaybookMatch,
  PlaybookRow,
  PlaybookTest,
  Slot,
  SlotType,
  SlotValue,
  ListedPlaybook,
  UsablePlaybook,
} from './playbooks.js';
export { RecordCall, RecordedCall, RecordedName, ReplayCall, ReplayedCall } from './recorded-calls.js';
export { sayExplanation, sayHolder, sayPlaceOfGrant, sayReader, sayStep } from './say-grant.js';
export { sayReceipt, sayRemoved } from './say-receipt.js';
export { sayDay, sayMoment, sayTime } from './say-time.js';
export { sayBackUntil, sayWayBack } from './say-way-back.js';
