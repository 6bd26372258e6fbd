import type { AccessService } from '@belay/access';
import {
  type AccessView,
  type Explanation,
  GrantRequest,
  InheritanceRequest,
  PageQuery,
  type Readers,
  RevokeRequest,
} from '@belay/contracts';
import type { SignedIn } from '@belay/identity';
import { Body, Controller, Get, HttpCode, Inject, Post, Put, Query } from '@nestjs/common';
import { z } from 'zod';
import { Requires } from '../http/requires.decorator.js';
import { CurrentPerson } from '../http/sign-in.guard.js';
import { zod } from '../http/zod.pipe.js';
import { SERVICES, type Services } from '../services.js';

const On = z.object({ on: z.string().min(1) });
const ReadersQuery = PageQuery.extend(On.shape);
const ExplainQuery = z.object({ person: z.string().min(1), document: z.uuid() });

/** Who may read what: grants, inheritance and their explanation. */
@Controller('v1')
export class PermissionsController {
  private readonly access: AccessService;

  constructor(@Inject(SERVICES) services: Services) {
    this.access = services.access;
  }

  @Post('grants')
  @HttpCode(200)
  @Requires('write', 'Permission')
  grant(@CurrentPerson() person: SignedIn, @Body(zod(GrantRequest)) body: GrantRequest): Promise<AccessView> {
    return this.access.grant(person, body);
  }

  @Post('grants/revoke')
  @HttpCode(200)
  @Requires('write', 'Permission')
  revoke(
    @CurrentPerson() person: SignedIn,
    @Body(zod(RevokeRequest)) body: RevokeRequest,
  ): Promise<AccessView> {
    return this.access.revoke(person, body);
  }

  @Put('grants/inheritance')
  @Requires('write', 'Permission')
  inheritance(
    @CurrentPerson() person: SignedIn,
    @Body(zod(InheritanceRequest)) body: z.infer<typeof InheritanceRequest>,
  ): Promise<AccessView> {
    return this.access.setInheritance(person, body.on, body.inherits);
  }

  @Get('access')
  @Requires('read', 'Permission')
  view(@CurrentPerson() person: SignedIn, @Query(zod(On)) query: z.infer<typeof On>): Promise<AccessView> {
    return this.access.view(person, query.on);
  }

  @Get('access/readers')
  @Requires('read', 'Permission')
  readers(
    @CurrentPerson() person: SignedIn,
    @Query(zod(ReadersQuery)) query: z.infer<typeof ReadersQuery>,
  ): Promise<Readers> {
    const { on, ...page } = query;
    return this.access.readers(person, on, page);
  }

  @Get('explain')
  @Requires('read', 'Permission')
  explain(
    @CurrentPerson() person: SignedIn,
    @Query(zod(ExplainQuery)) query: z.infer<typeof ExplainQuery>,
  ): Promise<Explanation> {
    return this.access.explain(person, query.person, query.document);
  }
}
