import { MatchPlaybook, type PlaybookMatch } from '@belay/contracts';
import type { SignedIn } from '@belay/identity';
import { Body, Controller, HttpCode, Inject, Post } from '@nestjs/common';
import { Requires } from '../http/requires.decorator.js';
import { CurrentPerson } from '../http/sign-in.guard.js';
import { zod } from '../http/zod.pipe.js';
import { SERVICES, type Services } from '../services.js';

/** What somebody's words ask for. Nothing is started by it. */
@Controller('v1/runs/match')
export class MatchController {
  constructor(@Inject(SERVICES) private readonly services: Services) {}

  @Post()
  @HttpCode(200)
  @Requires('act', 'Run')
  match(
    @CurrentPerson() person: SignedIn,
    @Body(zod(MatchPlaybook)) { text }: MatchPlaybook,
  ): Promise<PlaybookMatch> {
    return this.services.playbooks.match(person, text);
  }
}
