// Two clients that others wrote, against the simulated Binance. Arguments: port,
// and the folder with node_modules. Prints one JSON object a step, which
// binance_clients.py compares with the venue's book.
import { createRequire } from 'module';

const require = createRequire(process.argv[3] + '/x.js');
const ccxt = require('ccxt');
const { MainClient, WebsocketAPIClient } = require('binance');
const base = `http://127.0.0.1:${process.argv[2]}`;
const ws = `ws://127.0.0.1:${process.argv[2]}`;

function say(step, value) {
  console.log(JSON.stringify({ step, ...value }));
}

async function control(what) {
  await fetch(base + '/control', { method: 'POST',
    body: JSON.stringify(what) });
}

function ccxtClient(secret = 'S') {
  const ex = new ccxt.pro.binance({ apiKey: 'K', secret, enableRateLimit: false,
    options: { fetchMarkets: { types: ['spot'] }, fetchCurrencies: false,
      fetchMargins: false, defaultType: 'spot' } });
  ex.urls.api.public = ex.urls.api.private = base + '/api/v3';
  ex.urls.api.ws['ws-api'].spot = ws + '/ws-api/v3';
  return ex;
}

async function errorOf(call) {
  try {
    await call();
    return 'none';
  } catch (e) {
    return e.constructor.name;
  }
}

async function withCcxt() {
  const ex = ccxtClient();
  await ex.loadHttpProxyAgent();
  await ex.loadMarkets();
  const m = ex.market('BTC/USDT');
  say('markets', { tick: m.precision.price, lot: m.precision.amount,
    least: m.limits.cost.min });
  const watching = ex.watchOrders('BTC/USDT');
  await new Promise((r) => setTimeout(r, 300));
  const o = await ex.createOrder('BTC/USDT', 'limit', 'buy', 0.001, 59000,
    { newClientOrderId: 'gw-000001' });
  say('created', { id: o.id, status: o.status, client: o.clientOrderId });
  const seen = await watching;
  say('watched', { id: seen[0].id, client: seen[0].clientOrderId,
    status: seen[0].status });
  say('open', { n: (await ex.fetchOpenOrders('BTC/USDT')).length });
  const e = await ex.editOrder(o.id, 'BTC/USDT', 'limit', 'buy', 0.002, 59100);
  say('edited', { id: e.id, other: e.id !== o.id });
  const c = await ex.cancelOrder(e.id, 'BTC/USDT');
  say('canceled', { status: c.status });
  const f = await ex.createOrder('BTC/USDT', 'limit', 'buy', 0.001, 60100);
  say('filled', { id: f.id, status: f.status, filled: f.filled,
    fees: f.trades.length, generated: f.clientOrderId.length });
  const q = await ex.fetchOrder(f.id, 'BTC/USDT');
  say('fetched', { status: q.status, filled: q.filled, average: q.average });
  const trades = await ex.fetchMyTrades('BTC/USDT');
  say('trades', { sum: trades.reduce((a, t) => a + t.amount, 0),
    fee: trades[0].fee.currency });
  say('balance', { btc: (await ex.fetchBalance()).BTC.total });
  const buy = (qty, px, p = {}) =>
    ex.createOrder('BTC/USDT', 'limit', 'buy', qty, px, p);
  say('errors', {
    funds: await errorOf(() => ex.createOrder('BTC/USDT', 'limit', 'sell',
      140, 60500)).then(async () => errorOf(async () => {
        for (let i = 0; i < 12; i++)
          await ex.createOrder('BTC/USDT', 'limit', 'sell', 140, 60500);
      })),
    filter: await errorOf(() => ex.privatePostOrder({ symbol: 'BTCUSDT',
      side: 'BUY', type: 'LIMIT', timeInForce: 'GTC', quantity: '0.000001',
      price: '59000' })),
    precision: await errorOf(() => ex.privatePostOrder({ symbol: 'BTCUSDT',
      side: 'BUY', type: 'LIMIT', timeInForce: 'GTC',
      quantity: '0.0000000001', price: '59000' })),
    duplicate: await errorOf(async () => {
      await buy(0.001, 59000, { newClientOrderId: 'gw-twice' });
      await buy(0.001, 59000, { newClientOrderId: 'gw-twice' });
    }),
    maker: await errorOf(() => buy(0.001, 60100, { postOnly: true })),
    unknown: await errorOf(() => ex.cancelOrder('999999', 'BTC/USDT')),
    absent: await errorOf(() => ex.fetchOrder('999999', 'BTC/USDT')),
    signature: await errorOf(() => ccxtClient('T').fetchBalance()),
  });
  await control({ fault: '429', seconds: 1 });
  const limit = await errorOf(() => ex.fetchOpenOrders('BTC/USDT'));
  await control({ fault: 'unknown-before' });
  const timeout = await errorOf(() => ex.fetchOpenOrders('BTC/USDT'));
  await control({ skew: 90000 });
  const nonce = await errorOf(() => ex.fetchOpenOrders('BTC/USDT'));
  await control({ skew: 0 });
  say('faults', { limit, timeout, nonce });
  await ex.close();
}

async function withSiebly() {
  const rest = new MainClient({ api_key: 'K', api_secret: 'S', baseUrl: base,
    disableTimeSync: true });
  const api = new WebsocketAPIClient({ api_key: 'K', api_secret: 'S',
    wsUrl: ws, beautify: true }, { trace() {}, info() {}, error() {} });
  const events = [];
  let wake = null;
  api.getWSClient().on('formattedUserDataMessage', (d) => {
    events.push(d);
    if (wake) wake();
  });
  const until = async (want) => {
    while (!events.some(want)) await new Promise((r) => { wake = r; });
  };
  await api.subscribeUserDataStream('mainWSAPI');
  const o = await rest.submitNewOrder({ symbol: 'ETHUSDT', side: 'SELL',
    type: 'LIMIT', timeInForce: 'GTC', quantity: 0.01, price: 3100,
    newClientOrderId: 'x-gw-1' });
  await until((d) => d.newClientOrderId === 'x-gw-1');
  const r = await rest.replaceOrder({ symbol: 'ETHUSDT', side: 'SELL',
    type: 'LIMIT', timeInForce: 'GTC', quantity: 0.02, price: 3110,
    cancelReplaceMode: 'STOP_ON_FAILURE', cancelOrderId: o.orderId,
    newClientOrderId: 'x-gw-2' });
  await control({ cut: true });       // it subscribes again by itself
  const p = await rest.cancelOrder({ symbol: 'ETHUSDT',
    origClientOrderId: 'x-gw-2' });
  say('siebly', { created: o.orderId > 0, replaced: r.newOrderResult,
    canceled: p.status,
    event: events.some((d) => d.executionType === 'NEW') });
  await api.getWSClient().closeAll(true);
}

await withCcxt();
await withSiebly();
process.exit(0);
