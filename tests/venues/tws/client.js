'use strict'
/*
 * @stoqey/ib, an independent client of the TWS API, driven by lines:
 *
 *	node client.js NPM-FOLDER PORT CLIENT-ID
 *
 * in:   {"call": "placeOrder", "args": [...]}   any method of its IBApi
 * out:  {"event": "openOrder", "args": [...]}   every event that it emits
 */
const path = require('path')
const readline = require('readline')
const { createRequire } = require('module')

const [, , npm, port, clientId] = process.argv
const theirs = createRequire(path.join(path.resolve(npm), 'package.json'))
const { IBApi, EventName } = theirs('@stoqey/ib')

const ib = new IBApi({ host: '127.0.0.1', port: +port, clientId: +clientId })

function say (event, args) {
  const plain = args.map(a => a instanceof Error ? a.message : a)
  process.stdout.write(JSON.stringify({ event, args: plain }) + '\n')
}

for (const name of Object.values(EventName)) {
  if (!['all', 'received', 'sent', 'result'].includes(name)) {
    ib.on(name, (...args) => say(name, args))
  }
}
readline.createInterface({ input: process.stdin }).on('line', line => {
  const { call, args } = JSON.parse(line)
  try {
    ib[call](...args)
  } catch (e) {
    say('threw', [call, e.message])
  }
}).on('close', () => process.exit(0))
ib.connect()
