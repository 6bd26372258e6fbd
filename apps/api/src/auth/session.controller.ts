import { abilityOf } from '@belay/access';
import type { Config } from '@belay/config';
import {
  AcceptInvitation,
  DemoSignIn,
  NewApiKey,
  ShowInvitation,
  SignIn,
  type ApiKey,
  type InvitedPerson,
  type SignedInPerson,
  type SignInOptions,
} from '@belay/contracts';
import { DomainError } from '@belay/errors';
import type { IdentityService, SessionService, SignedIn } from '@belay/identity';
import type { RateLimiter } from '@belay/queue';
import { Body, Controller, Delete, Get, HttpCode, Inject, Param, Post, Req, Res } from '@nestjs/common';
import type { Request, Response } from 'express';
import type { z } from 'zod';
import { Public, Requires } from '../http/requires.decorator.js';
import { demoPeople } from '../demo/prepare-people.js';
import { CurrentPerson, SESSION_COOKIE, sessionToken, TENANT } from '../http/sign-in.guard.js';
import { anId, zod } from '../http/zod.pipe.js';
import { SERVICES, type Services } from '../services.js';

const ATTEMPTS_A_MINUTE = 10;

/** Signing in and out, and one's own API keys. */
@Controller('v1')
export class SessionController {
  private readonly sessions: SessionService;
  private readonly identity: IdentityService;
  private readonly limiter: RateLimiter;
  private readonly config: Config;

  constructor(@Inject(SERVICES) services: Services) {
    ({
      sessions: this.sessions,
      identity: this.identity,
      limiter: this.limiter,
      config: this.config,
    } = services);
  }

  @Get('session/options')
  @Public()
  async options(@Req() request: Request): Promise<SignInOptions> {
    const session = sessionToken(request);
    const person = session ? await this.sessions.authenticate(TENANT, { session }) : undefined;
    const signedIn = person ? shownPerson(person) : null;
    if (!this.config.demo) return { signedIn, demo: false, people: [] };
    const demo = demoPeople(this.config);
    return { signedIn, demo: true, people: await this.identity.activePeople(TENANT, [...demo]) };
  }

  @Get('session')
  @Requires('read', 'Session')
  current(@CurrentPerson() person: SignedIn): SignedInPerson {
    return shownPerson(person);
  }

  @Post('session')
  @Public()
  @HttpCode(204)
  async signIn(
    @Body(zod(SignIn)) body: z.infer<typeof SignIn>,
    @Req() request: Request,
    @Res({ passthrough: true }) response: Response,
  ): Promise<void> {
    // By address first: who guesses a password must not lock out whose it is.
    await this.limit(`sign-in:${body.name}:${addressOf(request)}`, ATTEMPTS_A_MINUTE);
    await this.limit(`sign-in:${body.name}`, 10 * ATTEMPTS_A_MINUTE);
    this.remember(response, await this.sessions.signIn(TENANT, body.name, body.password));
  }

  @Post('session/demo')
  @Public()
  @HttpCode(204)
  async signInDemo(
    @Body(zod(DemoSignIn)) body: z.infer<typeof DemoSignIn>,
    @Req() request: Request,
    @Res({ passthrough: true }) response: Response,
  ): Promise<void> {
    if (!this.config.demo || !isLoopback(request.socket.remoteAddress)) {
      throw new DomainError(
        'auth.demo-disabled',
        'Demo sign-in works on this machine and in demo mode only.',
      );
    }
    if (!demoPeople(this.config).has(body.name)) {
      throw new DomainError('auth.invalid-credentials', `There is no demo person "${body.name}".`);
    }
    this.remember(response, await this.sessions.signInDemo(TENANT, body.name));
  }

  @Delete('session')
  @Public()
  @HttpCode(204)
  async signOut(@Req() request: Request, @Res({ passthrough: true }) response: Response): Promise<void> {
    const token = sessionToken(request);
    if (token) await this.sessions.signOut(TENANT, token);
    response.clearCookie(SESSION_COOKIE, { path: '/' });
  }

  // Not in the address, which is logged on its way.
  @Post('invitations/show')
  @Public()
  @HttpCode(200)
  async invited(
    @Body(zod(ShowInvitation)) body: z.infer<typeof ShowInvitation>,
    @Req() request: Request,
  ): Promise<InvitedPerson> {
    await this.limit(`invitation-shown:${addressOf(request)}`, ATTEMPTS_A_MINUTE);
    return this.sessions.invited(TENANT, body.token);
  }

  @Post('invitations/accept')
  @Public()
  @HttpCode(204)
  async accept(
    @Body(zod(AcceptInvitation)) body: z.infer<typeof AcceptInvitation>,
    @Req() request: Request,
    @Res({ passthrough: true }) response: Response,
  ): Promise<void> {
    await this.limit(`invitation:${addressOf(request)}`, ATTEMPTS_A_MINUTE);
    this.remember(response, await this.sessions.acceptInvitation(TENANT, body.token, body.password));
  }

  @Get('api-keys')
  @Requires('write', 'ApiKey')
  async keys(@CurrentPerson() person: SignedIn): Promise<{ keys: ApiKey[] }> {
    return { keys: await this.sessions.listKeys(person) };
  }

  @Post('api-keys')
  @Requires('write', 'ApiKey')
  addKey(
    @CurrentPerson() person: SignedIn,
    @Body(zod(NewApiKey)) body: NewApiKey,
    @Req() request: Request,
  ): Promise<ApiKey> {
    // No key makes another one: whoever comes here came with a session.
    return this.sessions.addKey(person, sessionToken(request) ?? '', body);
  }

  @Delete('api-keys/:id')
  @Requires('write', 'ApiKey')
  @HttpCode(204)
  removeKey(@CurrentPerson() person: SignedIn, @Param('id', anId) id: string): Promise<void> {
    return this.sessions.removeKey(person, id);
  }

  private async limit(key: string, attempts: number): Promise<void> {
    if (await this.limiter.take(key, attempts, 60)) return;
    throw new DomainError('auth.forbidden', 'Too many attempts. Wait a minute.');
  }

  private remember(response: Response, token: string): void {
    response.cookie(SESSION_COOKIE, token, {
      httpOnly: true,
      sameSite: 'strict',
      secure: this.config.secureCookies,
      path: '/',
      maxAge: 14 * 86_400_000,
    });
  }
}

function shownPerson(person: SignedIn): SignedInPerson {
  const { name, displayName, roles } = person;
  const ability = abilityOf(person);
  const actions = ability.rules.map((rule) => `${String(rule.action)}:${String(rule.subject)}`);
  return { name, displayName, roles: [...roles], actions };
}

const addressOf = (request: Request): string => request.socket.remoteAddress ?? '';

function isLoopback(address: string | undefined): boolean {
  return address === '::1' || /^(::ffff:)?127\./.test(address ?? '');
}
