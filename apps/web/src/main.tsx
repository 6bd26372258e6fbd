import './no-eval';
import '@mantine/core/styles.css';
import '@mantine/notifications/styles.css';
import './page.css';
import { Autocomplete, Loader, MantineProvider, Modal, MultiSelect, Select } from '@mantine/core';
import { Notifications } from '@mantine/notifications';
import { QueryClientProvider } from '@tanstack/react-query';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { BrowserRouter } from 'react-router';
import { App } from './app';
import { Crash } from './crash';
import { makeQueries } from './queries';

// The list itself scrolls: a field around it would be one more to come to with the keyboard, and could not be.
const LIST = {
  defaultProps: { withScrollArea: false },
  styles: { options: { maxHeight: 220, overflowY: 'auto' } },
} as const;

createRoot(document.getElementById('root') as HTMLElement).render(
  <StrictMode>
    <MantineProvider
      defaultColorScheme="auto"
      theme={{
        primaryColor: 'teal',
        primaryShade: 9,
        respectReducedMotion: true,
        defaultRadius: 'md',
        autoContrast: true,
        components: {
          Autocomplete: Autocomplete.extend(LIST),
          MultiSelect: MultiSelect.extend(LIST),
          Select: Select.extend(LIST),
          Loader: Loader.extend({ defaultProps: { role: 'progressbar', 'aria-label': 'Loading' } }),
          Modal: Modal.extend({
            styles: { title: { fontWeight: 600 } },
            defaultProps: { closeButtonProps: { 'aria-label': 'Close' } },
          }),
        },
      }}
    >
      <Notifications position="top-right" />
      <Crash>
        <QueryClientProvider client={makeQueries()}>
          <BrowserRouter>
            <App />
          </BrowserRouter>
        </QueryClientProvider>
      </Crash>
    </MantineProvider>
  </StrictMode>,
);
