// Preloaded into every party: it lives no longer than whoever started it, and nobody beyond this
// machine reaches it, because a party hands a token to anybody who asks.
import { Server } from 'node:net';

process.stdin.on('end', () => process.exit()).resume();

const listen = Server.prototype.listen;
Server.prototype.listen = function (port, ...rest) {
  const everyInterface = !Number.isNaN(Number(port)) && typeof rest[0] !== 'string';
  return everyInterface ? listen.call(this, port, '127.0.0.1', ...rest) : listen.call(this, port, ...rest);
};
