import { abilityOf, type Action, type Subject } from '@belay/access';
import { DomainError } from '@belay/errors';
import type { SessionService, SignedIn } from '@belay/identity';
import { type CanActivate, createParamDecorator, type ExecutionContext } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import type { Request, Response } from 'express';
import { InFlight } from './in-flight.js';
import { PUBLIC, REQUIRES } from './requires.decorator.js';

type SignedInRequest = Request & { signedIn?: SignedIn };

export const TENANT = 1;
export const SESSION_COOKIE = 'belay_session';
const WHERE_KEYS_ARE_MADE = 'Keys are made on the page, under your name, API keys.';
const DEAD_KEY = `The API key is wrong, expired or revoked. ${WHERE_KEYS_ARE_MADE}`;
// More than any page or command has at once, and few enough that others are not kept waiting.
const MOST_REQUESTS = 64;
const SAFE = new Set(['GET', 'HEAD', 'OPTIONS']);
const LOOPBACK = /^(localhost|127\.0\.0\.1|\[::1\])(:\d+)?$/i;

/** The person of this request. Only for routes with `@Requires`. */
export const CurrentPerson = createParamDecorator((_: unknown, context: ExecutionContext): SignedIn => {
  const { signedIn } = context.switchToHttp().getRequest<SignedInRequest>();
  if (!signedIn) throw new DomainError('auth.required', 'Sign in first.');
  return signedIn;
});

export function cookieOf(request: Request, called: string): string | undefined {
  const cookies = (request.headers.cookie ?? '').split(';').map((part) => part.trim().split('='));
  return cookies.find(([name]) => name === called)?.[1];
}

export const sessionToken = (request: Request): string | undefined => cookieOf(request, SESSION_COOKIE);

const VERBS: Record<Action, string> = {
  ask: 'ask for',
  read: 'see',
  write: 'change',
  act: 'start or answer',
  approve: 'approve',
  administer: 'administer',
};
const THINGS: Record<Subject, string> = {
  Answer: 'answers',
  Document: 'documents',
  Collection: 'collections',
  Permission: 'permissions',
  Identity: 'people and groups',
  ApiKey: 'API keys',
  Audit: 'the audit log',
  Model: 'models',
  Session: 'sessions',
  Run: 'runs',
  Source: 'sources',
  Tool: 'tools',
};

/** What somebody may not do, and what they lack for it: a role, another key, or being signed in without one. */
function refusalOf({ roles }: SignedIn, action: Action, subject: Subject): string {
  const what = `${VERBS[action]} ${THINGS[subject]}`;
  const may = (actions: readonly string[] | null): boolean =>
    abilityOf({ roles, actions }).can(action, subject);
  if (!may(null)) return `You may not ${what}. An admin gives the role for it.`;
  if (!may([action])) return `No key may ${what}. Sign in on the page to do that.`;
  return `This key may not ${what}: that takes a key with the action "${action}". ${WHERE_KEYS_ARE_MADE}`;
}

/** Whoever a request is made by, if its session or key holds now and they may do this now; else it throws. */
export async function admit(
  sessions: SessionService,
  request: Request,
  required: [Action, Subject],
): Promise<SignedIn> {
  const signedIn = await authenticate(sessions, request);
  if (!signedIn) throw new DomainError('auth.required', bearerKey(request) ? DEAD_KEY : 'Sign in first.');
  if (!abilityOf(signedIn).can(...required))
    throw new DomainError('auth.forbidden', refusalOf(signedIn, ...required));
  return signedIn;
}

function authenticate(sessions: SessionService, request: Request): Promise<SignedIn | undefined> {
  const key = bearerKey(request);
  if (key !== undefined) return sessions.authenticate(TENANT, { key });
  const session = sessionToken(request);
  return session ? sessions.authenticate(TENANT, { session }) : Promise.resolve(undefined);
}

/** Denies by default: a route without a declared requirement cannot be called at all. */
export class SignInGuard implements CanActivate {
  private readonly reflector = new Reflector();
  private readonly inFlight = new InFlight(MOST_REQUESTS, 'requests of yours are being answered');

  constructor(
    private readonly sessions: SessionService,
    private readonly loopbackOnly: boolean,
  ) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    const request = context.switchToHttp().getRequest<SignedInRequest>();
    this.refuseForeignPages(request);
    if (this.reflector.get<boolean>(PUBLIC, context.getHandler())) return true;
    const required = this.reflector.get<[Action, Subject] | undefined>(REQUIRES, context.getHandler());
    if (!required) throw new DomainError('auth.forbidden', 'This route declares no requirement.');
    const signedIn = await admit(this.sessions, request, required);
    this.inFlight.admit(signedIn.person, context.switchToHttp().getResponse<Response>());
    request.signedIn = signedIn;
    return true;
  }

  // Another site can neither add the header (it would need CORS) nor rebind its name to our loopback address.
  private refuseForeignPages(request: Request): void {
    if (this.loopbackOnly && !LOOPBACK.test(request.headers.host ?? '')) {
      throw new DomainError(
        'auth.forbidden',
        'This server answers to localhost only. Start it with --host to change that, or name the proxy before it in ' +
          'BELAY_TRUSTED_PROXIES.',
      );
    }
    // A page cannot make a browser send a bearer key, which then decides alone: the cookie is not looked at.
    const withKey = bearerKey(request) !== undefined;
    if (!SAFE.has(request.method) && !withKey && request.headers['x-belay-request'] === undefined) {
      throw new DomainError('auth.forbidden', 'Changes need the header "x-belay-request: 1".');
    }
  }
}

function bearerKey(request: Request): string | undefined {
  const [scheme, key] = (request.headers.authorization ?? '').split(' ');
  return scheme?.toLowerCase() === 'bearer' && key ? key : undefined;
}
