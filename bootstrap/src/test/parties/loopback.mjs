// Preloaded before a public demo server that would listen on every interface: it listens on
// loopback instead, because such a server hands a token to anybody who asks.
import { Server } from 'node:net';

const listen = Server.prototype.listen;
Server.prototype.listen = function (port, ...rest) {
  const everyInterface = !Number.isNaN(Number(port)) && typeof rest[0] !== 'string';
  return everyInterface ? listen.call(this, port, '127.0.0.1', ...rest) : listen.call(this, port, ...rest);
};
