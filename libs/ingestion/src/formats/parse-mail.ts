import PostalMime, { type Address, type Attachment, type Email } from 'postal-mime';
import { parseHtml } from './parse-html.js';
import { parsePlain } from './parse-plain.js';
import { type ParsedText, TextBuilder } from './text-builder.js';

/** Reads an attachment by its name; throws where it is of a kind that is not read. */
export type ReadAttachment = (bytes: Uint8Array, fileName: string) => Promise<ParsedText>;

const MOST_ATTACHMENTS = 50;

/** A message: its subject as heading, who wrote to whom and when, its text, then each attachment under its name. */
export async function parseMessage(bytes: Uint8Array, readAttachment: ReadAttachment): Promise<ParsedText> {
  const builder = new TextBuilder();
  await writeMessage(builder, bytes, 1, readAttachment);
  return builder.build();
}

/** A mailbox in mbox format (RFC 4155): its messages one after another. */
export async function parseMailbox(bytes: Uint8Array, readAttachment: ReadAttachment): Promise<ParsedText> {
  const builder = new TextBuilder();
  const source = Buffer.from(bytes).toString('latin1');
  for (const message of source.split(/^From .*\r?\n/m).filter((part) => part.trim() !== '')) {
    const unquoted = message.replace(/^>(>*From )/gm, '$1');
    await writeMessage(builder, Buffer.from(unquoted, 'latin1'), 1, readAttachment);
  }
  return builder.build();
}

async function writeMessage(
  builder: TextBuilder,
  bytes: Uint8Array,
  level: number,
  readAttachment: ReadAttachment,
): Promise<void> {
  const mail = await PostalMime.parse(bytes, { maxNestingDepth: 20 });
  builder.heading(level, mail.subject ?? 'Message without a subject');
  builder.paragraph(envelope(mail));
  const body = mail.text?.trim() ? parsePlain(mail.text) : parseHtml(mail.html ?? '');
  builder.embed(body, level);
  for (const attachment of mail.attachments.filter(isFile).slice(0, MOST_ATTACHMENTS)) {
    await writeAttachment(builder, attachment, level + 1, readAttachment);
  }
}

// Pictures inside the message are part of its looks.
const isFile = ({ related, filename }: Attachment): boolean => related !== true && Boolean(filename);

async function writeAttachment(
  builder: TextBuilder,
  { filename, content }: Attachment,
  level: number,
  readAttachment: ReadAttachment,
): Promise<void> {
  const name = filename ?? 'attachment';
  const bytes = typeof content === 'string' ? Buffer.from(content) : new Uint8Array(content);
  try {
    const parsed = await readAttachment(bytes, name);
    builder.heading(level, name);
    builder.embed(parsed, level);
  } catch (error) {
    builder.paragraph(`Attachment ${name} was not read: ${(error as Error).message}`);
  }
}

function envelope({ from, to, cc, headers }: Email): string {
  const date = headers.find(({ key }) => key === 'date')?.value;
  const people = (addresses: readonly Address[]): string => addresses.flatMap(nameOf).join(', ');
  const lines = [
    from && `From: ${people([from])}`,
    to && to.length > 0 && `To: ${people(to)}`,
    cc && cc.length > 0 && `Cc: ${people(cc)}`,
    date && `Date: ${date}`,
  ];
  return lines.filter(Boolean).join('\n');
}

function nameOf(address: Address): string[] {
  if (address.group) return address.group.flatMap(nameOf);
  return [address.name ? `${address.name} <${address.address ?? ''}>` : (address.address ?? '')];
}
