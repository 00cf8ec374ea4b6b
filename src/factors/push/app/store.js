/**
 * What this device keeps, in IndexedDB: for the app and for its service worker.
 *
 * accounts: { id, issuer, device, username, name, label?, key, seed: { iv, data }, digits, period, algorithm, added,
 *   endpoint, state }; `key` is a CryptoKey that can't be read out, `seed` is sealed (keys.js), `endpoint` is where the
 *   service was last told to send messages, or ''. `state`: `held`, `unconfirmed` (by its owner, where the code was
 *   shown), or `gone` (the service has no such device).
 * services: { issuer, name, vapid, scope?, offset }; `offset` is how far the service's clock is ahead, milliseconds.
 * settings: by name: `sealing` (the AES key), `locale`, `device` (what this device is called), `notice` (sw.js).
 */

const NAME = 'sallyport-authenticator';
const STORES = { accounts: 'id', services: 'issuer', settings: undefined };

let opened;

function open() {
  opened ??= new Promise((resolve, reject) => {
    const request = indexedDB.open(NAME, 1);
    request.onupgradeneeded = () => {
      for (const [store, keyPath] of Object.entries(STORES)) {
        request.result.createObjectStore(store, keyPath === undefined ? {} : { keyPath });
      }
    };
    request.onsuccess = () => {
      const database = request.result;
      // A newer app in another tab must not wait for this one; and what the browser closes is opened again.
      database.onversionchange = () => database.close();
      database.onclose = () => {
        opened = undefined;
      };
      resolve(database);
    };
    request.onerror = () => {
      opened = undefined;
      reject(request.error);
    };
  });
  return opened;
}

/** Runs one request in a transaction of its own; answers once it is written. */
async function run(store, mode, ask) {
  const transaction = (await open()).transaction(store, mode);
  const request = ask(transaction.objectStore(store));
  return new Promise((resolve, reject) => {
    transaction.oncomplete = () => resolve(request.result);
    transaction.onabort = () => reject(transaction.error);
    transaction.onerror = () => reject(transaction.error);
  });
}

export const all = (store) => run(store, 'readonly', (it) => it.getAll());
export const get = (store, key) => run(store, 'readonly', (it) => it.get(key));
export const put = (store, value, key) => run(store, 'readwrite', (it) => it.put(value, key));
export const remove = (store, key) => run(store, 'readwrite', (it) => it.delete(key));

/** Changes some fields of a record, in one transaction; answers the new one, undefined where there is none. */
export async function change(store, key, fields) {
  const transaction = (await open()).transaction(store, 'readwrite');
  const target = transaction.objectStore(store);
  let changed;
  target.get(key).onsuccess = ({ target: { result } }) => {
    if (result === undefined) return;
    changed = { ...result, ...fields };
    target.put(changed);
  };
  return new Promise((resolve, reject) => {
    transaction.oncomplete = () => resolve(changed);
    transaction.onabort = () => reject(transaction.error);
  });
}

/** Keeps a setting unless there is one already; answers the one that holds, whoever else tried. */
export async function settle(name, value) {
  const transaction = (await open()).transaction('settings', 'readwrite');
  const settings = transaction.objectStore('settings');
  let holds = value;
  settings.get(name).onsuccess = ({ target: { result } }) => {
    if (result === undefined) settings.put(value, name);
    else holds = result;
  };
  return new Promise((resolve, reject) => {
    transaction.oncomplete = () => resolve(holds);
    transaction.onabort = () => reject(transaction.error);
  });
}
