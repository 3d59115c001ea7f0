// Alpaca's own clients, of two generations, against the simulated Alpaca. Arguments: port, and the
// folder with node_modules. Prints one JSON object a step; alpaca_clients.py compares it with the venue's book.
const { createRequire } = require('module');

const need = createRequire(process.argv[3] + '/x.js');
const base = `http://127.0.0.1:${process.argv[2]}`;

function say(step, value) {
  console.log(JSON.stringify({ step, ...value }));
}

async function control(what) {
  await fetch(base + '/control', { method: 'POST',
    body: JSON.stringify(what) });
}

function seen() {
  const all = [];
  let wake = () => {};
  return {
    all,
    add(x) { all.push(x); wake(); },
    async until(want) {
      while (!all.some(want)) await new Promise((r) => { wake = r; });
      return all.find(want);
    },
  };
}

async function errorOf(call) {
  try {
    await call();
    return 'none';
  } catch (e) {
    const r = e.response || {};
    const code = (r.data && r.data.code) || (e.error && e.error.code) || 0;
    return `${r.status || r.statusCode || e.statusCode || 0} ${code}`;
  }
}

async function withV3() {
  const Alpaca = need('@alpacahq/alpaca-trade-api');
  const client = (secretKey) => new Alpaca({ keyId: 'K', secretKey,
    baseUrl: base, paper: true });
  const c = client('S');
  const events = seen();
  let listening;
  const ready = new Promise((r) => { listening = r; });
  c.trade_ws.onConnect(() => c.trade_ws.subscribe(['trade_updates']));
  c.trade_ws.onStateChange((s) => { if (s === 'connected') listening(); });
  c.trade_ws.onOrderUpdate((u) => events.add(u));
  c.trade_ws.connect();
  await ready;
  await new Promise((r) => setTimeout(r, 500));
  const order = (more) => c.createOrder({ symbol: 'AAPL', qty: 10,
    side: 'buy', type: 'limit', time_in_force: 'day', limit_price: 180,
    ...more });
  const o = await order({ client_order_id: 'gw-000001' });
  say('created', { id: o.id, client: o.client_order_id, status: o.status });
  const n = await events.until((u) => u.event === 'new' &&
    u.order.id === o.id);
  say('streamed', { status: n.order.status, qty: n.order.qty });
  const found = await c.getOrderByClientId('gw-000001');
  const open = await c.getOrders({ status: 'open' });
  say('found', { id: found.id, open: open.length });
  const r = await c.replaceOrder(o.id, { qty: 12, limit_price: 181,
    client_order_id: 'gw-000002' });
  const old = await events.until((u) => u.event === 'replaced');
  say('replaced', { id: r.id, replaces: r.replaces,
    by: old.order.replaced_by, old: old.order.id });
  await events.until((u) => u.event === 'new' && u.order.id === r.id);
  await c.cancelOrder(r.id);
  const gone = await events.until((u) => u.event === 'canceled');
  say('canceled', { id: gone.order.id });
  const f = await order({ limit_price: 191, qty: 7 });
  const fill = await events.until((u) => u.event === 'fill');
  say('filled', { id: fill.order.id === f.id, qty: fill.order.filled_qty,
    price: fill.price, sum: events.all.filter((u) => u.execution_id)
      .reduce((a, u) => a + Number(u.qty), 0),
    position: fill.position_qty });
  const acts = await c.getAccountActivities({ activityTypes: 'FILL' });
  const account = await c.getAccount();
  const position = await c.getPosition('AAPL');
  const asset = await c.getAsset('AAPL');
  const clock = await c.getClock();
  say('read', { acts: acts.reduce((a, x) => a + Number(x.qty), 0),
    account: account.status, position: position.qty,
    fractionable: asset.fractionable, open: clock.is_open });
  say('errors', {
    key: await errorOf(() => client('T').getAccount()),
    twice: await errorOf(() => order({ client_order_id: 'gw-000001' })),
    penny: await errorOf(() => order({ limit_price: 180.001 })),
    money: await errorOf(() => order({ symbol: 'BRK.A', qty: 9999,
      limit_price: 600000 })),
    fraction: await errorOf(() => order({ qty: 1.5,
      time_in_force: 'gtc' })),
    absent: await errorOf(() => c.getOrder('61e69015-8549-4bfd-b9c3-' +
      '01e75843f47d')),
    filled: await errorOf(() => c.cancelOrder(f.id)),
  });
  await control({ fault: '429', seconds: 1 });
  say('limit', { error: await errorOf(() => c.getAccount()) });
  c.trade_ws.disconnect();
}

