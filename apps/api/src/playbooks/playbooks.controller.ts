import {
  ApproveContract,
  ContractText,
  type ListedPlaybook,
  type PlaybookDetail,
  type PlaybookTest,
  SetAside,
} from '@belay/contracts';
import type { SignedIn } from '@belay/identity';
import { Body, Controller, Get, HttpCode, Inject, Param, Post } from '@nestjs/common';
import { Requires } from '../http/requires.decorator.js';
import { CurrentPerson } from '../http/sign-in.guard.js';
import { zod } from '../http/zod.pipe.js';
import { SERVICES, type Services } from '../services.js';

/** Playbooks, for developers and administrators, and what of them everybody may start. Each change is on the ledger. */
@Controller('v1/playbooks')
export class PlaybooksController {
  constructor(@Inject(SERVICES) private readonly services: Services) {}

  @Get()
  @Requires('read', 'Run')
  async list(@CurrentPerson() person: SignedIn): Promise<{ playbooks: ListedPlaybook[] }> {
    return { playbooks: await this.services.playbooks.list(person) };
  }

  @Post()
  @Requires('write', 'Tool')
  register(
    @CurrentPerson() person: SignedIn,
    @Body(zod(ContractText)) { text }: ContractText,
  ): Promise<PlaybookDetail> {
    return this.services.playbooks.register(person, text);
  }

  @Post('test')
  @HttpCode(200)
  @Requires('read', 'Tool')
  test(
    @CurrentPerson() person: SignedIn,
    @Body(zod(ContractText)) { text }: ContractText,
  ): Promise<PlaybookTest> {
    return this.services.playbooks.test(person, text);
  }

  @Get(':playbook/:version')
  @Requires('read', 'Tool')
  get(
    @CurrentPerson() person: SignedIn,
    @Param('playbook') playbook: string,
    @Param('version') version: string,
  ): Promise<PlaybookDetail> {
    return this.services.playbooks.get(person, { playbook, version });
  }

  @Post(':playbook/:version/approve')
  @HttpCode(200)
  @Requires('approve', 'Tool')
  approve(
    @CurrentPerson() person: SignedIn,
    @Param('playbook') playbook: string,
    @Param('version') version: string,
    @Body(zod(ApproveContract)) { digest }: ApproveContract,
  ): Promise<PlaybookDetail> {
    return this.services.playbooks.approve(person, { playbook, version }, digest);
  }

  @Post(':playbook/:version/retire')
  @HttpCode(200)
  @Requires('write', 'Tool')
  retire(
    @CurrentPerson() person: SignedIn,
    @Param('playbook') playbook: string,
    @Param('version') version: string,
    @Body(zod(SetAside)) { reason }: SetAside,
  ): Promise<PlaybookDetail> {
    return this.services.playbooks.retire(person, { playbook, version }, reason);
  }
}
