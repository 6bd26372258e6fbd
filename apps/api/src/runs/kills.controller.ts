import { type Kill, SetKill } from '@belay/contracts';
import type { SignedIn } from '@belay/identity';
import { Body, Controller, Get, HttpCode, Inject, Param, ParseIntPipe, Post } from '@nestjs/common';
import { Requires } from '../http/requires.decorator.js';
import { CurrentPerson } from '../http/sign-in.guard.js';
import { zod } from '../http/zod.pipe.js';
import { SERVICES, type Services } from '../services.js';

/** Switches that stop effects at once. Everybody who acts sees that one is set; administrators set and lift them. */
@Controller('v1/kills')
export class KillsController {
  constructor(@Inject(SERVICES) private readonly services: Services) {}

  @Get()
  @Requires('read', 'Run')
  async list(@CurrentPerson() person: SignedIn): Promise<{ kills: Kill[] }> {
    return { kills: await this.services.kills.list(person) };
  }

  @Post()
  @HttpCode(200)
  @Requires('administer', 'Run')
  async set(
    @CurrentPerson() person: SignedIn,
    @Body(zod(SetKill)) body: SetKill,
  ): Promise<{ kills: Kill[] }> {
    return { kills: await this.services.kills.set(person, body) };
  }

  @Post(':id/lift')
  @HttpCode(200)
  @Requires('administer', 'Run')
  async lift(
    @CurrentPerson() person: SignedIn,
    @Param('id', ParseIntPipe) id: number,
  ): Promise<{ kills: Kill[] }> {
    return { kills: await this.services.kills.lift(person, id) };
  }
}