async function withV4() {
  const A = need('alpaca4');
  const o = new A.trading.OrdersApi(new A.trading.Configuration({
    basePath: base, headers: { 'APCA-API-KEY-ID': 'K',
      'APCA-API-SECRET-KEY': 'S' } }));
  const events = seen();
  const t = new A.streaming.TradingStream({ url: base.replace('http', 'ws') +
    '/stream', credentials: { keyId: 'K', secret: 'S' } });
  t.onTradeUpdate((u) => events.add(u));
  t.subscribeTradeUpdates();
  await t.connect();
  await new Promise((r) => setTimeout(r, 500));
  const p = await o.postOrder({ postOrderRequest: { symbol: 'SPY', qty: '5',
    side: 'buy', type: 'limit', timeInForce: 'day', limitPrice: '480.5',
    clientOrderId: 'gw-v4-1' } });
  await events.until((u) => u.event === 'new');
  const r = await o.patchOrderByOrderId({ orderId: p.id,
    patchOrderRequest: { qty: '6', limitPrice: '481.5' } });
  await events.until((u) => u.event === 'new' && u.order.id === r.id);
  await o.deleteOrderByOrderID({ orderId: r.id });
  const gone = await events.until((u) => u.event === 'canceled');
  say('v4', { created: p.clientOrderId, replaced: r.id !== p.id,
    canceled: gone.order.id === r.id });
}

// The feed of prices: the address is ours, all else the client's.
async function feed() {
  const Alpaca = need('@alpacahq/alpaca-trade-api');
  const open = (secretKey) => {
    const c = new Alpaca({ keyId: 'K', secretKey, baseUrl: base, feed: 'iex' });
    c.data_stream_v2.session.url = base.replace('http', 'ws') + '/v2/iex';
    return c;
  };
  const c = open('S');
  const f = c.data_stream_v2;
  const trades = seen();
  const quotes = seen();
  const listed = new Promise((r) => {
    const update = f.updateSubscriptions.bind(f);
    f.updateSubscriptions = (m) => { update(m); r(m); };
  });
  f.onConnect(() => f.subscribe({ trades: ['AAPL'],
    quotes: ['AAPL', 'SPY'] }));
  f.onStockTrade((t) => trades.add(t));
  f.onStockQuote((q) => quotes.add(q));
  f.connect();
  const list = await listed;
  const q = await quotes.until((x) => x.Symbol === 'SPY');
  const a = await quotes.until((x) => x.Symbol === 'AAPL');
  await c.createOrder({ symbol: 'AAPL', qty: 3, side: 'buy', type: 'market',
    time_in_force: 'day' });
  const t = await trades.until((x) => x.Symbol === 'AAPL' && x.Size === 3);
  f.disconnect();
  const w = open('T').data_stream_v2;
  const refused = new Promise((r) => w.onError(r));
  w.connect();
  const error = await refused;
  w.disconnect();
  say('feed', { quotes: list.quotes, trades: list.trades, spy: q.BidPrice,
    bid: a.BidPrice, ask: a.AskPrice, price: t.Price, error,
    age: Date.now() - Date.parse(a.Timestamp) });
}

(async () => {
  await withV3();
  await feed();
  await withV4();
  process.exit(0);
})().catch((e) => {
  console.error(e.stack || e);
  process.exit(1);
});
