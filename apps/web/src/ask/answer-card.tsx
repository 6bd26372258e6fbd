import type { Answer, Citation } from '@belay/contracts';
import { Anchor, Card, Group, Stack, Text, Title } from '@mantine/core';
import { Link } from 'react-router';

const place = (citation: Citation) =>
  `/documents/${citation.documentId}?version=${citation.versionId}&start=${citation.start}&end=${citation.end}`;

/** An answer with its numbered citations. Document text is shown as text, never as markup. */
export function AnswerCard({ answer }: { answer: Answer }) {
  const citations = answer.sentences.flatMap((sentence) => sentence.citations);
  const number = (citation: Citation) => citations.indexOf(citation) + 1;
  return (
    <Card withBorder component="section" aria-label="Answer" padding="lg">
      <Stack>
        <Text fw={600}>{answer.question}</Text>
        {answer.sentences.map((sentence, index) => (
          <Text key={index} className="answer-sentence">
            {sentence.text}{' '}
            {sentence.citations.map((citation) => (
              <Anchor
                key={number(citation)}
                component={Link}
                to={place(citation)}
                aria-label={`Citation ${number(citation)}`}
              >
                [{number(citation)}]
              </Anchor>
            ))}
          </Text>
        ))}
        <Text c="dimmed">{answer.message}</Text>
        {citations.length > 0 && <Sources citations={citations} />}
      </Stack>
    </Card>
  );
}

function Sources({ citations }: { citations: Citation[] }) {
  return (
    <div>
      <Title order={2} size="h5" mb={4}>
        Sources
      </Title>
      <Stack gap={4}>
        {citations.map((citation, index) => (
          <Group key={index} gap="xs" wrap="nowrap" align="baseline">
            <Text size="sm" c="dimmed">
              {index + 1}
            </Text>
            <Anchor component={Link} to={place(citation)} size="sm">
              {citation.title}
            </Anchor>
            {citation.page !== null && (
              <Text size="sm" c="dimmed">
                page {citation.page}
              </Text>
            )}
          </Group>
        ))}
      </Stack>
    </div>
  );
}
