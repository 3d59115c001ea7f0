'use strict'
/*
 * A jspurefix initiator that a test drives by lines: an independent peer.
 *
 *	node jspurefix_peer.js NPM-FOLDER SETTINGS.json
 *
 * in:   send INDEX 35=D|11=A1|...   (fields in any order, no header)
 *       drop    close the connection without a Logout; it comes back by itself
 *       skip N  leave out N of our MsgSeqNums, as if the messages were lost
 *       logout · stop
 * out:  ready · logon INDEX ID · logout INDEX WHY · app INDEX 8=..|..
 *       admin INDEX 8=..|.. · sent INDEX 8=..|.. · error TEXT
 *
 * jspurefix wants messages as objects after its dictionary: names for tags,
 * components nested. It writes them in the dictionary's order, whatever ours.
 */
const fs = require('fs')
const path = require('path')
const readline = require('readline')
const { createRequire } = require('module')

const [, , npm, settings] = process.argv
const theirs = createRequire(path.join(path.resolve(npm), 'package.json'))
theirs('reflect-metadata')
const fix = theirs('jspurefix')
const { SessionState } = theirs('jspurefix/dist/transport/tcp')

function say (line) {
  fs.writeSync(1, line + '\n')
}

/*
 * Its own file store writes the numbers without waiting for the write before:
 * two at a time, in any order, and a SIGKILL finds the file cut to nothing.
 * Its face for stores lets us write them whole and in order; the rest is its.
 */
class WholeNumbers extends fix.FileSessionStreamProvider {
  async writeSeqNums (content) {
    fs.writeFileSync(this.seqNumsPath + '.new', content)
    fs.renameSync(this.seqNumsPath + '.new', this.seqNumsPath)
  }
}

class StoreFactory {
  constructor (directory) {
    this.directory = directory
  }

  create (id) {
    const files = new WholeNumbers(id, this.directory)
    return new fix.FileSessionStore(id, files, true)
  }
}

class Peer extends fix.AsciiSession {
  onDecoded (type, text) {
    this.text = text
    if ('012345A'.includes(type)) say(`admin 0 ${text}`)
  }

  onEncoded (type, text) {
    say(`sent 0 ${text}`)
  }

  onApplicationMsg () {
    say(`app 0 ${this.text}`)
  }

  onLogon () {
    return true
  }

  onReady () {
    say(`logon 0 ${this.sessionId.toString()}`)
  }

  onStopped (error) {
    say(`logout 0 ${error ? error.message : ''}`)
  }
}

/* What a field is to be in an object: jspurefix turns it into text again. */
function typed (definition, text) {
  switch (definition.tagType) {
    case fix.TagType.Float:
    case fix.TagType.Int:
    case fix.TagType.Length:
      return Number(text)
    case fix.TagType.Boolean:
      return text === 'Y'
    case fix.TagType.UtcTimestamp:
      return new Date(text.replace(
        /^(\d{4})(\d\d)(\d\d)-([\d:.]+)$/, '$1-$2-$3T$4Z'))
    default:
      return text
  }
}

/* The fields of a set, and of the components in it, that the line has. */
function place (set, values) {
  const o = {}
  for (const f of set.fields) {
    if (f.type === fix.ContainedFieldType.Simple) {
      const tag = f.definition.tag
      if (values.has(tag)) {
        o[f.name] = typed(f.definition, values.get(tag))
        values.delete(tag)
      }
    } else if (f.type === fix.ContainedFieldType.Component &&
               !/header|trailer/i.test(f.definition.name)) {
      const inner = place(f.definition, values)
      if (Object.keys(inner).length > 0) o[f.definition.name] = inner
    }
  }
  return o
}

function send (peer, text) {
  const values = new Map()
  for (const part of text.split('|')) {
    const eq = part.indexOf('=')
    values.set(Number(part.slice(0, eq)), part.slice(eq + 1))
  }
  const type = values.get(35)
  values.delete(35)
  const o = place(peer.config.definitions.message.get(type), values)
  if (values.size > 0) {
    throw new Error(`${type} has no field ${[...values.keys()]}`)
  }
  peer.send(type, o)
}

function command (peer, launcher, line) {
  const [word, ...rest] = line.split(' ')
  switch (word) {
    case 'send':
      send(peer, rest.slice(1).join(' '))
      break
    case 'drop':
      peer.terminate(new Error('dropped by the test'))
      break
    case 'skip':
      peer.transport.transmitter.msgSeqNum += Number(rest[0])
      break
    case 'logout':
      peer.done()
      break
    case 'stop':
      process.exit(0)
      break
    default:
      say(`error unknown command ${word}`)
  }
}

class Launcher extends fix.SessionLauncher {
  constructor (description) {
    super(description, null, new fix.EmptyLogFactory())
  }

  makeFactory () {
    return { makeSession: (config) => this.makePeer(config) }
  }

  makePeer (config) {
    config.sessionStoreFactory =
      new StoreFactory(config.description.store.directory)
    const peer = new Peer(config)
    const lines = readline.createInterface({ input: process.stdin })
    lines.on('line', (line) => {
      try {
        command(peer, this, line)
      } catch (e) {
        say(`error ${e.message}`)
      }
    })
    lines.on('close', () => process.exit(0))
    say('ready')
    return peer
  }
}

new Launcher(JSON.parse(fs.readFileSync(settings, 'utf8'))).run()
  .then(() => process.exit(0))
  .catch((e) => {
    say(`error ${e.message}`)
    process.exit(1)
  })
