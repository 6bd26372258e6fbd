export { abilityOf, type Action, type Subject } from './ability.js';
export { AccessService, type Resource } from './access.service.js';
export { decide, type Decision, type PermissionGraph } from './decide.js';
export { CollectionRepository, type CollectionRow } from './collection.repository.js';
