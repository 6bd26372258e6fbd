import { NewSource, type Source } from '@belay/contracts';
import type { SignedIn } from '@belay/identity';
import { Body, Controller, Delete, Get, HttpCode, Inject, Param, Post, Query } from '@nestjs/common';
import { z } from 'zod';
import { Requires } from '../http/requires.decorator.js';
import { CurrentPerson } from '../http/sign-in.guard.js';
import { anId, zod } from '../http/zod.pipe.js';
import { SERVICES, type Services } from '../services.js';

const Sync = z.object({ force: z.boolean().default(false) });
const Removal = z.object({ documents: z.enum(['keep', 'delete']) });

/**
 * Sources of the collections that a person manages. Administrators alone add them: the server reads a place with its
 * own rights, which are not those of whoever names it.
 */
@Controller('v1/sources')
export class SourcesController {
  constructor(@Inject(SERVICES) private readonly services: Services) {}

  @Get()
  @Requires('write', 'Collection')
  async list(@CurrentPerson() person: SignedIn): Promise<{ sources: Source[] }> {
    return { sources: await this.services.sources.list(person) };
  }

  @Post()
  @Requires('administer', 'Source')
  add(
    @CurrentPerson() person: SignedIn,
    @Body(zod(NewSource)) body: z.infer<typeof NewSource>,
  ): Promise<Source> {
    return this.services.sources.add(person, body);
  }

  @Get(':id')
  @Requires('write', 'Collection')
  get(@CurrentPerson() person: SignedIn, @Param('id', anId) id: string): Promise<Source> {
    return this.services.sources.get(person, id);
  }

  @Post(':id/sync')
  @Requires('write', 'Collection')
  @HttpCode(202)
  sync(
    @CurrentPerson() person: SignedIn,
    @Param('id', anId) id: string,
    @Body(zod(Sync)) body: z.infer<typeof Sync>,
  ): Promise<Source> {
    return this.services.sources.sync(person, id, body.force);
  }

  @Delete(':id')
  @Requires('write', 'Collection')
  @HttpCode(204)
  remove(
    @CurrentPerson() person: SignedIn,
    @Param('id', anId) id: string,
    @Query(zod(Removal)) query: z.infer<typeof Removal>,
  ): Promise<void> {
    return this.services.sources.remove(person, id, query.documents);
  }
}
