import {
  ApproveContract,
  ConnectPeer,
  type ContractCall,
  type ContractDetail,
  type ContractDraft,
  type ContractRow,
  ContractText,
  type LintReport,
  type PeerOffer,
  SetAside,
  type ToolUsage,
  type VerifiedContract,
} from '@belay/contracts';
import type { SignedIn } from '@belay/identity';
import { Body, Controller, Get, HttpCode, Inject, Param, Post } from '@nestjs/common';
import { Requires } from '../http/requires.decorator.js';
import { CurrentPerson } from '../http/sign-in.guard.js';
import { zod } from '../http/zod.pipe.js';
import { SERVICES, type Services } from '../services.js';

/** The registry of tools, for developers and administrators. Each change is on the ledger. */
@Controller('v1/tools')
export class ToolsController {
  constructor(@Inject(SERVICES) private readonly services: Services) {}

  @Get()
  @Requires('read', 'Tool')
  async list(@CurrentPerson() person: SignedIn): Promise<{ contracts: ContractRow[] }> {
    return { contracts: await this.services.registry.list(person) };
  }

  @Post()
  @Requires('write', 'Tool')
  register(
    @CurrentPerson() person: SignedIn,
    @Body(zod(ContractText)) body: ContractText,
  ): Promise<ContractDetail> {
    return this.services.registry.register(person, body.text);
  }

  @Get('usage')
  @Requires('read', 'Tool')
  async usage(@CurrentPerson() person: SignedIn): Promise<{ usage: ToolUsage[] }> {
    return { usage: await this.services.registry.usage(person) };
  }

  @Post('lint')
  @HttpCode(200)
  @Requires('read', 'Tool')
  lint(@CurrentPerson() person: SignedIn, @Body(zod(ContractText)) body: ContractText): Promise<LintReport> {
    return this.services.registry.lint(person, body.text);
  }

  @Post('offer')
  @HttpCode(200)
  @Requires('write', 'Tool')
  offer(@CurrentPerson() person: SignedIn, @Body(zod(ConnectPeer)) body: ConnectPeer): Promise<PeerOffer> {
    return this.services.registry.offer(person, body.peer);
  }

  @Post('scaffold')
  @HttpCode(200)
  @Requires('write', 'Tool')
  async scaffold(
    @CurrentPerson() person: SignedIn,
    @Body(zod(ConnectPeer)) body: ConnectPeer,
  ): Promise<{ drafts: ContractDraft[] }> {
    return { drafts: await this.services.registry.scaffold(person, body.peer) };
  }

  @Get(':contract/:version')
  @Requires('read', 'Tool')
  get(
    @CurrentPerson() person: SignedIn,
    @Param('contract') contract: string,
    @Param('version') version: string,
  ): Promise<ContractDetail> {
    return this.services.registry.get(person, { contract, version });
  }

  @Get(':contract/:version/calls')
  @Requires('read', 'Tool')
  async calls(
    @CurrentPerson() person: SignedIn,
    @Param('contract') contract: string,
    @Param('version') version: string,
  ): Promise<{ calls: ContractCall[] }> {
    return { calls: await this.services.registry.calls(person, { contract, version }) };
  }

  @Post(':contract/:version/approve')
  @HttpCode(200)
  @Requires('approve', 'Tool')
  approve(
    @CurrentPerson() person: SignedIn,
    @Param('contract') contract: string,
    @Param('version') version: string,
    @Body(zod(ApproveContract)) body: ApproveContract,
  ): Promise<ContractDetail> {
    return this.services.registry.approve(person, { contract, version }, body.digest);
  }

  @Post(':contract/:version/quarantine')
  @HttpCode(200)
  @Requires('write', 'Tool')
  quarantine(
    @CurrentPerson() person: SignedIn,
    @Param('contract') contract: string,
    @Param('version') version: string,
    @Body(zod(SetAside)) body: SetAside,
  ): Promise<ContractDetail> {
    return this.services.registry.setAside(person, { contract, version }, 'quarantined', body.reason);
  }

  @Post(':contract/:version/retire')
  @HttpCode(200)
  @Requires('write', 'Tool')
  retire(
    @CurrentPerson() person: SignedIn,
    @Param('contract') contract: string,
    @Param('version') version: string,
    @Body(zod(SetAside)) body: SetAside,
  ): Promise<ContractDetail> {
    return this.services.registry.setAside(person, { contract, version }, 'retired', body.reason);
  }

  @Post(':contract/:version/verify')
  @HttpCode(200)
  @Requires('write', 'Tool')
  verify(
    @CurrentPerson() person: SignedIn,
    @Param('contract') contract: string,
    @Param('version') version: string,
  ): Promise<VerifiedContract> {
    return this.services.registry.verify(person, { contract, version });
  }
}
