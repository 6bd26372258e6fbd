/** An object as its store lists it. */
export interface StoredObject {
  readonly key: string;
  readonly modifiedAt: Date;
}
