/** Works through `items` with so many at once; returns the results as they ended, and how long all took. */
export async function inParallel(items, clients, work) {
  const started = performance.now();
  const results = [];
  let next = 0;
  const client = async () => {
    while (next < items.length) results.push(await work(items[next++]));
  };
  await Promise.all(Array.from({ length: clients }, client));
  return { results, seconds: (performance.now() - started) / 1000 };
}
