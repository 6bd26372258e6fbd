import {
  type Grantee,
  type Group,
  type Invitation,
  type Member,
  MembersChange,
  MembersQuery,
  NewGroup,
  NewPerson,
  PageQuery,
  PeopleImport,
  type PeopleImported,
  type Person,
  PersonChange,
} from '@belay/contracts';
import { type IdentityService, ImportPeople, type SignedIn } from '@belay/identity';
import { Body, Controller, Get, HttpCode, Inject, Param, Patch, Post, Query } from '@nestjs/common';
import type { z } from 'zod';
import { Requires } from '../http/requires.decorator.js';
import { CurrentPerson } from '../http/sign-in.guard.js';
import { zod } from '../http/zod.pipe.js';
import { SERVICES, type Services } from '../services.js';

type Page<Row, Key extends string> = Record<Key, Row[]> & { total: number; next: string | null };

/** People, groups and roles, for administrators. Their names are for everybody who may share something. */
@Controller('v1')
export class PeopleController {
  private readonly identity: IdentityService;
  private readonly importing: ImportPeople;

  constructor(@Inject(SERVICES) services: Services) {
    this.identity = services.identity;
    this.importing = new ImportPeople(services.database);
  }

  @Get('people')
  @Requires('administer', 'Identity')
  people(
    @CurrentPerson() person: SignedIn,
    @Query(zod(PageQuery)) page: PageQuery,
  ): Promise<Page<Person, 'people'>> {
    return this.identity.listPeople(person.tenant, page);
  }

  @Post('people/import')
  @HttpCode(200)
  @Requires('administer', 'Identity')
  import(
    @CurrentPerson() person: SignedIn,
    @Body(zod(PeopleImport)) body: PeopleImport,
  ): Promise<PeopleImported> {
    return this.importing.run(person, body);
  }

  @Post('people')
  @Requires('administer', 'Identity')
  add(@CurrentPerson() person: SignedIn, @Body(zod(NewPerson)) body: NewPerson): Promise<Invitation> {
    return this.identity.addPerson(person, body);
  }

  @Patch('people/:name')
  @Requires('administer', 'Identity')
  change(
    @CurrentPerson() person: SignedIn,
    @Param('name') name: string,
    @Body(zod(PersonChange)) body: PersonChange,
  ): Promise<Person> {
    return this.identity.changePerson(person, name, body);
  }

  @Post('people/:name/invitation')
  @Requires('administer', 'Identity')
  invite(@CurrentPerson() person: SignedIn, @Param('name') name: string): Promise<Invitation> {
    return this.identity.inviteAgain(person, name);
  }

  @Get('principals')
  @Requires('write', 'Permission')
  async principals(
    @CurrentPerson() person: SignedIn,
    @Query(zod(PageQuery)) page: PageQuery,
  ): Promise<{ principals: Grantee[] }> {
    return { principals: await this.identity.listGrantees(person.tenant, page.search, page.limit) };
  }

  @Get('groups')
  @Requires('administer', 'Identity')
  groups(
    @CurrentPerson() person: SignedIn,
    @Query(zod(PageQuery)) page: PageQuery,
  ): Promise<Page<Group, 'groups'>> {
    return this.identity.listGroups(person.tenant, page);
  }

  @Get('groups/:name/members')
  @Requires('administer', 'Identity')
  listMembers(
    @CurrentPerson() person: SignedIn,
    @Param('name') name: string,
    @Query(zod(MembersQuery)) page: MembersQuery,
  ): Promise<Page<Member, 'members'>> {
    return this.identity.listMembers(person.tenant, name, page);
  }

  @Post('groups')
  @Requires('administer', 'Identity')
  addGroup(
    @CurrentPerson() person: SignedIn,
    @Body(zod(NewGroup)) body: z.infer<typeof NewGroup>,
  ): Promise<Group> {
    return this.identity.addGroup(person, body);
  }

  @Post('groups/:name/members')
  @Requires('administer', 'Identity')
  members(
    @CurrentPerson() person: SignedIn,
    @Param('name') name: string,
    @Body(zod(MembersChange)) body: MembersChange,
  ): Promise<Group> {
    return this.identity.changeMembers(person, name, body);
  }
}
