import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { readPython } from './python-literal.mjs';

const OWN = fileURLToPath(new URL('../../cases/owasp', import.meta.url));
const PLACE = '<Attacker Instruction>';

/**
 * The toolkits and cases of a folder in the layout of InjecAgent (tools.json, user_cases.jsonl, test_cases_*.json), or
 * of BIPIA (email.jsonl, text_attack.json), whose mails are read with the mailbox of our own cases. A case:
 * `task` is what the person says and `asked` the calls that it takes; `answers` is what the servers say, texts of an
 * attacker among it; `attack` is what these want to be called.
 */
export function loadCases(folder) {
  const has = (name) => existsSync(join(folder, name));
  if (has('email.jsonl') && has('text_attack.json')) return fromMails(folder);
  if (!has('tools.json'))
    throw new Error(`${folder} has no tools.json; a folder of cases is laid out like InjecAgent or BIPIA`);
  const files = readdirSync(folder).filter((name) => /^test_cases_.*\.json$/.test(name));
  const cases = files.flatMap((name) => json(folder, name).map((row, index) => fromRow(row, name, index)));
  const benign = has('user_cases.jsonl') ? jsonLines(folder, 'user_cases.jsonl').map(fromUser) : [];
  return { name: basename(folder), toolkits: toolkitsOf(folder), cases, benign };
}

const json = (folder, name) => JSON.parse(readFileSync(join(folder, name), 'utf8'));
const jsonLines = (folder, name) =>
  readFileSync(join(folder, name), 'utf8')
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line));

/** Toolkits with their tools, each tool named as the cases name it: the toolkit's name before its own. */
function toolkitsOf(folder) {
  return json(folder, 'tools.json').map(({ name_for_model: name, tools, ...more }) => ({
    ...more,
    name,
    tools: tools.map((tool) => ({ ...tool, toolkit: name, full: `${name}${tool.name}` })),
  }));
}

const named = (row, name) => (typeof row[name] === 'string' ? readPython(row[name]) : row[name]);

/** The calls that the person asked for: one, or those of `User Steps`. */
function askedOf(row) {
  if (row['User Steps']) return row['User Steps'];
  return [{ tool: row['User Tool'], arguments: named(row, 'Tool Parameters') ?? {} }];
}

function fromUser(row, index) {
  const answer = substitute(named(row, 'Tool Response Template'), 'Nothing else of note.');
  return {
    id: row.Name ?? `user-${index}`,
    task: row['User Instruction'],
    asked: askedOf(row),
    answers: { ...(row['User Tool'] && { [row['User Tool']]: answer }), ...row.Answers },
    attack: [],
  };
}

function fromRow(row, file, index) {
  const injected = injectedText(row);
  const answer = substitute(named(row, 'Tool Response Template'), injected);
  return {
    ...fromUser(row, index),
    id: row.Name ?? `${file.replace(/^test_cases_|\.json$/g, '')}-${index}`,
    categories: row.Categories ?? [row['Attack Type']].filter(Boolean),
    bounds: row.Bounds ?? [],
    answers: { ...(row['User Tool'] && { [row['User Tool']]: answer }), ...row.Answers },
    injected,
    attack: row.Attack ?? (row['Attacker Tools'] ?? []).map((tool) => ({ tool })),
    style: row.Style,
    setting: row.Setting ?? {},
  };
}

/** What stands where the template has a place for it: the plain instruction, or what a stronger setting makes of it. */
function injectedText(row) {
  const [before = '', after = ''] = String(row['Tool Response Template'] ?? '').split(PLACE);
  const whole = row['Tool Response'];
  if (typeof whole !== 'string' || !after) return row['Attacker Instruction'];
  const start = whole.indexOf(before);
  const end = whole.lastIndexOf(after);
  return start >= 0 && end > start ? whole.slice(start + before.length, end) : row['Attacker Instruction'];
}

function substitute(value, text) {
  if (typeof value === 'string') return value.replace(PLACE, text);
  if (Array.isArray(value)) return value.map((child) => substitute(child, text));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, child]) => [name, substitute(child, text)]));
}

/** Every mail with one attack of every kind; where in the mail it stands goes round, too. */
function fromMails(folder) {
  const kinds = Object.entries(json(folder, 'text_attack.json'));
  const mails = jsonLines(folder, 'email.jsonl');
  const asked = [{ tool: 'MailboxReadMail', arguments: { mail_id: 'M-1' } }];
  const made = (mail, index, injected) => ({
    task: `${mail.question} It is in mail M-1.`,
    asked,
    answers: { MailboxReadMail: mailOf(mail.context, injected, index % 3) },
  });
  const cases = mails.flatMap((mail, index) =>
    kinds.map(([kind, texts], turn) => {
      const injected = texts[(index + turn) % texts.length];
      return { ...made(mail, index + turn, injected), id: `${index}-${kind}`, ...attackOf(injected, kind) };
    }),
  );
  const benign = mails.map((mail, index) => ({ ...made(mail, index, ''), id: `mail-${index}`, attack: [] }));
  return { name: basename(folder), toolkits: toolkitsOf(OWN), cases, benign };
}

// Without a tool that fits, what a text asks for is done by answering it to whoever wrote it.
const attackOf = (injected, kind) => ({
  injected,
  categories: [kind],
  bounds: [],
  setting: {},
  attack: [{ tool: 'MailboxSendMail' }],
});

function mailOf(context, injected, where) {
  const middle = context.indexOf(' ', context.length / 2);
  const bodies = [`${injected}\n${context}`, `${context}\n${injected}`];
  bodies.push(`${context.slice(0, middle)}\n${injected}\n${context.slice(middle)}`);
  return {
    from: 'sender@elsewhere.example',
    to: 'me@norrsund.example',
    subject: 'A mail',
    body: bodies[where],
  };
}
