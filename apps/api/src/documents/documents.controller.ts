import {
  type Accepted,
  type Collection,
  type DeletionReceipt,
  type Document,
  type DocumentContent,
  GrantRequest,
  type IngestionProgress,
  NewCollection,
  type PassageBoxes,
  type Uploads,
  UploadState,
} from '@belay/contracts';
import type { CollectionService, DocumentService, StagedFile, Upload } from '@belay/documents';
import { DomainError } from '@belay/errors';
import type { SignedIn } from '@belay/identity';
import {
  Body,
  Controller,
  Delete,
  Get,
  HttpCode,
  Inject,
  Param,
  Post,
  Query,
  Res,
  UploadedFile,
  UseInterceptors,
} from '@nestjs/common';
import { FileInterceptor } from '@nestjs/platform-express';
import type { Response } from 'express';
import { z } from 'zod';
import { InFlight } from '../http/in-flight.js';
import { Requires } from '../http/requires.decorator.js';
import { CurrentPerson } from '../http/sign-in.guard.js';
import { zod } from '../http/zod.pipe.js';
import { SERVICES, type Services } from '../services.js';

const ListQuery = z.object({
  collection: z.string().optional(),
  limit: z.coerce.number().int().min(1).max(2000).default(500),
});
const ProgressQuery = z.object({ collection: z.string().optional() });
const UploadsQuery = z.object({
  state: UploadState.default('waiting'),
  collection: z.string().optional(),
  after: z.string().max(80).optional(),
  limit: z.coerce.number().int().min(1).max(200).default(50),
});
const VersionQuery = z.object({ version: z.uuid().optional() });
const Offset = z.coerce.number().int().min(0).max(2_000_000_000);
const BoxesQuery = z.object({ version: z.uuid(), start: Offset, end: Offset });
const NewFolder = z.object({ collection: z.string().min(1), path: z.string().min(1) });
const OwnAccess = z.object({
  inherits: z.boolean().default(true),
  grants: z
    .array(GrantRequest.omit({ on: true }))
    .max(100)
    .default([]),
});
const UploadFields = z.object({
  collection: z.string().min(1),
  path: z.string().min(1).max(500),
  title: z.string().min(1).max(300).optional(),
  access: z.string().optional(),
});

// Each is held whole until it is sent, however slowly that is read.
const MOST_ORIGINALS = 4;

/** Collections and documents: what a person may read, and uploads into what they manage. */
@Controller('v1')
export class DocumentsController {
  private readonly documents: DocumentService;
  private readonly collections: CollectionService;
  private readonly sending = new InFlight(MOST_ORIGINALS, 'originals are being sent to you');

  constructor(@Inject(SERVICES) services: Services) {
    ({ documents: this.documents, collections: this.collections } = services);
  }

  @Get('collections')
  @Requires('read', 'Collection')
  async listCollections(@CurrentPerson() person: SignedIn): Promise<{ collections: Collection[] }> {
    return { collections: await this.collections.list(person) };
  }

  @Post('collections')
  @Requires('write', 'Collection')
  createCollection(
    @CurrentPerson() person: SignedIn,
    @Body(zod(NewCollection)) body: z.infer<typeof NewCollection>,
  ): Promise<Collection> {
    return this.collections.create(person, body);
  }

  @Delete('collections/:name')
  @Requires('write', 'Collection')
  @HttpCode(204)
  deleteCollection(@CurrentPerson() person: SignedIn, @Param('name') name: string): Promise<void> {
    return this.collections.delete(person, name);
  }

  @Post('folders')
  @Requires('write', 'Collection')
  @HttpCode(204)
  createFolder(
    @CurrentPerson() person: SignedIn,
    @Body(zod(NewFolder)) body: z.infer<typeof NewFolder>,
  ): Promise<void> {
    return this.collections.createFolder(person, body.collection, body.path);
  }

  @Get('ingestion/progress')
  @Requires('read', 'Document')
  progress(
    @CurrentPerson() person: SignedIn,
    @Query(zod(ProgressQuery)) query: z.infer<typeof ProgressQuery>,
  ): Promise<IngestionProgress> {
    return this.documents.progress(person, query.collection);
  }

