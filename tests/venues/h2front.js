// HTTP/2 over TLS, and HTTP/1.1 for whom does not offer it, in front of a simulator. Arguments: the
// simulator's port, certificate, key. Prints "port N"; GET /front tells how many requests came by which
// version, on how many connections.
const fs = require('fs');
const http = require('http');
const http2 = require('http2');

const [, , to, cert, key] = process.argv;
const seen = { '2.0': 0, 1.1: 0, connections: 0 };
const agent = new http.Agent({ keepAlive: true });

function carry(req, res) {
  if (req.url === '/front') {
    res.end(JSON.stringify(seen));
    return;
  }
  seen[req.httpVersion]++;
  const headers = Object.fromEntries(Object.entries(req.headers)
    .filter(([k]) => !k.startsWith(':') && k !== 'connection'));
  const on = http.request({ host: '127.0.0.1', port: to, agent,
    method: req.method, path: req.url, headers }, (r) => {
    const back = Object.fromEntries(Object.entries(r.headers).filter(([k]) =>
      !['connection', 'transfer-encoding', 'keep-alive'].includes(k)));
    res.writeHead(r.statusCode, back);
    r.pipe(res);
  });
  on.on('error', () => res.destroy());
  res.on('close', () => on.destroy());
  req.pipe(on);
}

const server = http2.createSecureServer({ cert: fs.readFileSync(cert),
  key: fs.readFileSync(key), allowHTTP1: true }, carry);
server.on('session', () => { seen.connections++; });
server.listen(0, '127.0.0.1', () =>
  console.log('port ' + server.address().port));
