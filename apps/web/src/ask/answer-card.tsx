import type { Answer, Citation } from '@belay/contracts';
import { Anchor, Badge, Blockquote, Card, Group, Stack, Text, Title } from '@mantine/core';
import { IconZoomQuestion } from '@tabler/icons-react';
import type { ReactNode } from 'react';
import { Link } from 'react-router';
import { sayCollection, useCollections } from '../collections/use-collections';
import { DeleteAnswer } from './delete-answer';
import { Evidence } from './evidence';
import { RateAnswer } from './rate-answer';

const key = (citation: Citation) =>
  `${citation.documentId} ${citation.versionId} ${citation.start} ${citation.end}`;

const place = (citation: Citation) =>
  `/documents/${citation.documentId}?version=${citation.versionId}&start=${citation.start}&end=${citation.end}`;

/** A finished answer, or the calm word that what one may read does not hold it. */
export function AnswerCard({ answer }: { answer: Answer }) {
  const abstained = answer.outcome === 'abstained';
  return (
    <AnswerFrame
      question={answer.question}
      sentences={answer.sentences}
      understoodAs={answer.understoodAs}
      footer={
        <>
          <Group justify="space-between" align="flex-start">
            <RateAnswer key={answer.answerId} answer={answer} />
            <DeleteAnswer key={`${answer.answerId} delete`} answer={answer} />
          </Group>
          <Evidence key={`${answer.answerId} evidence`} answerId={answer.answerId} />
        </>
      }
    >
      {abstained ? (
        <Group wrap="nowrap" align="flex-start" gap="sm">
          <IconZoomQuestion size={24} aria-hidden style={{ flexShrink: 0 }} />
          <div>
            <Text>{answer.message}</Text>
            <Text size="sm" c="dimmed">
              Other words may find it. Belay does not guess.
            </Text>
          </div>
        </Group>
      ) : (
        <Text c="dimmed" size="sm">
          {answer.message}
        </Text>
      )}
    </AnswerFrame>
  );
}

/** Sentences with numbered citations. Document text is shown as text, never as markup. */
export function AnswerFrame({
  question,
  sentences,
  understoodAs = null,
  children,
  footer,
}: {
  question: string;
  sentences: Answer['sentences'];
  understoodAs?: string | null;
  children?: ReactNode;
  footer?: ReactNode;
}) {
  const citations = [
    ...new Map(
      sentences.flatMap((sentence) => sentence.citations).map((entry) => [key(entry), entry]),
    ).values(),
  ];
  const keys = citations.map(key);
  return (
    <Card withBorder component="section" aria-label="Answer" padding="lg">
      <Stack>
        <Title order={2} size="h4" style={{ overflowWrap: 'anywhere' }}>
          {question}
        </Title>
        {understoodAs && (
          <Text size="sm" c="dimmed" style={{ overflowWrap: 'anywhere' }}>
            Understood as: {understoodAs}
          </Text>
        )}
        {sentences.map((sentence, index) => (
          <Text key={index} className="answer-sentence">
            <Prefix sentence={sentence} isFirst={index === 0} />
            {sentence.text}
            {sentence.citations.map((citation) => (
              <Marker key={key(citation)} citation={citation} number={keys.indexOf(key(citation)) + 1} />
            ))}
          </Text>
        ))}
        {children}
        {citations.length > 0 && <Sources citations={citations} />}
        {footer}
      </Stack>
    </Card>
  );
}

// What a quote is for, where it is not the one that answers best.
function Prefix({
  sentence: { role, subject },
  isFirst,
}: {
  sentence: Answer['sentences'][number];
  isFirst: boolean;
}) {
  if (role === 'conflicting') {
    return (
      <Badge component="span" color="orange" variant="light" mr="xs" radius="sm">
        Another document says
      </Badge>
    );
  }
  if (subject === null && isFirst) return null;
  return (
    <Text span inherit {...(subject === null ? { c: 'dimmed' } : { fw: 600 })}>
      {subject ?? 'See also'}:{' '}
    </Text>
  );
}

function Marker({ citation, number }: { citation: Citation; number: number }) {
  return (
    <>
      {' '}
      <Anchor
        component={Link}
        to={place(citation)}
        underline="always"
        aria-label={`Citation ${number}`}
        title={citation.title}
      >
        [{number}]
      </Anchor>
    </>
  );
}

function Sources({ citations }: { citations: Citation[] }) {
  const collections = useCollections().data?.collections ?? [];
  const within = ({ collection, collectionId }: Citation): string =>
    sayCollection(collection, collections.find(({ id }) => id === collectionId)?.owner);
  return (
    <section aria-label="Sources">
      <Title order={3} size="h5" mb="xs">
        Sources
      </Title>
      <Stack gap="sm" component="ol" m={0} p={0} style={{ listStyle: 'none' }}>
        {citations.map((citation, index) => (
          <li key={key(citation)}>
            <Text size="sm">
              [{index + 1}]{' '}
              <Anchor component={Link} to={place(citation)} inherit underline="always">
                {citation.title}
              </Anchor>
              <Text span inherit c="dimmed">
                {citation.page !== null && `, page ${citation.page}`}, in {within(citation)}
                {citation.dateStated ? `, from ${citation.date}` : `, uploaded ${citation.date}`}
              </Text>
              {citation.superseded && <Superseded citation={citation} />}
            </Text>
            <Blockquote mt={4} py={6} px="md" color="gray" fz="sm" className="quote">
              {citation.quote}
            </Blockquote>
          </li>
        ))}
      </Stack>
    </section>
  );
}

// The quote stays what was cited; whoever relies on it learns that the document says something newer.
function Superseded({ citation }: { citation: Citation }) {
  return (
    <Text span inherit>
      {' · '}From an earlier version of this document.{' '}
      <Anchor component={Link} to={`/documents/${citation.documentId}`} inherit underline="always">
        Read the newest version
      </Anchor>
    </Text>
  );
}
