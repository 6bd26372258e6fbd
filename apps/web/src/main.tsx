import './no-eval';
import '@mantine/core/styles.css';
import '@mantine/notifications/styles.css';
import './page.css';
import { MantineProvider } from '@mantine/core';
import { Notifications } from '@mantine/notifications';
import { QueryClientProvider } from '@tanstack/react-query';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { BrowserRouter } from 'react-router';
import { App } from './app';
import { Crash } from './crash';
import { makeQueries } from './queries';

createRoot(document.getElementById('root') as HTMLElement).render(
  <StrictMode>
    <MantineProvider
      defaultColorScheme="auto"
      theme={{
        primaryColor: 'teal',
        primaryShade: { light: 9, dark: 8 },
        defaultRadius: 'md',
        autoContrast: true,
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
