// OANDA's own client, whose classes are made from the venue's specification, against the simulated OANDA.
// Arguments: port, account, token, and the folder with node_modules. Prints one JSON object a step;
// oanda_clients.py compares it with the venue's book. What an answer has that its class does not know goes
// to the last step, "strange".
const { createRequire } = require('module');

const [, , port, account, token, folder] = process.argv;
const { Context } = createRequire(folder + '/x.js')('@oanda/v20/context');
const base = `http://127.0.0.1:${port}`;
const strange = new Set();

function say(step, value) {
  console.log(JSON.stringify({ step, ...value }));
}

function control(what) {
  return fetch(base + '/control', { method: 'POST',
    body: JSON.stringify(what) });
}

function compare(raw, parsed, where) {
  if (raw === null || typeof raw !== 'object') return;
  if (Array.isArray(raw)) {
    raw.forEach((x, i) => compare(x, (parsed || [])[i], where + '[]'));
    return;
  }
  for (const k of Object.keys(raw)) {
    if (parsed === undefined || parsed === null ||
      parsed[k] === undefined) strange.add(`${where}.${k}`);
    else compare(raw[k], parsed[k], `${where}.${k}`);
  }
}

// A call with a callback as a promise of {status, body}.
function call(part, name, ...args) {
  return new Promise((done) => part[name](...args, (r) => {
    if (r.isSuccess() || r.statusCode === '400')
      compare(JSON.parse(r.rawBody), r.body, name);
    done({ status: Number(r.statusCode), ...r.body });
  }));
}

function stream(c, events) {
  let wake = () => {};
  const listening = new Promise((opened) => c.transaction.stream(account,
    (m) => {
      if (m.type === 'HEARTBEAT') opened();
      else events.push(m);
      wake();
    }, () => {}));
  return { listening, async until(want) {
    while (!events.some(want)) await new Promise((r) => { wake = r; });
    return events.find(want);
  } };
}

function limit(units, price, id, more) {
  return { order: { type: 'LIMIT', instrument: 'EUR_USD', units, price,
    timeInForce: 'GTC', clientExtensions: { id }, ...more } };
}

async function trade(c) {
  const told = stream(c, []);
  await told.listening;
  const o = await call(c.order, 'create', account,
    limit('100', '1.05000', 'gw-1'));
  const id = o.orderCreateTransaction.id;
  const line = await told.until((m) => m.type === 'LIMIT_ORDER');
  say('created', { status: o.status, id, streamed: line.id === id,
    client: line.clientExtensions.id, reason: line.reason });
  const open = await call(c.order, 'listPending', account);
  const found = await call(c.order, 'get', account, '@gw-1');
  say('found', { n: open.orders.length, state: found.order.state,
    id: found.order.id });
  const r = await call(c.order, 'replace', account, id,
    limit('200', '1.06000', 'gw-2'));
  const made = r.orderCreateTransaction;
  await told.until((m) => m.id === made.id);
  say('replaced', { status: r.status, id: made.id, old: made.replacesOrderID,
    by: r.orderCancelTransaction.replacedByOrderID, units: made.units,
    why: r.orderCancelTransaction.reason });
  const x = await call(c.order, 'cancel', account, '@gw-2');
  const gone = await told.until((m) => m.type === 'ORDER_CANCEL' &&
    m.orderID === made.id);
  say('canceled', { status: x.status, streamed: gone.reason });
  const f = await call(c.order, 'create', account, { order: {
    type: 'MARKET', instrument: 'EUR_USD', units: '-300',
    timeInForce: 'FOK', clientExtensions: { id: 'gw-3' } } });
  const fill = await told.until((m) => m.type === 'ORDER_FILL');
  say('filled', { units: fill.units, price: fill.price,
    same: fill.id === f.orderFillTransaction.id,
    opened: fill.tradeOpened.units });
  await control({ part: 1 });
  const p = await call(c.order, 'create', account,
    limit('1000', '1.20000', 'gw-4'));
  const rest = p.orderReissueTransaction;
  await told.until((m) => m.id === rest.id);
  await call(c.order, 'cancel', account, rest.id);
  say('reissued', { units: rest.units, filled: p.orderFillTransaction.units });
  const all = await call(c.transaction, 'since', account, { id: 6361 });
  say('since', { n: all.transactions.length, first: all.transactions[0].id });
}

async function read(c) {
  const s = await call(c.account, 'summary', account);
  const i = await call(c.account, 'instruments', account, {});
  const p = await call(c.position, 'listOpen', account);
  say('read', { currency: s.account.currency,
    digits: i.instruments[0].displayPrecision,
    name: i.instruments[0].name, position: p.positions[0].instrument,
    pending: s.account.pendingOrderCount });
  // pricing.stream() of this version names a class that it does not import.
  const price = await new Promise((done) => c.request('GET',
    `/v3/accounts/${account}/pricing/stream?instruments=EUR_USD`, {},
    (line) => {
      const raw = JSON.parse(line);
      const m = new c.pricing.ClientPrice(raw);
      compare(raw, m, 'price');
      if (m.type === 'PRICE') done(m);
    }));
  say('priced', { instrument: price.instrument, bid: price.bids[0].price,
    ask: price.asks[0].price });
}

async function errors(c) {
  const create = (o, more) => call(c.order, 'create', account,
    { order: { ...limit('1', '1.00000', 'e').order, ...o, ...more } });
  const reason = (r) => `${r.status} ${r.errorCode || ''} ${
    r.orderRejectTransaction ? r.orderRejectTransaction.rejectReason : ''}`;
  const other = new Context('127.0.0.1', Number(port), false, 'fixgate');
  other.setToken('another');
  await create({}, { clientExtensions: { id: 'twice' } });
  say('errors', {
    units: reason(await create({ units: '1.5' })),
    price: reason(await create({ price: '1.000001' })),
    instrument: reason(await create({ instrument: 'NO_SUCH' })),
    twice: reason(await create({}, { clientExtensions: { id: 'twice' } })),
    absent: reason(await call(c.order, 'cancel', account, '@nothing')),
    token: reason(await call(other.account, 'summary', account)),
    account: reason(await call(c.account, 'summary', '101-001-1-001')),
  });
  await control({ halt: 'EUR_USD' });
  const h = await create({}, { type: 'MARKET', timeInForce: 'FOK',
    price: undefined, clientExtensions: { id: 'h' } });
  say('halted', { status: h.status, why: h.orderCancelTransaction.reason });
  await control({ halt: null, fault: '429', seconds: 1 });
  say('limit', { status: (await call(c.account, 'summary', account)).status });
}

(async () => {
  const c = new Context('127.0.0.1', Number(port), false, 'fixgate');
  c.setToken(token);
  await trade(c);
  await read(c);
  await errors(c);
  say('strange', { of: [...strange] });
  process.exit(0);
})().catch((e) => {
  console.error(e.stack || e);
  process.exit(1);
});
