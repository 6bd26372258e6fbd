import { type Approval, type ApprovalPage, DecideApproval } from '@belay/contracts';
import type { SignedIn } from '@belay/identity';
import { Body, Controller, Get, HttpCode, Inject, Param, Post } from '@nestjs/common';
import { Requires } from '../http/requires.decorator.js';
import { CurrentPerson } from '../http/sign-in.guard.js';
import { anId, zod } from '../http/zod.pipe.js';
import { SERVICES, type Services } from '../services.js';

/** Single calls that wait for a person, as far as whoever asks may read them. */
@Controller('v1/approvals')
export class ApprovalsController {
  constructor(@Inject(SERVICES) private readonly services: Services) {}

  @Get()
  @Requires('read', 'Run')
  list(@CurrentPerson() person: SignedIn): Promise<ApprovalPage> {
    return this.services.approvals.pending(person);
  }

  @Get(':id')
  @Requires('read', 'Run')
  get(@CurrentPerson() person: SignedIn, @Param('id', anId) id: string): Promise<Approval> {
    return this.services.approvals.get(person, id);
  }

  @Post(':id')
  @HttpCode(200)
  @Requires('approve', 'Run')
  decide(
    @CurrentPerson() person: SignedIn,
    @Param('id', anId) id: string,
    @Body(zod(DecideApproval)) body: DecideApproval,
  ): Promise<Approval> {
    return this.services.approvals.decide(person, id, body);
  }
}
