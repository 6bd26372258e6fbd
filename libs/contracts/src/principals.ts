import { z } from 'zod';
import { hasUnseen } from './unseen-characters.js';

/** A short name: lower case letters, digits, dot, dash, underscore. */
export const Name = z
  .string()
  .regex(
    /^[a-z0-9][a-z0-9._-]{0,62}$/,
    'must be lower case letters, digits, ".", "-" or "_", beginning with a letter or digit, at most 63',
  );

/** Who a grant is for: `person:NAME`, `group:NAME`, `role:NAME` or `everyone`. */
export const PrincipalRef = z
  .string()
  .regex(
    /^(everyone|(person|group|role):[a-z0-9][a-z0-9._-]{0,62})$/,
    'must be person:NAME, group:NAME, role:NAME or everyone',
  );

/** One page of a list: what it is searched for, and after which entry it goes on. */
export const PageQuery = z.object({
  search: z.string().trim().max(100).default(''),
  after: z.string().max(200).default(''),
  limit: z.coerce.number().int().min(1).max(500).default(100),
});
export type PageQuery = z.infer<typeof PageQuery>;

/** Somebody or something that a grant can name. */
export const Grantee = z.object({ principal: PrincipalRef, displayName: z.string() });
export type Grantee = z.infer<typeof Grantee>;

/** Which members of a group: its own, or also those of the groups in it. */
export const MembersQuery = PageQuery.extend({ of: z.enum(['direct', 'all']).default('direct') });
export type MembersQuery = z.infer<typeof MembersQuery>;

/** A member of a group: by itself, through groups that are members of it, or both. */
export const Member = Grantee.extend({ direct: z.boolean(), through: z.array(PrincipalRef) });
export type Member = z.infer<typeof Member>;

/** What a grant is on: `COLLECTION`, `COLLECTION/FOLDER/…` or a document id. */
export const ResourceRef = z.string().min(1).max(1000);

export const Person = z.object({
  name: Name,
  displayName: z.string(),
  email: z.string().nullable(),
  active: z.boolean(),
  roles: z.array(z.string()),
});
export type Person = z.infer<typeof Person>;

export const SignedInPerson = Person.pick({ name: true, displayName: true, roles: true }).extend({
  actions: z.array(z.string()),
});
export type SignedInPerson = z.infer<typeof SignedInPerson>;

/**
 * Who is signed in with the cookie of a request, and what the sign-in page offers to whoever is not. Demo people appear
 * only where demo sign-in is allowed.
 */
export const SignInOptions = z.object({
  signedIn: SignedInPerson.nullable(),
  demo: z.boolean(),
  people: z.array(z.object({ name: Name, displayName: z.string() })),
});
export type SignInOptions = z.infer<typeof SignInOptions>;

/** The name may be typed in capitals and with spaces around it, as phones do. */
export const SignIn = z.object({
  name: z.string().trim().toLowerCase().min(1).max(63),
  password: z.string().min(1).max(200),
});
export const DemoSignIn = z.object({ name: Name });
export const AcceptInvitation = z.object({
  token: z.string().min(10).max(200),
  password: z.string().min(10).max(200),
});
/** Another password of one's own, and the one that it takes the place of. */
export const ChangePassword = z.object({
  current: z.string().min(1).max(200),
  password: AcceptInvitation.shape.password,
});
export const ShowInvitation = AcceptInvitation.pick({ token: true });
/** Whom an invitation is for: the name that they sign in with, and the one that others see. */
export const InvitedPerson = Person.pick({ name: true, displayName: true });
export type InvitedPerson = z.infer<typeof InvitedPerson>;
export const NewPerson = z.object({
  name: Name,
  displayName: z.string().min(1).max(200),
  email: z.email().optional(),
  roles: z.array(z.enum(['member', 'developer', 'approver', 'admin'])).default(['member']),
});
export type NewPerson = z.infer<typeof NewPerson>;
export const Invitation = z.object({
  name: Name,
  token: z.string(),
  path: z.string(),
  expiresAt: z.string(),
});
export type Invitation = z.infer<typeof Invitation>;
export const PersonChange = z.object({
  active: z.boolean().optional(),
  roles: z.array(z.enum(['member', 'developer', 'approver', 'admin'])).optional(),
});
export type PersonChange = z.infer<typeof PersonChange>;

/** A group with its first members; the others come page by page. */
export const Group = z.object({
  name: Name,
  title: z.string(),
  members: z.array(PrincipalRef),
  memberCount: z.number(),
});
export type Group = z.infer<typeof Group>;
export const NewGroup = z.object({ name: Name, title: z.string().min(1).max(200) });
export const MembersChange = z.object({
  add: z.array(PrincipalRef).default([]),
  remove: z.array(PrincipalRef).default([]),
});
export type MembersChange = z.infer<typeof MembersChange>;

/** What a key may be made for; it never does more than its person may. */
export const KeyAction = z.enum(['ask', 'read', 'write', 'act', 'administer']);
export type KeyAction = z.infer<typeof KeyAction>;
const isOneLine = (text: string): boolean => !/[\t\n\r]/.test(text) && !hasUnseen(text);
/** `label` is what its person tells it from others by. */
export const NewApiKey = z.object({
  label: z
    .string()
    .trim()
    .min(1)
    .max(100)
    .refine(isOneLine, 'must be one line without characters that cannot be seen'),
  actions: z
    .array(KeyAction)
    .min(1)
    .transform((actions) => [...new Set(actions)]),
  days: z.number().int().min(1).max(365).default(90),
});
export type NewApiKey = z.infer<typeof NewApiKey>;
export const ApiKey = z.object({
  id: z.string(),
  label: z.string(),
  actions: z.array(z.string()),
  createdAt: z.string(),
  expiresAt: z.string(),
  /** Present once, when the key is made. */
  key: z.string().optional(),
});
export type ApiKey = z.infer<typeof ApiKey>;

/** A row of a list of people to take in. What is left out stays as it is; groups are only ever added. */
export const ImportedPerson = z.object({
  line: z.number().int(),
  name: z.string().max(200),
  displayName: z.string().max(1000).optional(),
  email: z.string().max(1000).optional(),
  roles: z.array(z.string().max(200)).max(10).optional(),
  groups: z.array(z.string().max(200)).max(100).optional(),
});
export type ImportedPerson = z.infer<typeof ImportedPerson>;
export const PeopleImport = z.object({
  dryRun: z.boolean().default(false),
  people: z.array(ImportedPerson).min(1).max(500),
});
export type PeopleImport = z.infer<typeof PeopleImport>;

/** What became, or in a dry run would become, of each row. A row with an error changes nothing. */
export const PeopleImported = z.object({
  rows: z.array(
    z.object({
      line: z.number(),
      name: z.string(),
      outcome: z.enum(['added', 'changed', 'unchanged', 'refused']),
      reason: z.string().optional(),
    }),
  ),
  newGroups: z.array(z.string()),
});
export type PeopleImported = z.infer<typeof PeopleImported>;
