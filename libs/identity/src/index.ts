export { IdentityService } from './identity.service.js';
export { SessionService, type SignedIn } from './session.service.js';
export { PrincipalRepository, type PrincipalRow } from './principal.repository.js';
export { formatPrincipal, parsePrincipal } from './principal-ref.js';
export { ImportPeople } from './import-people.js';
