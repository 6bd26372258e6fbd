import { APPS, ARROWS, OWNED_PACKAGES } from './boundaries.mjs';

const SPEC = '[.-]spec\\.tsx?$';
const arrow = (from, self, allowed) => ({
  name: `arrows-of-${self}`,
  comment: `${self} may import only: ${allowed.join(', ') || 'no other room'}`,
  severity: 'error',
  from: { path: `^${from}/`, pathNot: SPEC },
  to: { path: '^(libs|apps)/', pathNot: [`^${from}/`, ...allowed.map((room) => `^libs/${room}/`)] },
});

export default {
  forbidden: [
    { name: 'no-cycles', severity: 'error', from: {}, to: { circular: true } },
    ...Object.entries(ARROWS).map(([room, allowed]) => arrow(`libs/${room}`, room, allowed)),
    ...Object.entries(APPS).map(([app, allowed]) => arrow(`apps/${app}`, app, allowed)),
    ...Object.entries(OWNED_PACKAGES).map(([name, owner]) => ({
      name: `only-${owner}-imports-${name}`,
      severity: 'error',
      from: { path: '^(libs|apps)/', pathNot: `^libs/(${owner}|testing)/` },
      // The second form is a package that is not installed (yet): its name stays as it was written.
      to: { path: [`node_modules/${name}/`, `^${name}(/|$)`] },
    })),
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    // Our own output only: leaving out every dist/ would hide the packages whose code lies in one.
    exclude: { path: '^(libs|apps)/[^/]+/dist/' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.base.json' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['@belay/source', 'import', 'types', 'default'],
    },
  },
};
