/**
 * What runs between a sandbox and its server: for each file N.sock in a folder it listens where `hosts` says that the
 * Nth name is, and carries bytes to the socket and back. It knows no other address, and judges nothing: what stands at
 * the other end does. When it listens it starts the rest of its arguments and ends with them.
 */
export const FORWARDER = `
const { spawn } = require('node:child_process');
const { connect, createServer } = require('node:net');
const [folder, command, ...args] = process.argv.slice(1);
const routes = JSON.parse(require('node:fs').readFileSync(folder + '/routes.json', 'utf8'));
const carry = (path) => (client) => {
  const far = connect(path);
  client.pipe(far).pipe(client);
  client.on('error', () => far.destroy());
  far.on('error', () => client.destroy());
};
const ready = routes.map(({ address, port, socket }) => new Promise((resolve) =>
  createServer({ allowHalfOpen: true }, carry(folder + '/' + socket)).listen(port, address, resolve)));
Promise.all(ready).then(() => {
  const child = spawn(command, args, { stdio: [0, 1, 2, 'ignore', 4, 'ignore', 6] });
  child.on('error', () => process.exit(1));
  child.on('exit', (code, signal) => process.exit(signal ? 1 : code));
});
`;