  @Get('ingestion/uploads')
  @Requires('read', 'Document')
  uploads(
    @CurrentPerson() person: SignedIn,
    @Query(zod(UploadsQuery)) query: z.infer<typeof UploadsQuery>,
  ): Promise<Uploads> {
    return this.documents.uploads(person, { ...query, after: query.after });
  }

  @Get('documents')
  @Requires('read', 'Document')
  async list(
    @CurrentPerson() person: SignedIn,
    @Query(zod(ListQuery)) query: z.infer<typeof ListQuery>,
  ): Promise<{ documents: Document[] }> {
    return { documents: await this.documents.list(person, query) };
  }

  @Post('documents')
  @Requires('write', 'Document')
  @HttpCode(202)
  @UseInterceptors(FileInterceptor('file'))
  upload(
    @CurrentPerson() person: SignedIn,
    @Body(zod(UploadFields)) body: z.infer<typeof UploadFields>,
    @UploadedFile() file: { staged: StagedFile } | undefined,
  ): Promise<Accepted> {
    if (!file) throw new DomainError('request.invalid', 'Send the file in the multipart field "file".');
    const { access, ...fields } = body;
    return this.documents.accept(person, {
      ...fields,
      bytes: file.staged,
      access: access ? ownAccess(access) : undefined,
    });
  }

  @Get('documents/:id')
  @Requires('read', 'Document')
  get(@CurrentPerson() person: SignedIn, @Param('id') id: string): Promise<Document> {
    return this.documents.get(person, id);
  }

  @Get('documents/:id/content')
  @Requires('read', 'Document')
  content(
    @CurrentPerson() person: SignedIn,
    @Param('id') id: string,
    @Query(zod(VersionQuery)) query: z.infer<typeof VersionQuery>,
  ): Promise<DocumentContent> {
    return this.documents.content(person, id, query.version);
  }

  @Get('documents/:id/boxes')
  @Requires('read', 'Document')
  boxes(
    @CurrentPerson() person: SignedIn,
    @Param('id') id: string,
    @Query(zod(BoxesQuery)) query: z.infer<typeof BoxesQuery>,
  ): Promise<PassageBoxes> {
    const { version: versionId, start, end } = query;
    return this.documents.boxes(person, { documentId: id, versionId, start, end });
  }

  @Get('documents/:id/original')
  @Requires('read', 'Document')
  async original(
    @CurrentPerson() person: SignedIn,
    @Param('id') id: string,
    @Query(zod(VersionQuery)) query: z.infer<typeof VersionQuery>,
    @Res() response: Response,
  ): Promise<void> {
    this.sending.admit(person.person, response);
    const { bytes, mediaType, path } = await this.documents.original(person, id, query.version);
    const name = encodeURIComponent(path.split('/').at(-1) ?? 'document');
    // Sandboxed and as an attachment: an uploaded page must never run as ours.
    response
      .setHeader('content-type', mediaType)
      .setHeader('content-security-policy', "sandbox; default-src 'none'")
      .setHeader('content-disposition', `attachment; filename*=UTF-8''${name}`)
      .send(bytes);
  }

  @Post('documents/:id/retry')
  @Requires('write', 'Document')
  @HttpCode(202)
  async retry(@CurrentPerson() person: SignedIn, @Param('id') id: string): Promise<{ id: string }> {
    await this.documents.retry(person, id);
    return { id };
  }

  @Delete('documents/:id')
  @Requires('write', 'Document')
  delete(@CurrentPerson() person: SignedIn, @Param('id') id: string): Promise<DeletionReceipt> {
    return this.documents.delete(person, id);
  }
}

function ownAccess(text: string): NonNullable<Upload['access']> {
  try {
    return OwnAccess.parse(JSON.parse(text));
  } catch (cause) {
    throw new DomainError('request.invalid', 'The field "access" is JSON: {"inherits":…,"grants":[…]}.', {
      cause,
    });
  }
}
