import { abilityOf } from '@belay/access';
import type { Config } from '@belay/config';
import {
  AcceptInvitation,
  ChangePassword,
  DemoSignIn,
  NewApiKey,
  ShowInvitation,
  SignIn,
  type ApiKey,
  type InvitedPerson,
  type SignedInPerson,
  type SignInOptions,
} from '@belay/contracts';
import { DomainError, isDomainError } from '@belay/errors';
import type { IdentityService, SessionService, SignedIn } from '@belay/identity';
import { Body, Controller, Delete, Get, HttpCode, Inject, Param, Post, Put, Req, Res } from '@nestjs/common';
import type { Request, Response } from 'express';
import type { z } from 'zod';
import { Public, Requires } from '../http/requires.decorator.js';
import { demoPeople } from '../demo/prepare-people.js';
import { cookieOf, CurrentPerson, SESSION_COOKIE, sessionToken, TENANT } from '../http/sign-in.guard.js';
import { anId, zod } from '../http/zod.pipe.js';
import { SERVICES, type Services } from '../services.js';
import { countedAddress, MONTH, SignInLimits } from './sign-in-limits.js';

const BROWSER_COOKIE = 'belay_browser';

/** Signing in and out, and one's own API keys. */
@Controller('v1')
export class SessionController {
  private readonly sessions: SessionService;
  private readonly identity: IdentityService;
  private readonly limits: SignInLimits;
  private readonly config: Config;

  constructor(@Inject(SERVICES) services: Services) {
    ({ sessions: this.sessions, identity: this.identity, config: this.config } = services);
    this.limits = new SignInLimits(services.limiter);
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
    const { name, password } = body;
    const tried = (address: string) => this.sessions.signIn(TENANT, name, password, address);
    const token = await this.tryPassword(name, request, tried);
    const browser = await this.limits.succeeded(name, browserOf(request));
    this.remember(response, token);
    this.setCookie(response, BROWSER_COOKIE, browser, MONTH);
  }

  @Put('session/password')
  @Requires('write', 'ApiKey')
  @HttpCode(204)
  async changePassword(
    @CurrentPerson() person: SignedIn,
    @Body(zod(ChangePassword)) body: z.infer<typeof ChangePassword>,
    @Req() request: Request,
    @Res({ passthrough: true }) response: Response,
  ): Promise<void> {
    const tried = (address: string) => this.sessions.changePassword(person, body, address);
    this.remember(response, await this.tryPassword(person.name, request, tried));
  }

  @Post('session/demo')
  @Public()
  @HttpCode(204)
  async signInDemo(
    @Body(zod(DemoSignIn)) body: z.infer<typeof DemoSignIn>,
    @Req() request: Request,
    @Res({ passthrough: true }) response: Response,
  ): Promise<void> {
    if (!this.config.demo || !isLoopback(request.ip)) {
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
  invited(@Body(zod(ShowInvitation)) body: z.infer<typeof ShowInvitation>): Promise<InvitedPerson> {
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
    const address = addressOf(request);
    // Nobody guesses 32 random bytes, and looking them up is cheap: only whoever has an invitation costs a hash.
    const { name } = await this.sessions.invited(TENANT, body.token);
    await this.limits.admitInvited(name, address);
    this.remember(response, await this.sessions.acceptInvitation(TENANT, body.token, body.password, address));
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

  /** Tries a password of somebody within the limits, and counts it where it is wrong. */
  private async tryPassword(
    name: string,
    request: Request,
    tries: (address: string) => Promise<string>,
  ): Promise<string> {
    const whence = { address: addressOf(request), browser: browserOf(request) };
    await this.limits.admit(name, whence);
    return tries(whence.address).catch(async (error: unknown) => {
      if (isDomainError(error, 'auth.invalid-credentials')) await this.limits.failed(name, whence);
      throw error;
    });
  }

  private remember(response: Response, token: string): void {
    this.setCookie(response, SESSION_COOKIE, token, 14 * 86_400);
  }

  private setCookie(response: Response, name: string, value: string, seconds: number): void {
    response.cookie(name, value, {
      httpOnly: true,
      sameSite: 'strict',
      secure: this.config.secureCookies,
      path: '/',
      maxAge: seconds * 1000,
    });
  }
}

function shownPerson(person: SignedIn): SignedInPerson {
  const { name, displayName, roles } = person;
  const ability = abilityOf(person);
  const actions = ability.rules.map((rule) => `${String(rule.action)}:${String(rule.subject)}`);
  return { name, displayName, roles: [...roles], actions };
}

const addressOf = (request: Request): string => countedAddress(request.ip ?? '');

/** The token of a browser, if it is one that we made: others could be guessed. */
function browserOf(request: Request): string | undefined {
  const token = cookieOf(request, BROWSER_COOKIE) ?? '';
  return /^[\w-]{43}$/.test(token) ? token : undefined;
}

function isLoopback(address: string | undefined): boolean {
  return address === '::1' || /^(::ffff:)?127\./.test(address ?? '');
}
