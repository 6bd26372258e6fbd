import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';

export default defineConfig({
  plugins: [react()],
  resolve: { conditions: ['@belay/source', 'module', 'browser', 'production', 'import', 'default'] },
  build: { chunkSizeWarningLimit: 1500 },
});
