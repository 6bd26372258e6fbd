import { RecordCall, type RecordedCall, RecordedName, ReplayCall, type ReplayedCall } from '@belay/contracts';
import type { SignedIn } from '@belay/identity';
import { Body, Controller, Delete, Get, HttpCode, Inject, Param, Post } from '@nestjs/common';
import { Requires } from '../http/requires.decorator.js';
import { CurrentPerson } from '../http/sign-in.guard.js';
import { zod, ZodPipe } from '../http/zod.pipe.js';
import { SERVICES, type Services } from '../services.js';

const aName = new ZodPipe(RecordedName, 'The name of the recorded call');

/** Recorded calls of a contract, for those who may call it and read what it gives back. Nothing is called by it. */
@Controller('v1/tools/:contract/:version/fixtures')
export class FixturesController {
  constructor(@Inject(SERVICES) private readonly services: Services) {}

  @Get()
  @Requires('read', 'Tool')
  async list(
    @CurrentPerson() person: SignedIn,
    @Param('contract') contract: string,
    @Param('version') version: string,
  ): Promise<{ fixtures: RecordedCall[] }> {
    return { fixtures: await this.services.fixtures.list(person, { contract, version }) };
  }

  @Post()
  @Requires('write', 'Tool')
  record(
    @CurrentPerson() person: SignedIn,
    @Param('contract') contract: string,
    @Param('version') version: string,
    @Body(zod(RecordCall)) body: RecordCall,
  ): Promise<RecordedCall> {
    return this.services.fixtures.record(person, { contract, version }, body);
  }

  @Post(':name/replay')
  @HttpCode(200)
  @Requires('write', 'Tool')
  replay(
    @CurrentPerson() person: SignedIn,
    @Param('contract') contract: string,
    @Param('version') version: string,
    @Param('name', aName) name: string,
    @Body(zod(ReplayCall)) { run }: ReplayCall,
  ): Promise<ReplayedCall> {
    return this.services.fixtures.replay(person, { contract, version }, name, run);
  }

  @Delete(':name')
  @HttpCode(204)
  @Requires('write', 'Tool')
  remove(
    @CurrentPerson() person: SignedIn,
    @Param('contract') contract: string,
    @Param('version') version: string,
    @Param('name', aName) name: string,
  ): Promise<void> {
    return this.services.fixtures.remove(person, { contract, version }, name);
  }
}
